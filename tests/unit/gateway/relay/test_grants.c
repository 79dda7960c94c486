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
	return grants_has(&g, bytes_str(reply), now, NULL);
}

static void
add(const char *reply, int64_t max, uint64_t until, uint64_t now)
{
	struct grant_terms t = { .max = max, .until_ms = until };

	ck_assert_int_eq(grants_add(&g, bytes_str(reply), &t, now), 0);
}

START_TEST(nothing_is_granted_that_did_not_come)
{
	ck_assert(!has("r", 0));
	grants_use(&g, BYTES_LIT("r"), 0);
	add("r", 1, 0, 0);
	ck_assert(has("r", 0) && !has("R", 0) && !has("r.1", 0) && !has("", 0));
}
END_TEST

START_TEST(so_many_answers_and_no_more)
{
	add("r", 2, 0, 0);
	grants_use(&g, BYTES_LIT("r"), 0);
	ck_assert(has("r", 0));
	grants_use(&g, BYTES_LIT("r"), 0);
	ck_assert(!has("r", 0));
	grants_use(&g, BYTES_LIT("r"), 0);
	add("none", 0, 0, 0);
	ck_assert(!has("none", 0));
	add("any", -1, 0, 0);
	for (int i = 0; i < 1000; i++)
		grants_use(&g, BYTES_LIT("any"), 0);
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

static void
add_below(const char *reply, int64_t max, uint64_t until)
{
	struct grant_terms t = { .max = max, .until_ms = until, .below = true };

	ck_assert_int_eq(grants_add(&g, bytes_str(reply), &t, 0), 0);
}

START_TEST(what_lies_below_is_covered_where_the_terms_say_so)
{
	add_below("_INBOX.~t.r", 3, 100);
	add("_INBOX.~t.q", 3, 100, 0);
	ck_assert(has("_INBOX.~t.r", 0) && has("_INBOX.~t.r.results", 0) && has("_INBOX.~t.r.results.0.1", 0));
	ck_assert(!has("_INBOX.~t.rr", 0) && !has("_INBOX.~t.r2.results", 0) && !has("_INBOX.~t", 0));
	ck_assert(!has("_INBOX.~t.q.results", 0) && !has("_INBOX.~t.r.results", 100));
	/* one count for all of it */
	grants_use(&g, BYTES_LIT("_INBOX.~t.r.results"), 0);
	grants_use(&g, BYTES_LIT("_INBOX.~t.r.results.1"), 0);
	ck_assert(has("_INBOX.~t.r", 0));
	grants_use(&g, BYTES_LIT("_INBOX.~t.r"), 0);
	ck_assert(!has("_INBOX.~t.r.results", 0));
	/* coming again under other terms ends it */
	add_below("r", -1, 0);
	ck_assert(has("r.x", 0));
	add("r", -1, 0, 0);
	ck_assert(has("r", 0) && !has("r.x", 0));
}
END_TEST

START_TEST(a_subject_of_many_tokens_is_not_looked_at_for_ever)
{
	char deep[2 * GRANTS_DEPTH + 4] = "r";

	add_below("r", -1, 0);
	for (int i = 0; i < GRANTS_DEPTH; i++)
		strcat(deep, ".x");
	ck_assert(has(deep, 0));
	strcat(deep, ".x");
	ck_assert(!has(deep, 0));
}
END_TEST

START_TEST(what_was_asked_is_remembered_and_adds_up)
{
	struct grant_terms ping = { .max = 5, .until_ms = 100, .asked = 2 }, plain = { .max = 5, .until_ms = 100 },
		bid = { .max = 5, .until_ms = 300, .asked = 4 };
	uint16_t asked = 0;

	ck_assert_int_eq(grants_add(&g, BYTES_LIT("r"), &ping, 0), 0);
	ck_assert(grants_has(&g, BYTES_LIT("r"), 0, &asked) && asked == 2);
	ck_assert_int_eq(grants_add(&g, BYTES_LIT("r"), &plain, 0), 0);
	ck_assert(grants_has(&g, BYTES_LIT("r"), 0, &asked) && asked == 2);
	ck_assert_int_eq(grants_add(&g, BYTES_LIT("r"), &bid, 0), 0);
	ck_assert(grants_has(&g, BYTES_LIT("r"), 0, &asked) && asked == 6);
	/* what has run out is forgotten */
	ck_assert_int_eq(grants_add(&g, BYTES_LIT("s"), &ping, 0), 0);
	ck_assert_int_eq(grants_add(&g, BYTES_LIT("s"), &bid, 200), 0);
	ck_assert(grants_has(&g, BYTES_LIT("s"), 200, &asked) && asked == 4);
}
END_TEST

TCase *
grants_tests(void)
{
	TCase *t = tcase_create("grants");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, nothing_is_granted_that_did_not_come);
	tcase_add_test(t, so_many_answers_and_no_more);
	tcase_add_test(t, what_lies_below_is_covered_where_the_terms_say_so);
	tcase_add_test(t, a_subject_of_many_tokens_is_not_looked_at_for_ever);
	tcase_add_test(t, what_was_asked_is_remembered_and_adds_up);
	tcase_add_test(t, its_time_ends_on_the_millisecond);
	tcase_add_test(t, there_is_room_for_so_many_and_the_oldest_go_first);
	tcase_add_test(t, expired_ones_make_room_before_good_ones);
	return t;
}
