/* Subscriptions by both their names, alive and ended. */
#include <stdio.h>

#include "gateway/relay/subs.h"
#include "tests/unit/gateway/relay/suites.h"

static struct subs subs;

static void
teardown(void)
{
	subs_deinit(&subs);
	ck_assert(subs.n == 0 && subs.by_sid == NULL);
}

static struct sub *
add(const char *sid, const char *subject, const char *queue)
{
	return subs_add(&subs, bytes_str(sid), bytes_str(subject), bytes_str(queue));
}

START_TEST(both_names_find_it_and_neither_after_removal)
{
	struct sub *a = add("a", "x.y", ""), *b = add("b", "x.z", "q");

	ck_assert_ptr_eq(subs_find(&subs, BYTES_LIT("a")), a);
	ck_assert_ptr_eq(subs_find_usid(&subs, b->usid), b);
	ck_assert(bytes_is(sub_subject(b), "x.z") && bytes_is(sub_queue(b), "q") &&
		  bytes_is(sub_sid(b), "b"));
	subs_remove(&subs, a);
	ck_assert_ptr_null(subs_find(&subs, BYTES_LIT("a")));
	ck_assert_ptr_null(subs_find_usid(&subs, 1));
	ck_assert_ptr_null(subs_find(&subs, BYTES_LIT("A")));
}
END_TEST

START_TEST(our_number_is_never_used_twice)
{
	uint32_t last = 0;

	for (int i = 0; i < 100; i++) {
		struct sub *s = add("1", "x", "");

		ck_assert_uint_gt(s->usid, last);
		last = s->usid;
		subs_remove(&subs, s);
	}
}
END_TEST

START_TEST(thousands_grow_and_go_in_any_order)
{
	enum { MANY = 5000 };
	char sid[16];
	size_t seen = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(sid, sizeof(sid), "%d", i * 7919 % MANY);
		ck_assert_ptr_nonnull(add(sid, "s", ""));
	}
	ck_assert_uint_eq(subs.n, MANY);
	for (struct sub *s = subs_each(&subs, NULL); s != NULL; s = subs_each(&subs, s))
		seen++;
	ck_assert_uint_eq(seen, MANY);
	for (struct sub *s = subs_each(&subs, NULL), *next; s != NULL; s = next) {
		next = subs_each(&subs, s);
		if (s->usid % 3 != 0)
			subs_remove(&subs, s);
	}
	for (uint32_t i = 1; i <= MANY; i++)
		ck_assert((subs_find_usid(&subs, i) != NULL) == (i % 3 == 0));
}
END_TEST

START_TEST(an_ended_one_frees_its_sid_and_lives_until_its_pong)
{
	struct sub *a = add("1", "x", ""), *b;
	uint32_t usid = a->usid;

	subs_end(&subs, a, 5);
	ck_assert_uint_eq(subs.n, 0);
	ck_assert_ptr_null(subs_find(&subs, BYTES_LIT("1")));
	ck_assert_ptr_null(subs_each(&subs, NULL));
	b = add("1", "y", "");
	ck_assert_ptr_eq(subs_find(&subs, BYTES_LIT("1")), b);
	ck_assert_ptr_eq(subs_find_usid(&subs, usid), a);
	subs_reap(&subs, 4);
	ck_assert_ptr_eq(subs_find_usid(&subs, usid), a);
	subs_reap(&subs, 5);
	ck_assert_ptr_null(subs_find_usid(&subs, usid));
	ck_assert_uint_eq(subs.n_ended, 0);
	ck_assert_ptr_eq(subs_find(&subs, BYTES_LIT("1")), b);
}
END_TEST

START_TEST(names_that_do_not_fit_are_refused)
{
	static uint8_t large[UINT16_MAX + 1];

	ck_assert_ptr_null(add("123456789012345678901", "x", ""));
	ck_assert_ptr_null(
	    subs_add(&subs, BYTES_LIT("1"), bytes_of(large, sizeof(large)), BYTES_NULL));
	ck_assert_ptr_null(
	    subs_add(&subs, BYTES_LIT("1"), BYTES_LIT("x"), bytes_of(large, sizeof(large))));
	ck_assert_uint_eq(subs.n, 0);
	ck_assert_ptr_null(subs_find(&subs, BYTES_LIT("1")));
	ck_assert_ptr_null(subs_find_usid(&subs, 1));
}
END_TEST

TCase *
subs_tests(void)
{
	TCase *t = tcase_create("subs");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, both_names_find_it_and_neither_after_removal);
	tcase_add_test(t, our_number_is_never_used_twice);
	tcase_add_test(t, thousands_grow_and_go_in_any_order);
	tcase_add_test(t, an_ended_one_frees_its_sid_and_lives_until_its_pong);
	tcase_add_test(t, names_that_do_not_fit_are_refused);
	return t;
}
