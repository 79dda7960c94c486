/*
 * Tallies: ceilings are exact, and nobody is remembered whom nobody holds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/auth/tally.h"
#include "tests/unit/gateway/auth/suites.h"

static const uint8_t key[TALLY_KEY];

START_TEST(a_ceiling_is_exact_and_none_is_none)
{
	struct tally *t = tally_new(key, 0);
	struct tally_name *a = tally_hold(t, "A"), *again = tally_hold(t, "A"),
			  *b = tally_hold(t, "B");

	ck_assert_ptr_eq(a, again);
	ck_assert_ptr_ne(a, b);
	ck_assert(tally_take(a, 2) && tally_take(again, 2) && !tally_take(a, 2));
	ck_assert(tally_take(b, 2));
	tally_give(a, 1);
	ck_assert(tally_take(a, 2));
	for (int i = 0; i < 1000; i++)
		ck_assert(tally_take(b, 0));
	tally_drop(t, a);
	tally_drop(t, b);
	ck_assert_uint_eq(tally_count(t), 1);
	ck_assert_uint_eq(again->n, 2);
	tally_drop(t, again);
	ck_assert_uint_eq(tally_count(t), 0);
	tally_free(t);
}
END_TEST

START_TEST(many_names_are_kept_apart_with_their_room)
{
	enum { N = 1000 };
	static struct tally_name *x[N];
	struct tally *t = tally_new(key, sizeof(uint64_t));
	char name[TALLY_NAME + 1];

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "UNAME%d", i);
		x[i] = tally_hold(t, name);
		ck_assert_uint_eq(x[i]->room[0], 0);
		x[i]->room[0] = (uint64_t)i;
	}
	for (int i = 0; i < N; i++) {
		struct tally_name *same;

		snprintf(name, sizeof(name), "UNAME%d", i);
		same = tally_hold(t, name);
		ck_assert_ptr_eq(same, x[i]);
		ck_assert_uint_eq(same->room[0], (uint64_t)i);
		tally_drop(t, same);
	}
	for (int i = N - 1; i >= 0; i--)
		tally_drop(t, x[i]);
	ck_assert_uint_eq(tally_count(t), 0);
	tally_free(t);
}
END_TEST

START_TEST(a_name_too_long_is_nobody)
{
	struct tally *t = tally_new(key, 0);
	char name[TALLY_NAME + 2];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_ptr_null(tally_hold(t, name));
	tally_drop(t, NULL);
	tally_free(t);
}
END_TEST

TCase *
tally_tests(void)
{
	TCase *c = tcase_create("tally");

	tcase_add_test(c, a_ceiling_is_exact_and_none_is_none);
	tcase_add_test(c, many_names_are_kept_apart_with_their_room);
	tcase_add_test(c, a_name_too_long_is_nobody);
	return c;
}
