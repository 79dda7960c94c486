/*
 * Sources: counts, penalties, and that a flood of addresses forgives nobody. The clock is ours.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/auth/sources.h"
#include "tests/unit/gateway/auth/suites.h"

static const uint8_t key[SOURCES_KEY] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static struct sources *t;

static struct sources_rules
rules(void)
{
	return (struct sources_rules){
		.cost_ms = { [SOURCE_FAILED] = 5000,
		    [SOURCE_GARBAGE] = 5000,
		    [SOURCE_TIMED_OUT] = 20000,
		    [SOURCE_SILENT] = 1000 },
		.min_ms = 15000,
		.max_ms = 600000,
		.max_early = 4,
		.max_all = 6,
		.places = 8,
	};
}

static void
begin(const struct sources_rules *r)
{
	t = sources_new(r, key);
	ck_assert_ptr_nonnull(t);
}

static void
setup(void)
{
	struct sources_rules r = rules();

	begin(&r);
}

static void
teardown(void)
{
	sources_free(t);
	t = NULL;
}

/* touch() - come and go. Return: sources_enter()'s answer. */
static int
touch(const char *address, uint64_t now)
{
	struct source *s = NULL;
	int r = sources_enter(t, address, now, &s);

	if (r == 0)
		sources_leave(t, s, true, now);
	return r;
}

START_TEST(three_failures_are_enforced_and_two_are_not)
{
	ck_assert(!sources_fault(t, "192.0.2.1", SOURCE_FAILED, 1000));
	ck_assert(!sources_fault(t, "192.0.2.1", SOURCE_FAILED, 1000));
	ck_assert_int_eq(touch("192.0.2.1", 1000), 0);
	ck_assert(sources_fault(t, "192.0.2.1", SOURCE_FAILED, 1000));
	ck_assert_int_eq(touch("192.0.2.1", 1000), SOURCE_PENALISED);
	ck_assert_uint_eq(sources_penalty_ms(t, "192.0.2.1", 1000), 15000);
	/* once enforced it is until the end, though less than the minimum is left */
	ck_assert_int_eq(touch("192.0.2.1", 15999), SOURCE_PENALISED);
	ck_assert_int_eq(touch("192.0.2.1", 16000), 0);
	ck_assert_int_eq(touch("192.0.2.2", 1000), 0);
}
END_TEST

START_TEST(a_penalty_grows_with_each_failure_up_to_its_maximum)
{
	uint64_t last = 0;

	for (int i = 0; i < 119; i++) {
		(void)sources_fault(t, "192.0.2.1", SOURCE_FAILED, 0);
		if (i < 2)
			continue;
		ck_assert_uint_eq(sources_penalty_ms(t, "192.0.2.1", 0), (uint64_t)(i + 1) * 5000);
		last = sources_penalty_ms(t, "192.0.2.1", 0);
	}
	ck_assert_uint_eq(last, 595000);
	for (int i = 0; i < 100; i++)
		(void)sources_fault(t, "192.0.2.1", SOURCE_FAILED, 0);
	ck_assert_uint_eq(sources_penalty_ms(t, "192.0.2.1", 0), 600000);
}
END_TEST

START_TEST(who_fails_rarely_never_pays)
{
	for (uint64_t now = 0; now < 10000000; now += 10000) {
		(void)sources_fault(t, "192.0.2.1", SOURCE_FAILED, now);
		(void)sources_fault(t, "192.0.2.7", SOURCE_SILENT, now);
		ck_assert_int_eq(touch("192.0.2.1", now), 0);
		ck_assert_int_eq(touch("192.0.2.7", now), 0);
	}
}
END_TEST

START_TEST(a_good_login_takes_nothing_off)
{
	struct source *s;

	for (int i = 0; i < 2; i++)
		(void)sources_fault(t, "192.0.2.1", SOURCE_FAILED, 0);
	ck_assert_int_eq(sources_enter(t, "192.0.2.1", 0, &s), 0);
	sources_proved(s);
	sources_leave(t, s, false, 0);
	(void)sources_fault(t, "192.0.2.1", SOURCE_FAILED, 0);
	ck_assert_int_eq(touch("192.0.2.1", 0), SOURCE_PENALISED);
}
END_TEST

START_TEST(a_source_is_an_ipv4_address_or_an_ipv6_64)
{
	static const char *const same[][2] = {
		{ "192.0.2.1", "::ffff:192.0.2.1" },
		{ "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff" },
	};
	static const char *const other[] = { "192.0.2.2", "2001:db8:0:2::1", "::c000:201" };

	for (size_t i = 0; i < 2; i++) {
		(void)sources_fault(t, same[i][0], SOURCE_TIMED_OUT, 0);
		ck_assert_int_eq(touch(same[i][1], 0), SOURCE_PENALISED);
	}
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(touch(other[i], 0), 0);
}
END_TEST

START_TEST(each_source_has_its_own_ceilings)
{
	struct source *s[6], *more;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(sources_enter(t, "192.0.2.1", 0, &s[i]), 0);
	ck_assert_int_eq(sources_enter(t, "192.0.2.1", 0, &more), SOURCE_TOO_MANY_EARLY);
	ck_assert_int_eq(touch("192.0.2.2", 0), 0);
	for (int i = 0; i < 4; i++)
		sources_proved(s[i]);
	ck_assert_uint_eq(sources_early(s[0]), 0);
	for (int i = 4; i < 6; i++)
		ck_assert_int_eq(sources_enter(t, "192.0.2.1", 0, &s[i]), 0);
	ck_assert_int_eq(sources_enter(t, "192.0.2.1", 0, &more), SOURCE_TOO_MANY);
	for (int i = 0; i < 6; i++)
		sources_leave(t, s[i], i >= 4, 0);
	ck_assert_uint_eq(sources_count(t), 0);
}
END_TEST

START_TEST(exempt_networks_have_neither_penalty_nor_ceiling)
{
	struct sources_rules r = rules();
	struct source *s[20];

	ck_assert(cidr_parse(&r.exempt[r.n_exempt++], BYTES_LIT("192.0.2.0/28")));
	ck_assert(cidr_parse(&r.exempt[r.n_exempt++], BYTES_LIT("2001:db8::/32")));
	sources_free(t);
	begin(&r);
	for (int i = 0; i < 100; i++) {
		ck_assert(!sources_fault(t, "192.0.2.3", SOURCE_FAILED, 0));
		ck_assert(!sources_fault(t, "2001:db8:7::1", SOURCE_FAILED, 0));
	}
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(sources_enter(t, "192.0.2.3", 0, &s[i]), 0);
	for (int i = 0; i < 20; i++)
		sources_leave(t, s[i], true, 0);
	(void)sources_fault(t, "192.0.2.16", SOURCE_TIMED_OUT, 0);
	ck_assert_int_eq(touch("192.0.2.16", 0), SOURCE_PENALISED);
}
END_TEST

START_TEST(without_a_maximum_there_are_no_penalties)
{
	struct sources_rules r = rules();

	r.max_ms = 0;
	sources_free(t);
	begin(&r);
	for (int i = 0; i < 100; i++)
		ck_assert(!sources_fault(t, "192.0.2.1", SOURCE_FAILED, 0));
	ck_assert_int_eq(touch("192.0.2.1", 0), 0);
	ck_assert_uint_eq(sources_count(t), 0);
}
END_TEST

START_TEST(a_flood_of_addresses_washes_nobody)
{
	char address[64];

	for (int i = 0; i < 4; i++)
		(void)sources_fault(t, "198.51.100.9", SOURCE_FAILED, 0);
	ck_assert_uint_eq(sources_penalty_ms(t, "198.51.100.9", 0), 20000);
	/* many more than there are places, each with a longer penalty */
	for (int i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "203.%d.%d.1", i / 256, i % 256);
		for (int n = 0; n < 5; n++)
			(void)sources_fault(t, address, SOURCE_TIMED_OUT, 1);
		ck_assert_uint_le(sources_count(t), 8);
	}
	ck_assert_uint_eq(sources_penalised(t), 8);
	ck_assert_int_eq(touch("198.51.100.9", 2), SOURCE_PENALISED);
	ck_assert_uint_ge(sources_penalty_ms(t, "198.51.100.9", 2), 20000 - 2);
	/* nor do the others wash each other */
	for (int i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "203.%d.%d.1", i / 256, i % 256);
		ck_assert_uint_ge(sources_penalty_ms(t, address, 2), 99000);
	}
	/* and IPv6 does not pay for IPv4 */
	ck_assert_int_eq(touch("2001:db8::1", 2), 0);
}
END_TEST

START_TEST(what_is_left_below_the_minimum_is_not_lost_when_it_is_pushed_out)
{
	char address[64];

	for (int i = 0; i < 2; i++)
		(void)sources_fault(t, "198.51.100.9", SOURCE_FAILED, 0);
	for (int i = 0; i < 64; i++) {
		snprintf(address, sizeof(address), "203.0.113.%d", i);
		for (int n = 0; n < 5; n++)
			(void)sources_fault(t, address, SOURCE_TIMED_OUT, 0);
	}
	ck_assert_int_eq(touch("198.51.100.9", 0), 0);
	(void)sources_fault(t, "198.51.100.9", SOURCE_FAILED, 0);
	ck_assert_int_eq(touch("198.51.100.9", 0), SOURCE_PENALISED);
}
END_TEST

START_TEST(the_holder_of_an_ipv6_48_fills_one_shared_place_and_his_64s_are_penalised_through_it)
{
	char address[64];

	for (int i = 0; i < 500; i++) {
		snprintf(address, sizeof(address), "2001:db8:77:%x::1", i);
		(void)sources_fault(t, address, SOURCE_TIMED_OUT, 0);
	}
	/* one he never used before */
	ck_assert_int_eq(touch("2001:db8:77:ffff::1", 1), SOURCE_PENALISED);
	ck_assert_int_eq(touch("2001:db8:78:ffff::1", 1), 0);
}
END_TEST

START_TEST(a_source_with_a_connection_is_never_pushed_out)
{
	struct source *s;
	char address[64];

	ck_assert_int_eq(sources_enter(t, "198.51.100.9", 0, &s), 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "203.%d.%d.1", i / 256, i % 256);
		(void)sources_fault(t, address, SOURCE_TIMED_OUT, 0);
	}
	ck_assert_int_eq(touch("198.51.100.9", 0), 0);
	sources_leave(t, s, true, 0);
}
END_TEST

START_TEST(time_forgets_everything)
{
	char address[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "203.%d.%d.1", i / 256, i % 256);
		(void)sources_fault(t, address, SOURCE_TIMED_OUT, 0);
	}
	/* those that shared a place with one before them took over what was left of it */
	sources_tick(t, 600000);
	ck_assert_uint_eq(sources_count(t), 0);
	ck_assert_uint_eq(sources_penalised(t), 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "203.%d.%d.1", i / 256, i % 256);
		ck_assert_int_eq(touch(address, 600000), 0);
	}
}
END_TEST

/*
 * Against a model that forgets nothing: whoever the model penalises is penalised, however few
 * places there are. With places for all, nobody else is either.
 */
START_TEST(at_random_it_is_never_kinder_than_a_table_without_bounds)
{
	enum { N = 40, STEPS = 20000 };
	static uint64_t until[N];
	static bool enforced[N];
	struct source *open[N][2] = { { NULL } };
	struct sources_rules r = rules();
	uint64_t now = 0;
	bool exact = _i == 0;
	char address[64];

	memset(until, 0, sizeof(until));
	memset(enforced, 0, sizeof(enforced));
	r.max_early = r.max_all = 0;
	r.places = exact ? N : 3;
	sources_free(t);
	begin(&r);
	srand((unsigned)_i + 7);
	for (int step = 0; step < STEPS; step++) {
		int n = rand() % N, what = rand() % 4;
		bool model;

		now += (uint64_t)(rand() % 400);
		if (until[n] <= now)
			enforced[n] = false;
		snprintf(address, sizeof(address), "198.51.%d.%d", n, n);
		if (what == 0) {
			enum source_fault f = (enum source_fault)(1 + rand() % 4);
			uint64_t from = until[n] > now ? until[n] : now;

			(void)sources_fault(t, address, f, now);
			until[n] = from + r.cost_ms[f] < now + r.max_ms ? from + r.cost_ms[f]
									: now + r.max_ms;
			enforced[n] = enforced[n] || until[n] - now >= r.min_ms;
		} else if (what == 1 && open[n][0] == NULL) {
			int answer = sources_enter(t, address, now, &open[n][0]);

			if (enforced[n])
				ck_assert_int_eq(answer, SOURCE_PENALISED);
			if (exact && !enforced[n])
				ck_assert_int_eq(answer, 0);
		} else if (what == 2 && open[n][0] != NULL) {
			sources_leave(t, open[n][0], true, now);
			open[n][0] = NULL;
		} else if (what == 3) {
			sources_tick(t, now);
		}
		model = enforced[n] && until[n] > now;
		if (exact)
			ck_assert_uint_eq(
			    sources_penalty_ms(t, address, now), model ? until[n] - now : 0);
		else if (model)
			ck_assert_uint_ge(sources_penalty_ms(t, address, now), until[n] - now);
		ck_assert_uint_le(sources_penalised(t), r.places);
	}
	for (int n = 0; n < N; n++)
		sources_leave(t, open[n][0], true, now);
	sources_tick(t, now + r.max_ms);
	ck_assert_uint_eq(sources_count(t), 0);
}
END_TEST

TCase *
sources_tests(void)
{
	TCase *c = tcase_create("sources");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, three_failures_are_enforced_and_two_are_not);
	tcase_add_test(c, a_penalty_grows_with_each_failure_up_to_its_maximum);
	tcase_add_test(c, who_fails_rarely_never_pays);
	tcase_add_test(c, a_good_login_takes_nothing_off);
	tcase_add_test(c, a_source_is_an_ipv4_address_or_an_ipv6_64);
	tcase_add_test(c, each_source_has_its_own_ceilings);
	tcase_add_test(c, exempt_networks_have_neither_penalty_nor_ceiling);
	tcase_add_test(c, without_a_maximum_there_are_no_penalties);
	tcase_add_test(c, a_flood_of_addresses_washes_nobody);
	tcase_add_test(c, what_is_left_below_the_minimum_is_not_lost_when_it_is_pushed_out);
	tcase_add_test(c,
	    the_holder_of_an_ipv6_48_fills_one_shared_place_and_his_64s_are_penalised_through_it);
	tcase_add_test(c, a_source_with_a_connection_is_never_pushed_out);
	tcase_add_test(c, time_forgets_everything);
	tcase_add_loop_test(c, at_random_it_is_never_kinder_than_a_table_without_bounds, 0, 6);
	return c;
}
