#include "policy/audit/redact.h"
#include "tests/unit/policy/audit/suites.h"

static const uint8_t key[REDACT_KEY_LEN] = "0123456789abcdef0123456789abcde";
static struct buf out;
static uint64_t secrets;
static bool cut;

static void
setup(void)
{
	buf_init(&out, 1 << 20);
}

static void
teardown(void)
{
	buf_deinit(&out);
}

static const char *
run(const char *payload, const struct redact_span *span, size_t n, size_t max)
{
	struct redact_input in = { .payload = bytes_str(payload),
		.span = span,
		.n_spans = n,
		.key = bytes_of(key, sizeof(key)),
		.max = max };

	buf_reset(&out);
	ck_assert_int_eq(redact(&in, &out, &secrets, &cut), 0);
	buf_put_u8(&out, 0);
	return (const char *)out.ptr;
}

START_TEST(a_named_secret_becomes_a_commitment_and_the_rest_stays)
{
	struct redact_span s = { 6, 7 };
	char want[64] = "{\"p\":\"\xe2\x80\xb9secret:", hex[33];

	ck_assert_int_eq(redact_commit(bytes_of(key, sizeof(key)), BYTES_LIT("hunter2"), hex), 0);
	strcat(want, hex);
	strcat(want, "\xe2\x80\xba\"}");
	ck_assert_str_eq(run("{\"p\":\"hunter2\"}", &s, 1, 0), want);
	ck_assert_uint_eq(secrets, 1);
	ck_assert(!cut);
}
END_TEST

START_TEST(equal_secrets_give_equal_commitments_and_others_do_not)
{
	uint8_t other[REDACT_KEY_LEN] = { 1 };
	char a[33], b[33], c[33], d[33];

	ck_assert_int_eq(redact_commit(bytes_of(key, sizeof(key)), BYTES_LIT("one"), a), 0);
	ck_assert_int_eq(redact_commit(bytes_of(key, sizeof(key)), BYTES_LIT("one"), b), 0);
	ck_assert_int_eq(redact_commit(bytes_of(key, sizeof(key)), BYTES_LIT("two"), c), 0);
	ck_assert_int_eq(redact_commit(bytes_of(other, sizeof(other)), BYTES_LIT("one"), d), 0);
	ck_assert_str_eq(a, b);
	ck_assert_str_ne(a, c);
	ck_assert_str_ne(a, d);
	ck_assert_int_eq(redact_commit(BYTES_LIT("short"), BYTES_LIT("one"), d), REDACT_REFUSED);
}
END_TEST

START_TEST(overlapping_places_are_one_secret)
{
	struct redact_span s[] = { { 4, 4 }, { 1, 4 }, { 6, 1 }, { 9, 0 } };
	const char *got = run("abcdefghijkl", s, 4, 0);

	ck_assert_uint_eq(secrets, 1);
	ck_assert(strncmp(got, "a\xe2\x80\xb9secret:", 11) == 0);
	ck_assert(strcmp(got + strlen(got) - 4, "ijkl") == 0);
}
END_TEST

/* RFC 7519's shape with NATS's names; the claims are {"jti":"ID1","iss":"AISS","sub":"USUB"} */
#define TOKEN                                                                                      \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ."                                          \
	"eyJqdGkiOiJJRDEiLCJpc3MiOiJBSVNTIiwic3ViIjoiVVNVQiJ9.c2lnbmF0dXJl"

START_TEST(a_token_is_kept_as_issuer_subject_and_id)
{
	ck_assert_str_eq(run("{\"jwt\":\"" TOKEN "\",\"x\":1}", NULL, 0, 0),
	    "{\"jwt\":\"\xe2\x80\xb9jwt:iss=AISS,sub=USUB,jti=ID1\xe2\x80\xba\",\"x\":1}");
	ck_assert_uint_eq(secrets, 0);
	ck_assert_str_eq(run("eyJeyJ.eyJ.x", NULL, 0, 0), "\xe2\x80\xb9jwt:unreadable\xe2\x80\xba");
}
END_TEST

START_TEST(a_token_inside_a_secret_is_a_secret)
{
	struct redact_span s = { 0, (uint32_t)strlen(TOKEN) };
	const char *got = run(TOKEN, &s, 1, 0);

	ck_assert_ptr_null(strstr(got, "jwt:"));
	ck_assert_uint_eq(secrets, 1);
}
END_TEST

START_TEST(seeds_and_the_user_part_of_a_url_are_secrets)
{
	const char *got = run(
	    "k SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY nats://u:p@h:4222/x@y",
	    NULL, 0, 0);

	ck_assert_uint_eq(secrets, 2);
	ck_assert_ptr_null(strstr(got, "SUACSSL3"));
	ck_assert_ptr_null(strstr(got, "u:p"));
	ck_assert_ptr_nonnull(strstr(got, "@h:4222/x@y"));
}
END_TEST

START_TEST(a_mark_of_the_senders_own_is_broken)
{
	ck_assert_str_eq(
	    run("\xe2\x80\xb9secret:00\xe2\x80\xba \xe2\x80\xb9jwt: \xe2\x80\xb9x", NULL, 0, 0),
	    "<secret:00\xe2\x80\xba <jwt: \xe2\x80\xb9x");
}
END_TEST

START_TEST(what_does_not_fit_is_left_off_at_a_character_and_never_half_a_mark)
{
	struct redact_span s = { 4, 2 };
	const char *got;

	for (size_t max = 1; max < 80; max++) {
		got = run("\xc3\xa4\xc3\xa4pw\xc3\xa4\xc3\xa4", &s, 1, max);
		ck_assert_uint_le(strlen(got), max);
		ck_assert_ptr_null(strstr(got, "pw"));
		ck_assert(strstr(got, "secret:") == NULL || strstr(got, "\xe2\x80\xba") != NULL);
		ck_assert((strlen(got) & 1) == 0 || strstr(got, "secret") != NULL);
		ck_assert_int_eq(cut, max < 4 + 45 + 4);
	}
}
END_TEST

START_TEST(a_place_outside_the_payload_keeps_nothing)
{
	struct redact_span s[] = { { 4, 1 }, { 0, 5 }, { 5, 0 }, { UINT32_MAX, UINT32_MAX } };

	for (size_t i = 0; i < 4; i++) {
		struct redact_input in = { .payload = BYTES_LIT("abcd"),
			.span = &s[i],
			.n_spans = 1,
			.key = bytes_of(key, sizeof(key)) };

		ck_assert_int_eq(redact(&in, &out, &secrets, &cut), REDACT_REFUSED);
		in.n_spans = 0;
		in.key.len--;
		ck_assert_int_eq(redact(&in, &out, &secrets, &cut), REDACT_REFUSED);
		ck_assert_uint_eq(out.len, 0);
	}
}
END_TEST

TCase *
redact_tests(void)
{
	TCase *t = tcase_create("redact");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_named_secret_becomes_a_commitment_and_the_rest_stays);
	tcase_add_test(t, equal_secrets_give_equal_commitments_and_others_do_not);
	tcase_add_test(t, overlapping_places_are_one_secret);
	tcase_add_test(t, a_token_is_kept_as_issuer_subject_and_id);
	tcase_add_test(t, a_token_inside_a_secret_is_a_secret);
	tcase_add_test(t, seeds_and_the_user_part_of_a_url_are_secrets);
	tcase_add_test(t, a_mark_of_the_senders_own_is_broken);
	tcase_add_test(t, what_does_not_fit_is_left_off_at_a_character_and_never_half_a_mark);
	tcase_add_test(t, a_place_outside_the_payload_keeps_nothing);
	return t;
}
