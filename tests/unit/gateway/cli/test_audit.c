/*
 * What the command log's verbs are made of: patterns, moments, and text that is safe to print.
 */
#include "gateway/cli/audit_filter.h"
#include "gateway/cli/audit_form.h"
#include "gateway/cli/audit_say.h"
#include "gateway/cli/when.h"
#include "tests/unit/gateway/cli/suites.h"

static const struct {
	const char *pattern, *text;
	bool fits;
} globs[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "anything", true },
	{ "actor.*", "actor.start", true },
	{ "actor.*", "actors.start", false },
	{ "*.start", "actor.start", true },
	{ "*.start", "actor.started", false },
	{ "a*b*c", "axxbyyc", true },
	{ "a*b*c", "axxcyyb", false },
	{ "**a**", "bab", true },
	{ "a?c", "abc", false },
	{ "a?c", "a?c", true },
	{ "abc", "ab", false },
	{ "ab", "abc", false },
};

START_TEST(a_star_is_any_characters_and_the_rest_itself)
{
	ck_assert(
	    audit_glob(bytes_str(globs[_i].pattern), bytes_str(globs[_i].text)) == globs[_i].fits);
}
END_TEST

START_TEST(many_stars_do_not_take_long)
{
	char pattern[2048], text[2048];

	for (size_t i = 0; i < sizeof(pattern); i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	ck_assert(!audit_glob(bytes_of(pattern, sizeof(pattern)), bytes_of(text, sizeof(text))));
}
END_TEST

static const struct {
	const char *text, *said;
} texts[] = {
	{ "plain ~ text", "plain ~ text" },
	{ "J\xc3\xb6rg \xe2\x80\xb9x\xe2\x80\xba", "J\xc3\xb6rg \xe2\x80\xb9x\xe2\x80\xba" },
	{ "\033[2J", "\\u001b[2J" },
	{ "a\tb\r\nc", "a\\u0009b\\u000d\\u000ac" },
	{ "\x7f", "\\u007f" },
	{ "\xc2\x9b"
	  "2J",
	    "\\u009b2J" },
	{ "\xe2\x80\xae"
	  "exe",
	    "\\u202eexe" },
	{ "a\xe2\x80\x8b"
	  "b",
	    "a\\u200bb" },
	{ "\xef\xbb\xbfx", "\\ufeffx" },
	{ "\xff\xc0\x80", "\\ufffd\\ufffd\\ufffd" },
	{ "\xf3\xa0\x80\x81", "\\U000e0001" },
};

START_TEST(no_text_can_move_the_cursor_or_hide)
{
	struct buf b;

	buf_init(&b, 1024);
	say_text(&b, bytes_str(texts[_i].text));
	ck_assert(bytes_is(buf_bytes(&b), texts[_i].said));
	buf_deinit(&b);
}
END_TEST

START_TEST(a_cell_is_cut_and_filled_by_characters)
{
	struct buf b;

	buf_init(&b, 1024);
	say_cell(&b, BYTES_LIT("\xc3\xb6\xc3\xb6"), 4, 8);
	buf_put_u8(&b, '|');
	say_cell(&b, BYTES_LIT("\xc3\xb6\xc3\xb6\xc3\xb6"), 1, 2);
	ck_assert(bytes_is(buf_bytes(&b), "\xc3\xb6\xc3\xb6  |\xc3\xb6\xc3\xb6~"));
	buf_deinit(&b);
}
END_TEST

START_TEST(columns_stand_below_each_other_whatever_is_in_them)
{
	struct record r = { .kind = RECORD_OPEN, .name = BYTES_LIT("caf\xc3\xa9 \xf0\x9f\x98\x80") };
	struct buf b;

	buf_init(&b, 1024);
	say_line(&b, &r, NULL, false);
	ck_assert_msg(bytes_is(buf_bytes(&b),
	    "1970-01-01 00:00:00.000  caf\xc3\xa9 \xf0\x9f\x98\x80           open             -\n"),
	    "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_row_says_by_whom_and_what_went_wrong)
{
	struct record gap = { .kind = RECORD_GAP, .reason = BYTES_LIT("not_written"), .why = BYTES_LIT("disk"), .summed = 3 };
	struct record denial = { .kind = RECORD_DENIAL, .what = BYTES_LIT("publish"), .subject = BYTES_LIT("a"), .summed = 9 };
	struct record act = { .kind = RECORD_ADMIN, .what = BYTES_LIT("stop"), .why = BYTES_LIT("signal TERM") };
	struct buf b;

	buf_init(&b, 1024);
	form_row(&b, FORM_TABLE, &gap, NULL, (struct form_look){ 0 });
	form_row(&b, FORM_TABLE, &act, NULL, (struct form_look){ 0 });
	form_row(&b, FORM_TABLE, &denial, NULL, (struct form_look){ 0 });
	ck_assert_msg(bytes_is(buf_bytes(&b),
	    "1970-01-01 00:00:00.000 0        -              gap              times: 3                                 "
	    "-        not_written: disk    -\n"
	    "1970-01-01 00:00:00.000 0        -              admin stop       -                                        "
	    "-        signal TERM          -\n"
	    "1970-01-01 00:00:00.000 0        -              denial publish   a, others not told: 9                    "
	    "deny     -                    -\n"),
	    "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
}
END_TEST

#define NOW (INT64_C(1795348800) * 1000000000)

static const struct {
	const char *text;
	int64_t ns; /* -1: refused */
	int64_t more; /* nanoseconds, as the end of a span */
} moments[] = {
	{ "2h", NOW - INT64_C(7200) * 1000000000 },
	{ "36500d", 0 },
	{ "2026-11-22", NOW - INT64_C(43200) * 1000000000 },
	{ "2026-11-22T12:00Z", NOW },
	{ "2026-11-22T12:00:00Z", NOW },
	{ "2026-11-22T14:00+02:00", NOW },
	{ "2026-11-22T12:00:00.000000001Z", NOW + 1 },
	{ "2026-11-22T12:00:00.5Z", NOW + 500000000, 99999999 },
	{ "2026-11-22 12:00:00.123", NOW + 123000000, 999999 },
	{ "2026-11-22 12:00:00", NOW },
	{ "2026-11-22 12:00:00.123456789", NOW + 123456789 },
	{ "2026-11-22 12:00:00.1234567890", -1 },
	{ "2026-11-22 12:00:00.", -1 },
	{ "2026-11-22 12:00:00.Z", -1 },
	{ "2026-11-22 12:00:00,5", -1 },
	{ "2026-11-22 12:00:61.5", -1 },
	{ "2026-11-22T12:00:00.5", -1 }, /* in which zone? */
	{ "2026-11-22T12:00:00", -1 },
	{ "9999-01-01T00:00Z", -1 },
	{ "2026-13-22", -1 },
	{ "yesterday", -1 },
	{ "", -1 },
	{ "12", -1 },
};

START_TEST(a_moment_is_a_span_ago_a_day_or_a_time)
{
	int64_t ns = -1;
	const char *why = when_moment(moments[_i].text, NOW, false, &ns);

	ck_assert((why == NULL) == (moments[_i].ns >= 0));
	if (why == NULL)
		ck_assert_int_eq(ns, moments[_i].ns);
	ck_assert((when_moment(moments[_i].text, NOW, true, &ns) == NULL) == (why == NULL));
	if (why == NULL)
		ck_assert_int_eq(ns, moments[_i].ns + moments[_i].more);
}
END_TEST

#define TABLE(t, test, table) tcase_add_loop_test(t, test, 0, sizeof(table) / sizeof((table)[0]))

TCase *
audit_tests(void)
{
	TCase *t = tcase_create("audit");

	tcase_add_test(t, a_row_says_by_whom_and_what_went_wrong);
	tcase_add_test(t, columns_stand_below_each_other_whatever_is_in_them);
	TABLE(t, a_star_is_any_characters_and_the_rest_itself, globs);
	tcase_add_test(t, many_stars_do_not_take_long);
	TABLE(t, no_text_can_move_the_cursor_or_hide, texts);
	tcase_add_test(t, a_cell_is_cut_and_filled_by_characters);
	TABLE(t, a_moment_is_a_span_ago_a_day_or_a_time, moments);
	return t;
}
