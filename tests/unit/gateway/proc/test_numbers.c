/* Which connections of an edge have logged in: each number once. */
#include "gateway/proc/numbers.h"
#include "tests/unit/gateway/proc/suites.h"

START_TEST(a_number_is_taken_once_in_any_order)
{
	struct numbers t = { 0 };

	numbers_begin(&t, 0);
	for (uint64_t n = 1; n < 307; n++)
		ck_assert_int_eq(numbers_take(&t, n * 7 % 307), 0);
	for (uint64_t n = 1; n < 307; n++)
		ck_assert_int_ne(numbers_take(&t, n), 0);
	ck_assert_int_eq(numbers_take(&t, 307), 0);
	numbers_deinit(&t);
}
END_TEST

START_TEST(numbers_of_other_edges_are_not_its_own)
{
	struct numbers t = { 0 };

	numbers_begin(&t, NUMBERS_EACH);
	ck_assert_int_ne(numbers_take(&t, 0), 0);
	ck_assert_int_ne(numbers_take(&t, NUMBERS_EACH), 0);
	ck_assert_int_ne(numbers_take(&t, 2 * NUMBERS_EACH + 1), 0);
	ck_assert_int_ne(numbers_take(&t, UINT64_MAX), 0);
	ck_assert_int_eq(numbers_take(&t, NUMBERS_EACH + 1), 0);
	ck_assert_int_eq(numbers_take(&t, 2 * NUMBERS_EACH), 0);
	numbers_deinit(&t);
}
END_TEST

START_TEST(what_the_window_has_left_behind_counts_as_taken)
{
	struct numbers t = { 0 };
	uint64_t at = 5, refused = 0;

	/* steps of every kind, each time around the ring: what is old is refused, what is new is free */
	numbers_begin(&t, 0);
	ck_assert_int_eq(numbers_take(&t, at), 0);
	for (uint64_t step = 1; step < UINT64_C(4) * NUMBERS_WINDOW; step = step * 3 + 1) {
		uint64_t was = at;

		at += step;
		ck_assert_int_eq(numbers_take(&t, at), 0);
		ck_assert_int_ne(numbers_take(&t, was), 0);
		ck_assert_int_ne(numbers_take(&t, at), 0);
		if (at > NUMBERS_WINDOW)
			ck_assert_int_ne(numbers_take(&t, at - NUMBERS_WINDOW), 0);
		if (step > 2 && was + 1 > t.floor)
			ck_assert_int_eq(numbers_take(&t, at - 1), 0);
	}
	/* a whole window behind the last one: all free, none free twice */
	at += UINT64_C(3) * NUMBERS_WINDOW;
	ck_assert_int_eq(numbers_take(&t, at), 0);
	for (uint64_t n = at - 1; n > t.floor; n--)
		refused += numbers_take(&t, n) != 0;
	ck_assert_uint_eq(refused, 0);
	for (uint64_t n = at - NUMBERS_WINDOW; n <= at; n++)
		refused += numbers_take(&t, n) != 0;
	ck_assert_uint_eq(refused, NUMBERS_WINDOW + 1);
	numbers_deinit(&t);
}
END_TEST

START_TEST(a_new_verifier_gives_no_number_below_those_it_is_told_of)
{
	struct numbers t = { 0 };

	numbers_begin(&t, 0);
	numbers_rise(&t, 10);
	numbers_rise(&t, 4);
	ck_assert_int_ne(numbers_take(&t, 3), 0);
	ck_assert_int_ne(numbers_take(&t, 10), 0);
	ck_assert_int_eq(numbers_take(&t, 11), 0);
	numbers_deinit(&t);
}
END_TEST

TCase *
numbers_tests(void)
{
	TCase *t = tcase_create("numbers");

	tcase_add_test(t, a_number_is_taken_once_in_any_order);
	tcase_add_test(t, numbers_of_other_edges_are_not_its_own);
	tcase_add_test(t, what_the_window_has_left_behind_counts_as_taken);
	tcase_add_test(t, a_new_verifier_gives_no_number_below_those_it_is_told_of);
	return t;
}
