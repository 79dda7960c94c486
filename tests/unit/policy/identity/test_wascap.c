/*
 * wascap - signed modules and provider archives. The files in tests/vectors/wascap were made by a
 * second implementation; what each must be answered stands in `expect` there.
 */
#include <stdio.h>

#include "policy/identity/par.h"
#include "policy/identity/wascap_mint.h"
#include "policy/identity/wascap_module.h"
#include "tests/unit/policy/identity/suites.h"

enum { NOW = 1700000000, FILE_ROOM = 1 << 20 };

/* (module (func (export "run"))) */
static const uint8_t code[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 7,
	1, 3, 'r', 'u', 'n', 0, 0, 10, 4, 1, 2, 0, 11 };

static struct nkey_pair account, stranger, module_key;
static struct wascap_trust trust;
static char why[WHY_MAX];

static void
known_key(struct nkey_pair *p, enum nkey_type type, char letter)
{
	uint8_t seed[32];

	memset(seed, letter, sizeof(seed));
	ck_assert_int_eq(nkey_pair_raw(p, type, bytes_of(seed, sizeof(seed))), 0);
}

static void
setup(void)
{
	known_key(&account, NKEY_ACCOUNT, 'a');
	known_key(&stranger, NKEY_ACCOUNT, 'z');
	known_key(&module_key, NKEY_MODULE, 'm');
	trust = (struct wascap_trust){ &account.pub, 1, NOW };
}

static void
teardown(void)
{
	nkey_pair_deinit(&account);
	nkey_pair_deinit(&stranger);
	nkey_pair_deinit(&module_key);
}

/* load() - a vector, filled up with zeros to @full bytes. Freed by the caller. */
static uint8_t *
load(const char *name, size_t full, size_t *len)
{
	const char *vectors = getenv("VECTORS");
	uint8_t *room = calloc(1, FILE_ROOM);
	char path[512];
	FILE *f;

	snprintf(
	    path, sizeof(path), "%s/wascap/%s", vectors != NULL ? vectors : "tests/vectors", name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL && room != NULL, "%s", path);
	*len = fread(room, 1, FILE_ROOM, f);
	fclose(f);
	ck_assert(full < FILE_ROOM && *len < FILE_ROOM);
	if (full > *len)
		*len = full;
	return room;
}

static int
judge_file(const char *name, size_t full)
{
	struct wascap w;
	struct par p;
	size_t len;
	uint8_t *file = load(name, full, &len);
	struct bytes in = bytes_of(file, len);
	int r = strstr(name, ".par") != NULL ? par_admit(&w, &p, in, &trust, why)
					     : wascap_module_admit(&w, in, &trust, why);

	ck_assert((r == 0) == (w.kind != WASCAP_NONE));
	ck_assert(r == 0 || why[0] != '\0');
	wascap_deinit(&w);
	free(file);
	return r;
}

START_TEST(each_file_of_the_second_implementation_is_answered_as_expected)
{
	size_t len, seen = 0, admitted = 0;
	uint8_t *text = load("expect", 0, &len);

	for (char *line = (char *)text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		char name[128], want[32];
		unsigned full = 0;
		int r;

		*end = '\0';
		if (line[0] == '#')
			continue;
		ck_assert_int_ge(sscanf(line, "%127s %31s %u", name, want, &full), 2);
		r = judge_file(name, full);
		if (strcmp(want, "*") == 0)
			ck_assert_msg(r > 0, "%s: admitted", name);
		else
			ck_assert_msg(strcmp(wascap_code(r), want) == 0, "%s: %s (%s), not %s",
			    name, wascap_code(r), why, want);
		seen++;
		admitted += r == 0;
	}
	ck_assert_uint_gt(seen, 70);
	ck_assert_uint_ge(admitted, 8);
	free(text);
}
END_TEST

/* sign() - our own, into @out. */
static void
sign(struct buf *out, const struct nkey_pair *by)
{
	struct wascap_mint m = { .jti = "x",
		.name = "Echo \"1\"",
		.sub = &module_key.pub,
		.iat_s = NOW,
		.exp_s = NOW + 10,
		.has_rev = true,
		.rev = -3,
		.ver = "1.0",
		.call_alias = "echo",
		.n_caps = 2,
		.n_tags = 1,
		.caps = (const char *const[]){ "wasmcloud:keyvalue", "\xc3\xa9" },
		.tags = (const char *const[]){ "t" } };
	struct wascap_place p;
	struct buf token;

	buf_init(&token, WASCAP_TOKEN_MAX);
	ck_assert_int_eq(wascap_module_strip(out, bytes_of(code, sizeof(code)), why), 0);
	p = (struct wascap_place){ .before = buf_bytes(out) };
	wascap_module_hash(&p, m.hash);
	ck_assert_int_eq(wascap_mint(&token, &m, by, why), 0);
	wascap_module_append(out, buf_bytes(&token));
	ck_assert(!buf_failed(out));
	buf_deinit(&token);
}

START_TEST(what_we_sign_we_admit_and_it_says_what_was_said)
{
	struct wascap w;
	struct buf out;

	buf_init(&out, FILE_ROOM);
	sign(&out, &account);
	ck_assert_int_eq(wascap_module_admit(&w, buf_bytes(&out), &trust, why), 0);
	ck_assert_str_eq(w.name, "Echo \"1\"");
	ck_assert_str_eq(w.ver, "1.0");
	ck_assert_str_eq(w.call_alias, "echo");
	ck_assert(w.has_rev && w.rev == -3 && w.revision == WASCAP_REVISION && !w.prov);
	ck_assert(w.iat_s == NOW && w.exp_s == NOW + 10 && w.nbf_s == 0);
	ck_assert_uint_eq(w.caps.n, 2);
	ck_assert(bytes_is(w.caps.item[1], "\xc3\xa9"));
	ck_assert_uint_eq(w.tags.n, 1);
	ck_assert(nkey_eq(&w.sub, &module_key.pub) && nkey_eq(&w.iss, &account.pub));
	wascap_deinit(&w);
	buf_deinit(&out);
}
END_TEST

START_TEST(no_byte_of_a_signed_module_can_be_changed)
{
	struct wascap w;
	struct buf out;

	buf_init(&out, FILE_ROOM);
	sign(&out, &account);
	for (size_t i = 0; i < out.len; i++) {
		out.ptr[i] ^= 0x01;
		ck_assert_msg(
		    wascap_module_admit(&w, buf_bytes(&out), &trust, why) > 0, "byte %zu", i);
		out.ptr[i] ^= 0x01;
	}
	for (size_t n = 0; n < out.len; n++)
		ck_assert_int_gt(
		    wascap_module_admit(&w, bytes_upto(buf_bytes(&out), n), &trust, why), 0);
	buf_deinit(&out);
}
END_TEST

START_TEST(no_byte_of_an_archive_can_be_changed)
{
	struct wascap w;
	struct par p;
	size_t full;
	uint8_t *file = load("good.par", 10240, &full);

	ck_assert_int_eq(par_admit(&w, &p, bytes_of(file, full), &trust, why), 0);
	wascap_deinit(&w);
	/* headers, token, libraries and what fills them up; then zeros to the end */
	for (size_t i = 0; i < full; i += i < 4096 ? 1 : 97) {
		file[i] ^= 0x01;
		ck_assert_msg(
		    par_admit(&w, &p, bytes_of(file, full), &trust, why) > 0, "byte %zu", i);
		ck_assert(w.kind == WASCAP_NONE && p.n == 0);
		file[i] ^= 0x01;
	}
	for (size_t n = 0; n < 4096; n += 13)
		ck_assert_int_gt(par_admit(&w, &p, bytes_of(file, n), &trust, why), 0);
	free(file);
}
END_TEST

START_TEST(nobody_is_trusted_until_somebody_is)
{
	struct wascap_trust none = { .now_s = NOW };
	struct wascap w;
	struct buf out;

	buf_init(&out, FILE_ROOM);
	sign(&out, &account);
	ck_assert_int_eq(wascap_module_admit(&w, buf_bytes(&out), &none, why), WASCAP_ISSUER);
	buf_reset(&out);
	sign(&out, &stranger);
	ck_assert_int_eq(wascap_module_admit(&w, buf_bytes(&out), &trust, why), WASCAP_ISSUER);
	ck_assert(strstr(why, "is not trusted") != NULL);
	buf_deinit(&out);
}
END_TEST

START_TEST(zeroed_claims_are_refused_by_every_question)
{
	struct wascap w = { 0 };
	struct wascap_place p = { 0 };
	struct par archive = { 0 };

	ck_assert_int_eq(wascap_signed(&w, why), WASCAP_BAD_SIGNATURE);
	ck_assert_int_eq(wascap_issued(&w, &trust, why), WASCAP_ISSUER);
	ck_assert_int_eq(wascap_timely(&w, NOW, why), WASCAP_EXPIRED);
	ck_assert_int_eq(wascap_module_same(&w, &p, why), WASCAP_BAD_HASH);
	ck_assert_int_eq(par_same(&w, &archive, why), WASCAP_BAD_HASH);
}
END_TEST

START_TEST(signing_again_replaces_the_claims)
{
	struct wascap_place p;
	struct buf once, stripped;

	buf_init(&once, FILE_ROOM);
	buf_init(&stripped, FILE_ROOM);
	sign(&once, &stranger);
	ck_assert_int_eq(wascap_module_strip(&stripped, buf_bytes(&once), why), 0);
	ck_assert(bytes_eq(buf_bytes(&stripped), bytes_of(code, sizeof(code))));
	ck_assert_int_eq(wascap_module_find(&p, buf_bytes(&stripped), why), WASCAP_UNSIGNED);
	buf_deinit(&once);
	buf_deinit(&stripped);
}
END_TEST

START_TEST(lengths_are_written_in_as_few_bytes_as_they_fit)
{
	static const uint8_t padded[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 3, 0x82, 0x80, 0x80, 0x80,
		0, 1, 0 };
	static const uint8_t least[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 3, 2, 1, 0 };
	struct buf out;

	buf_init(&out, FILE_ROOM);
	ck_assert_int_eq(wascap_module_strip(&out, bytes_of(padded, sizeof(padded)), why), 0);
	ck_assert(bytes_eq(buf_bytes(&out), bytes_of(least, sizeof(least))));
	buf_deinit(&out);
}
END_TEST

START_TEST(nothing_is_signed_that_could_not_be_read)
{
	struct wascap_mint m = { .jti = "x", .name = "n", .sub = &account.pub, .iat_s = NOW };
	static char longer[JWT_STRING_MAX + 2];
	struct buf out;

	buf_init(&out, WASCAP_TOKEN_MAX);
	ck_assert_int_eq(wascap_mint(&out, &m, &account, why), WASCAP_BAD_TOKEN);
	m.sub = &module_key.pub;
	ck_assert_int_eq(wascap_mint(&out, &m, &module_key, why), WASCAP_BAD_TOKEN);
	memset(longer, 'x', sizeof(longer) - 1);
	m.name = longer;
	ck_assert_int_eq(wascap_mint(&out, &m, &account, why), WASCAP_BAD_TOKEN);
	ck_assert_uint_eq(out.len, 0);
	buf_deinit(&out);
}
END_TEST

START_TEST(an_alias_is_what_wascap_would_leave_of_it)
{
	ck_assert(wascap_alias_ok("echo_2"));
	ck_assert(!wascap_alias_ok(""));
	ck_assert(!wascap_alias_ok("Echo"));
	ck_assert(!wascap_alias_ok("a-b"));
	ck_assert(!wascap_alias_ok("a b"));
	ck_assert(!wascap_alias_ok("\xc3\xa9"));
}
END_TEST

TCase *
wascap_tests(void)
{
	TCase *t = tcase_create("wascap");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_file_of_the_second_implementation_is_answered_as_expected);
	tcase_add_test(t, what_we_sign_we_admit_and_it_says_what_was_said);
	tcase_add_test(t, no_byte_of_a_signed_module_can_be_changed);
	tcase_add_test(t, no_byte_of_an_archive_can_be_changed);
	tcase_add_test(t, nobody_is_trusted_until_somebody_is);
	tcase_add_test(t, zeroed_claims_are_refused_by_every_question);
	tcase_add_test(t, signing_again_replaces_the_claims);
	tcase_add_test(t, lengths_are_written_in_as_few_bytes_as_they_fit);
	tcase_add_test(t, nothing_is_signed_that_could_not_be_read);
	tcase_add_test(t, an_alias_is_what_wascap_would_leave_of_it);
	return t;
}
