/*
 * rate - see rate.h. A bucket holds burst * period units and gains n of them a millisecond. With
 * the bounds of rate_ok() every product fits into 64 bits, except that of a long absence, which is
 * cut to what fills the bucket before it is multiplied.
 */
#include "policy/rules/rate.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_SHARES = 1024 };

#define MAX_PERIOD_MS UINT64_C(3600000)

static const struct {
	const char *word;
	uint64_t ms;
} periods[] = { { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };

bool
rate_parse(struct bytes text, struct rate *out)
{
	size_t slash = bytes_find(text, '/');
	struct bytes unit = bytes_from(text, slash + 1);
	uint32_t n = 0;

	if (slash == 0 || slash == text.len || text.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < slash; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > RATE_MAX / 10)
			return false;
		n = n * 10 + (uint32_t)(text.ptr[i] - '0');
	}
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]) && n <= RATE_MAX; i++) {
		if (!bytes_is(unit, periods[i].word))
			continue;
		*out = (struct rate){ .n = n, .burst = n, .period_ms = periods[i].ms };
		return true;
	}
	return false;
}

bool
rate_ok(const struct rate *r)
{
	return r->n != 0 && r->n <= RATE_MAX && r->burst != 0 && r->burst <= RATE_MAX &&
	       r->period_ms != 0 && r->period_ms <= MAX_PERIOD_MS * MAX_SHARES;
}

void
rate_put(const struct rate *r, char out[RATE_TEXT])
{
	const char *unit = "?";

	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		if (periods[i].ms == r->period_ms)
			unit = periods[i].word;
	snprintf(out, RATE_TEXT, "%" PRIu32 "/%s burst %" PRIu32, r->n, unit, r->burst);
}

struct rate
rate_share(const struct rate *r, uint32_t n)
{
	struct rate part = *r;

	if (n > MAX_SHARES)
		n = MAX_SHARES;
	if (n <= 1)
		return part;
	part.period_ms *= n;
	part.burst = r->burst / n != 0 ? r->burst / n : 1;
	return part;
}

static uint64_t
capacity(const struct rate *r)
{
	return r->burst * r->period_ms;
}

struct rate_bucket
rate_full(const struct rate *r)
{
	return (struct rate_bucket){ .level = capacity(r) };
}

/* level_at() - what is in it by now. */
static uint64_t
level_at(const struct rate *r, const struct rate_bucket *b, uint64_t now_ms)
{
	uint64_t most = capacity(r), missing = most - (b->level < most ? b->level : most);
	uint64_t elapsed = now_ms > b->at_ms ? now_ms - b->at_ms : 0;

	if (elapsed > missing / r->n)
		return most;
	return most - missing + elapsed * r->n;
}

bool
rate_take(const struct rate *r, struct rate_bucket *b, uint64_t now_ms)
{
	b->level = level_at(r, b, now_ms);
	if (now_ms > b->at_ms)
		b->at_ms = now_ms;
	if (b->level < r->period_ms)
		return false;
	b->level -= r->period_ms;
	return true;
}

uint64_t
rate_wait_ms(const struct rate *r, const struct rate_bucket *b, uint64_t now_ms)
{
	uint64_t have = level_at(r, b, now_ms);

	return have >= r->period_ms ? 0 : (r->period_ms - have + r->n - 1) / r->n;
}

bool
rate_is_full(const struct rate *r, const struct rate_bucket *b, uint64_t now_ms)
{
	return level_at(r, b, now_ms) >= capacity(r);
}

struct rate_bucket
rate_change(
    const struct rate *was, const struct rate_bucket *b, const struct rate *is, uint64_t now_ms)
{
	uint64_t missing = capacity(was) - level_at(was, b, now_ms);
	uint64_t taken = (missing + was->period_ms - 1) / was->period_ms;

	if (taken > is->burst)
		taken = is->burst;
	return (struct rate_bucket){
		.level = (is->burst - taken) * is->period_ms,
		.at_ms = now_ms > b->at_ms ? now_ms : b->at_ms,
	};
}
