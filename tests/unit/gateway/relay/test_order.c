/* Words wait for the PONGs of earlier PINGs. */
#include "gateway/relay/order.h"
#include "tests/unit/gateway/relay/suites.h"

static struct order o;
static struct buf now;

static void
setup(void)
{
	order_init(&o);
	buf_init(&now, 1 << 20);
}

static void
teardown(void)
{
	order_deinit(&o);
	buf_deinit(&now);
}

static void
say(const char *word)
{
	buf_put_str(order_out(&o, &now), word);
}

static void
is(const char *text)
{
	ck_assert_msg(bytes_is(buf_bytes(&now), text), "%.*s", (int)now.len, now.ptr);
}

START_TEST(without_a_ping_a_word_goes_at_once)
{
	say("a");
	is("a");
}
END_TEST

START_TEST(words_wait_for_the_pong_before_them_and_no_longer)
{
	order_ping(&o);
	say("a");
	order_ping(&o);
	say("b");
	say("c");
	is("");
	order_pong(&o, &now);
	is("PONG\r\na");
	order_pong(&o, &now);
	is("PONG\r\naPONG\r\nbc");
	say("d");
	is("PONG\r\naPONG\r\nbcd");
}
END_TEST

START_TEST(our_own_ping_holds_words_and_is_not_answered_to_the_client)
{
	ck_assert(order_own_ping(&o));
	order_ping(&o);
	ck_assert(!order_own_ping(&o));
	say("a");
	order_ping(&o);
	say("b");
	order_pong(&o, &now);
	is("a");
	order_pong(&o, &now);
	is("aPONG\r\nb");
	ck_assert(order_own_ping(&o));
}
END_TEST

START_TEST(a_pong_nobody_asked_for_lets_nothing_loose)
{
	order_pong(&o, &now);
	is("");
	order_ping(&o);
	say("a");
	is("");
	order_pong(&o, &now);
	is("PONG\r\na");
}
END_TEST

START_TEST(at_the_end_all_is_said)
{
	for (int i = 0; i < 100; i++) {
		order_ping(&o);
		say("x");
	}
	order_all(&o, &now);
	ck_assert_uint_eq(now.len, 100);
	order_all(&o, &now);
	ck_assert_uint_eq(now.len, 100);
}
END_TEST

START_TEST(it_is_full_long_before_it_fails)
{
	order_ping(&o);
	while (!order_full(&o))
		say("-ERR 'Permissions Violation for Publish to \"a\"'\r\n");
	ck_assert(!buf_failed(&o.later));
	ck_assert_uint_lt(o.later.len, ORDER_MAX / 2 + 100);
}
END_TEST

TCase *
order_tests(void)
{
	TCase *t = tcase_create("order");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, without_a_ping_a_word_goes_at_once);
	tcase_add_test(t, words_wait_for_the_pong_before_them_and_no_longer);
	tcase_add_test(t, our_own_ping_holds_words_and_is_not_answered_to_the_client);
	tcase_add_test(t, a_pong_nobody_asked_for_lets_nothing_loose);
	tcase_add_test(t, at_the_end_all_is_said);
	tcase_add_test(t, it_is_full_long_before_it_fails);
	return t;
}
