#include "host/providers/messaging/asked.h"
#include "host/providers/messaging/subscriptions.h"
#include "tests/unit/host/providers/suites.h"

START_TEST(an_answer_is_of_the_request_that_has_its_name)
{
	static struct asked a;
	char first[ASKED_NAME], second[ASKED_NAME], third[ASKED_NAME];

	ck_assert(asked_put(&a, 7, 100, first) && asked_put(&a, 8, 100, second));
	ck_assert(asked_take(&a, bytes_str(second)) == 8 && a.n == 1);
	ck_assert(asked_take(&a, bytes_str(second)) == 0);
	ck_assert(asked_take(&a, bytes_str(first)) == 7 && a.n == 0);
	/* its place, not its name */
	ck_assert(asked_put(&a, 9, 100, third));
	ck_assert(asked_take(&a, bytes_str(first)) == 0);
	ck_assert(asked_take(&a, BYTES_LIT("0")) == 0 && asked_take(&a, BYTES_NULL) == 0);
	ck_assert(asked_take(&a, bytes_str(third)) == 9);
}
END_TEST

START_TEST(requests_wait_until_their_time_is_up_and_no_more_of_them_than_there_is_room)
{
	static struct asked a;
	char name[ASKED_NAME];

	for (uint64_t i = 1; i <= ASKED_MAX; i++)
		ck_assert(asked_put(&a, i, i, name));
	ck_assert(!asked_put(&a, 1000, 1, name) && a.n == ASKED_MAX);
	ck_assert(asked_late(&a, 0) == 0);
	ck_assert(asked_late(&a, 2) == 1 && asked_late(&a, 2) == 2 && asked_late(&a, 2) == 0);
	ck_assert(asked_put(&a, 1000, 1, name) && asked_late(&a, 1) == 1000);
	for (size_t n = ASKED_MAX - 2; n > 0; n--)
		ck_assert(asked_late(&a, UINT64_MAX) != 0);
	ck_assert(asked_late(&a, UINT64_MAX) == 0 && a.n == 0);
}
END_TEST

START_TEST(subscriptions_are_those_of_the_link_and_no_others)
{
	static const struct {
		const char *list, *sent; /* NULL: nobody can have them */
	} rows[] = {
		{ "", "" },
		{ "a.b, c.>|queue ,d.*", "SUB a.b 2\r\nSUB c.> queue 3\r\nSUB d.* 4\r\n" },
		{ "a b", NULL },
		{ "a,,b", NULL },
		{ "a|", NULL },
		{ "a|two words", NULL },
		{ "wasmbus.ctl.>", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b;

		ck_assert_msg(
		    subscriptions_ok(bytes_str(rows[i].list)) == (rows[i].sent != NULL), "%zu", i);
		if (rows[i].sent == NULL)
			continue;
		buf_init(&b, 1024);
		subscriptions_put(bytes_str(rows[i].list), &b);
		ck_assert_msg(bytes_is(buf_bytes(&b), rows[i].sent), "%zu", i);
		buf_deinit(&b);
	}
}
END_TEST

START_TEST(a_link_subscribes_to_so_much_and_no_more)
{
	struct buf b;

	buf_init(&b, 1024);
	for (int i = 0; i < SUBSCRIPTIONS_MAX; i++)
		buf_put_str(&b, i == 0 ? "a" : ",a");
	ck_assert(subscriptions_ok(buf_bytes(&b)));
	buf_put_str(&b, ",a");
	ck_assert(!subscriptions_ok(buf_bytes(&b)));
	buf_deinit(&b);
}
END_TEST

TCase *
messaging_tests(void)
{
	TCase *t = tcase_create("messaging");

	tcase_add_test(t, an_answer_is_of_the_request_that_has_its_name);
	tcase_add_test(
	    t, requests_wait_until_their_time_is_up_and_no_more_of_them_than_there_is_room);
	tcase_add_test(t, subscriptions_are_those_of_the_link_and_no_others);
	tcase_add_test(t, a_link_subscribes_to_so_much_and_no_more);
	return t;
}
