/*
 * when - see when.h. Only UTC: a line that is read in two places means one moment.
 */
#include "gateway/cli/when.h"

#include <stdio.h>
#include <time.h>

#include "policy/audit/record.h"
#include "policy/rules/window.h"

void
when_format(int64_t unix_s, char out[WHEN_TEXT])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (unix_s == 0)
		snprintf(out, WHEN_TEXT, "never");
	else if (gmtime_r(&t, &tm) == NULL ||
		 strftime(out, WHEN_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, WHEN_TEXT, "%lld", (long long)unix_s);
}

int
when_span(const char *s, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const int64_t most = (int64_t)100 * 365 * 86400;
	int64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && v <= most; p++)
		v = v * 10 + (*p - '0');
	if (p == s || p[0] == '\0' || p[1] != '\0' || v > most)
		return err_raise(-EINVAL);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == p[0] && v > 0 && v <= most / units[i].seconds) {
			*out = v * units[i].seconds;
			return 0;
		}
	}
	return err_raise(-EINVAL);
}

enum { PRINTED = sizeof("2026-11-22 10:00:00") - 1, STAMP = RECORD_TIME_LEN - 1 };

/* printed() - "2026-11-22 10:00:00.123", as `audit tail' prints times, or with T and Z; a fraction of 0 to 9 digits.
 * @rest: what the digits that are not there may be. */
static bool
printed(struct bytes s, char rest, int64_t *ns)
{
	char stamp[] = "2026-11-22T10:00:00.000000000Z";
	bool zone = s.len > PRINTED && s.ptr[10] == 'T' && s.ptr[s.len - 1] == 'Z';

	if (s.len < PRINTED || (s.ptr[10] != ' ' && !zone))
		return false;
	s = bytes_upto(s, s.len - zone);
	if (s.len > STAMP || (s.len > PRINTED && s.ptr[PRINTED] != '.') || s.len == PRINTED + 1)
		return false;
	memset(stamp + PRINTED + 1, s.len > PRINTED ? rest : '0', STAMP - PRINTED - 1);
	memcpy(stamp, s.ptr, s.len);
	stamp[10] = 'T';
	return record_time(bytes_str(stamp), ns);
}

const char *
when_moment(const char *s, int64_t now_ns, bool upto, int64_t *ns)
{
	const int64_t most_s = INT64_C(9223372036); /* of nanoseconds in 63 bits */
	char day[WHEN_TEXT];
	const char *why;
	int64_t v;

	if (when_span(s, &v) == 0) {
		*ns = v < now_ns / 1000000000 ? now_ns - v * 1000000000 : 0;
		return NULL;
	}
	if (printed(bytes_str(s), upto ? '9' : '0', ns))
		return NULL;
	if (strlen(s) == sizeof("2026-11-22") - 1) {
		snprintf(day, sizeof(day), "%sT00:00Z", s);
		s = day;
	}
	why = window_instant(bytes_str(s), &v);
	if (why == NULL && (v < 0 || v > most_s))
		why = "out of range";
	if (why == NULL)
		*ns = v * 1000000000;
	return why;
}
