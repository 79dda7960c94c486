#include "policy/rules/narrow.h"
#include "tests/unit/policy/rules/suites.h"

static struct identity id;
static struct narrow n;

static void
setup(void)
{
	id = (struct identity){ 0 };
}

static void
teardown(void)
{
	narrow_deinit(&n);
	identity_deinit(&id);
}

static void
init(void)
{
	ck_assert_int_eq(narrow_init(&n, &id.perms), 0);
}

static bool
pub(const char *s)
{
	return narrow_publish(&n, bytes_str(s));
}

static bool
sub(const char *pattern, const char *queue)
{
	return narrow_subscribe(&n, bytes_str(pattern), bytes_str(queue));
}

START_TEST(absent_lists_take_nothing_away)
{
	init();
	ck_assert(pub("a.b"));
	ck_assert(sub(">", ""));
	ck_assert(sub("a", "q"));
}
END_TEST

START_TEST(a_present_and_empty_list_allows_nothing)
{
	world_list(&id.perms.pub_allow, NULL);
	world_list(&id.perms.sub_allow, NULL);
	init();
	ck_assert(!pub("a"));
	ck_assert(!sub("a", ""));
}
END_TEST

START_TEST(a_subscription_has_to_be_a_subset)
{
	world_list(&id.perms.sub_allow, "foo.*");
	init();
	ck_assert(sub("foo.bar", ""));
	ck_assert(sub("foo.*", ""));
	ck_assert(!sub("foo.>", ""));
	ck_assert(!sub(">", ""));
}
END_TEST

/* Source: nats-server server/client.go canSubscribe, and its documentation of queue permissions. */
START_TEST(queue_entries_decide_about_queues)
{
	world_list(&id.perms.sub_allow, "foo v1");
	init();
	ck_assert(!sub("foo", ""));
	ck_assert(sub("foo", "v1"));
	ck_assert(!sub("foo", "v2"));
}
END_TEST

START_TEST(a_queue_entry_beside_a_plain_one_narrows)
{
	world_list(&id.perms.sub_allow, "foo");
	world_list(&id.perms.sub_allow, "foo v1");
	init();
	ck_assert(sub("foo", ""));
	ck_assert(sub("foo", "v1"));
	ck_assert(!sub("foo", "v2"));
}
END_TEST

START_TEST(a_plain_entry_alone_lets_queues_in)
{
	world_list(&id.perms.sub_allow, "foo");
	init();
	ck_assert(sub("foo", "v2"));
}
END_TEST

START_TEST(a_deny_that_contains_refuses_and_one_that_overlaps_filters)
{
	world_list(&id.perms.sub_deny, "sec.>");
	world_list(&id.perms.sub_deny, "foo *");
	init();
	ck_assert(!sub("sec.x", ""));
	ck_assert(!sub("sec", ""));
	ck_assert(sub("*.x", ""));
	ck_assert(!narrow_deliver(&n, BYTES_LIT("sec.x")));
	ck_assert(narrow_deliver(&n, BYTES_LIT("pub.x")));
	ck_assert(sub("foo", ""));
	ck_assert(!sub("foo", "any"));
	ck_assert(!narrow_deliver_queue(&n, BYTES_LIT("foo"), BYTES_LIT("any")));
	ck_assert(narrow_deliver_queue(&n, BYTES_LIT("foo"), BYTES_NULL));
}
END_TEST

START_TEST(a_publish_deny_covers_the_parent)
{
	world_list(&id.perms.pub_allow, ">");
	world_list(&id.perms.pub_deny, "a.>");
	init();
	ck_assert(pub("b"));
	ck_assert(!pub("a.b"));
	ck_assert(!pub("a"));
	ck_assert(narrow_publish_denied(&n, BYTES_LIT("a.b")));
}
END_TEST

START_TEST(a_deny_that_cannot_be_read_refuses_the_credential)
{
	world_list(&id.perms.pub_deny, "a..b");
	ck_assert_int_eq(narrow_init(&n, &id.perms), -EINVAL);
}
END_TEST

START_TEST(an_allow_that_cannot_be_read_allows_nothing)
{
	world_list(&id.perms.pub_allow, "a..b");
	init();
	ck_assert(!pub("a"));
}
END_TEST

TCase *
narrow_tests(void)
{
	TCase *t = tcase_create("narrow");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, absent_lists_take_nothing_away);
	tcase_add_test(t, a_present_and_empty_list_allows_nothing);
	tcase_add_test(t, a_subscription_has_to_be_a_subset);
	tcase_add_test(t, queue_entries_decide_about_queues);
	tcase_add_test(t, a_queue_entry_beside_a_plain_one_narrows);
	tcase_add_test(t, a_plain_entry_alone_lets_queues_in);
	tcase_add_test(t, a_deny_that_contains_refuses_and_one_that_overlaps_filters);
	tcase_add_test(t, a_publish_deny_covers_the_parent);
	tcase_add_test(t, a_deny_that_cannot_be_read_refuses_the_credential);
	tcase_add_test(t, an_allow_that_cannot_be_read_allows_nothing);
	return t;
}
