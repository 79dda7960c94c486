/* What we write: byte for byte what the Go library would have written, and read back as meant. */
#include <dirent.h>
#include <stdio.h>

#include "policy/core/base64url.h"
#include "policy/identity/claims.h"
#include "tests/unit/policy/identity/suites.h"
#include "tests/unit/policy/identity/world.h"

static struct world w;

static void
setup(void)
{
	world_init(&w);
}

static void
teardown(void)
{
	world_deinit(&w);
}

/* payload() - the middle part of a token, decoded; static. */
static const char *
payload(struct bytes jwt)
{
	static char text[8192];
	struct bytes part = bytes_from(jwt, bytes_find(jwt, '.') + 1);
	size_t n;

	part = bytes_upto(part, bytes_find(part, '.'));
	ck_assert_int_eq(base64url_decode(part, (uint8_t *)text, sizeof(text) - 1, &n), 0);
	text[n] = '\0';
	return text;
}

/* Fixed keys: every seed byte the same. The tokens expected of them were made with nats-io/jwt
 * v2.8.2. */
static void
fixed(struct nkey_pair *p, enum nkey_type type, uint8_t fill, char text[57])
{
	uint8_t seed[32];

	nkey_pair_deinit(p);
	memset(seed, fill, sizeof(seed));
	ck_assert_int_eq(nkey_pair_new(p, type), 0);
	memcpy(p->seed.ptr, seed, sizeof(seed));
	/* through its text, to derive the public half */
	{
		char seed_text[NKEY_SEED_LEN + 1];
		struct nkey_pair q;

		nkey_pair_seed(p, seed_text);
		ck_assert_int_eq(nkey_pair_parse(&q, bytes_str(seed_text)), 0);
		nkey_pair_deinit(p);
		*p = q;
	}
	nkey_format(&p->pub, text);
}

START_TEST(a_minted_user_is_the_go_librarys_byte_for_byte)
{
	static const char want[] =
	    "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJleHAiOjQwMDAwMDAwMDAsImp0aSI6IjRBU"
	    "EtHQlNSTjRXTDNNUEtEQjdOSFdKN1pVSlNBVlNCT0xSRVJYVlZUNDYzT0VOM0ZMRlEiLCJpYXQiOjE3MDAwM"
	    "DAwMDAsImlzcyI6IkFDQVRTNVlPVkI2Uk9YMldVTktHTlEyTVAzR01YRE1LU0cyTzRONUNMWDNBNlc0UFpHW"
	    "lpJTDJSIiwibmFtZSI6ImpvZSBcIlxcXG5cdTAwMDEgXHUwMDNjw6lcdTAwM2UiLCJuYmYiOjE2MDAwMDAwM"
	    "DAsInN1YiI6IlVEV1VTS0dHRkRJNEZSWEs1RUJUUkVDWlNWUVNTV0pISEpPR0g2SldHM0FVTUZGTVE0MzVDM"
	    "lU0IiwibmF0cyI6eyJwdWIiOnsiYWxsb3ciOlsib2suXHUwMDNlIl19LCJzdWIiOnsiZGVueSI6WyJuby4qI"
	    "HEiXX0sInJlc3AiOnsibWF4IjozLCJ0dGwiOjUwMDAwMDAwMDB9LCJzdWJzIjotMSwiZGF0YSI6LTEsInBhe"
	    "WxvYWQiOjEwMCwiYWxsb3dlZF9jb25uZWN0aW9uX3R5cGVzIjpbIlNUQU5EQVJEIl0sImlzc3Vlcl9hY2Nvd"
	    "W50IjoiQUNGSVJZNjVPUUU3REZQNUtMTlMyUEYyTFZaTVVaWUpYNE9aSUVRMzZOMklRQU5VQjVYVllZT1UiL"
	    "CJ0YWdzIjpbInJvbGU6aG9zdCIsInhcdTAwM2N5XHUwMDNlXHUwMDI2eiJdLCJ0eXBlIjoidXNlciIsInZlc"
	    "nNpb24iOjJ9fQ.1WyXXRMEu3R8gNepcoSEJQ1DdTV03E95sx7YnkcaecMlgcP7ioM91scVz2Agsdqk7kTY_J"
	    "vhjifIi2t9BX0FAA";
	struct bytes allow[] = { BYTES_LIT("ok.>") }, deny[] = { BYTES_LIT("no.* q") };
	struct permissions p = { .pub_allow = { true, 1, allow },
		.sub_deny = { true, 1, deny },
		.resp = true,
		.resp_max = 3,
		.resp_ttl_ms = 5000 };
	static const char *const tags[] = { "role:host", "x<y>&z" };
	static const char *const types[] = { "STANDARD", NULL };

	fixed(&w.acc, NKEY_ACCOUNT, 1, w.acc_text);
	fixed(&w.acc_sign, NKEY_ACCOUNT, 2, w.acc_sign_text);
	fixed(&w.user, NKEY_USER, 3, w.user_text);
	ck_assert_int_eq(mint_user(&w.b,
			     &(struct mint_user){
				 .c = { .name = "joe \"\\\n\x01 <\xc3\xa9>",
				     .iat_s = 1700000000,
				     .exp_s = 4000000000,
				     .nbf_s = 1600000000,
				     .n_tags = 2,
				     .tags = tags },
				 .subject = &w.user.pub,
				 .issuer_account = w.acc_text,
				 .perms = &p,
				 .max_subs = -1,
				 .max_payload = 100,
				 .types = types,
			     },
			     &w.acc_sign),
	    0);
	ck_assert_msg(bytes_is(buf_bytes(&w.b), want), "%.*s", (int)w.b.len, (char *)w.b.ptr);
}
END_TEST

START_TEST(a_minted_account_is_the_go_librarys_byte_for_byte)
{
	static const char want[] =
	    "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJSVllITlhWNEFOWTREM0FBUVJDN"
	    "UlOTzdHWVZQQllUNjRESFdRVUc3RTRXWUJBNlpMVVpBIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJPREZKS"
	    "ExBWEFVTUhBNE9XUE9CNFA3WU83MkFRUjJITUlVWUZPWExYRTJEWkdNNjMzSzdIWkQzTSIsIm5hbWUiOiJBU"
	    "FAiLCJzdWIiOiJBQ0ZJUlk2NU9RRTdERlA1S0xOUzJQRjJMVlpNVVpZSlg0T1pJRVEzNk4ySVFBTlVCNVhWW"
	    "VlPVSIsIm5hdHMiOnsibGltaXRzIjp7InN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsImltcG9yd"
	    "HMiOi0xLCJleHBvcnRzIjotMSwid2lsZGNhcmRzIjp0cnVlLCJjb25uIjoxMCwibGVhZiI6LTEsIm1lbV9zd"
	    "G9yYWdlIjotMSwiZGlza19zdG9yYWdlIjotMSwic3RyZWFtcyI6LTEsImNvbnN1bWVyIjotMX0sInNpZ25pb"
	    "mdfa2V5cyI6WyJBQ0FUUzVZT1ZCNlJPWDJXVU5LR05RMk1QM0dNWERNS1NHMk80TjVDTFgzQTZXNFBaR1paS"
	    "UwyUiJdLCJyZXZvY2F0aW9ucyI6eyIqIjo1fSwiZGVmYXVsdF9wZXJtaXNzaW9ucyI6eyJwdWIiOnt9LCJzd"
	    "WIiOnt9fSwidHlwZSI6ImFjY291bnQiLCJ2ZXJzaW9uIjoyfX0.Qu6fmqARsQn8Q2ysp7fTNW-PnDAUYuFkg"
	    "rE6rjt1JeeTdwbpoKToNuRPWY7XjYutieClL8rCl0UVAYhSjxATDA";
	const char *const keys[] = { w.acc_sign_text };

	fixed(&w.op, NKEY_OPERATOR, 4, w.op_text);
	fixed(&w.acc, NKEY_ACCOUNT, 1, w.acc_text);
	fixed(&w.acc_sign, NKEY_ACCOUNT, 2, w.acc_sign_text);
	ck_assert_int_eq(mint_account(&w.b,
			     &(struct mint_account){ .c = { .name = "APP", .iat_s = 1700000000 },
				 .subject = &w.acc.pub,
				 .n_signing_keys = 1,
				 .signing_keys = keys,
				 .n_revocations = 1,
				 .revocations = &(struct mint_revocation){ "*", 5 },
				 .jetstream = true,
				 .max_conn = 10 },
			     &w.op),
	    0);
	ck_assert_msg(bytes_is(buf_bytes(&w.b), want), "%.*s", (int)w.b.len, (char *)w.b.ptr);
}
END_TEST

START_TEST(a_minted_operator_is_trusted_with_its_signing_keys)
{
	const char *const keys[] = { w.op_sign_text };
	struct trust *t = trust_new(NULL);

	ck_assert_int_eq(mint_operator(&w.b,
			     &(struct mint_operator){ .c = { .name = "OP", .iat_s = 1 },
				 .system_account = w.acc_text,
				 .n_signing_keys = 1,
				 .signing_keys = keys },
			     &w.op),
	    0);
	ck_assert_int_eq(trust_add_operator(t, buf_bytes(&w.b), w.why), 0);
	buf_reset(&w.b);
	ck_assert_int_eq(mint_account(&w.b,
			     &(struct mint_account){
				 .c = { .iat_s = 1 }, .subject = &w.acc.pub, .max_conn = -1 },
			     &w.op_sign),
	    0);
	ck_assert_int_eq(trust_add_account(t, buf_bytes(&w.b), w.why), 0);
	trust_free(t);
}
END_TEST

START_TEST(system_accounts_get_no_jetstream)
{
	struct mint_account m = { .c = { .name = "S", .iat_s = 1 },
		.subject = &w.acc.pub,
		.jetstream = true,
		.system = true,
		.max_conn = -1 };

	ck_assert_int_eq(mint_account(&w.b, &m, &w.op), 0);
	ck_assert_ptr_null(strstr(payload(buf_bytes(&w.b)), "disk_storage"));
	ck_assert_ptr_nonnull(
	    strstr(payload(buf_bytes(&w.b)), "\"wildcards\":true,\"conn\":-1,\"leaf\":-1}"));
}
END_TEST

/* minted() - a user with these permissions, logged in again. */
static void
minted(const struct permissions *p, struct identity *id)
{
	world_account(&w, "");
	buf_reset(&w.b);
	ck_assert_int_eq(mint_user(&w.b,
			     &(struct mint_user){ .c = { .name = "n", .iat_s = 1 },
				 .subject = &w.user.pub,
				 .perms = p,
				 .max_subs = 7,
				 .max_payload = -1 },
			     &w.acc),
	    0);
	ck_assert_int_eq(world_login(&w, buf_bytes(&w.b), id), 0);
	ck_assert_int_eq(id->max_subs, 7);
	ck_assert_int_eq(id->max_payload, -1);
}

START_TEST(empty_lists_are_written_so_that_a_server_reads_nothing_too)
{
	struct permissions p = { .pub_allow.present = true, .sub_allow.present = true };
	struct identity id;

	minted(&p, &id);
	ck_assert_ptr_nonnull(strstr(payload(buf_bytes(&w.b)),
	    "\"pub\":{\"deny\":[\"\\u003e\"]},\"sub\":{\"deny\":[\"\\u003e\"]}"));
	ck_assert(bytes_is(id.perms.pub_deny.item[0], ">"));
	ck_assert(bytes_is(id.perms.sub_deny.item[0], ">"));
	identity_deinit(&id);
}
END_TEST

START_TEST(a_grant_of_replies_alone_reads_back_as_that)
{
	struct permissions p = { .resp = true, .resp_max = -1, .resp_ttl_ms = -1 };
	struct identity id;

	minted(&p, &id);
	ck_assert(id.perms.resp && id.perms.pub_allow.present);
	ck_assert_uint_eq(id.perms.pub_allow.n + id.perms.pub_deny.n, 0);
	ck_assert_int_eq(id.perms.resp_max, -1);
	ck_assert_int_eq(id.perms.resp_ttl_ms, -1);
	identity_deinit(&id);
}
END_TEST

START_TEST(a_grant_of_no_replies_is_not_written_as_the_default)
{
	struct permissions p = { .resp = true, .resp_max = 0, .resp_ttl_ms = 1000 };
	struct identity id;

	minted(&p, &id);
	ck_assert(!id.perms.resp);
	ck_assert(bytes_is(id.perms.pub_deny.item[0], ">"));
	identity_deinit(&id);
}
END_TEST

START_TEST(a_full_output_is_an_accident_and_leaves_the_sticky_mark)
{
	struct buf small;

	buf_init(&small, 100);
	ck_assert_int_eq(mint_operator(&small,
			     &(struct mint_operator){ .c = { .name = "OP", .iat_s = 1 } }, &w.op),
	    -ENOMEM);
	ck_assert(buf_failed(&small));
	buf_deinit(&small);
}
END_TEST

START_TEST(as_many_revocations_as_can_be_read_are_written_and_no_more)
{
	static struct mint_revocation v[MINT_REVOCATIONS_MAX + 1];
	static char text[MINT_REVOCATIONS_MAX + 1][57];
	struct mint_account m = { .c = { .iat_s = 1 },
		.subject = &w.acc.pub,
		.n_revocations = MINT_REVOCATIONS_MAX,
		.revocations = v,
		.max_conn = -1 };
	struct buf b;

	for (size_t i = 0; i <= MINT_REVOCATIONS_MAX; i++) {
		struct nkey k = { .type = NKEY_USER, .pub = { (uint8_t)i, (uint8_t)(i >> 8) } };

		nkey_format(&k, text[i]);
		v[i] = (struct mint_revocation){ text[i], 1700000000 };
	}
	buf_init(&b, JWT_MAX);
	ck_assert_int_eq(mint_account(&b, &m, &w.op), 0);
	ck_assert_int_eq(trust_add_account(w.t, buf_bytes(&b), w.why), 0);
	m.n_revocations++;
	buf_reset(&b);
	ck_assert_int_eq(mint_account(&b, &m, &w.op), -E2BIG);
	buf_deinit(&b);
}
END_TEST

/* vector() - the token of a vector file. */
static struct bytes
vector(const char *dir, const char *name)
{
	char path[4096], line[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	buf_reset(&w.b);
	while (fgets(line, sizeof(line), f) != NULL)
		if (line[0] != '#')
			buf_put(&w.b, bytes_of(line, strcspn(line, "\n")));
	fclose(f);
	return buf_bytes(&w.b);
}

/* read_any() - read, verify and decode a token as one kind. */
static int
read_any(struct bytes token, enum nkey_type kind)
{
	struct claims_operator o;
	struct claims_account a;
	struct claims_user u;
	struct jwt j;
	int r = jwt_read(&j, token, kind, w.why);

	if (r == 0)
		r = jwt_verify(&j);
	if (r == 0 && kind == NKEY_OPERATOR && (r = claims_operator_read(&o, &j, w.why)) == 0)
		claims_operator_deinit(&o);
	if (r == 0 && kind == NKEY_ACCOUNT && (r = claims_account_read(&a, &j, w.why)) == 0)
		claims_account_deinit(&a);
	if (r == 0 && kind == NKEY_USER && (r = claims_user_read(&u, &j, w.why)) == 0)
		claims_user_deinit(&u);
	jwt_deinit(&j);
	return r;
}

START_TEST(tokens_others_published_are_read_or_refused_as_their_names_say)
{
	const char *vectors = getenv("VECTORS");
	char dir[4096];
	struct dirent *e;
	size_t seen = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/identity", vectors != NULL ? vectors : "tests/vectors");
	d = opendir(dir);
	ck_assert_msg(d != NULL, "%s", dir);
	while ((e = readdir(d)) != NULL) {
		bool refused = strncmp(e->d_name, "refused", 7) == 0;
		enum nkey_type kind = e->d_name[0] == 'o'   ? NKEY_OPERATOR
				      : e->d_name[0] == 'a' ? NKEY_ACCOUNT
							    : NKEY_USER;
		int r;

		if (strstr(e->d_name, ".jwt") == NULL)
			continue;
		r = read_any(vector(dir, e->d_name), kind);
		ck_assert_msg((r != 0) == refused, "%s: %d %s", e->d_name, r, w.why);
		seen++;
	}
	closedir(d);
	ck_assert_uint_ge(seen, 5);
}
END_TEST

TCase *
mint_tests(void)
{
	TCase *t = tcase_create("mint");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_minted_user_is_the_go_librarys_byte_for_byte);
	tcase_add_test(t, a_minted_account_is_the_go_librarys_byte_for_byte);
	tcase_add_test(t, a_minted_operator_is_trusted_with_its_signing_keys);
	tcase_add_test(t, system_accounts_get_no_jetstream);
	tcase_add_test(t, empty_lists_are_written_so_that_a_server_reads_nothing_too);
	tcase_add_test(t, a_grant_of_replies_alone_reads_back_as_that);
	tcase_add_test(t, a_grant_of_no_replies_is_not_written_as_the_default);
	tcase_add_test(t, a_full_output_is_an_accident_and_leaves_the_sticky_mark);
	tcase_add_test(t, as_many_revocations_as_can_be_read_are_written_and_no_more);
	tcase_add_test(t, tokens_others_published_are_read_or_refused_as_their_names_say);
	return t;
}
