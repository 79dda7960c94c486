/* Buckets, and the table that keeps them. */
#include <stdio.h>
#include <stdlib.h>

#include "policy/rules/meters.h"
#include "tests/unit/policy/rules/suites.h"

static struct rate
rate_of(const char *text, uint32_t burst)
{
	struct rate r;

	ck_assert_msg(rate_parse(bytes_str(text), &r), "%s", text);
	if (burst != 0)
		r.burst = burst;
	ck_assert(rate_ok(&r));
	return r;
}

START_TEST(a_rate_is_a_number_and_a_unit)
{
	static const char *const no[] = { "", "/s", "10", "10/", "10/S", "10/ms", "10/s ", "0/s",
		"01/s", "-1/s", "1.5/s", "1000001/s", "10000000/s", "99999999999999999999/s",
		"1/s/s", "10 /s", "0x1/s" };
	struct rate r;

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!rate_parse(bytes_str(no[i]), &r), "%s", no[i]);
	r = rate_of("1000000/h", 0);
	ck_assert_uint_eq(r.n, 1000000);
	ck_assert_uint_eq(r.burst, 1000000);
	ck_assert_uint_eq(r.period_ms, 3600000);
}
END_TEST

START_TEST(a_full_bucket_gives_its_burst_and_then_its_rate)
{
	struct rate r = rate_of("10/s", 3);
	struct rate_bucket b = rate_full(&r);
	size_t got = 0;

	for (int i = 0; i < 5; i++)
		got += rate_take(&r, &b, 1000);
	ck_assert_uint_eq(got, 3);
	ck_assert_uint_eq(rate_wait_ms(&r, &b, 1000), 100);
	ck_assert(!rate_take(&r, &b, 1099));
	ck_assert_uint_eq(rate_wait_ms(&r, &b, 1099), 1);
	ck_assert(rate_take(&r, &b, 1100));
	ck_assert(!rate_take(&r, &b, 1100));
	ck_assert(!rate_is_full(&r, &b, 1399));
	ck_assert(rate_is_full(&r, &b, 1400));
}
END_TEST

START_TEST(nothing_is_lost_to_rounding)
{
	/* 7 a minute is one every 8571.43 ms: over a day asked every millisecond's worth of odd
	 * steps */
	struct rate r = rate_of("7/m", 1);
	struct rate_bucket b = { 0 };
	size_t got = 0;

	for (uint64_t t = 0; t <= 86400000; t += 13)
		got += rate_take(&r, &b, t);
	ck_assert_uint_ge(got, 7 * 60 * 24 - 16);
	ck_assert_uint_le(got, 7 * 60 * 24);
}
END_TEST

START_TEST(a_clock_that_jumps_gives_no_more_than_the_burst)
{
	struct rate r = rate_of("1000000/s", 1000000);
	struct rate slow = rate_of("1/h", 1000000);
	struct rate_bucket b = { 0 };
	size_t got = 0;

	/* as far forward as there is */
	ck_assert(rate_take(&r, &b, UINT64_MAX));
	ck_assert_uint_eq(b.level, (uint64_t)999999 * 1000);
	/* and back: nothing is filled until it is there again */
	for (int i = 0; i < 1000000; i++)
		got += rate_take(&r, &b, 5);
	ck_assert_uint_eq(got, 999999);
	ck_assert(!rate_take(&r, &b, UINT64_MAX - 1));
	b = rate_full(&slow);
	ck_assert(rate_take(&slow, &b, UINT64_MAX / 2));
	ck_assert(rate_take(&slow, &b, UINT64_MAX));
	ck_assert_uint_eq(rate_wait_ms(&slow, &b, 0), 0);
}
END_TEST

START_TEST(shares_of_a_rate_add_up_to_it)
{
	struct rate r = rate_of("10/s", 0), part = rate_share(&r, 4);
	struct rate_bucket b = { 0 };
	size_t got = 0;

	ck_assert(rate_ok(&part));
	ck_assert_uint_eq(part.burst, 2);
	for (uint64_t t = 0; t < 100000; t++)
		got += rate_take(&part, &b, t);
	ck_assert_uint_ge(got, 248);
	ck_assert_uint_le(got, 250);
	r = rate_of("1/h", 0);
	part = rate_share(&r, 64);
	ck_assert(rate_ok(&part));
	ck_assert_uint_eq(part.burst, 1);
	part = rate_share(&r, 1);
	ck_assert_uint_eq(part.period_ms, r.period_ms);
	part = rate_share(&r, UINT32_MAX);
	ck_assert(rate_ok(&part));
}
END_TEST

START_TEST(another_rate_takes_over_what_was_spent)
{
	struct rate ten = rate_of("10/s", 0), few = rate_of("2/h", 0), many = rate_of("100/s", 0);
	struct rate_bucket b = rate_full(&ten), c;

	for (int i = 0; i < 4; i++)
		ck_assert(rate_take(&ten, &b, 50));
	c = rate_change(&ten, &b, &few, 50);
	ck_assert(!rate_take(&few, &c, 50));
	c = rate_change(&ten, &b, &many, 50);
	ck_assert_uint_eq(c.level / many.period_ms, 96);
	c = rate_change(&ten, &b, &ten, 50);
	ck_assert_uint_eq(c.level, b.level);
}
END_TEST

static const struct meter_key key = { ACME, USER, { (const uint8_t *)"rule", 4 } };

START_TEST(who_comes_back_finds_what_was_left)
{
	struct rate r = rate_of("1/m", 2);
	struct meters *t = meters_new(1);
	struct meter *m = meters_get(t, &key, &r, 0), *same;

	ck_assert(meter_take(m, 0));
	same = meters_get(t, &key, &r, 0);
	ck_assert_ptr_eq(m, same);
	ck_assert(meter_take(same, 0));
	meters_put(t, same);
	meters_put(t, m);
	meters_tick(t, 1000);
	ck_assert_uint_eq(meters_count(t), 1);
	m = meters_get(t, &key, &r, 1000);
	ck_assert(!meter_take(m, 1000));
	ck_assert_uint_eq(meter_wait_ms(m, 1000), 59000);
	meters_put(t, m);
	meters_tick(t, 119999);
	ck_assert_uint_eq(meters_count(t), 1);
	meters_tick(t, 120000);
	ck_assert_uint_eq(meters_count(t), 0);
	meters_free(t);
}
END_TEST

START_TEST(account_user_and_rule_tell_buckets_apart)
{
	struct rate r = rate_of("1/m", 1);
	struct meters *t = meters_new(1);
	const struct meter_key others[] = { key, { OTHER, USER, key.rule },
		{ ACME, HOST, key.rule }, { ACME, USER, BYTES_LIT("rul") },
		{ ACME, USER, BYTES_LIT("rulee") } };
	struct meter *m[5];

	for (size_t i = 0; i < 5; i++) {
		m[i] = meters_get(t, &others[i], &r, 7);
		ck_assert(meter_take(m[i], 7));
	}
	ck_assert_uint_eq(meters_count(t), 5);
	for (size_t i = 0; i < 5; i++) {
		ck_assert(!meter_take(m[i], 7));
		meters_put(t, m[i]);
	}
	meters_free(t);
}
END_TEST

START_TEST(what_nobody_holds_is_bounded)
{
	struct rate r = rate_of("1/h", 1);
	struct meters *t = meters_new(1);
	char name[16];

	for (int i = 0; i < METERS_IDLE + 500; i++) {
		struct meter_key k = key;
		struct meter *m;

		snprintf(name, sizeof(name), "r%d", i);
		k.rule = bytes_str(name);
		m = meters_get(t, &k, &r, 0);
		ck_assert(meter_take(m, 0));
		meters_put(t, m);
	}
	meters_tick(t, 1);
	ck_assert_uint_eq(meters_count(t), METERS_IDLE);
	for (int i = 0; i < METERS_IDLE / 1024 + 2; i++)
		meters_tick(t, 3600000);
	ck_assert_uint_eq(meters_count(t), 0);
	meters_free(t);
}
END_TEST

START_TEST(a_new_rate_for_the_same_rule_does_not_fill_it)
{
	struct rate r = rate_of("5/m", 5), other = rate_of("5/s", 8);
	struct meters *t = meters_new(1);
	struct meter *m = meters_get(t, &key, &r, 0);

	for (int i = 0; i < 5; i++)
		ck_assert(meter_take(m, 0));
	meters_put(t, m);
	m = meters_get(t, &key, &other, 0);
	for (int i = 0; i < 3; i++)
		ck_assert(meter_take(m, 0));
	ck_assert(!meter_take(m, 0));
	meters_put(t, m);
	meters_free(t);
}
END_TEST

TCase *
rate_tests(void)
{
	TCase *t = tcase_create("rate");

	tcase_add_test(t, a_rate_is_a_number_and_a_unit);
	tcase_add_test(t, a_full_bucket_gives_its_burst_and_then_its_rate);
	tcase_add_test(t, nothing_is_lost_to_rounding);
	tcase_add_test(t, a_clock_that_jumps_gives_no_more_than_the_burst);
	tcase_add_test(t, shares_of_a_rate_add_up_to_it);
	tcase_add_test(t, another_rate_takes_over_what_was_spent);
	tcase_add_test(t, who_comes_back_finds_what_was_left);
	tcase_add_test(t, account_user_and_rule_tell_buckets_apart);
	tcase_add_test(t, what_nobody_holds_is_bounded);
	tcase_add_test(t, a_new_rate_for_the_same_rule_does_not_fill_it);
	return t;
}
