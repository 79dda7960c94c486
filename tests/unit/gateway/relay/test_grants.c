/* What may be answered: how often, how long, and how many at once. */
#include <stdio.h>

#include "gateway/relay/grants.h"
#include "tests/unit/gateway/relay/suites.h"

static struct grants g;

static void
teardown(void)
{
	grants_deinit(&g);
	ck_assert(g.n == 0 && g.oldest == NULL && g.bucket == NULL);
}

static bool
has(const char *reply, uint64_t now)
{
	return grants_has(&g, bytes_str(reply), now);
}

static void
add(const char *reply, int64_t max, uint64_t until, uint64_t now)
{
	ck_assert_int_eq(grants_add(&g, bytes_str(reply), max, until, now), 0);
}

START_TEST(nothing_is_granted_that_did_not_come)
{
	ck_assert(!has("r", 0));
	grants_use(&g, BYTES_LIT("r"));
	add("r", 1, 0, 0);
	ck_assert(has("r", 0) && !has("R", 0) && !has("r.1", 0) && !has("", 0));
}
END_TEST

START_TEST(so_many_answers_and_no_more)
{
	add("r", 2, 0, 0);
	grants_use(&g, BYTES_LIT("r"));
	ck_assert(has("r", 0));
	grants_use(&g, BYTES_LIT("r"));
	ck_assert(!has("r", 0));
	grants_use(&g, BYTES_LIT("r"));
	add("none", 0, 0, 0);
	ck_assert(!has("none", 0));
	add("any", -1, 0, 0);
	for (int i = 0; i < 1000; i++)
		grants_use(&g, BYTES_LIT("any"));
	ck_assert(has("any", UINT64_MAX));
}
END_TEST

START_TEST(its_time_ends_on_the_millisecond)
{
	add("r", -1, 100, 0);
	ck_assert(has("r", 99));
	ck_assert(!has("r", 100));
	/* coming again renews it */
	add("r", 1, 300, 150);
	ck_assert(has("r", 299));
	ck_assert_uint_eq(g.n, 1);
}
END_TEST

START_TEST(there_is_room_for_so_many_and_the_oldest_go_first)
{
	char name[32];

	for (int i = 0; i < GRANTS_MAX * 3; i++) {
		snprintf(name, sizeof(name), "r.%d", i);
		add(name, 1, 0, 0);
		ck_assert_uint_le(g.n, GRANTS_MAX);
		/* one that keeps coming is kept */
		if (i % 1000 == 0)
			add("kept", 1, 0, 0);
	}
	ck_assert(has("kept", 0));
	ck_assert(!has("r.0", 0));
	ck_assert(has(name, 0));
	ck_assert_uint_eq(g.n, GRANTS_MAX);
}
END_TEST

START_TEST(expired_ones_make_room_before_good_ones)
{
	char name[32];

	for (int i = 0; i < GRANTS_MAX; i++) {
		snprintf(name, sizeof(name), "r.%d", i);
		add(name, 1, 10, 0);
	}
	add("new", 1, 0, 20);
	ck_assert_uint_eq(g.n, 1);
}
END_TEST

TCase *
grants_tests(void)
{
	TCase *t = tcase_create("grants");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, nothing_is_granted_that_did_not_come);
	tcase_add_test(t, so_many_answers_and_no_more);
	tcase_add_test(t, its_time_ends_on_the_millisecond);
	tcase_add_test(t, there_is_room_for_so_many_and_the_oldest_go_first);
	tcase_add_test(t, expired_ones_make_room_before_good_ones);
	return t;
}
