/*
 * issuers - the list of whom to believe, and what it takes back; and archives that were compressed.
 */
#include <stdio.h>
#include <time.h>
#include <zlib.h>

#include "policy/identity/issuers.h"
#include "policy/identity/par_gunzip.h"
#include "tests/unit/policy/identity/suites.h"

enum { NOW = 1700000000 /* 2023-11-14T22:13:20Z */, PLAIN = 100000 };

static struct nkey acme, other, actor, provider;
static char a_key[NKEY_TEXT_LEN + 1], o_key[NKEY_TEXT_LEN + 1], m_key[NKEY_TEXT_LEN + 1],
    v_key[NKEY_TEXT_LEN + 1];
static char why[WHY_MAX];
static struct issuers list;

static void
known_key(struct nkey *k, enum nkey_type type, char letter, char text[NKEY_TEXT_LEN + 1])
{
	*k = (struct nkey){ .type = type };
	memset(k->pub, letter, sizeof(k->pub));
	nkey_format(k, text);
}

static void
setup(void)
{
	known_key(&acme, NKEY_ACCOUNT, 'a', a_key);
	known_key(&other, NKEY_ACCOUNT, 'o', o_key);
	known_key(&actor, NKEY_MODULE, 'm', m_key);
	known_key(&provider, NKEY_SERVICE, 'v', v_key);
	list = (struct issuers){ 0 };
}

static void
teardown(void)
{
	issuers_deinit(&list);
}

/* read_as() - a list in which $A, $O, $M, $V stand for the keys. */
static int
read_as(const char *form)
{
	static const char letters[] = "AOMV";
	const char *const key[] = { a_key, o_key, m_key, v_key };
	struct text_report report;
	struct buf text;
	int r;

	buf_init(&text, 1 << 16);
	for (const char *c = form; *c != '\0'; c++) {
		if (*c == '$')
			buf_put_str(&text, key[strchr(letters, *++c) - letters]);
		else
			buf_put_u8(&text, (uint8_t)*c);
	}
	text_report_init(&report);
	issuers_deinit(&list);
	r = issuers_read(&list, "list", buf_bytes(&text), &report);
	ck_assert_int_eq(r != 0, report.errors != 0);
	text_report_deinit(&report);
	buf_deinit(&text);
	return r;
}

static struct wascap
claims(struct nkey iss, struct nkey sub, int64_t iat_s)
{
	return (struct wascap){ .kind = sub.type == NKEY_MODULE ? WASCAP_ACTOR : WASCAP_PROVIDER,
		.iss = iss,
		.sub = sub,
		.iat_s = iat_s };
}

/* asked() - the one question the judges ask. */
static int
asked(struct nkey iss, struct nkey sub, int64_t iat_s, int64_t now_s)
{
	struct wascap w = claims(iss, sub, iat_s);
	struct wascap_trust t = { .now_s = now_s, .list = &list };

	return wascap_issued(&w, &t, why);
}

START_TEST(who_is_in_the_list_is_believed_and_nobody_else)
{
	ck_assert_int_eq(read_as("issuer acme { key = $A }"), 0);
	ck_assert_int_eq(asked(acme, actor, NOW, NOW), 0);
	ck_assert_int_eq(asked(other, actor, NOW, NOW), WASCAP_ISSUER);
}
END_TEST

START_TEST(an_issuer_ends_with_the_second_named)
{
	ck_assert_int_eq(read_as("issuer acme { key = $A expires = 2023-11-14T22:13:20Z }"), 0);
	ck_assert_int_eq(asked(acme, actor, 1, NOW - 1), 0);
	ck_assert_int_eq(asked(acme, actor, 1, NOW), WASCAP_ISSUER);
	ck_assert(strstr(why, "not believed any more") != NULL);
	ck_assert_int_eq(read_as("issuer acme { key = $A expires = 1970-01-01 }"), 0);
	ck_assert_int_eq(asked(acme, actor, 0, 0), WASCAP_ISSUER);
}
END_TEST

START_TEST(what_is_revoked_by_subject_is_refused_from_whomever)
{
	ck_assert_int_eq(read_as("issuer acme { key = $A }\nissuer other { key = $O }\n"
				 "revoke bad { subject = $M }"),
	    0);
	ck_assert_int_eq(asked(acme, actor, NOW, NOW), WASCAP_REVOKED);
	ck_assert_int_eq(asked(other, actor, NOW, NOW), WASCAP_REVOKED);
	ck_assert_int_eq(asked(acme, provider, NOW, NOW), 0);
	ck_assert_str_eq(why, "revoked by `bad'");
}
END_TEST

START_TEST(what_is_revoked_of_an_issuer_is_refused_by_when_it_was_issued)
{
	ck_assert_int_eq(
	    read_as("issuer acme { key = $A }\nissuer other { key = $O }\n"
		    "revoke bad { issuer = acme issued_before = 2023-11-14T22:13:20Z }"),
	    0);
	ck_assert_int_eq(asked(acme, actor, NOW - 1, NOW), WASCAP_REVOKED);
	ck_assert_int_eq(asked(acme, actor, NOW, NOW), 0);
	ck_assert_int_eq(asked(other, actor, NOW - 1, NOW), 0);
}
END_TEST

START_TEST(an_issuer_and_a_subject_must_both_be_meant)
{
	ck_assert_int_eq(read_as("issuer acme { key = $A }\nissuer other { key = $O }\n"
				 "revoke bad { issuer = other subject = $V }"),
	    0);
	ck_assert_int_eq(asked(other, provider, NOW, NOW), WASCAP_REVOKED);
	ck_assert_int_eq(asked(acme, provider, NOW, NOW), 0);
	ck_assert_int_eq(asked(other, actor, NOW, NOW), 0);
}
END_TEST

START_TEST(a_revocation_counts_whoever_else_believes_the_issuer)
{
	struct wascap w = claims(other, actor, NOW);
	struct wascap_trust t = { .issuer = &other, .n = 1, .now_s = NOW };

	ck_assert_int_eq(read_as("issuer acme { key = $A }\nrevoke bad { subject = $M }"), 0);
	ck_assert_int_eq(wascap_issued(&w, &t, why), 0);
	t.list = &list;
	ck_assert_int_eq(wascap_issued(&w, &t, why), WASCAP_REVOKED);
	w.sub = provider;
	ck_assert_int_eq(wascap_issued(&w, &t, why), 0);
}
END_TEST

START_TEST(a_list_with_a_mistake_believes_nobody)
{
	static const char *const lists[] = {
		"",
		"# nothing",
		"issuer { key = $A }",
		"issuer acme { }",
		"issuer acme { key = $M }",
		"issuer acme { key = A }",
		"issuer acme { key = $A key = $O }",
		"issuer acme { key = $A }\nissuer acme { key = $O }",
		"issuer acme { key = $A }\nissuer other { key = $A }",
		"issuer \"a b\" { key = $A }",
		"issuer acme { key = $A expires = tomorrow }",
		"issuer acme { key = $A expires = 2023-02-29 }",
		"issuer acme { key = $A expires = 1969-12-31 }",
		"issuer acme { key = $A expires < 2023-02-28 }",
		"issuer acme { key = $A nope = 1 }",
		"issuer acme { key = [$A] }",
		"issuers acme { key = $A }",
		"issuer acme { key = $A }\nrevoke x { }",
		"issuer acme { key = $A }\nrevoke { subject = $M }",
		"issuer acme { key = $A }\nrevoke x { issued_before = 2023-01-01 }",
		"issuer acme { key = $A }\nrevoke x { issuer = other }",
		"issuer acme { key = $A }\nrevoke x { issuer = $A }",
		"issuer acme { key = $A }\nrevoke x { subject = $A }",
		"issuer acme { key = $A }\nrevoke x { subject = $M issued_before = 2023 }",
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		ck_assert_msg(read_as(lists[i]) == TEXT_BAD, "%s", lists[i]);
		ck_assert_uint_eq(list.n, 0);
		ck_assert_int_eq(asked(acme, actor, NOW, NOW), WASCAP_ISSUER);
	}
}
END_TEST

START_TEST(moments_are_those_of_the_calendar)
{
	for (int64_t s = 0; s < INT64_C(8000000000); s += 1234567) {
		time_t t = (time_t)s;
		struct tm tm;
		char text[32];
		int64_t got = -1;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		ck_assert(issuers_moment(bytes_str(text), &got));
		ck_assert_int_eq(got, s);
		text[10] = '\0';
		ck_assert(issuers_moment(bytes_str(text), &got));
		ck_assert_int_eq(got, s - s % 86400);
	}
}
END_TEST

START_TEST(what_is_no_moment_is_refused)
{
	static const char *const texts[] = { "", "2023", "2023-1-01", "2023-13-01", "2023-00-01",
		"2023-04-31", "2023-04-00", "2023-04-01T", "2023-04-01T24:00:00Z",
		"2023-04-01T23:60:00Z", "2023-04-01T23:00:60Z", "2023-04-01T23:00:00z",
		"2023-04-01 23:00:00Z", "2023-04-01T23:00:00+", "2100-02-29", "+023-04-01" };
	int64_t s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!issuers_moment(bytes_str(texts[i]), &s), "%s", texts[i]);
	ck_assert(issuers_moment(BYTES_LIT("2000-02-29"), &s));
}
END_TEST

/* pressed() - @n bytes as gzip writes them; freed by the caller. */
static uint8_t *
pressed(size_t n, size_t *len)
{
	uint8_t *plain = calloc(1, n), *out = calloc(1, n + 1000);
	z_stream z = { 0 };

	ck_assert(plain != NULL && out != NULL);
	for (size_t i = 0; i < n; i += 97)
		plain[i] = (uint8_t)i;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, 0), Z_OK);
	z.next_in = plain;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)n + 1000;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	*len = z.total_out;
	deflateEnd(&z);
	free(plain);
	return out;
}

static int
unpack(const uint8_t *p, size_t len, size_t max, size_t *got)
{
	struct buf out;
	int r;

	buf_init(&out, max);
	r = par_gunzip(&out, bytes_of(p, len), why);
	*got = out.len;
	ck_assert_uint_le(out.len, max);
	buf_deinit(&out);
	return r;
}

START_TEST(what_was_compressed_comes_out_up_to_the_ceiling)
{
	size_t len, got;
	uint8_t *p = pressed(PLAIN, &len);

	ck_assert(par_is_gzip(bytes_of(p, len)));
	ck_assert_int_eq(unpack(p, len, PLAIN, &got), 0);
	ck_assert_uint_eq(got, PLAIN);
	ck_assert_int_eq(unpack(p, len, PLAIN + 1, &got), 0);
	ck_assert_int_eq(unpack(p, len, PLAIN - 1, &got), WASCAP_BAD_FILE);
	ck_assert(strstr(why, "when it is unpacked") != NULL);
	ck_assert_int_eq(unpack(p, len, 0, &got), WASCAP_BAD_FILE);
	free(p);
}
END_TEST

START_TEST(every_cut_and_every_addition_is_refused)
{
	size_t len, got;
	uint8_t *p = pressed(1000, &len);

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(unpack(p, cut, PLAIN, &got), WASCAP_BAD_FILE);
	ck_assert_int_eq(unpack(p, len + 1, PLAIN, &got), WASCAP_BAD_FILE); /* a zero */
	ck_assert(strstr(why, "something follows") != NULL);
	memcpy(p + len, p, len); /* a second member */
	ck_assert_int_eq(unpack(p, 2 * len, PLAIN, &got), WASCAP_BAD_FILE);
	free(p);
}
END_TEST

START_TEST(a_changed_checksum_or_length_is_refused)
{
	size_t len, got;
	uint8_t *p = pressed(1000, &len);

	for (size_t i = len - 8; i < len; i++) {
		p[i] ^= 1;
		ck_assert_int_eq(unpack(p, len, PLAIN, &got), WASCAP_BAD_FILE);
		p[i] ^= 1;
	}
	ck_assert_int_eq(unpack(p, len, PLAIN, &got), 0);
	free(p);
}
END_TEST

TCase *
issuers_tests(void)
{
	TCase *t = tcase_create("issuers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, who_is_in_the_list_is_believed_and_nobody_else);
	tcase_add_test(t, an_issuer_ends_with_the_second_named);
	tcase_add_test(t, what_is_revoked_by_subject_is_refused_from_whomever);
	tcase_add_test(t, what_is_revoked_of_an_issuer_is_refused_by_when_it_was_issued);
	tcase_add_test(t, an_issuer_and_a_subject_must_both_be_meant);
	tcase_add_test(t, a_revocation_counts_whoever_else_believes_the_issuer);
	tcase_add_test(t, a_list_with_a_mistake_believes_nobody);
	tcase_add_test(t, moments_are_those_of_the_calendar);
	tcase_add_test(t, what_is_no_moment_is_refused);
	tcase_add_test(t, what_was_compressed_comes_out_up_to_the_ceiling);
	tcase_add_test(t, every_cut_and_every_addition_is_refused);
	tcase_add_test(t, a_changed_checksum_or_length_is_refused);
	return t;
}
