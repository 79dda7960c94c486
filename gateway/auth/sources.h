/*
 * sources - what is remembered of the networks that connections come from: how many are open, how
 * many of them have not logged in, and the penalty for what went wrong. A source is one IPv4
 * address or one IPv6 /64.
 *
 * Penalties follow OpenSSH's PerSourcePenalties: every fault adds its time to what is left of
 * earlier ones, up to a maximum; below a minimum nothing is enforced, beyond it the source is
 * refused until the time is over. A good login takes nothing off, or one valid credential would pay
 * for guessing others.
 *
 * Pure: the clock is a parameter, milliseconds that do not step. Memory is bounded; what is
 * forgotten for want of room is the smallest penalty, and it is not forgiven: sources.c says how.
 */
#ifndef GATEWAY_AUTH_SOURCES_H
#define GATEWAY_AUTH_SOURCES_H

#include "policy/core/err.h"
#include "policy/identity/cidr.h"

enum { SOURCES_PLACES = 65536, SOURCES_SHARED = 16384, SOURCES_EXEMPT = 16, SOURCES_KEY = 16 };

enum source_fault {
	SOURCE_FINE = 0,
	SOURCE_FAILED,    /* a login was refused */
	SOURCE_GARBAGE,   /* what it said was no login */
	SOURCE_TIMED_OUT, /* it did not log in in its time */
	SOURCE_SILENT,    /* it came and went without a login; or its login had only expired */
	SOURCE_FAULTS,
};

enum source_answer {
	SOURCE_PENALISED = 1,
	SOURCE_TOO_MANY_EARLY, /* not logged in */
	SOURCE_TOO_MANY,
};

struct sources_rules {
	uint64_t cost_ms[SOURCE_FAULTS];
	uint64_t min_ms,
	    max_ms; /* of a penalty: enforced from, never longer than. max 0: no penalties */
	uint64_t max_early; /* connections of one source that have not logged in; 0: no ceiling */
	uint64_t max_all;   /* connections of one source; 0: no ceiling */
	size_t places;      /* penalties of sources without a connection; 0: SOURCES_PLACES */
	size_t n_exempt;
	struct cidr exempt[SOURCES_EXEMPT]; /* no penalty and no ceiling of their own */
};

struct sources;
struct source;

/* sources_new() - nobody yet. @key: random, so that nobody can choose who shares his place. Return:
 * NULL when out of memory. */
struct sources *sources_new(
    const struct sources_rules *rules, const uint8_t key[SOURCES_KEY]) must_check;
void sources_free(struct sources *t);
/*
 * sources_enter() - a connection from @address (text, no port) that has not logged in. Return: 0
 * and *out, to be given back with sources_leave(); an answer; -ENOMEM.
 */
int sources_enter(
    struct sources *t, const char *address, uint64_t now_ms, struct source **out) must_check;
/* sources_proved() - one of its connections has logged in. */
void sources_proved(struct source *s);
/* sources_leave() - a connection is over; @early: it never logged in. NULL is fine. */
void sources_leave(struct sources *t, struct source *s, bool early, uint64_t now_ms);
/* sources_fault() - something went wrong. Return: true when the source becomes penalised by it. */
bool sources_fault(
    struct sources *t, const char *address, enum source_fault fault, uint64_t now_ms);
/* sources_early() - its connections that have not logged in. */
uint64_t sources_early(const struct source *s);
/* sources_penalty_ms() - how long @address is still refused; 0: it is not. */
uint64_t sources_penalty_ms(const struct sources *t, const char *address, uint64_t now_ms);
/* sources_tick() - forget what is over; call about once a second. */
void sources_tick(struct sources *t, uint64_t now_ms);
/* sources_count() - sources remembered, for tests. */
size_t sources_count(const struct sources *t);
/* sources_penalised() - sources with a penalty and no connection, enforced or not: for people to
 * read. */
size_t sources_penalised(const struct sources *t);

#endif
