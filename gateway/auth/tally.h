/*
 * tally - how many of something a name has: connections or subscriptions of an account, commands of
 * a user.
 *
 * Names are those of verified identities; one is remembered while somebody holds it, so the table
 * is never larger than what is counted. Pure.
 */
#ifndef GATEWAY_AUTH_TALLY_H
#define GATEWAY_AUTH_TALLY_H

#include <stdint.h>

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { TALLY_NAME = 63, TALLY_KEY = 16 };

struct tally;

struct tally_name {
	struct tally_name *next;
	uint64_t n;    /* counted */
	uint64_t held; /* by so many */
	char name[TALLY_NAME + 1];
	uint64_t room[]; /* the caller's, zeroed */
};

/*
 * tally_new() - @key: random, so that nobody can make one chain long; @room: bytes of the caller's
 * with each name. Return: NULL when out of memory.
 */
struct tally *tally_new(const uint8_t key[TALLY_KEY], size_t room) must_check;
/* tally_free() - nobody may hold a name any more. */
void tally_free(struct tally *t);
/* tally_hold() - the name's count, made when new; give it back. Return: NULL when out of memory or
 * @name is too long. */
struct tally_name *tally_hold(struct tally *t, const char *name) must_check;
/* tally_again() - held once more. */
static inline struct tally_name *
tally_again(struct tally_name *x)
{
	x->held++;
	return x;
}
/* tally_drop() - one holder less; the last one takes the count with it. NULL is fine. */
void tally_drop(struct tally *t, struct tally_name *x);
/* tally_take() - one more. Return: false when there are @max; 0 is no ceiling. */
static inline bool
tally_take(struct tally_name *x, uint64_t max)
{
	if (max != 0 && x->n >= max)
		return false;
	x->n++;
	return true;
}
/* tally_give() - so many less. */
static inline void
tally_give(struct tally_name *x, uint64_t n)
{
	x->n -= n < x->n ? n : x->n;
}
/* tally_count() - names, for tests. */
size_t tally_count(const struct tally *t);

#endif
