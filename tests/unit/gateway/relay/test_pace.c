/*
 * Pace: over any time at most what the rule says and one second's worth at once; over a long one
 * exactly that.
 */
#include <stdlib.h>

#include "gateway/relay/pace.h"
#include "tests/unit/gateway/relay/suites.h"

/* drain() - take while it is ready. Return: messages. */
static uint64_t
drain(struct pace *p, const struct pace_rule *r, uint64_t size, uint64_t now)
{
	uint64_t n = 0;

	while (pace_ready(p, r, now)) {
		pace_pay(p, r, size);
		if (++n > 1000000)
			break;
	}
	return n;
}

START_TEST(no_rule_is_no_ceiling)
{
	struct pace_rule r = { 0, 0 };
	struct pace p = { 0 };

	for (int i = 0; i < 100000; i++) {
		ck_assert(pace_ready(&p, &r, 5));
		pace_pay(&p, &r, UINT32_MAX);
	}
}
END_TEST

START_TEST(a_seconds_worth_at_once_and_then_the_rate)
{
	struct pace_rule r = { .msgs = 10 };
	struct pace p = { 0 };
	uint64_t n = 0;

	ck_assert_uint_eq(drain(&p, &r, 1, 0), 10);
	ck_assert_uint_eq(drain(&p, &r, 1, 99), 0);
	ck_assert_uint_eq(drain(&p, &r, 1, 100), 1);
	for (uint64_t now = 101; now <= 10100; now++)
		n += drain(&p, &r, 1, now);
	ck_assert_uint_eq(n, 100);
	ck_assert_uint_eq(drain(&p, &r, 1, 1000000), 10);
}
END_TEST

START_TEST(a_message_larger_than_what_is_left_is_owed)
{
	struct pace_rule r = { .bytes = 1000 };
	struct pace p = { 0 };

	ck_assert(pace_ready(&p, &r, 0));
	pace_pay(&p, &r, 5000);
	ck_assert(!pace_ready(&p, &r, 4000));
	ck_assert(pace_ready(&p, &r, 4001));
}
END_TEST

START_TEST(a_clock_that_goes_back_gives_nothing)
{
	struct pace_rule r = { .msgs = 5 };
	struct pace p = { 0 };

	ck_assert_uint_eq(drain(&p, &r, 1, 10000), 5);
	ck_assert_uint_eq(drain(&p, &r, 1, 5000), 0);
	ck_assert_uint_eq(drain(&p, &r, 1, 10000), 0);
	ck_assert_uint_eq(drain(&p, &r, 1, 10200), 1);
}
END_TEST

START_TEST(at_random_never_more_than_a_burst_and_the_rate)
{
	struct pace_rule r = { .msgs = 1 + (uint64_t)_i * 37, .bytes = 1 + (uint64_t)_i * 9001 };
	struct pace p = { 0 };
	uint64_t now = 0, msgs = 0, bytes = 0, largest = 0;

	srand((unsigned)_i);
	for (int step = 0; step < 5000; step++) {
		uint64_t size = (uint64_t)(rand() % 3000);

		now += (uint64_t)(rand() % 50);
		if (!pace_ready(&p, &r, now))
			continue;
		pace_pay(&p, &r, size);
		msgs++;
		bytes += size;
		largest = size > largest ? size : largest;
		ck_assert_uint_le(msgs * 1000, r.msgs * (1000 + now));
		ck_assert_uint_le(bytes * 1000, r.bytes * (1000 + now) + largest * 1000);
	}
}
END_TEST

START_TEST(huge_rules_and_times_do_not_overflow)
{
	struct pace_rule r = { .msgs = UINT64_C(1000000000), .bytes = UINT64_C(1) << 40 };
	struct pace p = { 0 };

	ck_assert(pace_ready(&p, &r, 0));
	pace_pay(&p, &r, UINT64_C(1) << 26);
	ck_assert(pace_ready(&p, &r, UINT64_MAX));
	ck_assert_int_eq(p.bytes, (int64_t)((UINT64_C(1) << 40) * 1000));
}
END_TEST

TCase *
pace_tests(void)
{
	TCase *c = tcase_create("pace");

	tcase_add_test(c, no_rule_is_no_ceiling);
	tcase_add_test(c, a_seconds_worth_at_once_and_then_the_rate);
	tcase_add_test(c, a_message_larger_than_what_is_left_is_owed);
	tcase_add_test(c, a_clock_that_goes_back_gives_nothing);
	tcase_add_loop_test(c, at_random_never_more_than_a_burst_and_the_rate, 0, 30);
	tcase_add_test(c, huge_rules_and_times_do_not_overflow);
	return c;
}
