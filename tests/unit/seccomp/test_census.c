/*
 * census: what is open is found, and who was not expected.
 */
#include <fcntl.h>
#include <unistd.h>

#include "seccomp/census.h"
#include "tests/unit/seccomp/suites.h"

START_TEST(a_descriptor_more_is_a_stranger_and_one_less_is_none)
{
	static struct census before, now;
	int fd;

	ck_assert_int_eq(census_take(&before), 0);
	ck_assert_int_eq(census_take(&now), 0);
	ck_assert_int_eq(census_stranger(&now, &before), -1);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(census_take(&now), 0);
	ck_assert_int_eq(census_stranger(&now, &before), fd);
	ck_assert_int_eq(census_stranger(&before, &now), -1);
	ck_assert_int_eq(census_add(&before, fd), 0);
	ck_assert_int_eq(census_add(&before, -1), 0);
	ck_assert_int_eq(census_stranger(&now, &before), -1);
	close(fd);
}
END_TEST

START_TEST(what_is_added_is_in_order_and_once)
{
	static struct census c;

	ck_assert_int_eq(census_add(&c, 9), 0);
	ck_assert_int_eq(census_add(&c, 3), 0);
	ck_assert_int_eq(census_add(&c, 7), 0);
	ck_assert_int_eq(census_add(&c, 3), 0);
	ck_assert_uint_eq(c.n, 3);
	ck_assert(c.fd[0] == 3 && c.fd[1] == 7 && c.fd[2] == 9);
}
END_TEST

START_TEST(more_than_can_be_counted_is_an_accident)
{
	static struct census c;

	c.n = 0;
	for (int i = 0; i < CENSUS_MAX; i++)
		ck_assert_int_eq(census_add(&c, i), 0);
	ck_assert_int_eq(census_add(&c, CENSUS_MAX), -E2BIG);
	ck_assert_int_eq(census_add(&c, 5), 0);
}
END_TEST

TCase *
census_tests(void)
{
	TCase *c = tcase_create("census");

	tcase_add_test(c, a_descriptor_more_is_a_stranger_and_one_less_is_none);
	tcase_add_test(c, what_is_added_is_in_order_and_once);
	tcase_add_test(c, more_than_can_be_counted_is_an_accident);
	return c;
}
