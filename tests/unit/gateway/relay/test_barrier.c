/*
 * A PING waits for the commands before it, and for no later ones.
 */
#include "gateway/relay/barrier.h"
#include "tests/unit/gateway/relay/suites.h"

START_TEST(without_commands_a_ping_goes_on)
{
	struct barrier b = { 0 };

	ck_assert_int_eq(barrier_ping(&b, 0), 0);
	ck_assert_uint_eq(barrier_done(&b, 1), 0);
	ck_assert_int_eq(barrier_ping(&b, 1), 0);
	barrier_deinit(&b);
}
END_TEST

START_TEST(later_commands_do_not_hold_an_earlier_ping)
{
	struct barrier b = { 0 };

	ck_assert_int_eq(barrier_ping(&b, 1), 1);
	ck_assert_int_eq(barrier_ping(&b, 3), 1);
	ck_assert_int_eq(barrier_ping(&b, 3), 1);
	ck_assert_uint_eq(b.pings, 3);
	ck_assert_uint_eq(barrier_done(&b, 1), 1);
	ck_assert_uint_eq(barrier_done(&b, 3), 0);
	ck_assert_uint_eq(barrier_done(&b, 2), 2);
	ck_assert_uint_eq(b.pings, 0);
	barrier_deinit(&b);
}
END_TEST

START_TEST(commands_are_done_in_any_order)
{
	struct barrier b = { 0 };

	ck_assert_int_eq(barrier_ping(&b, BARRIER_SPAN), 1);
	for (uint64_t i = BARRIER_SPAN; i > 1; i--)
		ck_assert_uint_eq(barrier_done(&b, i), 0);
	ck_assert_uint_eq(barrier_done(&b, 1), 1);
	ck_assert_uint_eq(b.base, BARRIER_SPAN);
	/* said twice, never sent, or long ago: nothing happens */
	ck_assert_uint_eq(barrier_done(&b, 1), 0);
	ck_assert_uint_eq(barrier_done(&b, 3 * BARRIER_SPAN), 0);
	ck_assert_uint_eq(barrier_done(&b, 0), 0);
	barrier_deinit(&b);
}
END_TEST

START_TEST(a_ping_does_not_overtake_a_held_one)
{
	struct barrier b = { 0 };

	ck_assert_int_eq(barrier_ping(&b, 2), 1);
	ck_assert_uint_eq(barrier_done(&b, 1), 0);
	ck_assert_int_eq(barrier_ping(&b, 1), 1);
	ck_assert_uint_eq(barrier_done(&b, 2), 2);
	barrier_deinit(&b);
}
END_TEST

TCase *
barrier_tests(void)
{
	TCase *t = tcase_create("barrier");

	tcase_add_test(t, without_commands_a_ping_goes_on);
	tcase_add_test(t, later_commands_do_not_hold_an_earlier_ping);
	tcase_add_test(t, commands_are_done_in_any_order);
	tcase_add_test(t, a_ping_does_not_overtake_a_held_one);
	return t;
}
