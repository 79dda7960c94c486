/*
 * restart: pauses that grow, calm that forgets them, and an end after too many deaths.
 */
#include "host/actor/restart.h"
#include "tests/unit/host/actor/suites.h"

START_TEST(the_pause_doubles_up_to_its_ceiling)
{
	static const uint64_t pauses[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000 };
	struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t now = 5, at = 0;

	p.deaths = RESTART_MAX_DEATHS;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		ck_assert_int_eq(restart_died(&r, &p, 10, now, &at), RESTART_AT);
		ck_assert_uint_eq(at, now + pauses[i]);
		now = at;
	}
}
END_TEST

START_TEST(who_lived_long_enough_begins_at_the_first_pause)
{
	const struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	for (uint64_t i = 0; i < 3; i++)
		ck_assert_int_eq(restart_died(&r, &p, 0, i, &at), RESTART_AT);
	ck_assert_int_eq(restart_died(&r, &p, p.calm_ms - 1, 100000, &at), RESTART_AT);
	ck_assert_uint_eq(at, 100000 + 8000);
	ck_assert_int_eq(restart_died(&r, &p, p.calm_ms, 200000, &at), RESTART_AT);
	ck_assert_uint_eq(at, 200000 + 1000);
}
END_TEST

START_TEST(too_many_deaths_within_the_window_are_the_end)
{
	const struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	for (uint64_t i = 1; i < p.deaths; i++)
		ck_assert_int_eq(restart_died(&r, &p, p.calm_ms, i * 60000, &at), RESTART_AT);
	ck_assert_int_eq(restart_died(&r, &p, p.calm_ms, p.deaths * 60000, &at), RESTART_NEVER);
	ck_assert_int_eq(restart_died(&r, &p, p.calm_ms, UINT64_MAX / 2, &at), RESTART_NEVER);
}
END_TEST

START_TEST(as_many_deaths_over_a_longer_time_are_not)
{
	const struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	for (uint64_t i = 1; i < 1000; i++) /* nine in each ten minutes */
		ck_assert_int_eq(restart_died(&r, &p, p.calm_ms, i * 66667, &at), RESTART_AT);
}
END_TEST

START_TEST(the_most_deaths_that_can_be_kept_are_counted_right)
{
	struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	p.deaths = RESTART_MAX_DEATHS;
	for (uint64_t i = 0; i < 3 * RESTART_MAX_DEATHS; i++)
		ck_assert_int_eq(restart_died(&r, &p, 0, i * p.window_ms, &at), RESTART_AT);
	for (uint64_t i = 1; i < RESTART_MAX_DEATHS - 1; i++)
		ck_assert_int_eq(restart_died(&r, &p, 0, 1000ULL * p.window_ms + i, &at), RESTART_AT);
	ck_assert_int_eq(restart_died(&r, &p, 0, 1000ULL * p.window_ms + 100, &at), RESTART_AT);
	ck_assert_int_eq(restart_died(&r, &p, 0, 1000ULL * p.window_ms + 101, &at), RESTART_NEVER);
}
END_TEST

START_TEST(who_is_released_has_died_never)
{
	struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	p.deaths = 1;
	ck_assert_int_eq(restart_died(&r, &p, 0, 1, &at), RESTART_NEVER);
	restart_release(&r);
	p.deaths = 2;
	ck_assert_int_eq(restart_died(&r, &p, 0, 2, &at), RESTART_AT);
	ck_assert_uint_eq(at, 1002);
}
END_TEST

START_TEST(a_policy_without_sense_allows_nothing)
{
	const struct restart_policy none = { 0 };
	struct restart_policy p = restart_policy_default();
	struct restart r = { 0 };
	uint64_t at = 0;

	ck_assert(restart_policy_sane(&p));
	ck_assert_int_eq(restart_died(&r, &none, 0, 1, &at), RESTART_NEVER);
	p.deaths = RESTART_MAX_DEATHS + 1;
	ck_assert(!restart_policy_sane(&p));
	p = restart_policy_default();
	p.most_ms = p.first_ms - 1;
	ck_assert(!restart_policy_sane(&p));
}
END_TEST

TCase *
restart_tests(void)
{
	TCase *t = tcase_create("restart");

	tcase_add_test(t, the_pause_doubles_up_to_its_ceiling);
	tcase_add_test(t, who_lived_long_enough_begins_at_the_first_pause);
	tcase_add_test(t, too_many_deaths_within_the_window_are_the_end);
	tcase_add_test(t, as_many_deaths_over_a_longer_time_are_not);
	tcase_add_test(t, the_most_deaths_that_can_be_kept_are_counted_right);
	tcase_add_test(t, who_is_released_has_died_never);
	tcase_add_test(t, a_policy_without_sense_allows_nothing);
	return t;
}
