/* Hours of the week, zones, moments. */
#include "policy/rules/window.h"
#include "tests/unit/policy/rules/suites.h"

static int64_t
moment(const char *text)
{
	int64_t at = -1;
	const char *why = window_instant(bytes_str(text), &at);

	ck_assert_msg(why == NULL, "%s: %s", text, why);
	return at;
}

/* 2026-11-22 is a Sunday. */
static const struct {
	const char *during, *zone, *at;
	bool open;
} hours[] = {
	{ "mon-fri 08:00-18:00", "UTC", "2026-11-23T08:00:00Z", true },
	{ "mon-fri 08:00-18:00", "UTC", "2026-11-23T07:59:59Z", false },
	{ "mon-fri 08:00-18:00", "UTC", "2026-11-23T17:59:59Z", true },
	{ "mon-fri 08:00-18:00", "UTC", "2026-11-23T18:00:00Z", false },
	{ "mon-fri 08:00-18:00", "UTC", "2026-11-22T12:00:00Z", false },
	{ "Sat,SUN", "UTC", "2026-11-22T00:00:00Z", true },
	{ "sat,sun", "UTC", "2026-11-22T23:59:59Z", true },
	{ "sat,sun", "UTC", "2026-11-23T00:00:00Z", false },
	{ "fri-mon", "UTC", "2026-11-22T12:00:00Z", true },
	{ "fri-mon", "UTC", "2026-11-24T00:00:00Z", false },
	{ "fri-mon", "UTC", "2026-11-19T23:59:59Z", false },
	{ "08:00-09:00", "UTC", "2026-11-22T08:30:00Z", true },
	/* across midnight belongs to the day it begins on */
	{ "fri 22:00-06:00", "UTC", "2026-11-21T05:59:59Z", true },
	{ "fri 22:00-06:00", "UTC", "2026-11-20T05:00:00Z", false },
	{ "fri 22:00-06:00", "UTC", "2026-11-21T06:00:00Z", false },
	/* and across the end of the week */
	{ "sun 22:00-06:00", "UTC", "2026-11-22T22:00:00Z", true },
	{ "sun 22:00-06:00", "UTC", "2026-11-23T05:59:59Z", true },
	{ "sun 22:00-06:00", "UTC", "2026-11-22T05:00:00Z", false },
	{ "22:00-24:00", "UTC", "2026-11-22T23:59:59Z", true },
	{ "00:00-24:00", "UTC", "2026-11-22T00:00:00Z", true },
	{ "22:00-00:00", "UTC", "2026-11-22T23:30:00Z", true },
	{ "22:00-00:00", "UTC", "2026-11-23T00:00:00Z", false },
	/* zones move days too */
	{ "mon 00:00-02:00", "+02:00", "2026-11-22T22:00:00Z", true },
	{ "mon 00:00-02:00", "+02:00", "2026-11-23T00:00:00Z", false },
	{ "sun 22:00-24:00", "-05:30", "2026-11-23T03:30:00Z", true },
	{ "sun 22:00-24:00", "-05:30", "2026-11-23T05:30:00Z", false },
	{ "mon-sun", "+14:00", "2026-11-22T12:34:56Z", true },
	/* before 1970 (a Thursday) a week is a week too */
	{ "thu", "UTC", "1970-01-01T00:00:00Z", true },
	{ "wed", "UTC", "1970-01-01T00:00:00Z", false },
};

START_TEST(hours_are_open_when_they_say_so)
{
	struct window_spans w = { 0 };
	int32_t zone;
	const char *why;

	ck_assert_ptr_null(window_zone(bytes_str(hours[_i].zone), &zone));
	why = window_add(&w, bytes_str(hours[_i].during), zone);
	ck_assert_msg(why == NULL, "%s: %s", hours[_i].during, why);
	ck_assert(window_spans_ok(w.span, w.n));
	ck_assert_msg(window_open(w.span, w.n, moment(hours[_i].at)) == hours[_i].open,
	    "%s %s at %s", hours[_i].during, hours[_i].zone, hours[_i].at);
}
END_TEST

START_TEST(a_moment_before_1970_has_a_weekday)
{
	struct window_spans w = { 0 };

	ck_assert_ptr_null(window_add(&w, BYTES_LIT("wed 23:00-24:00"), 0));
	ck_assert(window_open(w.span, w.n, -1));
	ck_assert(!window_open(w.span, w.n, 0));
	(void)window_open(w.span, w.n, INT64_MIN);
	(void)window_open(w.span, w.n, INT64_MAX);
}
END_TEST

START_TEST(what_is_no_window_is_refused)
{
	static const char *const no[] = { "", " ", "mon ", "mon-", "-mon", "mon,,tue", "monday",
		"mon 8:00-9:00", "mon 08:00", "08:00-25:00", "08:60-09:00", "24:01-03:00",
		"24:00-03:00", "mon  08:00-09:00", "08:00-09:00 mon", "08:00-08:00",
		"mon 08:00-09:00 x", "mon;tue", "mon-fri 08:00-18:00 " };
	struct window_spans w = { 0 };

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(window_add(&w, bytes_str(no[i]), 0) != NULL, "'%s'", no[i]);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(what_touches_is_joined)
{
	struct window_spans a = { 0 }, b = { 0 };

	ck_assert_ptr_null(window_add(&a, BYTES_LIT("tue 10:00-12:00"), 0));
	ck_assert_ptr_null(window_add(&a, BYTES_LIT("mon 08:00-10:00"), 0));
	ck_assert_ptr_null(window_add(&a, BYTES_LIT("mon 10:00-11:00"), 0));
	ck_assert_ptr_null(window_add(&a, BYTES_LIT("mon 09:00-09:30"), 0));
	ck_assert_ptr_null(window_add(&b, BYTES_LIT("mon 08:00-11:00"), 0));
	ck_assert_ptr_null(window_add(&b, BYTES_LIT("tue 10:00-12:00"), 0));
	ck_assert_uint_eq(a.n, 2);
	ck_assert_mem_eq(&a.span, &b.span, 2 * sizeof(a.span[0]));
	ck_assert_ptr_null(window_add(&a, BYTES_LIT("mon-sun"), 3600));
	ck_assert_uint_eq(a.n, 1);
	ck_assert_uint_eq(a.span[0].to_s - a.span[0].from_s, WINDOW_WEEK_S);
}
END_TEST

START_TEST(moments_are_read_in_every_zone)
{
	static const char *const no[] = { "", "2026-11-22", "2026-11-22T10:00", "2026-11-22 10:00Z",
		"2026-13-01T00:00Z", "2026-00-01T00:00Z", "2026-04-31T00:00Z", "2025-02-29T00:00Z",
		"2100-02-29T00:00Z", "2026-11-22T24:00Z", "2026-11-22T10:00:60Z",
		"1969-12-31T23:59Z", "1970-01-01T00:00+01:00", "2026-11-22T10:00Zx",
		"2026-11-22T10:00+15:00", "26-11-22T10:00Z", "2026-11-22T10:00z" };
	int64_t at;

	ck_assert_int_eq(moment("1970-01-01T00:00Z"), 0);
	ck_assert_int_eq(moment("2000-02-29T12:00:00Z"), 951825600);
	ck_assert_int_eq(moment("2024-12-31T23:59:59Z"), 1735689599);
	ck_assert_int_eq(moment("2026-11-22T10:00Z"), 1795341600);
	ck_assert_int_eq(moment("2026-11-22T12:00+02:00"), 1795341600);
	ck_assert_int_eq(moment("2026-11-22T04:30:00-05:30"), 1795341600);
	ck_assert_int_eq(moment("9999-12-31T23:59:59Z"), 253402300799);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(window_instant(bytes_str(no[i]), &at) != NULL, "'%s'", no[i]);
}
END_TEST

START_TEST(an_interval_meets_hours_or_misses_them)
{
	struct window_spans w = { 0 };
	int64_t sunday = moment("2026-11-22T12:00Z");

	ck_assert_ptr_null(window_add(&w, BYTES_LIT("mon 08:00-09:00"), 0));
	ck_assert(!window_meets(w.span, w.n, sunday, sunday + 20 * 3600));
	ck_assert(window_meets(w.span, w.n, sunday, sunday + 20 * 3600 + 1));
	ck_assert(!window_meets(w.span, w.n, sunday, sunday));
	ck_assert(window_meets(w.span, w.n, 0, INT64_MAX));
	ck_assert(window_meets(w.span, w.n, sunday + 20 * 3600 + 3599, sunday + 21 * 3600));
	ck_assert(!window_meets(w.span, w.n, sunday + 21 * 3600, sunday + 21 * 3600 + 6 * 86400));
	ck_assert(!window_meets(w.span, 0, 0, INT64_MAX));
}
END_TEST

START_TEST(wider_hours_cover_narrower_ones)
{
	struct window_spans wide = { 0 }, narrow = { 0 };

	ck_assert_ptr_null(window_add(&wide, BYTES_LIT("mon-fri 08:00-18:00"), 0));
	ck_assert_ptr_null(window_add(&narrow, BYTES_LIT("tue,fri 10:00-18:00"), 0));
	ck_assert(window_covers(wide.span, wide.n, narrow.span, narrow.n));
	ck_assert(!window_covers(narrow.span, narrow.n, wide.span, wide.n));
	ck_assert_ptr_null(window_add(&narrow, BYTES_LIT("sat 10:00-11:00"), 0));
	ck_assert(!window_covers(wide.span, wide.n, narrow.span, narrow.n));
}
END_TEST

TCase *
window_tests(void)
{
	TCase *t = tcase_create("window");

	tcase_add_loop_test(
	    t, hours_are_open_when_they_say_so, 0, sizeof(hours) / sizeof(hours[0]));
	tcase_add_test(t, a_moment_before_1970_has_a_weekday);
	tcase_add_test(t, what_is_no_window_is_refused);
	tcase_add_test(t, what_touches_is_joined);
	tcase_add_test(t, moments_are_read_in_every_zone);
	tcase_add_test(t, an_interval_meets_hours_or_misses_them);
	tcase_add_test(t, wider_hours_cover_narrower_ones);
	return t;
}
