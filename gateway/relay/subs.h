/*
 * subs - the live subscriptions of one connection, found by the client's sid and by ours.
 *
 * Ours (`usid`) is a number that is never used twice on a connection, so that a message still under
 * way for an ended subscription cannot reach a new one.
 */
#ifndef GATEWAY_RELAY_SUBS_H
#define GATEWAY_RELAY_SUBS_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

struct stamp_window;

enum { SUB_SID_MAX = 20, SUB_SEEN_MAX = 46 };

struct sub {
	struct sub *next_sid, *next_usid; /* chains */
	uint32_t usid;
	uint8_t sid_len;
	char sid[SUB_SID_MAX];
	bool filter;  /* deliveries must be judged */
	bool serving; /* granted by `serve`: a host's own commands */
	bool answers; /* granted by `serve`, RPC too: what comes on it may be answered */
	bool command; /* overlaps command subjects: not a place for replies */
	bool virtual; /* an own inbox, written as clients write it: names are mapped */
	bool ended;   /* unsubscribed; what the upstream sent before still comes, up to a PONG */
	uint64_t end_ping; /* of an ended one: with the PONG of this PING it is over */
	uint64_t delivered;
	uint64_t max; /* 0: no limit */
	/* the last subject judged fit for delivery here, and under which policy: most come in rows */
	uint64_t seen_generation;
	uint8_t seen_len; /* 0: none */
	uint8_t seen[SUB_SEEN_MAX];
	struct stamp_window *seen_stamps; /* of one that serves, plain; else NULL */
	uint16_t subject_len, queue_len;
	char text[]; /* subject, then queue, as the client wrote them */
};

struct subs {
	struct sub **by_sid, **by_usid; /* NULL until the first */
	size_t cap;                     /* buckets, a power of two */
	size_t n;       /* live ones */
	size_t n_ended; /* ended ones, not yet over */
	uint32_t last_usid;
};

void subs_deinit(struct subs *s);
/* subs_add() - a new one; the caller made sure that the sid is free. Return: NULL when out of memory. */
struct sub *subs_add(struct subs *s, struct bytes sid, struct bytes subject, struct bytes queue) must_check;
/* subs_find() - by the client's sid, or NULL. */
struct sub *subs_find(const struct subs *s, struct bytes sid);
/* subs_find_usid() - by ours, or NULL. */
struct sub *subs_find_usid(const struct subs *s, uint32_t usid);
/* subs_remove() - forget and free. */
void subs_remove(struct subs *s, struct sub *sub);
/* subs_end() - its sid is free again; messages under way still find it by ours, until subs_reap(). */
void subs_end(struct subs *s, struct sub *sub, uint64_t ping);
/* subs_reap() - the PONG of @ping came: what ended before it is over. */
void subs_reap(struct subs *s, uint64_t ping);
/* subs_each() - the next live one after @last in some order; start with NULL. Do not add meanwhile. */
struct sub *subs_each(const struct subs *s, const struct sub *last);

static inline struct bytes
sub_subject(const struct sub *s)
{
	return bytes_of(s->text, s->subject_len);
}

static inline struct bytes
sub_queue(const struct sub *s)
{
	return bytes_of(s->text + s->subject_len, s->queue_len);
}

static inline struct bytes
sub_sid(const struct sub *s)
{
	return bytes_of(s->sid, s->sid_len);
}

#endif
