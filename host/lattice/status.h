/*
 * status - how something is that runs, or should: one enum, one function that moves between its
 * values.
 */
#ifndef HOST_LATTICE_STATUS_H
#define HOST_LATTICE_STATUS_H

#include "policy/core/buf.h"

enum { STATUS_REASON = 240 };

enum state {
	STATE_STOPPED = 0, /* not running and not meant to */
	STATE_STARTING,    /* fetched, checked, its process begins */
	STATE_RUNNING,     /* it answers */
	STATE_DEGRADED,    /* it answers, but not as it should: ->reason */
	STATE_FAILED, /* it does not run: ->reason; tried again at ->retry_ms when that is not 0 */
	STATES
};

struct status {
	enum state state;
	int64_t since_ms;           /* unix: when it came into this state, or its reason changed */
	int64_t retry_ms;           /* unix: when it is tried again; 0: never by itself */
	uint32_t failures;          /* in a row, until it runs */
	char reason[STATUS_REASON]; /* "" unless DEGRADED or FAILED */
};

enum status_answer {
	STATUS_SAME = 1, /* it was so already */
	STATUS_NEVER,    /* there is no such way: STOPPED only goes to STARTING */
};

/*
 * status_move() - @reason is copied, shown as ASCII, cut; it is needed for DEGRADED and FAILED and
 * ignored otherwise. @retry_ms counts for FAILED alone.
 * Return: 0, STATUS_SAME (only ->retry_ms may have changed), STATUS_NEVER.
 */
int status_move(
    struct status *s, enum state to, const char *reason, int64_t now_ms, int64_t retry_ms);
/* status_backoff_ms() - how long to wait after so many failures in a row: 1 s, doubled, at most a
 * minute. */
int64_t status_backoff_ms(uint32_t failures);
/* state_name() - "running"; never NULL. */
const char *state_name(enum state s);
/* status_put_json() - append "state":"…","reason":"…","since":"2026-…Z","next_retry":"…Z"; the last
 * three as far as they are there. */
void status_put_json(struct buf *b, const struct status *s);
/* time_put() - append a time as RFC 3339 in UTC with milliseconds, without quotes. */
void time_put(struct buf *b, int64_t ms);

#endif
