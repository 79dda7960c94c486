/*
 * status - see status.h. A failed thing keeps its place and its reason; what made it fail may stand
 * in inventories and events, so a reason is plain ASCII whoever wrote it.
 */
#include "host/lattice/status.h"

#include <string.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MOST_MS = 60000 };

static const char *const names[STATES] = { "stopped", "starting", "running", "degraded", "failed" };

const char *
state_name(enum state s)
{
	return (unsigned)s < STATES ? names[s] : "unknown";
}

/* set_reason() - Return: was it another? */
static bool
set_reason(struct status *s, const char *reason)
{
	char shown[STATUS_REASON];
	size_t n = 0;

	for (const char *p = reason; *p != 0 && n < sizeof(shown) - 1; p++)
		shown[n++] = (char)(*p >= ' ' && *p < 0x7f ? *p : '?');
	shown[n] = 0;
	if (strcmp(shown, s->reason) == 0)
		return false;
	memcpy(s->reason, shown, n + 1);
	return true;
}

int
status_move(struct status *s, enum state to, const char *reason, int64_t now_ms, int64_t retry_ms)
{
	bool wordy = to == STATE_DEGRADED || to == STATE_FAILED, other;

	if ((unsigned)to >= STATES)
		return STATUS_NEVER;
	if (s->state == STATE_STOPPED && to != STATE_STARTING && to != STATE_STOPPED)
		return STATUS_NEVER;
	if (wordy && (reason == NULL || reason[0] == 0))
		reason = "no reason is known";
	other = set_reason(s, wordy ? reason : "");
	if (to == STATE_FAILED && s->failures < UINT32_MAX &&
	    (other || s->state != STATE_FAILED || retry_ms != s->retry_ms))
		s->failures++;
	else if (to == STATE_RUNNING || to == STATE_STOPPED)
		s->failures = 0;
	s->retry_ms = to == STATE_FAILED ? retry_ms : 0;
	if (s->state == to && !other && s->since_ms != 0)
		return STATUS_SAME;
	s->state = to;
	s->since_ms = now_ms;
	return 0;
}

int64_t
status_backoff_ms(uint32_t failures)
{
	int64_t wait = RETRY_FIRST_MS;

	for (uint32_t i = 1; i < failures && wait < RETRY_MOST_MS; i++)
		wait *= 2;
	return wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS;
}

/* put_2() - two digits. */
static void
put_digits(struct buf *b, uint64_t v, size_t n)
{
	char text[20];

	for (size_t i = n; i > 0; i--, v /= 10)
		text[i - 1] = (char)('0' + v % 10);
	buf_put(b, bytes_of(text, n));
}

/* Days since 1970 to a date. Source: the proleptic Gregorian calendar; years begin in March here.
 */
void
time_put(struct buf *b, int64_t ms)
{
	uint64_t t = ms > 0 ? (uint64_t)ms : 0, s = t / 1000, days = s / 86400 + 719468;
	uint64_t era = days / 146097, doe = days - era * 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
	uint64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);

	put_digits(b, year, year > 9999 ? 9 : 4);
	buf_put_u8(b, '-');
	put_digits(b, month, 2);
	buf_put_u8(b, '-');
	put_digits(b, doy - (153 * mp + 2) / 5 + 1, 2);
	buf_put_u8(b, 'T');
	put_digits(b, s / 3600 % 24, 2);
	buf_put_u8(b, ':');
	put_digits(b, s / 60 % 60, 2);
	buf_put_u8(b, ':');
	put_digits(b, s % 60, 2);
	buf_put_u8(b, '.');
	put_digits(b, t % 1000, 3);
	buf_put_u8(b, 'Z');
}

void
status_put_json(struct buf *b, const struct status *s)
{
	buf_put_str(b, "\"state\":\"");
	buf_put_str(b, state_name(s->state));
	buf_put_u8(b, '"');
	if (s->reason[0] != 0) {
		buf_put_str(b, ",\"reason\":");
		buf_put_json(b, bytes_str(s->reason));
	}
	if (s->since_ms != 0) {
		buf_put_str(b, ",\"since\":\"");
		time_put(b, s->since_ms);
		buf_put_u8(b, '"');
	}
	if (s->retry_ms != 0) {
		buf_put_str(b, ",\"next_retry\":\"");
		time_put(b, s->retry_ms);
		buf_put_u8(b, '"');
	}
}
