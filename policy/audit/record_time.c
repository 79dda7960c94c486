/*
 * record_time - nanoseconds to 2026-11-22T19:30:00.000000000Z and back, exactly. No library call
 * does both without a time zone in it; the calendar is the proleptic Gregorian one, without leap
 * seconds, as unix time has it. Days are counted from a first of March, so that the leap day is the
 * last one of its year.
 */
#include "policy/audit/record.h"

enum { NS = 1000000000, DAY = 86400 };

/* put_digits() - @n digits of @v. */
static void
put_digits(uint8_t *p, size_t n, uint64_t v)
{
	while (n > 0) {
		p[--n] = (uint8_t)('0' + v % 10);
		v /= 10;
	}
}

/* pair() - two digits. Return: their value; *bad when one is none. */
static uint64_t
pair(const uint8_t *p, bool *bad)
{
	unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

	*bad |= (tens > 9) | (ones > 9);
	return tens * 10 + ones;
}

/* nine() - as pair(), nine of them. */
static uint64_t
nine(const uint8_t *p, bool *bad)
{
	uint64_t v = 0;
	unsigned last = (unsigned)p[8] - '0';

	for (size_t i = 0; i < 8; i += 2)
		v = v * 100 + pair(p + i, bad);
	*bad |= last > 9;
	return v * 10 + last;
}

static uint64_t
days_of(uint64_t y, uint64_t m, uint64_t d)
{
	uint64_t year = m <= 2 ? y - 1 : y, month = (m + 9) % 12;

	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + d - 1 -
	       719468;
}

static void
date_of(uint64_t days, uint64_t *y, uint64_t *m, uint64_t *d)
{
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

void
record_put_time(struct buf *b, int64_t ns)
{
	uint64_t t = ns < 0 ? 0 : (uint64_t)ns, s = t / NS, y, m, d;
	uint8_t text[RECORD_TIME_LEN + 1] = "0000-00-00T00:00:00.000000000Z";

	date_of(s / DAY, &y, &m, &d);
	put_digits(text, 4, y);
	put_digits(text + 5, 2, m);
	put_digits(text + 8, 2, d);
	put_digits(text + 11, 2, s % DAY / 3600);
	put_digits(text + 14, 2, s % 3600 / 60);
	put_digits(text + 17, 2, s % 60);
	put_digits(text + 20, 9, t % NS);
	buf_put(b, bytes_of(text, RECORD_TIME_LEN));
}

bool
record_time(struct bytes s, int64_t *ns)
{
	static const uint8_t month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint64_t y, mo, d, h, mi, sec, f;
	const uint8_t *p = s.ptr;
	bool leap, bad = false;

	if (s.len != RECORD_TIME_LEN || p[4] != '-' || p[7] != '-' || p[10] != 'T' ||
	    p[13] != ':' || p[16] != ':' || p[19] != '.' || p[29] != 'Z')
		return false;
	y = pair(p, &bad) * 100 + pair(p + 2, &bad);
	mo = pair(p + 5, &bad);
	d = pair(p + 8, &bad);
	h = pair(p + 11, &bad);
	mi = pair(p + 14, &bad);
	sec = pair(p + 17, &bad);
	f = nine(p + 20, &bad);
	if (bad)
		return false;
	if (y < 1970 || y > 2261 || mo < 1 || mo > 12 || d < 1 || d > month_days[mo - 1] ||
	    h > 23 || mi > 59 || sec > 59)
		return false;
	leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (mo == 2 && d == 29 && !leap)
		return false;
	*ns = (int64_t)((days_of(y, mo, d) * DAY + h * 3600 + mi * 60 + sec) * NS + f);
	return true;
}
