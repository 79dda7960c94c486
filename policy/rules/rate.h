/*
 * rate - so many a second, minute or hour, and how many at once: a token bucket in whole numbers.
 *
 * Pure: the time is a parameter, milliseconds of a clock that does not step. A bucket is filled in
 * units of which one message costs as many as its period has milliseconds, so nothing is rounded
 * and nothing drifts.
 */
#ifndef POLICY_RULES_RATE_H
#define POLICY_RULES_RATE_H

#include "policy/core/bytes.h"

enum { RATE_MAX = 1000000, RATE_TEXT = 48 };

struct rate {
	uint32_t n;     /* messages in one period; 0: no limit */
	uint32_t burst; /* at once, when none came for long */
	uint64_t period_ms;
};

struct rate_bucket {
	uint64_t level; /* one message costs period_ms */
	uint64_t at_ms; /* when it was that full */
};

/* rate_parse() - "10/s", "600/m", "2/h"; the burst becomes n. Return: false when it is none. */
bool rate_parse(struct bytes text, struct rate *out);
/* rate_ok() - within the bounds the arithmetic was made for? */
bool rate_ok(const struct rate *r);
/* rate_put() - "10/s burst 20", NUL-terminated. */
void rate_put(const struct rate *r, char out[RATE_TEXT]);
/* rate_share() - one of @n equal parts: a longer period, and a smaller burst of at least one. */
struct rate rate_share(const struct rate *r, uint32_t n);
/* rate_full() - a bucket nobody took from. */
struct rate_bucket rate_full(const struct rate *r);
/* rate_take() - one message at @now_ms. Return: false when there is none; a time that went back
 * fills nothing. */
bool rate_take(const struct rate *r, struct rate_bucket *b, uint64_t now_ms);
/* rate_wait_ms() - until rate_take() says yes; 0: it does now. */
uint64_t rate_wait_ms(const struct rate *r, const struct rate_bucket *b, uint64_t now_ms);
/* rate_is_full() - has it forgotten everything that was taken? */
bool rate_is_full(const struct rate *r, const struct rate_bucket *b, uint64_t now_ms);
/*
 * rate_change() - what was taken under @was stays taken under @is: as many messages, or all of the
 * new burst. A bucket never gets fuller by it.
 */
struct rate_bucket rate_change(
    const struct rate *was, const struct rate_bucket *b, const struct rate *is, uint64_t now_ms);

#endif
