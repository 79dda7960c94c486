#include <stdio.h>

#include "policy/audit/record_priv.h"
#include "tests/unit/policy/audit/suites.h"

static struct buf line, again;
static struct record_reader *rd;

static void
setup(void)
{
	buf_init(&line, 16 * RECORD_LINE_MAX);
	buf_init(&again, 16 * RECORD_LINE_MAX);
	rd = record_reader_new();
	ck_assert_ptr_nonnull(rd);
}

static void
teardown(void)
{
	record_reader_free(rd);
	buf_deinit(&line);
	buf_deinit(&again);
}

static struct record
some(enum record_kind kind)
{
	struct record r = {
		.seq = 7, .time_ns = 1795376000123456789, .mono_ns = 5000000012, .kind = kind
	};

	memcpy(r.run, "0123456789abcdef0123456789abcdef", RECORD_RUN_LEN + 1);
	return r;
}

/* fill() - every member this kind can have, texts of @n bytes @c. */
static void
fill(struct record *r, uint8_t *mem, size_t n, uint8_t c)
{
	memset(mem, c, n);
	for (size_t i = 0; i + 1 < record_fields; i++) {
		const struct record_field *f = &record_field[i];
		uint8_t *v = (uint8_t *)r + f->at;

		if ((f->kinds >> r->kind & 1) == 0)
			continue;
		if (f->has != 0)
			*((bool *)((uint8_t *)r + f->has)) = true;
		if (f->type == FIELD_TEXT)
			*(struct bytes *)v = bytes_of(mem, n);
		else if (f->type == FIELD_NUM)
			*(uint64_t *)v = UINT64_MAX - i;
		else if (f->type == FIELD_FLAG)
			*(bool *)v = true;
		else if (f->type == FIELD_HASH)
			memset(v, (int)i, DIGEST_LEN);
		else
			for (size_t k = 0; k < 3; k++)
				((struct record_list *)v)->item[((struct record_list *)v)->n++] =
				    bytes_of(mem, n / 4);
	}
}

static void
check_spelling(const struct record *r)
{
	struct record back;
	struct record_shape shape;

	buf_reset(&line);
	buf_reset(&again);
	ck_assert_int_eq(record_encode(r, &line), 0);
	ck_assert_uint_lt(line.len, RECORD_LINE_MAX);
	ck_assert_int_eq(record_decode(rd, buf_bytes(&line), &back), 0);
	ck_assert_int_eq(record_encode(&back, &again), 0);
	ck_assert(bytes_eq(buf_bytes(&line), buf_bytes(&again)));
	ck_assert_int_eq(record_shape(buf_bytes(&line), &shape), 0);
	ck_assert_uint_eq(shape.head.seq, r->seq);
	ck_assert_int_eq(shape.head.time_ns, r->time_ns);
	ck_assert_int_eq(shape.head.mono_ns, r->mono_ns);
	ck_assert_int_eq(shape.head.kind, r->kind);
}

START_TEST(a_record_has_this_line)
{
	struct record r = some(RECORD_OUTCOME);

	r.of = 3;
	r.outcome = BYTES_LIT("answered");
	r.error = BYTES_LIT("no \"such\" host\n\xc3\xa4\xf0\x9f\x98\x80\xff\0");
	r.answers = 2;
	ck_assert_int_eq(record_encode(&r, &line), 0);
	buf_put_u8(&line, 0);
	ck_assert_str_eq((char *)line.ptr,
	    "{\"v\":2,\"seq\":7,\"prev\":"
	    "\"0000000000000000000000000000000000000000000000000000000000000000\",\"time\":\"2026-"
	    "11-22T19:33:20.123456789Z\",\"mono\":\"5.000000012\",\"run\":"
	    "\"0123456789abcdef0123456789abcdef\",\"kind\":\"outcome\",\"of\":3,\"outcome\":"
	    "\"answered\",\"error\":\"no \\\"such\\\" "
	    "host\\u000a\\u00e4\\ud83d\\ude00\\ufffd\\ufffd\",\"answers\":2}");
}
END_TEST

START_TEST(every_kind_full_of_anything_fits_and_has_one_spelling)
{
	static const uint8_t filling[] = { 'x', '"', 0xff, 0x01 };
	struct record r;
	uint8_t *mem = malloc(40000);

	for (size_t c = 0; c < sizeof(filling); c++) {
		for (size_t n = 1; n < 40000; n = n * 7 + 3) {
			r = some((enum record_kind)_i);
			fill(&r, mem, n, filling[c]);
			check_spelling(&r);
		}
	}
	free(mem);
}
END_TEST

START_TEST(the_budgets_of_a_kind_fit_into_a_line)
{
	size_t sum = 400; /* the head */

	for (size_t i = 0; i < record_fields; i++)
		if ((record_field[i].kinds >> _i & 1) != 0)
			sum += record_field[i].key_len + record_field[i].max + 2;
	ck_assert_uint_lt(sum, RECORD_LINE_MAX);
}
END_TEST

START_TEST(what_is_decoded_is_what_was_encoded)
{
	struct record r = some(RECORD_COMMAND), back;

	r.id = BYTES_LIT("0.17.c4");
	r.host = BYTES_LIT("a\"\\\x7f\xc3\xa4");
	r.has_count = true;
	r.tags = (struct record_list){ 2, { BYTES_LIT("role:x"), BYTES_LIT("") } };
	r.has_conn = true;
	r.client = UINT64_MAX;
	r.has_payload = true;
	r.sha256.b[3] = 9;
	ck_assert_int_eq(record_encode(&r, &line), 0);
	ck_assert_int_eq(record_decode(rd, buf_bytes(&line), &back), 0);
	ck_assert(bytes_eq(back.id, r.id));
	ck_assert(bytes_eq(back.host, r.host));
	ck_assert(back.has_count && back.count == 0 && back.has_conn && back.edge == 0);
	ck_assert_uint_eq(back.client, RECORD_INT_MAX);
	ck_assert_uint_eq(back.tags.n, 2);
	ck_assert(bytes_eq(back.tags.item[0], r.tags.item[0]));
	ck_assert_uint_eq(back.tags.item[1].len, 0);
	ck_assert(digest_eq(&back.sha256, &r.sha256));
	ck_assert_uint_eq(back.cut.n, 0);
}
END_TEST

START_TEST(what_does_not_fit_is_cut_at_a_character_and_named)
{
	struct record r = some(RECORD_DENIAL), back;
	uint8_t text[5000];

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	r.subject = bytes_of(text, sizeof(text) - 1);
	ck_assert_int_eq(record_encode(&r, &line), 0);
	ck_assert_int_eq(record_decode(rd, buf_bytes(&line), &back), 0);
	ck_assert_uint_eq(back.subject.len, 4096 / 6 * 2);
	ck_assert_uint_eq(back.cut.n, 1);
	ck_assert(bytes_is(back.cut.item[0], "subject"));
}
END_TEST

START_TEST(a_member_of_another_kind_is_a_mistake)
{
	struct record r = some(RECORD_STOP);

	r.verb = BYTES_LIT("actor.start");
	ck_assert_int_eq(record_encode(&r, &line), RECORD_BAD);
	r = some(RECORD_NONE);
	ck_assert_int_eq(record_encode(&r, &line), RECORD_BAD);
	r = some(RECORD_STOP);
	r.seq = 0;
	ck_assert_int_eq(record_encode(&r, &line), RECORD_BAD);
	ck_assert_uint_eq(line.len, 0);
}
END_TEST

#define HEAD                                                                                       \
	"{\"v\":2,\"seq\":7,\"prev\":"                                                             \
	"\"0000000000000000000000000000000000000000000000000000000000000000\","                    \
	"\"time\":\"2026-11-22T19:33:20.123456789Z\",\"mono\":\"5.000000012\","                    \
	"\"run\":\"0123456789abcdef0123456789abcdef\",\"kind\":\"command\""

static const char *const wrong[] = {
	"",
	"{}",
	HEAD,
	HEAD "} ",
	" " HEAD "}",
	HEAD ",\"id\":\"\"}",                 /* empty */
	HEAD ",\"id\":\"a\",\"id\":\"b\"}",   /* twice */
	HEAD ",\"seq\":8}",                   /* the head's, again */
	HEAD ",\"rule\":\"a\",\"id\":\"b\"}", /* order */
	HEAD ",\"of\":3}",                    /* another kind's */
	HEAD ",\"unknown\":3}",
	HEAD ",\"parts\":0}",
	HEAD ",\"parts\":02}",
	HEAD ",\"parts\":2.0}",
	HEAD ",\"parts\":-2}",
	HEAD ",\"parts\":9007199254740993}",
	HEAD ",\"parts\":\"2\"}",
	HEAD ", \"parts\":2}",
	HEAD ",\"mutating\":false}",
	HEAD ",\"mutating\":1}",
	HEAD ",\"id\":\"\\u0041\"}", /* an escape where none belongs */
	HEAD ",\"id\":\"\\n\"}",
	HEAD ",\"id\":\"\\u000A\"}",
	HEAD ",\"id\":\"\\u0000\"}",
	HEAD ",\"id\":\"\\ud800\"}",
	HEAD ",\"id\":\"\\udc00\\ud800\"}",
	HEAD ",\"id\":\"\xc3\xa4\"}",
	HEAD ",\"id\":\"\x7f\"}",
	HEAD ",\"id\":\"\x01\"}",
	HEAD ",\"id\":\"a}",
	HEAD ",\"edge\":0}", /* half a pair */
	HEAD ",\"client\":1}",
	HEAD ",\"edge\":0,\"listener\":\"x\",\"client\":1}",
	HEAD ",\"size\":1,\"sha256\":\"00\"}",
	HEAD ",\"tags\":[]}",
	HEAD ",\"tags\":[1]}",
	HEAD ",\"tags\":[\"a\",]}",
	HEAD ",\"tags\":[\"a\" ]}",
	HEAD ",\"tags\":\"a\"}",
	HEAD ",\"cut\":[\"cut\"]}",
	HEAD ",\"cut\":[\"parts\"]}",
	HEAD ",\"cut\":[\"body\",\"id\"]}",
	HEAD ",\"cut\":[\"id\",\"id\"]}",
	HEAD ",\"cut\":[\"seq\"]}",
};

START_TEST(another_spelling_is_no_record)
{
	struct record_shape s;
	struct record r;

	ck_assert_int_eq(record_decode(rd, bytes_str(wrong[_i]), &r), RECORD_BAD);
	ck_assert_int_eq(record_shape(bytes_str(wrong[_i]), &s), RECORD_BAD);
}
END_TEST

START_TEST(decode_and_shape_agree_on_every_line_that_differs_in_a_byte)
{
	struct record r = some(RECORD_COMMAND), back;
	struct record_shape s;

	r.id = BYTES_LIT("0.17.c4");
	r.error = BYTES_NULL;
	r.tags = (struct record_list){ 1, { BYTES_LIT("r\xc3\xa4") } };
	r.has_conn = true;
	ck_assert_int_eq(record_encode(&r, &line), 0);
	for (size_t i = 0; i < line.len; i++) {
		for (unsigned c = 0; c < 256; c += 5) {
			uint8_t was = line.ptr[i];

			line.ptr[i] = (uint8_t)c;
			ck_assert_int_eq(record_decode(rd, buf_bytes(&line), &back),
			    record_shape(buf_bytes(&line), &s));
			line.ptr[i] = was;
		}
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ns;
} times[] = {
	{ "1970-01-01T00:00:00.000000000Z", 0 },
	{ "2000-02-29T23:59:59.999999999Z", 951868799999999999 },
	{ "2026-11-22T19:33:20.123456789Z", 1795376000123456789 },
	{ "2261-12-31T23:59:59.000000001Z", 9214646399000000001 },
};

START_TEST(times_are_written_and_read)
{
	int64_t ns;

	record_put_time(&line, times[_i].ns);
	ck_assert(bytes_is(buf_bytes(&line), times[_i].text));
	ck_assert(record_time(buf_bytes(&line), &ns));
	ck_assert_int_eq(ns, times[_i].ns);
}
END_TEST

START_TEST(days_that_are_none_are_refused)
{
	static const char *const bad[] = { "2026-02-29T00:00:00.000000000Z",
		"1900-02-28T00:00:00.000000000Z", "2026-13-01T00:00:00.000000000Z",
		"2026-00-01T00:00:00.000000000Z", "2026-01-00T00:00:00.000000000Z",
		"2026-01-01T24:00:00.000000000Z", "2026-01-01T00:60:00.000000000Z",
		"2026-01-01T00:00:60.000000000Z", "2026-01-01 00:00:00.000000000Z",
		"2026-01-01T00:00:00.00000000Z", "2262-01-01T00:00:00.000000000Z" };
	int64_t ns;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!record_time(bytes_str(bad[i]), &ns), "%s", bad[i]);
}
END_TEST

TCase *
record_tests(void)
{
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_record_has_this_line);
	tcase_add_loop_test(
	    t, every_kind_full_of_anything_fits_and_has_one_spelling, 1, RECORD_KINDS);
	tcase_add_loop_test(t, the_budgets_of_a_kind_fit_into_a_line, 1, RECORD_KINDS);
	tcase_add_test(t, what_is_decoded_is_what_was_encoded);
	tcase_add_test(t, what_does_not_fit_is_cut_at_a_character_and_named);
	tcase_add_test(t, a_member_of_another_kind_is_a_mistake);
	tcase_add_loop_test(t, another_spelling_is_no_record, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, decode_and_shape_agree_on_every_line_that_differs_in_a_byte);
	tcase_add_loop_test(t, times_are_written_and_read, 0, sizeof(times) / sizeof(times[0]));
	tcase_add_test(t, days_that_are_none_are_refused);
	return t;
}
