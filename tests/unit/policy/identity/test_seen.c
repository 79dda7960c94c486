/* What is remembered of good signatures, and that nothing but the signature is believed for it. */
#include <sodium.h>
#include <stdio.h>

#include "policy/identity/seen.h"
#include "tests/unit/policy/identity/suites.h"
#include "tests/unit/policy/identity/world.h"

static struct world w;

static void
setup(void)
{
	static const uint8_t key[SEEN_KEY] = { 1 };

	world_init(&w);
	world_account(&w, "");
	w.seen = seen_new(key);
	ck_assert_ptr_nonnull(w.seen);
}

static void
teardown(void)
{
	seen_free(w.seen);
	world_deinit(&w);
}

static struct bytes
token(void)
{
	return world_user(&w, "'iat':1650000000,'exp':1700000100", "'subs':-1,'data':-1,'payload':-1", &w.acc);
}

static bool
is_kept(struct bytes jwt)
{
	uint8_t name[SEEN_NAME];

	seen_name(w.seen, jwt, name);
	return seen_before(w.seen, name);
}

START_TEST(a_good_token_is_kept_and_admitted_again)
{
	struct bytes jwt = token();

	ck_assert(!is_kept(jwt));
	ck_assert_int_eq(world_try(&w, jwt), 0);
	ck_assert(is_kept(jwt));
	ck_assert_int_eq(world_try(&w, jwt), 0);
}
END_TEST

START_TEST(a_token_with_a_bad_signature_is_never_kept)
{
	struct bytes jwt = token();
	uint8_t *bytes = w.b.ptr;

	/* a whole digit of the signature's first group, so that it stays base64url */
	bytes[jwt.len - 86] = bytes[jwt.len - 86] == 'A' ? 'B' : 'A';
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(world_try(&w, jwt), TRUST_BAD_SIGNATURE);
		ck_assert(!is_kept(jwt));
	}
}
END_TEST

START_TEST(another_signature_under_a_kept_token_is_verified)
{
	struct bytes jwt = token();

	ck_assert_int_eq(world_try(&w, jwt), 0);
	w.b.ptr[jwt.len - 86] = w.b.ptr[jwt.len - 86] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(world_try(&w, jwt), TRUST_BAD_SIGNATURE);
}
END_TEST

START_TEST(a_kept_token_is_refused_once_it_is_over)
{
	struct bytes jwt = token();

	ck_assert_int_eq(world_try(&w, jwt), 0);
	w.now_s = 1700000100;
	ck_assert_int_eq(world_try(&w, jwt), TRUST_EXPIRED_USER);
}
END_TEST

START_TEST(a_kept_token_is_refused_once_it_is_revoked)
{
	struct bytes jwt = token();
	char members[128];

	ck_assert_int_eq(world_try(&w, jwt), 0);
	snprintf(members, sizeof(members), "'revocations':{'%s':1700000000}", w.user_text);
	world_account(&w, members);
	ck_assert_int_eq(world_try(&w, token()), TRUST_REVOKED);
}
END_TEST

START_TEST(a_kept_token_is_refused_once_its_signing_key_is_gone)
{
	static const char members[] = "'issuer_account':'@A','subs':-1,'data':-1,'payload':-1";
	struct bytes jwt;

	world_account(&w, "'signing_keys':['@a']");
	jwt = world_user(&w, "'iat':1650000000", members, &w.acc_sign);
	ck_assert_int_eq(world_try(&w, jwt), 0);
	ck_assert(is_kept(jwt));
	world_account(&w, "");
	jwt = world_user(&w, "'iat':1650000000", members, &w.acc_sign);
	ck_assert(is_kept(jwt));
	ck_assert_int_eq(world_try(&w, jwt), TRUST_ISSUER);
}
END_TEST

START_TEST(a_kept_token_is_no_login_without_its_key)
{
	struct bytes jwt = token();
	struct nkey_pair real = w.user;

	ck_assert_int_eq(world_try(&w, jwt), 0);
	w.user = w.acc; /* whoever has the token and signs the nonce with another key */
	ck_assert_int_eq(world_try(&w, jwt), TRUST_BAD_SIGNATURE);
	w.user = real;
}
END_TEST

START_TEST(a_set_forgets_its_oldest)
{
	uint8_t name[SEEN_NAME] = { 7 };

	for (uint8_t i = 0; i <= SEEN_WAYS; i++) {
		name[31] = i;
		ck_assert(!seen_before(w.seen, name));
		seen_keep(w.seen, name);
		seen_keep(w.seen, name); /* takes one place */
		ck_assert(seen_before(w.seen, name));
	}
	for (uint8_t i = 0; i <= SEEN_WAYS; i++) {
		name[31] = i;
		ck_assert_int_eq(seen_before(w.seen, name), i > 0);
	}
	name[0] = 8;
	ck_assert(!seen_before(w.seen, name));
}
END_TEST

START_TEST(an_empty_table_has_seen_nothing)
{
	static const uint8_t zeros[SEEN_NAME];

	ck_assert(!seen_before(w.seen, zeros));
}
END_TEST

START_TEST(another_key_gives_another_name)
{
	static const uint8_t key[SEEN_KEY] = { 2 };
	struct seen *other = seen_new(key);
	uint8_t a[SEEN_NAME], b[SEEN_NAME];

	ck_assert_ptr_nonnull(other);
	seen_name(w.seen, BYTES_LIT("token"), a);
	seen_name(other, BYTES_LIT("token"), b);
	ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
	seen_free(other);
	seen_free(NULL);
}
END_TEST

TCase *
seen_tests(void)
{
	TCase *t = tcase_create("seen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_good_token_is_kept_and_admitted_again);
	tcase_add_test(t, a_token_with_a_bad_signature_is_never_kept);
	tcase_add_test(t, another_signature_under_a_kept_token_is_verified);
	tcase_add_test(t, a_kept_token_is_refused_once_it_is_over);
	tcase_add_test(t, a_kept_token_is_refused_once_it_is_revoked);
	tcase_add_test(t, a_kept_token_is_refused_once_its_signing_key_is_gone);
	tcase_add_test(t, a_kept_token_is_no_login_without_its_key);
	tcase_add_test(t, a_set_forgets_its_oldest);
	tcase_add_test(t, an_empty_table_has_seen_nothing);
	tcase_add_test(t, another_key_gives_another_name);
	return t;
}
