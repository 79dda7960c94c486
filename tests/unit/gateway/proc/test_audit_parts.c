/* What the auditor's records are made with: measures against floods, answers' envelopes, keys. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/proc/answer.h"
#include "gateway/proc/audit_keys.h"
#include "gateway/proc/flood.h"
#include "tests/unit/gateway/proc/suites.h"

static struct flood_event
denial(const char *user, const char *source)
{
	return (struct flood_event){ .what = BYTES_LIT("publish"), .user = bytes_str(user), .account = bytes_str("A"),
		.source = bytes_str(source), .subject = BYTES_LIT("secret.x") };
}

START_TEST(each_has_his_measure_and_the_rest_is_counted)
{
	struct flood *f = calloc(1, sizeof(*f));
	struct flood_event a = denial("UA", "::1:1"), b = denial("UB", "::1:1");
	unsigned passed = 0;

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000; i++)
		passed += flood_pass(f, &a, 5);
	ck_assert_uint_eq(passed, FLOOD_EACH);
	ck_assert(flood_pass(f, &b, 6));
	ck_assert(!flood_over(f, 5 + FLOOD_WINDOW_MS - 1));
	ck_assert(flood_over(f, 5 + FLOOD_WINDOW_MS));
	ck_assert_uint_eq(f->n_sums, 1);
	ck_assert_uint_eq(f->sum[0].count, 1000 - FLOOD_EACH);
	ck_assert_str_eq(f->sum[0].user, "UA");
	ck_assert_str_eq(f->sum[0].subject, "secret.x");
	ck_assert(!f->sum[0].mixed);
	flood_begin(f, 20000);
	ck_assert(flood_pass(f, &a, 20001));
	ck_assert_uint_eq(f->n_sums, 0);
	free(f);
}
END_TEST

START_TEST(noise_of_one_kind_hides_no_attempt_of_another)
{
	struct flood *f = calloc(1, sizeof(*f));
	struct flood_event noise = denial("UA", "::1:1"), attempt;

	ck_assert_ptr_nonnull(f);
	noise.apart = true;
	noise.reason = BYTES_LIT("body");
	noise.verb = BYTES_LIT("actor.start");
	for (int i = 0; i < 1000; i++)
		(void)flood_pass(f, &noise, 5);
	ck_assert(!flood_pass(f, &noise, 5));
	attempt = noise;
	attempt.reason = BYTES_LIT("rule");
	ck_assert(flood_pass(f, &attempt, 5));
	attempt = noise;
	attempt.verb = BYTES_LIT("provider.start");
	ck_assert(flood_pass(f, &attempt, 5));
	attempt = noise;
	attempt.rule = BYTES_LIT("no-native-code");
	ck_assert(flood_pass(f, &attempt, 5));
	free(f);
}
END_TEST

START_TEST(strangers_have_one_together_however_many_addresses_they_have)
{
	struct flood *f = calloc(1, sizeof(*f));
	unsigned passed = 0;
	char source[64];
	uint64_t counted = 0;

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 100000; i++) {
		struct flood_event e;

		snprintf(source, sizeof(source), "10.%d.%d.%d:%d", i >> 16 & 255, i >> 8 & 255, i & 255, i % 60000);
		e = denial("", source);
		passed += flood_pass(f, &e, 1);
	}
	for (unsigned i = 0; i < f->n_sums; i++)
		counted += f->sum[i].count;
	ck_assert_uint_eq(passed, FLOOD_STRANGERS);
	ck_assert_uint_eq(counted, 100000 - FLOOD_STRANGERS);
	ck_assert_uint_eq(f->n_sums, FLOOD_SUMS);
	ck_assert(f->sum[FLOOD_SUMS - 1].mixed);
	free(f);
}
END_TEST

START_TEST(what_an_event_stands_for_is_counted_with_it)
{
	struct flood *f = calloc(1, sizeof(*f));
	struct flood_event a = denial("UA", "::1:1");

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < FLOOD_EACH; i++)
		ck_assert(flood_pass(f, &a, 5));
	a.more = 950;
	ck_assert(!flood_pass(f, &a, 5));
	a.more = 0;
	ck_assert(!flood_pass(f, &a, 5));
	ck_assert_uint_eq(f->sum[0].count, 952);
	ck_assert(!f->sum[0].mixed);
	free(f);
}
END_TEST

static const struct {
	const char *in, *success, *error;
} answers[] = {
	{ "{\"accepted\":true,\"host_id\":\"N\"}", "yes", "" },
	{ "{\"accepted\":true,\"error\":\"\"}", "yes", "" },
	{ "{\"accepted\":false,\"error\":\"no \\u00fc\"}", "no", "no \xc3\xbc" },
	{ "{\"host_id\":\"N\",\"failure\":\"it broke\"}", "no", "it broke" },
	{ "{\"host_id\":\"N\",\"failure\":null}", "", "" },
	{ "{\"success\":true,\"message\":\"fine\",\"response\":{}}", "yes", "" },
	{ "{\"success\":false,\"message\":\"not so\"}", "no", "not so" },
	{ "{\"result\":\"error\",\"message\":\"no such\"}", "no", "no such" },
	{ "{\"result\":\"created\",\"name\":\"x\"}", "yes", "" },
	{ "{\"error\":{\"code\":7,\"message\":\"denied\"}}", "no", "denied" },
	{ "{\"type\":\"t\",\"error\":{\"code\":403,\"description\":\"d\"}}", "no", "d" },
	{ "{\"accepted\":true,\"accepted\":false}", "", "" },
	{ "[]", "", "" },
	{ "", "", "" },
	{ "{\"accepted\":\"yes\"}", "", "" },
	{ "{", "", "" },
};

START_TEST(an_answer_says_whether_it_worked)
{
	struct answer a;

	answer_read(&a, bytes_str(answers[_i].in));
	ck_assert_str_eq(a.success, answers[_i].success);
	ck_assert(bytes_is(bytes_of(a.error, a.error_len), answers[_i].error));
}
END_TEST

START_TEST(an_error_that_repeats_a_secret_is_kept_without_it)
{
	static const char body[] = "{\"password\":\"hunter2!\",\"n\":1}";
	char text[ANSWER_ERROR + 32];
	struct answer a;

	answer_read(&a, BYTES_LIT("{\"accepted\":false,\"error\":\"no login hunter2! for hunter2!\"}"));
	answer_hide(&a, BYTES_LIT("hunter2!"));
	ck_assert(bytes_is(bytes_of(a.error, a.error_len), "no login ******** for ********"));
	answer_read(&a, BYTES_LIT("{\"accepted\":false,\"error\":\"bad hunter2! here\"}"));
	answer_hide(&a, BYTES_LIT("no"));
	ck_assert(bytes_is(bytes_of(a.error, a.error_len), "bad hunter2! here"));
	answer_hide(&a, bytes_str(body));
	ck_assert(bytes_is(bytes_of(a.error, a.error_len), "bad ******** here"));
	/* cut in the middle of it */
	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"error\":\"", 10);
	memcpy(text + 10 + ANSWER_ERROR - 5, "hunter2!\"}", 10);
	answer_read(&a, bytes_of(text, 10 + ANSWER_ERROR + 5));
	ck_assert_uint_eq(a.error_len, ANSWER_ERROR);
	ck_assert(memcmp(a.error + ANSWER_ERROR - 5, "hunte", 5) == 0);
	answer_hide(&a, BYTES_LIT("hunter2!"));
	ck_assert(memcmp(a.error + ANSWER_ERROR - 5, "*****", 5) == 0);
}
END_TEST

START_TEST(a_key_is_read_in_both_forms_and_in_no_other)
{
	static const char *const bad[] = { "", "00", "PRIVATE+KEY+", "PRIVATE+KEY+n+00000000+AQ==",
		"PRIVATE+KEY+n+zz+AQ==",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg" };
	struct audit_key hex, note;
	struct secret redact;
	char text[256];

	ck_assert_int_eq(
	    audit_key_read(&hex, bytes_str("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n")), 0);
	ck_assert_str_eq(hex.signer.key.name, "portcullis-audit");
	/* the note form of the same: algorithm byte and seed in base64 */
	snprintf(text, sizeof(text),
	    "PRIVATE+KEY+portcullis-audit+%02x%02x%02x%02x+AQARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7/\n",
	    hex.signer.key.id[0], hex.signer.key.id[1], hex.signer.key.id[2], hex.signer.key.id[3]);
	ck_assert_int_eq(audit_key_read(&note, bytes_str(text)), 0);
	ck_assert(note_key_eq(&note.signer.key, &hex.signer.key));
	ck_assert_int_eq(redact_key_derive(&redact, &hex), 0);
	ck_assert(!bytes_eq(secret_bytes(&redact), secret_bytes(&hex.seed)));
	secret_deinit(&redact);
	audit_key_deinit(&note);
	text[30] = text[30] == '0' ? '1' : '0'; /* another id */
	ck_assert_int_eq(audit_key_read(&note, bytes_str(text)), AUDIT_KEY_BAD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(audit_key_read(&note, bytes_str(bad[i])), AUDIT_KEY_BAD);
	audit_key_deinit(&hex);
}
END_TEST

TCase *
audit_parts_tests(void)
{
	TCase *t = tcase_create("audit_parts");

	tcase_add_test(t, each_has_his_measure_and_the_rest_is_counted);
	tcase_add_test(t, noise_of_one_kind_hides_no_attempt_of_another);
	tcase_add_test(t, strangers_have_one_together_however_many_addresses_they_have);
	tcase_add_test(t, what_an_event_stands_for_is_counted_with_it);
	tcase_add_test(t, an_error_that_repeats_a_secret_is_kept_without_it);
	tcase_add_loop_test(t, an_answer_says_whether_it_worked, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(t, a_key_is_read_in_both_forms_and_in_no_other);
	return t;
}
