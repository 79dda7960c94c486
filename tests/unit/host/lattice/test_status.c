/* host/lattice/status, era, pairs: small values. */
#include <limits.h>
#include <stdio.h>

#include "host/lattice/era.h"
#include "host/lattice/pairs.h"
#include "host/lattice/status.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

START_TEST(a_stopped_thing_only_starts)
{
	struct status s = { 0 };

	ck_assert_int_eq(status_move(&s, STATE_RUNNING, NULL, 1, 0), STATUS_NEVER);
	ck_assert_int_eq(status_move(&s, STATE_FAILED, "x", 1, 0), STATUS_NEVER);
	ck_assert_int_eq(s.state, STATE_STOPPED);
	ck_assert_int_eq(status_move(&s, STATE_STARTING, NULL, 1, 0), 0);
	ck_assert_int_eq(status_move(&s, STATE_RUNNING, NULL, 2, 0), 0);
	ck_assert_int_eq(s.since_ms, 2);
}
END_TEST

START_TEST(the_same_again_keeps_its_time)
{
	struct status s = { 0 };

	ck_assert_int_eq(status_move(&s, STATE_STARTING, NULL, 1, 0), 0);
	ck_assert_int_eq(status_move(&s, STATE_FAILED, "port in use", 2, 10), 0);
	ck_assert_int_eq(status_move(&s, STATE_FAILED, "port in use", 3, 20), STATUS_SAME);
	ck_assert_int_eq(s.since_ms, 2);
	ck_assert_int_eq(s.retry_ms, 20);
	ck_assert_uint_eq(s.failures, 2);
	ck_assert_int_eq(status_move(&s, STATE_FAILED, "no such file", 4, 0), 0);
	ck_assert_int_eq(s.since_ms, 4);
	ck_assert_int_eq(status_move(&s, STATE_RUNNING, "ignored", 5, 99), 0);
	ck_assert_str_eq(s.reason, "");
	ck_assert_int_eq(s.retry_ms, 0);
	ck_assert_uint_eq(s.failures, 0);
}
END_TEST

START_TEST(a_reason_is_plain_and_never_missing)
{
	struct status s = { 0 };
	char much[1000];

	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	ck_assert_int_eq(status_move(&s, STATE_STARTING, NULL, 1, 0), 0);
	ck_assert_int_eq(status_move(&s, STATE_FAILED, NULL, 1, 0), 0);
	ck_assert_str_eq(s.reason, "no reason is known");
	ck_assert_int_eq(status_move(&s, STATE_FAILED, "a\n\x1b[31mb\xc3\xa9", 1, 0), 0);
	ck_assert_str_eq(s.reason, "a??[31mb??");
	ck_assert_int_eq(status_move(&s, STATE_DEGRADED, much, 1, 0), 0);
	ck_assert_uint_eq(strlen(s.reason), STATUS_REASON - 1);
}
END_TEST

START_TEST(waiting_doubles_up_to_a_minute)
{
	ck_assert_int_eq(status_backoff_ms(0), 1000);
	ck_assert_int_eq(status_backoff_ms(1), 1000);
	ck_assert_int_eq(status_backoff_ms(2), 2000);
	ck_assert_int_eq(status_backoff_ms(6), 32000);
	ck_assert_int_eq(status_backoff_ms(7), 60000);
	ck_assert_int_eq(status_backoff_ms(UINT_MAX), 60000);
}
END_TEST

START_TEST(a_time_is_written_as_people_read_it)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = { { 0, "1970-01-01T00:00:00.000Z" },
		{ 951782400123, "2000-02-29T00:00:00.123Z" },
		{ 1625572800000, "2021-07-06T12:00:00.000Z" },
		{ 4107542399999, "2100-02-28T23:59:59.999Z" },
		{ 4107542400000, "2100-03-01T00:00:00.000Z" }, { -5, "1970-01-01T00:00:00.000Z" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b;

		buf_init(&b, 64);
		time_put(&b, rows[i].ms);
		ck_assert_msg(
		    bytes_is(buf_bytes(&b), rows[i].text), "%.*s", (int)b.len, (char *)b.ptr);
		buf_deinit(&b);
	}
}
END_TEST

TCase *
status_tests(void)
{
	TCase *t = tcase_create("status");

	tcase_add_test(t, a_stopped_thing_only_starts);
	tcase_add_test(t, the_same_again_keeps_its_time);
	tcase_add_test(t, a_reason_is_plain_and_never_missing);
	tcase_add_test(t, waiting_doubles_up_to_a_minute);
	tcase_add_test(t, a_time_is_written_as_people_read_it);
	return t;
}

#define HEAD "\0asm\1\0\0\0"

START_TEST(the_imports_tell_the_era)
{
	static const struct {
		struct bytes module;
		enum era era;
	} rows[] = {
		{ BYTES_LIT(HEAD "\x02\x0a\x01\x04wapc\x01g\x00\x00"), ERA_FIRST },
		{ BYTES_LIT(HEAD "\x02\x0d\x01\x07wasmbus\x01g\x00\x00"), ERA_LATER },
		{ BYTES_LIT(HEAD "\x02\x16\x02\x04wapc\x01g\x00\x00\x07wasmbus\x01g\x00\x00"),
		    ERA_LATER },
		{ BYTES_LIT(HEAD "\x01\x01\x00\x02\x0a\x01\x04wapc\x01g\x00\x00"), ERA_FIRST },
		{ BYTES_LIT(HEAD "\x00\x02\x01x\x02\x0a\x01\x04wapc\x01g\x00\x00"), ERA_FIRST },
		/* a table, a memory and a global stand before it */
		{ BYTES_LIT(HEAD "\x02\x21\x04\x01"
				 "a\x01"
				 "b\x01\x70\x01\x01\x02\x01"
				 "a\x01"
				 "c\x02\x00\x01\x01"
				 "a\x01"
				 "d\x03\x7f\x00\x04wapc\x01g\x00\x00"),
		    ERA_FIRST },
		{ BYTES_LIT(HEAD), ERA_LATER },
		{ BYTES_LIT(HEAD "\x03\x01\x00"), ERA_LATER },
		{ BYTES_LIT(""), ERA_UNKNOWN },
		{ BYTES_LIT("\0asm\2\0\0\0"), ERA_UNKNOWN },
		{ BYTES_LIT(HEAD "\x02\x0c\x01\x04wapc\x01g\x00\x00"), ERA_UNKNOWN },
		{ BYTES_LIT(HEAD "\x02\x0a\x01\x04wapc\x01g\x09\x00"), ERA_UNKNOWN },
		{ BYTES_LIT(HEAD "\x02\x0a\x02\x04wapc\x01g\x00\x00"), ERA_UNKNOWN },
		{ BYTES_LIT(HEAD "\x02\x80\x80\x80\x80\x80\x01"), ERA_UNKNOWN },
		{ BYTES_LIT(HEAD "\x02\xff\xff\xff\xff\x0f"), ERA_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(era_of(rows[i].module) == rows[i].era, "row %zu: %s", i,
		    era_name(era_of(rows[i].module)));
}
END_TEST

START_TEST(an_era_has_a_name)
{
	ck_assert_int_eq(era_named(BYTES_LIT("first")), ERA_FIRST);
	ck_assert_int_eq(era_named(BYTES_LIT("later")), ERA_LATER);
	ck_assert_int_eq(era_named(BYTES_LIT("First")), ERA_UNKNOWN);
	ck_assert_str_eq(era_name(ERA_FIRST), "first");
	ck_assert_str_eq(era_name(ERA_UNKNOWN), "unknown");
}
END_TEST

TCase *
era_tests(void)
{
	TCase *t = tcase_create("era");

	tcase_add_test(t, the_imports_tell_the_era);
	tcase_add_test(t, an_era_has_a_name);
	return t;
}

START_TEST(pairs_stand_in_order_and_once)
{
	struct pairs p = { 0 };
	struct buf b;

	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("b"), BYTES_LIT("2")), 0);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("a"), BYTES_LIT("1")), 0);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("ab"), BYTES_LIT("")), 0);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("a"), BYTES_LIT("1")), PAIRS_SAME);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("a"), BYTES_LIT("\"x\"")), PAIRS_CHANGED);
	buf_init(&b, 256);
	pairs_put_json(&b, &p, true);
	ck_assert(bytes_is(buf_bytes(&b), "{\"a\":\"\\\"x\\\"\",\"ab\":\"\",\"b\":\"2\"}"));
	buf_reset(&b);
	pairs_put_json(&b, &p, false);
	ck_assert(bytes_is(buf_bytes(&b), "{\"a\":\"\",\"ab\":\"\",\"b\":\"\"}"));
	ck_assert(pairs_del(&p, BYTES_LIT("a")) && !pairs_del(&p, BYTES_LIT("a")));
	ck_assert_ptr_null(pairs_get(&p, BYTES_LIT("a")));
	ck_assert_str_eq(pairs_get(&p, BYTES_LIT("b")), "2");
	buf_deinit(&b);
	pairs_deinit(&p);
}
END_TEST

START_TEST(pairs_refuse_what_is_no_name)
{
	struct pairs p = { 0 };
	char name[PAIRS_KEY + 2], many[8];
	int r = 0;

	memset(name, 'x', sizeof(name));
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT(""), BYTES_LIT("1")), PAIRS_BAD);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("a\n"), BYTES_LIT("1")), PAIRS_BAD);
	ck_assert_int_eq(pairs_put(&p, bytes_of(name, PAIRS_KEY + 1), BYTES_LIT("1")), PAIRS_BAD);
	ck_assert_int_eq(pairs_put(&p, BYTES_LIT("a"), BYTES_LIT("x\0y")), PAIRS_BAD);
	ck_assert_int_eq(pairs_from(&p, made_list("a", "1", "a", "1", NULL)), PAIRS_BAD);
	ck_assert_uint_eq(p.n, 0);
	for (unsigned i = 0; r == 0 && i <= PAIRS_MAX; i++) {
		snprintf(many, sizeof(many), "%u", i);
		r = pairs_put(&p, bytes_str(many), BYTES_NULL);
	}
	ck_assert_int_eq(r, PAIRS_FULL);
	ck_assert_uint_eq(p.n, PAIRS_MAX);
	pairs_deinit(&p);
}
END_TEST

TCase *
pairs_tests(void)
{
	TCase *t = tcase_create("pairs");

	tcase_add_test(t, pairs_stand_in_order_and_once);
	tcase_add_test(t, pairs_refuse_what_is_no_name);
	return t;
}
