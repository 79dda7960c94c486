/*
 * window - see window.h. Texts are cut into days, each day's hours moved by the zone into the week
 * of UTC (cut where they cross its end), and put into a list that is kept sorted and joined.
 */
#include "policy/rules/window.h"

enum { DAY_S = 86400, MONDAY_S = 3 * DAY_S /* 1970 began on a Thursday */ };

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* digits() - exactly @n of them off the front. Return: -1 when they are not there. */
static int
digits(struct bytes *s, size_t n)
{
	int v = 0;

	if (s->len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return -1;
		v = v * 10 + (s->ptr[i] - '0');
	}
	*s = bytes_from(*s, n);
	return v;
}

static bool
take(struct bytes *s, char c)
{
	if (s->len == 0 || s->ptr[0] != (uint8_t)c)
		return false;
	*s = bytes_from(*s, 1);
	return true;
}

/* clock() - "HH:MM" off the front, in seconds; 24:00 is the end of the day. -1: none. */
static int
clock_of(struct bytes *s)
{
	int h = digits(s, 2), m;

	if (h < 0 || !take(s, ':') || (m = digits(s, 2)) < 0)
		return -1;
	if (h > 24 || m > 59 || (h == 24 && m != 0))
		return -1;
	return h * 3600 + m * 60;
}

/* day_of() - "mon" off the front; -1: none. */
static int
day_of(struct bytes *s)
{
	static const char names[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (int d = 0; d < 7; d++) {
		if (s->len < 3 || lower(s->ptr[0]) != (uint8_t)names[d][0] ||
		    lower(s->ptr[1]) != (uint8_t)names[d][1] ||
		    lower(s->ptr[2]) != (uint8_t)names[d][2])
			continue;
		*s = bytes_from(*s, 3);
		return d;
	}
	return -1;
}

/* days_of() - "mon-fri,sun" to a bit per day. Return: false when it is something else. */
static bool
days_of(struct bytes s, unsigned *days)
{
	*days = 0;
	do {
		int from = day_of(&s), to = from;

		if (from >= 0 && take(&s, '-'))
			to = day_of(&s);
		if (from < 0 || to < 0)
			return false;
		for (int d = from;; d = (d + 1) % 7) {
			*days |= 1U << d;
			if (d == to)
				break;
		}
	} while (take(&s, ','));
	return s.len == 0;
}

/* hours_of() - "08:00-18:00". */
static bool
hours_of(struct bytes s, int *from, int *to)
{
	*from = clock_of(&s);
	if (*from < 0 || !take(&s, '-'))
		return false;
	*to = clock_of(&s);
	return *to >= 0 && s.len == 0;
}

/* insert() - a span of the week, joined with those it touches. Return: false when there is no room.
 */
static bool
insert(struct window_spans *w, struct window_span x)
{
	size_t at = 0, end;

	while (at < w->n && w->span[at].to_s < x.from_s)
		at++;
	for (end = at; end < w->n && w->span[end].from_s <= x.to_s; end++) {
		x.from_s = w->span[end].from_s < x.from_s ? w->span[end].from_s : x.from_s;
		x.to_s = w->span[end].to_s > x.to_s ? w->span[end].to_s : x.to_s;
	}
	if (end == at && w->n == WINDOW_MAX_SPANS)
		return false;
	memmove(&w->span[at + 1], &w->span[end], (w->n - end) * sizeof(x));
	w->span[at] = x;
	w->n = w->n + 1 - (end - at);
	return true;
}

/* put_day() - [from, to) seconds of a week that may begin before it and end behind it. */
static bool
put_day(struct window_spans *w, int32_t from, int32_t to)
{
	const int32_t week = WINDOW_WEEK_S;
	int32_t start = ((from % week) + week) % week, end = start + (to - from);
	int32_t cut = end < week ? end : week;

	if (!insert(w, (struct window_span){ (uint32_t)start, (uint32_t)cut }))
		return false;
	return end == cut || insert(w, (struct window_span){ 0, (uint32_t)(end - week) });
}

const char *
window_add(struct window_spans *w, struct bytes text, int32_t zone_s)
{
	struct bytes first = bytes_upto(text, bytes_find(text, ' '));
	struct bytes rest = bytes_from(text, first.len + 1);
	unsigned days = 0x7f;
	int from = 0, to = DAY_S;

	if (text.len == first.len + 1)
		return "a blank at its end";
	if (rest.len == 0 ? !days_of(first, &days) && !hours_of(first, &from, &to)
			  : !days_of(first, &days) || !hours_of(rest, &from, &to))
		return "expected days (mon-fri, sat,sun), hours (08:00-18:00), or both";
	if (days == 0)
		days = 0x7f;
	if (from == to || from == DAY_S)
		return "these hours are never: the whole day is 00:00-24:00";
	if (to < from)
		to += DAY_S;
	for (int d = 0; d < 7; d++)
		if ((days >> d & 1) != 0 &&
		    !put_day(w, d * DAY_S + from - zone_s, d * DAY_S + to - zone_s))
			return "too many windows";
	return NULL;
}

/* offset_of() - "+02:00" off the front. */
static bool
offset_of(struct bytes *s, int32_t *zone_s)
{
	bool east = take(s, '+');
	int at;

	if (!east && !take(s, '-'))
		return false;
	at = clock_of(s);
	if (at < 0 || at > 14 * 3600)
		return false;
	*zone_s = east ? at : -at;
	return true;
}

const char *
window_zone(struct bytes text, int32_t *zone_s)
{
	struct bytes s = text;

	*zone_s = 0;
	if (bytes_is(text, "UTC") || bytes_is(text, "Z"))
		return NULL;
	if (offset_of(&s, zone_s) && s.len == 0)
		return NULL;
	return "a zone is UTC or a fixed offset such as \"+02:00\": what a named zone means "
	       "changes with "
	       "the season and with the tables of a machine, and a rule should not";
}

/* days_before() - the days from 1970 to a date of the Gregorian calendar. */
static int64_t
days_before(int year, int month, int day)
{
	static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int y = year - 1;
	int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - 719162;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days + before[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
}

static bool
date_of(struct bytes *s, int64_t *days)
{
	static const int length[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = digits(s, 4), month, day;

	if (year < 1970 || !take(s, '-') || (month = digits(s, 2)) < 1 || month > 12 ||
	    !take(s, '-') || (day = digits(s, 2)) < 1 || day > length[month - 1])
		return false;
	*days = days_before(year, month, day);
	/* the 29th of February is the 1st of March where there is none */
	return month != 2 || day != 29 || days_before(year, 3, 1) != *days;
}

const char *
window_instant(struct bytes text, int64_t *unix_s)
{
	static const char *const want = "expected a moment such as \"2026-11-22T10:00:00Z\" or "
					"\"2026-11-22T12:00+02:00\"";
	struct bytes s = text;
	int32_t zone = 0;
	int64_t days;
	int clock, seconds = 0;

	if (!date_of(&s, &days) || !take(&s, 'T') || (clock = clock_of(&s)) < 0 || clock == DAY_S)
		return want;
	if (take(&s, ':') && ((seconds = digits(&s, 2)) < 0 || seconds > 59))
		return want;
	if ((!take(&s, 'Z') && !offset_of(&s, &zone)) || s.len != 0)
		return want;
	*unix_s = days * DAY_S + clock + seconds - zone;
	return *unix_s < 0 ? want : NULL;
}

/* week_second() - of a moment before 1970 too. */
static uint32_t
week_second(int64_t unix_s)
{
	int64_t s = unix_s % WINDOW_WEEK_S + MONDAY_S;

	return (uint32_t)((s + WINDOW_WEEK_S) % WINDOW_WEEK_S);
}

bool
window_open(const struct window_span *span, size_t n, int64_t unix_s)
{
	uint32_t at = week_second(unix_s);

	for (size_t i = 0; i < n; i++)
		if (at >= span[i].from_s && at < span[i].to_s)
			return true;
	return false;
}

bool
window_meets(const struct window_span *span, size_t n, int64_t from_s, int64_t until_s)
{
	uint64_t length;
	uint32_t at;

	if (n == 0 || until_s <= from_s)
		return false;
	length = (uint64_t)until_s - (uint64_t)from_s;
	if (length >= WINDOW_WEEK_S || window_open(span, n, from_s))
		return true;
	/* closed at first: does one begin before the end? */
	at = week_second(from_s);
	for (size_t i = 0; i < n; i++) {
		uint32_t wait = (span[i].from_s + (uint32_t)WINDOW_WEEK_S - at) % WINDOW_WEEK_S;

		if (wait < length)
			return true;
	}
	return false;
}

bool
window_covers(const struct window_span *outer, size_t n_outer, const struct window_span *inner,
    size_t n_inner)
{
	size_t k = 0;

	for (size_t i = 0; i < n_inner; i++) {
		while (k < n_outer && outer[k].to_s < inner[i].to_s)
			k++;
		if (k == n_outer || outer[k].from_s > inner[i].from_s)
			return false;
	}
	return true;
}

bool
window_spans_ok(const struct window_span *span, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span[i].from_s >= span[i].to_s || span[i].to_s > WINDOW_WEEK_S ||
		    (i > 0 && span[i].from_s <= span[i - 1].to_s))
			return false;
	return true;
}
