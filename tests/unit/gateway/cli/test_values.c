/*
 * The small values: times, names, templates, and an account's JWT written anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/account_jwt.h"
#include "gateway/cli/lattice.h"
#include "gateway/cli/person.h"
#include "gateway/cli/templates.h"
#include "gateway/cli/when.h"
#include "tests/unit/gateway/cli/suites.h"

static const struct {
	const char *text;
	int64_t seconds; /* 0: refused */
} spans[] = {
	{ "1s", 1 },
	{ "90s", 90 },
	{ "15m", 900 },
	{ "12h", 43200 },
	{ "30d", 2592000 },
	{ "36500d", 3153600000 },
	{ "36501d", 0 },
	{ "99999999999999999999d", 0 },
	{ "", 0 },
	{ "d", 0 },
	{ "30", 0 },
	{ "0d", 0 },
	{ "-1d", 0 },
	{ "+1d", 0 },
	{ "1.5d", 0 },
	{ "1 d", 0 },
	{ "1dd", 0 },
	{ "1w", 0 },
};

START_TEST(a_span_is_a_number_and_a_unit)
{
	int64_t v = -7;
	int r = when_span(spans[_i].text, &v);

	ck_assert_int_eq(r, spans[_i].seconds != 0 ? 0 : -EINVAL);
	ck_assert_int_eq(v, spans[_i].seconds != 0 ? spans[_i].seconds : -7);
}
END_TEST

START_TEST(times_are_utc)
{
	char s[WHEN_TEXT];

	when_format(0, s);
	ck_assert_str_eq(s, "never");
	when_format(1700000000, s);
	ck_assert_str_eq(s, "2023-11-14T22:13:20Z");
	when_format(INT64_MAX, s);
	ck_assert_str_eq(s, "9223372036854775807");
}
END_TEST

START_TEST(a_lattice_is_called_so_that_it_is_one_token_and_one_file)
{
	ck_assert(lattice_name_ok("default"));
	ck_assert(lattice_name_ok("Acme_2-eu"));
	ck_assert(lattice_name_ok("7b1c1a30-6f55-4a4d-9d40-4ad1c2f0c001"));
	ck_assert(!lattice_name_ok(""));
	ck_assert(!lattice_name_ok("a.b"));
	ck_assert(!lattice_name_ok("a/b"));
	ck_assert(!lattice_name_ok(".."));
	ck_assert(!lattice_name_ok("*"));
	ck_assert(!lattice_name_ok("a b"));
	ck_assert(!lattice_name_ok("SYS"));
	ck_assert(!lattice_name_ok("v1"));
	ck_assert(!lattice_name_ok("a2345678901234567890123456789012345678901"));
}
END_TEST

START_TEST(a_name_cannot_play_tricks_on_a_terminal)
{
	ck_assert(person_name_ok("edge 7"));
	ck_assert(person_name_ok("J\xc3\xb6rg"));
	ck_assert(!person_name_ok(""));
	ck_assert(!person_name_ok("a\nb"));
	ck_assert(!person_name_ok("a\x1b[31m"));
	ck_assert(!person_name_ok("a\x7f"));
	ck_assert(!person_name_ok("\xff"));
	ck_assert(!person_name_ok("\xc2\x9b"));        /* CSI of eight-bit terminals */
	ck_assert(!person_name_ok("a\xe2\x80\xaegp")); /* right to left */
	ck_assert(person_role_ok("host"));
	ck_assert(!person_role_ok("host:N"));
	ck_assert(!person_role_ok(""));
}
END_TEST

static const struct template_value values[] = {
	{ "A", { (const uint8_t *)"1", 1 } },
	{ "LONG_NAME", { (const uint8_t *)"@A@", 3 } },
	{ NULL, { NULL, 0 } },
};

static const struct {
	const char *in, *out; /* out NULL: refused */
} templates[] = {
	{ "", "" },
	{ "x@A@y", "x1y" },
	{ "@A@@A@", "11" },
	{ "@LONG_NAME@", "@A@" }, /* a value is not filled in again */
	{ "user@host @ @@ @a@ @A b@", "user@host @ @@ @a@ @A b@" },
	{ "@", "@" },
	{ "@A", "@A" },
	{ "@B@", NULL },
};

START_TEST(names_in_templates_are_replaced_once)
{
	struct buf b;
	int r;

	buf_init(&b, 256);
	r = template_fill(&b, bytes_str(templates[_i].in), values);
	ck_assert_int_eq(r, templates[_i].out != NULL ? 0 : -ENOENT);
	if (templates[_i].out != NULL)
		ck_assert(bytes_is(buf_bytes(&b), templates[_i].out));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_quoted_string_ends_where_it_should)
{
	struct buf b;

	buf_init(&b, 256);
	template_quote(&b, BYTES_LIT("a\"b\\c\nd$e"));
	ck_assert(bytes_is(buf_bytes(&b), "\"a\\\"b\\\\c\\x0Ad$e\""));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_revocation_is_written_and_read_back)
{
	struct nkey_pair by = { 0 }, other = { 0 }, account = { 0 }, user = { 0 };
	struct account_jwt a = { .name = "acme" }, again;
	char key[NKEY_TEXT_LEN + 1];
	struct buf b;

	ck_assert_int_eq(nkey_pair_new(&by, NKEY_OPERATOR), 0);
	ck_assert_int_eq(nkey_pair_new(&other, NKEY_OPERATOR), 0);
	ck_assert_int_eq(nkey_pair_new(&account, NKEY_ACCOUNT), 0);
	a.subject = account.pub;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(nkey_pair_new(&user, NKEY_USER), 0);
		nkey_format(&user.pub, key);
		nkey_pair_deinit(&user);
		ck_assert_int_eq(account_jwt_revoke(&a, key, 1000 + i), 0);
	}
	ck_assert_int_eq(account_jwt_revoke(&a, key, 2000), 0);
	ck_assert_uint_eq(a.n_revocations, 20);
	ck_assert_int_eq(account_jwt_write(&a, 3000, &b, &by), 0);
	ck_assert_int_eq(account_jwt_read(&again, buf_bytes(&b), &by), 0);
	ck_assert_str_eq(again.name, "acme");
	ck_assert_int_eq(again.iat_s, 3000);
	ck_assert_uint_eq(again.n_revocations, 20);
	ck_assert(account_jwt_revoked(&again, key, 2000));
	/* newer than its revocation, and revoked all the same: the gateway refuses it too */
	ck_assert(account_jwt_revoked(&again, key, 2001));
	ck_assert(!account_jwt_revoked(&again, "UNKNOWN", 1));
	ck_assert_int_eq(account_jwt_revoke(&again, "*", 5), 0);
	ck_assert(account_jwt_revoked(&again, "UNKNOWN", 5));
	ck_assert(!account_jwt_revoked(&again, "UNKNOWN", 6));
	account_jwt_deinit(&again);
	/* another operator's is not ours to write anew, but can be looked at */
	ck_assert_int_eq(account_jwt_read(&again, buf_bytes(&b), &other), ACCOUNT_JWT_FOREIGN);
	ck_assert_int_eq(account_jwt_read(&again, buf_bytes(&b), NULL), 0);
	account_jwt_deinit(&again);
	ck_assert_int_eq(account_jwt_read(&again, BYTES_LIT("a.b.c"), &by), ACCOUNT_JWT_BAD);
	account_jwt_deinit(&a);
	buf_deinit(&b);
	nkey_pair_deinit(&by);
	nkey_pair_deinit(&other);
	nkey_pair_deinit(&account);
}
END_TEST

START_TEST(an_account_that_is_full_of_revocations_says_so)
{
	struct account_jwt a = { .name = "acme" };
	char key[16];

	for (int i = 0; i < MINT_REVOCATIONS_MAX; i++) {
		snprintf(key, sizeof(key), "U%d", (i * 7919) % MINT_REVOCATIONS_MAX);
		ck_assert_int_eq(account_jwt_revoke(&a, key, 1), 0);
	}
	ck_assert_uint_eq(a.n_revocations, MINT_REVOCATIONS_MAX);
	ck_assert_int_eq(account_jwt_revoke(&a, "U-one-more", 1), ACCOUNT_JWT_FULL);
	ck_assert_int_eq(account_jwt_revoke(&a, "U1", 2), 0);
	ck_assert(account_jwt_revoked(&a, "U255", 9));
	ck_assert(!account_jwt_revoked(&a, "U-one-more", 0));
	account_jwt_deinit(&a);
}
END_TEST

TCase *
values_tests(void)
{
	TCase *t = tcase_create("values");

	tcase_add_loop_test(t, a_span_is_a_number_and_a_unit, 0, sizeof(spans) / sizeof(spans[0]));
	tcase_add_test(t, times_are_utc);
	tcase_add_test(t, a_lattice_is_called_so_that_it_is_one_token_and_one_file);
	tcase_add_test(t, a_name_cannot_play_tricks_on_a_terminal);
	tcase_add_loop_test(
	    t, names_in_templates_are_replaced_once, 0, sizeof(templates) / sizeof(templates[0]));
	tcase_add_test(t, a_quoted_string_ends_where_it_should);
	tcase_add_test(t, a_revocation_is_written_and_read_back);
	tcase_add_test(t, an_account_that_is_full_of_revocations_says_so);
	return t;
}
