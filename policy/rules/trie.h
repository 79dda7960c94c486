/*
 * trie - many subject patterns, asked with one subject or one pattern; each names the rule it is of.
 *
 * The cost of a question grows with the subject's tokens and with how many wildcards branch off
 * along it, not with how many patterns there are. Patterns and queues are borrowed from the snapshot.
 */
#ifndef POLICY_RULES_TRIE_H
#define POLICY_RULES_TRIE_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/rules/words.h"

struct trie;

/* The first rule (in the order of the files) that says so and is enforced, and that only observes. */
struct hit {
	uint32_t enforced; /* RULE_NONE: no such rule */
	uint32_t observed;
};

#define HIT_NONE ((struct hit){ UINT32_MAX, UINT32_MAX })

/* trie_new() - no pattern yet. Return: NULL when out of memory. */
struct trie *trie_new(void) must_check;
void trie_free(struct trie *t);
/* trie_add() - a valid pattern; @queue empty: for plain subscriptions and any queue. Return: 0, -ENOMEM. */
int trie_add(struct trie *t, struct bytes pattern, struct bytes queue, uint32_t rule, bool observe) must_check;
/* trie_empty() - was nothing added? */
bool trie_empty(const struct trie *t);

/*
 * trie_match() - which rules have a pattern that matches the literal subject @s, and spells out the
 * first @named tokens of it?
 */
struct hit trie_match(const struct trie *t, const struct words *s, unsigned named);
/* trie_covers() - which rules have a pattern (for that queue) that pattern @inner is a subset of? */
struct hit trie_covers(const struct trie *t, const struct words *inner, struct bytes queue, unsigned named);
/* trie_overlaps() - could a subject match both @pattern and one of the trie's? May say yes too often. */
bool trie_overlaps(const struct trie *t, const struct words *pattern);

#endif
