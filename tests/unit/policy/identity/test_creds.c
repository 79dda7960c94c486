#include "policy/identity/creds.h"
#include "tests/unit/policy/identity/suites.h"

#define SEED "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
#define JWT "eyJ0eXAi.eyJqdGki.c2ln-_A"

static const struct {
	const char *what;
	const char *text;
	int answer;
} cases[] = {
	{ "as tools write it",
	    "-----BEGIN NATS USER JWT-----\n" JWT "\n------END NATS USER JWT------\n\n"
	    "** IMPORTANT **\nwords\n\n-----BEGIN USER NKEY SEED-----\n" SEED
	    "\n------END USER NKEY SEED------\n",
	    0 },
	{ "CRLF", "---a---\r\n" JWT "\r\n---b---\r\n---c---\r\n" SEED "\r\n---d---\r\n", 0 },
	{ "blank lines and blanks around values",
	    "\n\n ---a--- \n\n\t" JWT " \n\n---b---\n---c---\n\n " SEED "\t\n\n---d---", 0 },
	{ "only dashes", "------\n" JWT "\n------\n------\n" SEED "\n------", 0 },
	{ "empty", "", CREDS_NO_JWT },
	{ "no blocks at all", JWT "\n" SEED "\n", CREDS_NO_JWT },
	{ "first block empty", "---a---\n\n---b---\n---c---\n" SEED "\n---d---", CREDS_NO_JWT },
	{ "first block of two lines", "---a---\n" JWT "\nx\n---b---\n---c---\n" SEED "\n---d---",
	    CREDS_NO_JWT },
	{ "first block not closed", "---a---\n" JWT "\n", CREDS_NO_JWT },
	{ "a quote in the token", "---a---\nab\"c\n---b---\n---c---\n" SEED "\n---d---",
	    CREDS_NO_JWT },
	{ "no second block", "---a---\n" JWT "\n---b---\n", CREDS_NO_SEED },
	{ "second block not closed", "---a---\n" JWT "\n---b---\n---c---\n" SEED "\n",
	    CREDS_NO_SEED },
	{ "seed cut short", "---a---\n" JWT "\n---b---\n---c---\nSUACSS\n---d---", CREDS_BAD_SEED },
	{ "an account's seed",
	    "---a---\n" JWT "\n---b---\n---c---\n"
	    "SAAEL65FZIDWXBCL7JIKS2X7LXBQVKL3OJKT6YDRJDY34AVZFTUSEKMJTM\n---d---",
	    CREDS_BAD_SEED },
	{ "blocks the wrong way round", "---a---\n" SEED "\n---b---\n---c---\n" JWT "\n---d---",
	    CREDS_BAD_SEED },
};

enum { N_CASES = sizeof(cases) / sizeof(cases[0]) };

START_TEST(files_read_as_their_blocks_say)
{
	struct nkey_pair p;
	struct bytes jwt;

	ck_assert_msg(creds_read(bytes_str(cases[_i].text), &jwt, &p) == cases[_i].answer, "%s",
	    cases[_i].what);
	if (cases[_i].answer == 0) {
		ck_assert(bytes_is(jwt, JWT));
		ck_assert_int_eq(p.pub.type, NKEY_USER);
	} else {
		ck_assert_ptr_null(p.seed.ptr);
	}
	ck_assert_uint_gt(strlen(creds_why(cases[_i].answer)), 0);
	nkey_pair_deinit(&p);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	struct nkey_pair p, q;
	struct bytes jwt;
	struct buf b;

	buf_init(&b, 4096);
	ck_assert_int_eq(nkey_pair_new(&p, NKEY_USER), 0);
	creds_write(&b, BYTES_LIT(JWT), &p);
	ck_assert(!buf_failed(&b));
	ck_assert_int_eq(creds_read(buf_bytes(&b), &jwt, &q), 0);
	ck_assert(bytes_is(jwt, JWT));
	ck_assert(nkey_eq(&p.pub, &q.pub));
	nkey_pair_deinit(&p);
	nkey_pair_deinit(&q);
	wipe(b.ptr, b.len);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_file_over_64_kib_is_refused_unread)
{
	static uint8_t big[64 * 1024 + 1];
	struct nkey_pair p;
	struct bytes jwt;

	memset(big, '\n', sizeof(big));
	ck_assert_int_eq(creds_read(bytes_of(big, sizeof(big)), &jwt, &p), CREDS_TOO_BIG);
	ck_assert_int_eq(creds_read(bytes_of(big, sizeof(big) - 1), &jwt, &p), CREDS_NO_JWT);
}
END_TEST

TCase *
creds_tests(void)
{
	TCase *t = tcase_create("creds");

	tcase_add_loop_test(t, files_read_as_their_blocks_say, 0, N_CASES);
	tcase_add_test(t, what_is_written_is_read_back);
	tcase_add_test(t, a_file_over_64_kib_is_refused_unread);
	return t;
}
