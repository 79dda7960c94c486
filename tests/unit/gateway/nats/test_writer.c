/* The writer's canonical forms, its ceilings, and Go's quoting. */
#include <stdio.h>

#include "gateway/nats/writer.h"
#include "tests/unit/gateway/nats/suites.h"

static struct buf out;

static void
setup(void)
{
	buf_init(&out, 1 << 20);
}

static void
teardown(void)
{
	buf_deinit(&out);
}

/* expect() - what has been written since the last time. */
static void
expect(const char *text)
{
	ck_assert_msg(
	    bytes_is(buf_bytes(&out), text), "'%.*s' is not '%s'", (int)out.len, out.ptr, text);
	ck_assert(!buf_failed(&out));
	buf_reset(&out);
}

START_TEST(operations_have_one_form)
{
	struct bytes a = BYTES_LIT("a.b"), r = BYTES_LIT("r"), sid = BYTES_LIT("12");
	struct bytes h = BYTES_LIT("NATS/1.0\r\n\r\n"), p = BYTES_LIT("hi"), none = BYTES_NULL;

	nats_put_pub(&out, a, none, none, p);
	expect("PUB a.b 2\r\nhi\r\n");
	nats_put_pub(&out, a, r, none, none);
	expect("PUB a.b r 0\r\n\r\n");
	nats_put_pub(&out, a, none, h, p);
	expect("HPUB a.b 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
	nats_put_pub(&out, a, r, h, none);
	expect("HPUB a.b r 12 12\r\nNATS/1.0\r\n\r\n\r\n");
	nats_put_msg(&out, a, sid, none, none, p);
	expect("MSG a.b 12 2\r\nhi\r\n");
	nats_put_msg(&out, a, sid, r, none, p);
	expect("MSG a.b 12 r 2\r\nhi\r\n");
	nats_put_msg(&out, a, sid, r, h, p);
	expect("HMSG a.b 12 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
	nats_put_sub(&out, a, none, sid);
	expect("SUB a.b 12\r\n");
	nats_put_sub(&out, a, r, sid);
	expect("SUB a.b r 12\r\n");
	nats_put_unsub(&out, sid, false, 7);
	expect("UNSUB 12\r\n");
	nats_put_unsub(&out, sid, true, 18446744073709551615U);
	expect("UNSUB 12 18446744073709551615\r\n");
	nats_put_ping(&out);
	nats_put_pong(&out);
	nats_put_ok(&out);
	expect("PING\r\nPONG\r\n+OK\r\n");
	nats_put_err(&out, "Stale Connection");
	expect("-ERR 'Stale Connection'\r\n");
	nats_put_connect(&out, BYTES_LIT("{}"));
	nats_put_info(&out, BYTES_LIT("{\"a\":1}"));
	expect("CONNECT {}\r\nINFO {\"a\":1}\r\n");
}
END_TEST

START_TEST(numbers_are_plain_decimals)
{
	static const size_t sizes[] = { 0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 9999, 10000,
		65535, 99999, 100000, 1000000 };
	struct buf b;
	uint8_t *payload = calloc(1, 1000000);
	char line[64];

	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buf_reset(&b);
		nats_put_pub(
		    &b, BYTES_LIT("a"), BYTES_NULL, BYTES_NULL, bytes_of(payload, sizes[i]));
		snprintf(line, sizeof(line), "PUB a %zu\r\n", sizes[i]);
		ck_assert(bytes_starts(buf_bytes(&b), bytes_str(line)));
		ck_assert_uint_eq(b.len, strlen(line) + sizes[i] + 2);
	}
	free(payload);
	buf_deinit(&b);
}
END_TEST

START_TEST(runs_of_every_length_are_copied_whole)
{
	uint8_t text[80];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)('0' + i);
	for (size_t n = 1; n <= sizeof(text); n++) {
		nats_put_sub(&out, bytes_of(text, n), BYTES_NULL, BYTES_LIT("1"));
		ck_assert_uint_eq(out.len, n + 8);
		ck_assert(bytes_eq(bytes_of(out.ptr + 4, n), bytes_of(text, n)));
		ck_assert(bytes_eq(bytes_of(out.ptr + 4 + n, 4), BYTES_LIT(" 1\r\n")));
		buf_reset(&out);
	}
}
END_TEST

START_TEST(a_ceiling_is_met_exactly_or_not_at_all)
{
	struct bytes a = BYTES_LIT("a.b"), h = BYTES_LIT("NATS/1.0\r\n\r\n");
	size_t whole = sizeof("HMSG a.b 12 r 12 17\r\nNATS/1.0\r\n\r\nhello\r\n") - 1;

	for (size_t max = 0; max <= whole; max++) {
		struct buf b;

		buf_init(&b, max);
		nats_put_msg(&b, a, BYTES_LIT("12"), BYTES_LIT("r"), h, BYTES_LIT("hello"));
		ck_assert_int_eq(buf_failed(&b), max < whole);
		ck_assert_uint_eq(b.len, max < whole ? 0 : whole);
		nats_put_ping(&b);
		ck_assert(buf_failed(&b));
		ck_assert_uint_eq(b.len, max < whole ? 0 : whole);
		buf_deinit(&b);
	}
	buf_init(&out, 6);
	nats_put_err(&out, "x");
	ck_assert(buf_failed(&out));
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	const char *quoted;
} quotes[] = {
	/* as fmt's %q prints them */
	{ "a.b", 3, "\"a.b\"" },
	{ "", 0, "\"\"" },
	{ "a\"b", 3, "\"a\\\"b\"" },
	{ "a\\b", 3, "\"a\\\\b\"" },
	{ "\a\b\f\n\r\t\v", 7, "\"\\a\\b\\f\\n\\r\\t\\v\"" },
	{ "\0\x01\x1b\x1f", 4, "\"\\x00\\x01\\x1b\\x1f\"" },
	{ "\x7f", 1, "\"\\x7f\"" },
	{ " ~", 2, "\" ~\"" },
	{ "\xff\xc3", 2, "\"\\xff\\xc3\"" },
	{ "\xc0\x80", 2, "\"\\xc0\\x80\"" },
	{ "\xed\xa0\x80", 3, "\"\\xed\\xa0\\x80\"" },
	{ "\xc3\xa9", 2, "\"\xc3\xa9\"" },
	{ "\xe2\x82\xac\xf0\x9f\x98\x80", 7, "\"\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xae", 10, "\"\\u0085\\u00a0\\u2028\\u202e\"" },
	{ "\xef\xbb\xbf", 3, "\"\\ufeff\"" },
	{ "\xf3\xa0\x80\x81", 4, "\"\\U000e0001\"" },
};

START_TEST(quoting_is_that_of_go)
{
	nats_quote(&out, bytes_of(quotes[_i].in, quotes[_i].len));
	expect(quotes[_i].quoted);
}
END_TEST

START_TEST(quoting_stops_after_128_bytes_and_between_letters)
{
	char text[200];

	memset(text, 'a', sizeof(text));
	nats_quote(&out, bytes_of(text, sizeof(text)));
	ck_assert_uint_eq(out.len, 128 + 2);
	ck_assert_uint_eq(out.ptr[129], '"');
	buf_reset(&out);
	memcpy(text + 127, "\xc3\xa9", 2);
	nats_quote(&out, bytes_of(text, sizeof(text)));
	ck_assert_uint_eq(out.len, 127 + 2);
}
END_TEST

TCase *
writer_tests(void)
{
	TCase *tc = tcase_create("writer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, operations_have_one_form);
	tcase_add_test(tc, numbers_are_plain_decimals);
	tcase_add_test(tc, runs_of_every_length_are_copied_whole);
	tcase_add_test(tc, a_ceiling_is_met_exactly_or_not_at_all);
	tcase_add_loop_test(tc, quoting_is_that_of_go, 0, sizeof(quotes) / sizeof(quotes[0]));
	tcase_add_test(tc, quoting_stops_after_128_bytes_and_between_letters);
	return tc;
}
