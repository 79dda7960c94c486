/*
 * flood - how many records alike one after the other are written, so that nobody fills the disk with them.
 *
 * Per window each (who, what) may have so many, and everybody whose name is not proved so many together;
 * what is beyond is counted and told once, at the window's end. Who is known by a hash: two that share a
 * place in the table share its measure, never more.
 */
#ifndef GATEWAY_PROC_FLOOD_H
#define GATEWAY_PROC_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/core/bytes.h"

enum {
	FLOOD_WINDOW_MS = 10000,
	FLOOD_EACH = 50,       /* records of one kind by one identity, in a window */
	FLOOD_STRANGERS = 200, /* by all together who proved no identity */
	FLOOD_PLACES = 4096,
	FLOOD_SUMS = 64, /* summaries in a window; the last one takes what fits in no other */
	FLOOD_TEXT = 256,
};

/* What a summary says; strings are cut, and the last one of them is told. */
struct flood_sum {
	uint64_t key, count, client;
	uint32_t edge;
	bool mixed; /* not all by the same */
	char what[24], user[64], account[64], issuer[64], source[72], rule[FLOOD_TEXT], reason[FLOOD_TEXT], verb[64],
	    subject[FLOOD_TEXT], policy[65];
};

struct flood_event {
	struct bytes what; /* kind of the kind */
	struct bytes user, account, issuer; /* proved; empty: a stranger */
	struct bytes source;                /* of a stranger; with its port */
	struct bytes rule, reason, verb, subject, policy;
	uint32_t edge;
	uint64_t client;
	bool apart; /* each rule, reason and verb of it has a measure of its own */
	uint64_t more; /* it stands for so many besides itself, which were counted where it comes from */
};

struct flood {
	uint64_t window_ms; /* when it began; 0: none yet */
	uint32_t strangers;
	uint32_t place[FLOOD_PLACES]; /* written, by hash */
	struct flood_sum sum[FLOOD_SUMS];
	unsigned n_sums;
};

/* flood_pass() - is this one to be written? Else it has been counted. */
bool flood_pass(struct flood *f, const struct flood_event *e, uint64_t now_ms);
/* flood_over() - is the window at its end, and something to be told of it? Then ->sum, and flood_begin(). */
bool flood_over(const struct flood *f, uint64_t now_ms);
void flood_begin(struct flood *f, uint64_t now_ms);

#endif
