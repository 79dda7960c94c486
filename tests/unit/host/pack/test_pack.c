/* host/pack: message-pack, read strictly. */
#include <string.h>

#include "host/pack/pack.h"
#include "tests/unit/host/pack/suites.h"

static struct pack
over(const char *s, size_t n)
{
	return pack_of(bytes_of(s, n));
}
#define OVER(lit) over(lit, sizeof(lit) - 1)

START_TEST(what_is_written_is_read_back)
{
	static const int64_t numbers[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, UINT32_MAX,
		(int64_t)UINT32_MAX + 1, INT64_MAX, -1, -32, -33, -128, -129, -32768, -32769,
		INT32_MIN, (int64_t)INT32_MIN - 1, INT64_MIN };
	struct buf b;
	struct pack p;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		pack_put_int(&b, numbers[i]);
	pack_put_uint(&b, UINT64_MAX);
	pack_put_bool(&b, true);
	pack_put_bool(&b, false);
	pack_put_nil(&b);
	pack_put_str(&b, "h\xc3\xa9");
	pack_put_bin(&b, BYTES_LIT("\0\xff"));
	pack_put_array(&b, 1);
	pack_put_map(&b, 1);
	pack_put_str(&b, "k");
	pack_put_uint(&b, 7);
	ck_assert(!buf_failed(&b));
	p = pack_of(buf_bytes(&b));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ck_assert_int_eq(pack_int(&p, INT64_MIN, INT64_MAX), numbers[i]);
	ck_assert_uint_eq(pack_uint(&p, UINT64_MAX), UINT64_MAX);
	ck_assert(pack_bool(&p) && !pack_bool(&p));
	pack_nil(&p);
	ck_assert(bytes_is(pack_text(&p, 3), "h\xc3\xa9"));
	ck_assert(bytes_eq(pack_data(&p, 2), BYTES_LIT("\0\xff")));
	ck_assert_uint_eq(pack_array(&p, 1), 1);
	ck_assert_uint_eq(pack_map(&p, 1), 1);
	ck_assert(bytes_is(pack_text(&p, 1), "k"));
	ck_assert_uint_eq(pack_uint(&p, 7), 7);
	ck_assert(pack_done(&p));
	buf_deinit(&b);
}
END_TEST

START_TEST(every_cut_of_a_value_fails)
{
	static const char whole[] = "\x82\xa1"
				    "a\x93\x01\xcd\x01\x00\xc4\x02xy\xa1"
				    "b\xcb\0\0\0\0\0\0\0\0";

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct pack p = over(whole, n);

		pack_skip(&p);
		ck_assert_msg(!pack_done(&p), "%zu bytes", n);
	}
	{
		struct pack p = OVER(whole);

		ck_assert_uint_eq(pack_skip(&p).len, sizeof(whole) - 1);
		ck_assert(pack_done(&p));
	}
}
END_TEST

START_TEST(a_count_above_what_is_left_is_refused_at_once)
{
	struct pack a = OVER("\xdd\xff\xff\xff\xff"), m = OVER("\xdf\xff\xff\xff\xff\xa1z"),
		    s = OVER("\xdb\xff\xff\xff\xff!"), b = OVER("\xc6\xff\xff\xff\xff!"),
		    k = OVER("\xdd\xff\xff\xff\xff\x01");

	ck_assert_uint_eq(pack_array(&a, UINT32_MAX), 0);
	ck_assert_str_eq(a.why, "message-pack ends too early");
	ck_assert_uint_eq(pack_map(&m, UINT32_MAX), 0);
	ck_assert_ptr_nonnull(m.why);
	pack_text(&s, SIZE_MAX);
	ck_assert_ptr_nonnull(s.why);
	pack_data(&b, SIZE_MAX);
	ck_assert_ptr_nonnull(b.why);
	pack_skip(&k);
	ck_assert_ptr_nonnull(k.why);
}
END_TEST

START_TEST(other_kinds_are_not_taken)
{
	struct pack p = OVER("\xa1"
			     "1");

	pack_uint(&p, 9);
	ck_assert_str_eq(p.why, "not a number, or below zero");
	p = OVER("\xff");
	pack_uint(&p, 9);
	ck_assert_ptr_nonnull(p.why);
	p = OVER("\x0a");
	pack_uint(&p, 9);
	ck_assert_str_eq(p.why, "number is too large");
	p = OVER("\xc1");
	ck_assert_int_eq(pack_peek(&p), PACK_END);
	pack_nil(&p);
	ck_assert_str_eq(p.why, "not message-pack");
	p = OVER("\xc4\x01z");
	pack_text(&p, 9);
	ck_assert_str_eq(p.why, "not a text");
	p = OVER("\xa2\xc3\x28");
	pack_text(&p, 9);
	ck_assert_str_eq(p.why, "bad UTF-8 or U+0000 in a text");
	p = OVER("\xa1\0");
	pack_text(&p, 9);
	ck_assert_ptr_nonnull(p.why);
	p = OVER("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
	pack_int(&p, INT64_MIN, INT64_MAX);
	ck_assert_ptr_nonnull(p.why);
}
END_TEST

START_TEST(a_positive_number_in_a_signed_field_is_one)
{
	struct pack p = OVER("\xd0\x05\xd3\0\0\0\0\0\0\0\x09");

	ck_assert_int_eq(pack_peek(&p), PACK_UINT);
	ck_assert_uint_eq(pack_uint(&p, 5), 5);
	ck_assert_int_eq(pack_int(&p, 0, 9), 9);
	ck_assert(pack_done(&p));
}
END_TEST

START_TEST(after_a_failure_nothing_is_given)
{
	struct pack p = OVER("\xc3\x05\xa1x");

	pack_nil(&p);
	ck_assert_str_eq(p.why, "not nil");
	ck_assert_uint_eq(pack_uint(&p, 9), 0);
	ck_assert_uint_eq(pack_text(&p, 9).len, 0);
	ck_assert_str_eq(p.why, "not nil");
	ck_assert(!pack_done(&p));
}
END_TEST

START_TEST(bytes_may_be_an_array_of_integers)
{
	struct buf room;
	struct pack p = OVER("\x93\x00\x7f\xcc\xff"), over_one = OVER("\x91\xcd\x01\x00"),
		    long_one = OVER("\x92\x01\x02");
	struct bytes s;

	buf_init(&room, 16);
	s = pack_data_into(&p, 3, &room);
	ck_assert(pack_done(&p) && bytes_eq(s, BYTES_LIT("\0\x7f\xff")));
	pack_data_into(&over_one, 3, &room);
	ck_assert_ptr_nonnull(over_one.why);
	pack_data_into(&long_one, 1, &room);
	ck_assert_ptr_nonnull(long_one.why);
	buf_deinit(&room);
	buf_init(&room, 64);
	pack_put_ints(&room, BYTES_LIT("\0\x7f\x80\xff"));
	ck_assert(bytes_eq(buf_bytes(&room), BYTES_LIT("\x94\x00\x7f\xcc\x80\xcc\xff")));
	buf_deinit(&room);
}
END_TEST

START_TEST(nesting_has_an_end)
{
	char deep[64];
	struct pack p;

	memset(deep, '\x91', sizeof(deep));
	deep[PACK_DEPTH] = 1;
	p = over(deep, PACK_DEPTH + 1);
	pack_skip(&p);
	ck_assert(pack_done(&p));
	deep[PACK_DEPTH] = '\x91';
	deep[PACK_DEPTH + 1] = 1;
	p = over(deep, PACK_DEPTH + 2);
	pack_skip(&p);
	ck_assert_str_eq(p.why, "nested too deeply");
}
END_TEST

struct thing {
	struct bytes name, data, raw;
	bool flag;
	uint64_t u;
	int64_t i;
};

static const struct pack_field fields[] = {
	PACK_FIELD("name", struct thing, name, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("data", struct thing, data, PACK_T_DATA, 0),
	PACK_FIELD("raw", struct thing, raw, PACK_T_RAW, 0),
	PACK_FIELD("flag", struct thing, flag, PACK_T_BOOL, 0),
	PACK_FIELD("u", struct thing, u, PACK_T_U64, 0),
	PACK_FIELD("i", struct thing, i, PACK_T_I64, PACK_NILS),
};
enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

START_TEST(a_map_is_read_by_its_table)
{
	struct pack p = OVER("\x87\xa4name\xa1x\xa4"
			     "data\xc4\x01y\xa3raw\x92\x01\x02\xa4"
			     "flag\xc3\xa1u\x05\xa1i\xff\xa5other\x81\xa1q\x01");
	struct thing t = { .u = 0 };

	ck_assert_uint_eq(pack_object(&p, fields, N_FIELDS, &t), 0x3f);
	ck_assert(pack_done(&p));
	ck_assert(
	    bytes_is(t.name, "x") && bytes_is(t.data, "y") && t.flag && t.u == 5 && t.i == -1);
	ck_assert(bytes_eq(t.raw, BYTES_LIT("\x92\x01\x02")));
	p = OVER("\x82\xa4name\xa1x\xa1i\xc0");
	ck_assert_uint_eq(pack_object(&p, fields, N_FIELDS, &t), 1);
	ck_assert(pack_done(&p));
}
END_TEST

START_TEST(a_name_twice_is_refused_known_or_not)
{
	struct pack known = OVER("\x82\xa4name\xa1x\xa4name\xa1y"),
		    unknown = OVER("\x83\xa4name\xa1x\xa1q\x01\xa1q\x02"), none = OVER("\x80");
	struct thing t;

	ck_assert_uint_eq(pack_object(&known, fields, N_FIELDS, &t), 0);
	ck_assert_str_eq(known.why, "the same name twice in a map");
	ck_assert_uint_eq(pack_object(&unknown, fields, N_FIELDS, &t), 0);
	ck_assert_str_eq(unknown.why, "the same name twice in a map");
	ck_assert_uint_eq(pack_object(&none, fields, N_FIELDS, &t), 0);
	ck_assert_str_eq(none.why, "a field is missing");
}
END_TEST

TCase *
pack_tests(void)
{
	TCase *t = tcase_create("pack");

	tcase_add_test(t, what_is_written_is_read_back);
	tcase_add_test(t, every_cut_of_a_value_fails);
	tcase_add_test(t, a_count_above_what_is_left_is_refused_at_once);
	tcase_add_test(t, other_kinds_are_not_taken);
	tcase_add_test(t, a_positive_number_in_a_signed_field_is_one);
	tcase_add_test(t, after_a_failure_nothing_is_given);
	tcase_add_test(t, bytes_may_be_an_array_of_integers);
	tcase_add_test(t, nesting_has_an_end);
	tcase_add_test(t, a_map_is_read_by_its_table);
	tcase_add_test(t, a_name_twice_is_refused_known_or_not);
	return t;
}
