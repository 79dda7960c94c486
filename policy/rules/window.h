/*
 * window - when a rule is in force: hours of the week, and a first and a last moment.
 *
 * Pure arithmetic on unix seconds. A week begins on Monday, 00:00 UTC: the zone a window was
 * written in is taken off when it is read, which a fixed offset allows. Leap seconds do not exist
 * in unix time, summer time does not exist in a fixed offset.
 */
#ifndef POLICY_RULES_WINDOW_H
#define POLICY_RULES_WINDOW_H

#include "policy/core/bytes.h"

enum {
	WINDOW_WEEK_S = 7 * 86400,
	WINDOW_TEXT_SPANS =
	    8, /* what one text can become: seven days, one of them cut by the week's end */
	WINDOW_MAX_TEXTS = 32, /* of one rule */
	WINDOW_MAX_SPANS = WINDOW_TEXT_SPANS * WINDOW_MAX_TEXTS,
};

/* Seconds of the week, from < to <= WINDOW_WEEK_S. */
struct window_span {
	uint32_t from_s;
	uint32_t to_s;
};

/* Sorted, apart from each other, so that equal times are equal bytes. */
struct window_spans {
	size_t n;
	struct window_span span[WINDOW_MAX_SPANS];
};

/*
 * window_add() - "mon-fri 08:00-18:00", "sat,sun", "22:00-06:00" (every day, into the next one).
 * Return: NULL, or what is wrong with it.
 */
const char *window_add(struct window_spans *w, struct bytes text, int32_t zone_s);
/* window_zone() - "UTC" or "+02:00", seconds east of Greenwich. Return: NULL, or what is wrong with
 * it. */
const char *window_zone(struct bytes text, int32_t *zone_s);
/*
 * window_instant() - "2026-11-22T10:00Z", with seconds or without, Z or an offset, from 1970 to
 * 9999. Return: NULL, or what is wrong with it.
 */
const char *window_instant(struct bytes text, int64_t *unix_s);
/* window_open() - does @unix_s fall into one of the spans? Not when there are none. */
bool window_open(const struct window_span *span, size_t n, int64_t unix_s);
/* window_meets() - is there a moment in [from, until) that falls into one of the spans? */
bool window_meets(const struct window_span *span, size_t n, int64_t from_s, int64_t until_s);
/* window_covers() - is every moment of @inner one of @outer? Both as window_add() leaves them. */
bool window_covers(const struct window_span *outer, size_t n_outer, const struct window_span *inner,
    size_t n_inner);
/* window_spans_ok() - sorted, apart, inside the week? */
bool window_spans_ok(const struct window_span *span, size_t n);

#endif
