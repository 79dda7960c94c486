/*
 * The mint file, line by line, and the answers of check_run() that no deployment is needed for.
 */
#include <check.h>
#include <sodium.h>
#include <stdio.h>

#include "gateway/proc/check.h"
#include "gateway/proc/upstream_keys.h"

enum { KEYS = 3 };

static char account[KEYS][NKEY_TEXT_LEN + 1], seed[KEYS][NKEY_SEED_LEN + 1];
static char user_seed[NKEY_SEED_LEN + 1];

static void
set_up(void)
{
	struct nkey_pair p;

	for (int i = 0; i < KEYS; i++) {
		ck_assert_int_eq(nkey_pair_new(&p, NKEY_ACCOUNT), 0);
		nkey_format(&p.pub, account[i]);
		nkey_pair_deinit(&p);
		ck_assert_int_eq(nkey_pair_new(&p, NKEY_ACCOUNT), 0);
		nkey_pair_seed(&p, seed[i]);
		nkey_pair_deinit(&p);
	}
	ck_assert_int_eq(nkey_pair_new(&p, NKEY_USER), 0);
	nkey_pair_seed(&p, user_seed);
	nkey_pair_deinit(&p);
}

struct said {
	size_t n, line[8];
	char why[8][128];
};

static void
note(void *ctx, size_t line, const char *why)
{
	struct said *s = ctx;

	ck_assert_uint_lt(s->n, 8);
	s->line[s->n] = line;
	snprintf(s->why[s->n++], sizeof(s->why[0]), "%s", why);
}

START_TEST(keys_are_found_by_client_account)
{
	struct upstream_keys k;
	struct nkey_pair want;
	struct said s = { 0 };
	char text[512];

	snprintf(text, sizeof(text), "# comment\n\n%s %s\n \t%s\t %s \r\n%s %s", account[0], seed[0],
	    account[1], seed[1], account[2], seed[2]);
	ck_assert_int_eq(upstream_keys_read(&k, bytes_str(text), note, &s), 0);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_uint_eq(k.n, 3);
	for (int i = 0; i < KEYS; i++) {
		const struct nkey_pair *p = upstream_keys_find(&k, bytes_str(account[i]));

		ck_assert_int_eq(nkey_pair_parse(&want, bytes_str(seed[i])), 0);
		ck_assert_ptr_nonnull(p);
		ck_assert(nkey_eq(&p->pub, &want.pub));
		nkey_pair_deinit(&want);
	}
	ck_assert_ptr_null(upstream_keys_find(&k, bytes_str(seed[0])));
	ck_assert_ptr_null(upstream_keys_find(&k, BYTES_NULL));
	upstream_keys_deinit(&k);
	ck_assert_ptr_null(upstream_keys_find(&k, bytes_str(account[0])));
}
END_TEST

START_TEST(every_bad_line_is_told_by_number_and_never_by_content)
{
	struct upstream_keys k;
	struct said s = { 0 };
	char text[1024];

	snprintf(text, sizeof(text), "%s %s\nnonsense\n%s\n%s %s x\n%s %s\n%s %s\n%s %s\n", account[0],
	    seed[0], account[1], account[1], seed[1], account[1], user_seed, seed[1], account[1],
	    account[0], seed[2]);
	ck_assert_int_eq(upstream_keys_read(&k, bytes_str(text), note, &s), UPSTREAM_KEYS_BAD);
	ck_assert_uint_eq(s.n, 6);
	for (size_t i = 0; i < s.n; i++) {
		ck_assert_uint_eq(s.line[i], i + 2);
		ck_assert_ptr_null(strstr(s.why[i], seed[1]));
		ck_assert_ptr_null(strstr(s.why[i], user_seed));
	}
	ck_assert_str_eq(s.why[5], "a second line for one account");
	upstream_keys_deinit(&k);
	ck_assert_int_eq(upstream_keys_read(&k, bytes_str(text), NULL, NULL), UPSTREAM_KEYS_BAD);
	upstream_keys_deinit(&k);
}
END_TEST

START_TEST(a_file_without_a_key_is_refused)
{
	static const char *const texts[] = { "", "\n\n", "# nothing\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct upstream_keys k;
		struct said s = { 0 };

		ck_assert_int_eq(
		    upstream_keys_read(&k, bytes_str(texts[i]), note, &s), UPSTREAM_KEYS_BAD);
		ck_assert_uint_eq(s.n, 1);
		ck_assert_uint_eq(s.line[0], 0);
		upstream_keys_deinit(&k);
	}
}
END_TEST

START_TEST(a_configuration_that_is_not_there_is_a_problem_like_others)
{
	struct check_result c;
	struct buf said;

	buf_init(&said, 4096);
	ck_assert_int_eq(check_run(&c, "/nonexistent/gateway.conf"), TEXT_BAD);
	ck_assert_uint_eq(c.report.errors, 1);
	ck_assert_ptr_null(c.config);
	check_say(&c, &said);
	ck_assert(bytes_is(buf_bytes(&said), "1 error, 0 warnings\n"));
	check_deinit(&c);
	buf_deinit(&said);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gateway/proc_check");
	TCase *keys = tcase_create("upstream_keys"), *check = tcase_create("check");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	tcase_add_checked_fixture(keys, set_up, NULL);
	tcase_add_test(keys, keys_are_found_by_client_account);
	tcase_add_test(keys, every_bad_line_is_told_by_number_and_never_by_content);
	tcase_add_test(keys, a_file_without_a_key_is_refused);
	tcase_add_test(check, a_configuration_that_is_not_there_is_a_problem_like_others);
	suite_add_tcase(s, keys);
	suite_add_tcase(s, check);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
