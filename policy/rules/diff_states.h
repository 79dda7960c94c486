/*
 * diff_states - sets of bits seen so far, each with how it was reached: what a search over an
 * automaton's states needs.
 */
#ifndef POLICY_RULES_DIFF_STATES_H
#define POLICY_RULES_DIFF_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state_from {
	uint32_t parent; /* the state before */
	uint32_t by;     /* what led here */
};

struct states {
	size_t words; /* of 64 bits each */
	size_t n, cap, slots;
	uint64_t *bits;
	struct state_from *from;
	uint32_t *slot; /* index + 1; 0: free */
};

enum { STATES_FULL = -2, STATES_KNOWN = -1 };

void states_init(struct states *s, size_t bits);
void states_deinit(struct states *s);
/* states_add() - Return: its number, STATES_KNOWN, STATES_FULL (no memory). */
int64_t states_add(struct states *s, const uint64_t *bits, uint32_t parent, uint32_t by);
/* states_at() - valid until the next states_add(). */
static inline const uint64_t *
states_at(const struct states *s, size_t i)
{
	return s->bits + i * s->words;
}

static inline bool
bit_is(const uint64_t *bits, size_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static inline void
bit_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

#endif
