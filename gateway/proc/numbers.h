/*
 * numbers - the connections of an edge that have logged in. A number stands for one login in a run
 * of the gateway: records and commands on their way name nobody but by it.
 */
#ifndef GATEWAY_PROC_NUMBERS_H
#define GATEWAY_PROC_NUMBERS_H

#include <stdint.h>

#include "policy/core/err.h"

enum {
	NUMBERS_WINDOW = 1 << 20, /* a login this many connections late is refused */
};

/* an edge has so many; one that takes its place goes on behind them */
#define NUMBERS_EACH UINT64_C(1000000000)

/* One edge's; all zero: none was taken. */
struct numbers {
	uint64_t since; /* where this edge's begin */
	uint64_t floor; /* none up to here is free */
	uint64_t most;  /* the highest that was taken, never below ->floor */
	uint64_t *bits; /* those above most - NUMBERS_WINDOW; NULL: none */
};

/* numbers_begin() - of an edge whose connections are numbered on from @since. */
void numbers_begin(struct numbers *t, uint64_t since);
/* numbers_rise() - @number was taken before, and who knows which below it. */
void numbers_rise(struct numbers *t, uint64_t number);
/* numbers_take() - Return: 0, -EEXIST when it was taken or is not one of this edge, -ENOMEM. */
int numbers_take(struct numbers *t, uint64_t number) must_check;
/* numbers_deinit() - its memory. */
void numbers_deinit(struct numbers *t);

#endif
