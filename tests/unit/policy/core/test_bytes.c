/*
 * bytes.h: slices never reach past what they were made of.
 */
#include "policy/core/bytes.h"
#include "tests/unit/policy/core/suites.h"

START_TEST(an_empty_run_equals_null)
{
	ck_assert(bytes_eq(BYTES_NULL, bytes_str("")));
	ck_assert(bytes_is(BYTES_NULL, ""));
	ck_assert(bytes_eq(bytes_str(NULL), BYTES_NULL));
	ck_assert(!bytes_is(BYTES_LIT("a"), ""));
}
END_TEST

START_TEST(equality_is_length_and_content)
{
	ck_assert(bytes_eq(BYTES_LIT("a\0b"), bytes_of("a\0b", 3)));
	ck_assert(!bytes_eq(BYTES_LIT("a\0b"), BYTES_LIT("a\0c")));
	ck_assert(!bytes_is(BYTES_LIT("ab"), "a"));
}
END_TEST

START_TEST(slices_stop_at_the_end)
{
	struct bytes s = BYTES_LIT("abc");

	ck_assert(bytes_is(bytes_from(s, 1), "bc"));
	ck_assert_uint_eq(bytes_from(s, 3).len, 0);
	ck_assert_ptr_eq(bytes_from(s, 99).ptr, s.ptr + 3);
	ck_assert(bytes_is(bytes_upto(s, 2), "ab"));
	ck_assert(bytes_is(bytes_upto(s, 99), "abc"));
	ck_assert_ptr_null(bytes_from(BYTES_NULL, 1).ptr);
}
END_TEST

START_TEST(find_answers_the_length_for_what_is_not_there)
{
	ck_assert_uint_eq(bytes_find(BYTES_LIT("a.b.c"), '.'), 1);
	ck_assert_uint_eq(bytes_find(BYTES_LIT("abc"), '.'), 3);
	ck_assert_uint_eq(bytes_find(BYTES_NULL, '.'), 0);
}
END_TEST

START_TEST(everything_starts_with_nothing)
{
	ck_assert(bytes_starts(BYTES_LIT("abc"), BYTES_NULL));
	ck_assert(bytes_starts(BYTES_LIT("abc"), BYTES_LIT("ab")));
	ck_assert(!bytes_starts(BYTES_LIT("ab"), BYTES_LIT("abc")));
}
END_TEST

START_TEST(a_sum_that_does_not_fit_is_refused)
{
	size_t sum;

	ck_assert(size_add(1, 2, &sum) && sum == 3);
	ck_assert(size_add(SIZE_MAX, 0, &sum));
	ck_assert(!size_add(SIZE_MAX, 1, &sum));
}
END_TEST

TCase *
bytes_tests(void)
{
	TCase *tc = tcase_create("bytes");

	tcase_add_test(tc, an_empty_run_equals_null);
	tcase_add_test(tc, equality_is_length_and_content);
	tcase_add_test(tc, slices_stop_at_the_end);
	tcase_add_test(tc, find_answers_the_length_for_what_is_not_there);
	tcase_add_test(tc, everything_starts_with_nothing);
	tcase_add_test(tc, a_sum_that_does_not_fit_is_refused);
	return tc;
}
