#include "policy/rules/glob.h"
#include "policy/rules/subject.h"
#include "tests/unit/policy/rules/suites.h"

static const struct {
	const char *s;
	bool ok, literal;
} shapes[] = {
	{ "a", true, true },
	{ "a.b.c", true, true },
	{ "foo*", true, true }, /* a wildcard only as a whole token */
	{ "fo>o.x", true, true },
	{ "*", true, false },
	{ ">", true, false },
	{ "a.*.c", true, false },
	{ "a.>", true, false },
	{ "", false, false },
	{ ".", false, false },
	{ "a.", false, false },
	{ ".a", false, false },
	{ "a..b", false, false },
	{ "a.>.b", false, false },
	{ ">.a", false, false },
	{ "a b", false, false },
	{ "a\tb", false, false },
	{ "a\x7f", false, false },
	{ "a\xc3\xa9", false, false },
};

START_TEST(a_subject_is_tokens_of_printable_ascii)
{
	struct bytes s = bytes_str(shapes[_i].s);

	ck_assert_msg(subject_ok(s) == shapes[_i].ok, "%s", shapes[_i].s);
	ck_assert_msg(subject_literal(s) == shapes[_i].literal, "%s", shapes[_i].s);
}
END_TEST

START_TEST(length_and_tokens_are_bounded)
{
	char s[SUBJECT_MAX_LEN + 2];

	memset(s, 'a', sizeof(s));
	ck_assert(subject_ok(bytes_of(s, SUBJECT_MAX_LEN)));
	ck_assert(!subject_ok(bytes_of(s, SUBJECT_MAX_LEN + 1)));
	for (size_t i = 1; i < sizeof(s); i += 2)
		s[i] = '.';
	ck_assert(subject_ok(bytes_of(s, 2 * SUBJECT_MAX_TOKENS - 1)));
	ck_assert(!subject_ok(bytes_of(s, 2 * SUBJECT_MAX_TOKENS + 1)));
}
END_TEST

static const struct {
	const char *a, *b;
	bool match;  /* b is literal and a matches it */
	bool subset; /* b is inside a */
	bool overlap;
} pairs[] = {
	{ "a.b", "a.b", true, true, true },
	{ "a.b", "a.c", false, false, false },
	{ "a.*", "a.b", true, true, true },
	{ "a.*", "a.b.c", false, false, false },
	{ "a.>", "a", false, false, false },
	{ "a.>", "a.b.c", true, true, true },
	{ ">", "a", true, true, true },
	{ "a.*", "a.*", false, true, true },
	{ "a.*", "a.>", false, false, true }, /* the server lets this through, we do not */
	{ "*", ">", false, false, true },
	{ "a.>", "a.*", false, true, true },
	{ "a.>", "a.*.>", false, true, true },
	{ "a.*.>", "a.>", false, false, true },
	{ "*.b", "a.*", false, false, true },
	{ "a.b.>", "a.*", false, false, false },
	{ "a.b", "*.c", false, false, false },
	{ "foo*", "foobar", false, false, false },
	{ "*.*", "a.>", false, false, true },
	{ "*.*.*", "a.b", false, false, false },
	{ "A.b", "a.b", false, false, false },
};

START_TEST(match_subset_and_overlap_agree_with_the_table)
{
	struct bytes a = bytes_str(pairs[_i].a), b = bytes_str(pairs[_i].b);

	if (subject_literal(b))
		ck_assert_msg(
		    subject_match(a, b) == pairs[_i].match, "%s %s", pairs[_i].a, pairs[_i].b);
	ck_assert_msg(subject_subset(b, a) == pairs[_i].subset, "%s %s", pairs[_i].a, pairs[_i].b);
	ck_assert_msg(
	    subject_overlap(a, b) == pairs[_i].overlap, "%s %s", pairs[_i].a, pairs[_i].b);
	ck_assert_msg(
	    subject_overlap(b, a) == pairs[_i].overlap, "%s %s", pairs[_i].a, pairs[_i].b);
}
END_TEST

START_TEST(tokens_are_counted_and_cut_out)
{
	struct bytes s = BYTES_LIT("a.bc.d");

	ck_assert_uint_eq(subject_tokens(s), 3);
	ck_assert(bytes_is(subject_token(s, 0), "a"));
	ck_assert(bytes_is(subject_token(s, 1), "bc"));
	ck_assert(bytes_is(subject_token(s, 2), "d"));
	ck_assert_ptr_null(subject_token(s, 3).ptr);
}
END_TEST

TCase *
subject_tests(void)
{
	TCase *t = tcase_create("subject");

	tcase_add_loop_test(
	    t, a_subject_is_tokens_of_printable_ascii, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(t, length_and_tokens_are_bounded);
	tcase_add_loop_test(
	    t, match_subset_and_overlap_agree_with_the_table, 0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(t, tokens_are_counted_and_cut_out);
	return t;
}

static const struct {
	const char *glob, *text;
	bool yes;
} globs[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "abc", true },
	{ "acme-*", "acme-", true },
	{ "acme-*", "acme-1", true },
	{ "acme-*", "acme", false },
	{ "*-x-*", "a-x-b-x-c", true },
	{ "a*b*c", "axxbxxc", true },
	{ "a*b*c", "axxcxxb", false },
	{ "**", "x", true },
	{ "Nats-*", "Nats-Msg-Id", true },
	{ "abc", "abcd", false },
};

START_TEST(a_star_stands_for_any_run)
{
	ck_assert_msg(
	    glob_match(bytes_str(globs[_i].glob), bytes_str(globs[_i].text)) == globs[_i].yes,
	    "%s %s", globs[_i].glob, globs[_i].text);
}
END_TEST

START_TEST(many_stars_do_not_explode)
{
	char glob[200], text[2000];

	for (size_t i = 0; i < sizeof(glob); i += 2) {
		glob[i] = '*';
		glob[i + 1] = 'a';
	}
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	ck_assert(!glob_match(bytes_of(glob, sizeof(glob)), bytes_of(text, sizeof(text))));
}
END_TEST

/* Two globs and whether some text matches both; asked both ways round. */
static const struct {
	const char *a, *b;
	bool meet;
} meetings[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "", "*", true },
	{ "a", "a", true },
	{ "a", "b", false },
	{ "a*", "*b", true },
	{ "a*", "b*", false },
	{ "*a", "*b", false },
	{ "a*c", "ab*", true },
	{ "a*c", "abd", false },
	{ "*", "**", true },
	{ "*x*", "*y*", true },
	{ "red-*", "re*-1", true },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "acb", false },
	{ "ab*", "a", false },
	{ "*ab", "b", false },
};

START_TEST(two_globs_meet_when_a_text_matches_both)
{
	struct bytes a = bytes_str(meetings[_i].a), b = bytes_str(meetings[_i].b);

	ck_assert_msg(glob_overlap(a, b) == meetings[_i].meet, "%s %s", meetings[_i].a, meetings[_i].b);
	ck_assert_msg(glob_overlap(b, a) == meetings[_i].meet, "%s %s", meetings[_i].b, meetings[_i].a);
}
END_TEST

TCase *
glob_tests(void)
{
	TCase *t = tcase_create("glob");

	tcase_add_loop_test(t, two_globs_meet_when_a_text_matches_both, 0,
	    sizeof(meetings) / sizeof(meetings[0]));
	tcase_add_loop_test(t, a_star_stands_for_any_run, 0, sizeof(globs) / sizeof(globs[0]));
	tcase_add_test(t, many_stars_do_not_explode);
	return t;
}
