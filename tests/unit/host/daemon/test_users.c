#include <stdlib.h>

#include "host/proc/users.h"
#include "policy/core/err.h"
#include "tests/unit/host/daemon/suites.h"

static const struct users_range preset = { USERS_FIRST, USERS_N };
static struct users u;

static void
begin(void)
{
	const struct bytes all = BYTES_LIT("         0          0 4294967295\n");

	users_judge(&u, preset, true, all, all);
	ck_assert(u.own);
}

START_TEST(a_range_is_covered_when_every_number_of_it_is_known)
{
	static const struct {
		const char *map;
		bool covered;
	} rows[] = {
		{ "         0          0 4294967295\n", true },
		{ "0 0 98304\n", true },
		{ "0 0 98303\n", false },
		{ "81920 500000 16384\n", true },
		{ "81921 500000 16384\n", false },
		{ "81920 0 16384", true },
		{ "90000 1 8304\n81920 500000 8080\n", true },
		{ "90001 1 8303\n81920 500000 8080\n", false },
		{ "0 100000 65536\n", false },
		{ "0 0\n81920\n", false },
		{ "x 0 4294967295\n", false },
		{ "0 0 99999999999999999999999\n", false },
		{ "\n\n81920 1 0\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(users_covered(bytes_str(rows[i].map), preset) == rows[i].covered,
		    "%s", rows[i].map);
}
END_TEST

START_TEST(nobody_has_one_without_root_or_without_both_maps)
{
	const struct bytes all = BYTES_LIT("0 0 4294967295\n"), few = BYTES_LIT("0 100000 65536\n");
	const struct {
		bool root;
		struct bytes uids, gids;
		bool own;
	} rows[] = { { true, all, all, true }, { false, all, all, false },
		{ true, few, all, false }, { true, all, few, false },
		{ true, BYTES_NULL, BYTES_NULL, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		users_judge(&u, preset, rows[i].root, rows[i].uids, rows[i].gids);
		ck_assert(u.own == rows[i].own);
		ck_assert((u.why == NULL) == u.own);
		ck_assert((users_take(&u, USERS_RUNNERS, 7) != 0) == u.own);
	}
	users_judge(&u, (struct users_range){ 0, 0 }, true, all, all);
	ck_assert(!u.own);
}
END_TEST

START_TEST(no_two_have_the_same_until_one_gives_it_back)
{
	static bool seen[USERS_N];
	uid_t uid, last = 0;
	unsigned n = 0;

	begin();
	for (; (uid = users_take(&u, USERS_RUNNERS, (uint32_t)random())) != 0; n++) {
		ck_assert_uint_ge(uid, USERS_FIRST);
		ck_assert_uint_lt(uid, USERS_FIRST + USERS_N / 4 * 3);
		ck_assert(!seen[uid - USERS_FIRST]);
		seen[uid - USERS_FIRST] = true;
		last = uid;
	}
	ck_assert_uint_eq(n, USERS_N / 4 * 3);
	users_give(&u, last);
	ck_assert_uint_eq(users_take(&u, USERS_RUNNERS, 0), last);
	ck_assert_uint_eq(users_take(&u, USERS_RUNNERS, 0), 0);
	users_give(&u, 0);
	users_give(&u, 65534);
	users_give(&u, USERS_FIRST + USERS_N);
	ck_assert_uint_eq(users_take(&u, USERS_RUNNERS, 0), 0);
}
END_TEST

START_TEST(providers_have_a_part_that_no_runner_is_given)
{
	const struct users_range part = users_part_of(preset, USERS_PROVIDERS);
	uid_t uid;

	begin();
	ck_assert_uint_eq(part.first + part.n, USERS_FIRST + USERS_N);
	uid = users_take(&u, USERS_PROVIDERS, UINT32_MAX);
	ck_assert_uint_ge(uid, part.first);
	ck_assert(!users_take_this(&u, USERS_PROVIDERS, uid));
	ck_assert(users_take_this(&u, USERS_PROVIDERS, uid == part.first ? uid + 1 : part.first));
	ck_assert(!users_take_this(&u, USERS_PROVIDERS, part.first - 1));
	ck_assert(!users_take_this(&u, USERS_PROVIDERS, USERS_FIRST + USERS_N));
	ck_assert(!users_take_this(&u, USERS_PROVIDERS, 0));
	ck_assert(!users_take_this(&u, USERS_RUNNERS, part.first));
}
END_TEST

TCase *
users_tests(void)
{
	TCase *t = tcase_create("users");

	tcase_add_test(t, a_range_is_covered_when_every_number_of_it_is_known);
	tcase_add_test(t, nobody_has_one_without_root_or_without_both_maps);
	tcase_add_test(t, no_two_have_the_same_until_one_gives_it_back);
	tcase_add_test(t, providers_have_a_part_that_no_runner_is_given);
	return t;
}
