/*
 * buf: the ceiling holds, a failure sticks, and what is written is read back by the cursor.
 */
#include "policy/core/buf.h"
#include "tests/unit/policy/core/suites.h"

START_TEST(nothing_is_written_past_the_ceiling)
{
	struct buf b;

	buf_init(&b, 5);
	buf_put_str(&b, "abc");
	buf_put_str(&b, "def");
	ck_assert(buf_failed(&b));
	ck_assert(bytes_is(buf_bytes(&b), "abc"));
	buf_put_u8(&b, 'd'); /* would fit, but what went before is half a value */
	ck_assert(bytes_is(buf_bytes(&b), "abc"));
	buf_reset(&b);
	buf_put_str(&b, "defgh");
	ck_assert(!buf_failed(&b));
	ck_assert(bytes_is(buf_bytes(&b), "defgh"));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_reservation_that_overflows_fails)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_put_u8(&b, 1);
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert(buf_failed(&b));
	buf_deinit(&b);
	buf_deinit(NULL);
}
END_TEST

START_TEST(it_grows_as_needed)
{
	struct buf b;

	buf_init(&b, 100000);
	for (int i = 0; i < 25000; i++)
		buf_put_u32(&b, (uint32_t)i);
	ck_assert(!buf_failed(&b));
	ck_assert_uint_eq(b.len, 100000);
	buf_put_u8(&b, 0);
	ck_assert(buf_failed(&b));
	buf_deinit(&b);
}
END_TEST

START_TEST(numbers_are_written_in_every_range)
{
	struct buf b;

	buf_init(&b, 200);
	buf_put_dec(&b, 0);
	buf_put_u8(&b, ' ');
	buf_put_dec(&b, UINT64_MAX);
	buf_put_u8(&b, ' ');
	buf_put_int(&b, INT64_MIN);
	buf_put_u8(&b, ' ');
	buf_put_int(&b, -1);
	buf_put_u8(&b, ' ');
	buf_put_hex(&b, BYTES_LIT("\x00\xff\x1e"));
	ck_assert(bytes_is(buf_bytes(&b), "0 18446744073709551615 -9223372036854775808 -1 00ff1e"));
	buf_deinit(&b);
}
END_TEST

static const struct {
	struct bytes in;
	const char *out;
} json_cases[] = {
	{ BYTES_LIT(""), "\"\"" },
	{ BYTES_LIT("plain ~"), "\"plain ~\"" },
	{ BYTES_LIT("\"\\/"), "\"\\\"\\\\/\"" },
	{ BYTES_LIT("\0\n\x1f\x7f"), "\"\\u0000\\u000a\\u001f\\u007f\"" },
	{ BYTES_LIT("\xc3\xa9\xe2\x82\xac"), "\"\\u00e9\\u20ac\"" },
	{ BYTES_LIT("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"" },
	{ BYTES_LIT("a\xff\xc3"), "\"a\\ufffd\\ufffd\"" },
};

START_TEST(json_strings_are_ascii)
{
	struct buf b;

	buf_init(&b, 200);
	buf_put_json(&b, json_cases[_i].in);
	ck_assert(bytes_is(buf_bytes(&b), json_cases[_i].out));
	buf_deinit(&b);
}
END_TEST

START_TEST(take_gives_a_terminated_string_and_leaves_an_empty_buffer)
{
	struct buf b;
	size_t len = 0;
	char *s;

	buf_init(&b, 3);
	buf_put_str(&b, "abc"); /* the NUL does not count against the ceiling */
	s = buf_take(&b, &len);
	ck_assert_str_eq(s, "abc");
	ck_assert_uint_eq(len, 3);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_uint_eq(b.max, 3);
	free(s);
	buf_put_str(&b, "abcd");
	ck_assert_ptr_null(buf_take(&b, &len));
	buf_deinit(&b);
}
END_TEST

START_TEST(the_cursor_reads_what_was_put)
{
	struct buf b;
	struct cursor c;

	buf_init(&b, 100);
	buf_put_u8(&b, 0xfe);
	buf_put_u16(&b, 0x1234);
	buf_put_u32(&b, 0xdeadbeef);
	buf_put_u64(&b, UINT64_MAX - 1);
	buf_put_sized_str(&b, "text");
	buf_put_sized_str(&b, NULL);
	c = (struct cursor){ .in = buf_bytes(&b) };
	ck_assert_uint_eq(cursor_u8(&c), 0xfe);
	ck_assert_uint_eq(cursor_u16(&c), 0x1234);
	ck_assert_uint_eq(cursor_u32(&c), 0xdeadbeef);
	ck_assert_uint_eq(cursor_u64(&c), UINT64_MAX - 1);
	ck_assert(bytes_is(cursor_sized(&c, 4), "text"));
	ck_assert_uint_eq(cursor_sized(&c, 0).len, 0);
	ck_assert(cursor_done(&c));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_read_past_the_end_fails_for_good)
{
	struct cursor c = { .in = BYTES_LIT("\1\2\3") };

	ck_assert_uint_eq(cursor_u32(&c), 0);
	ck_assert(c.failed);
	ck_assert_uint_eq(cursor_u8(&c), 0);
	ck_assert(!cursor_done(&c));
}
END_TEST

START_TEST(a_sized_run_above_its_limit_fails)
{
	struct cursor c = { .in = BYTES_LIT("\4\0\0\0abcd") };

	ck_assert_uint_eq(cursor_sized(&c, 3).len, 0);
	ck_assert(c.failed);
	c = (struct cursor){ .in = BYTES_LIT("\377\377\377\377abcd") };
	ck_assert_uint_eq(cursor_sized(&c, SIZE_MAX).len, 0);
	ck_assert(c.failed);
}
END_TEST

TCase *
buf_tests(void)
{
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, nothing_is_written_past_the_ceiling);
	tcase_add_test(tc, a_reservation_that_overflows_fails);
	tcase_add_test(tc, it_grows_as_needed);
	tcase_add_test(tc, numbers_are_written_in_every_range);
	tcase_add_loop_test(
	    tc, json_strings_are_ascii, 0, (int)(sizeof(json_cases) / sizeof(json_cases[0])));
	tcase_add_test(tc, take_gives_a_terminated_string_and_leaves_an_empty_buffer);
	tcase_add_test(tc, the_cursor_reads_what_was_put);
	tcase_add_test(tc, a_read_past_the_end_fails_for_good);
	tcase_add_test(tc, a_sized_run_above_its_limit_fails);
	return tc;
}
