/*
 * barrier - a PING waits for the commands that came before it, and for no later ones.
 *
 * Commands are numbered from 1 and done in any order; at most BARRIER_SPAN are under way at once.
 */
#ifndef GATEWAY_RELAY_BARRIER_H
#define GATEWAY_RELAY_BARRIER_H

#include "policy/core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { BARRIER_SPAN = 64 };

struct barrier_held {
	uint64_t need;  /* all commands up to this one */
	unsigned pings; /* how many wait for just that */
};

struct barrier {
	uint64_t base; /* all commands up to this one are done */
	uint64_t bits; /* bit i: command base + 1 + i is done */
	struct barrier_held *held;
	unsigned n, cap;
	unsigned pings; /* held in all */
};

void barrier_deinit(struct barrier *b);
/* barrier_ping() - a PING after command @last (0: none). Return: 0 it may go on, 1 it is held, -ENOMEM. */
int barrier_ping(struct barrier *b, uint64_t last) must_check;
/* barrier_done() - command @number is done. Return: how many PINGs may go on now. */
unsigned barrier_done(struct barrier *b, uint64_t number);

#endif
