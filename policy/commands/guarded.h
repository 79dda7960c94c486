/*
 * guarded - subjects that are no commands and are obeyed all the same: what a provider hears inside
 * RPC, events that wadm acts on, the policy, config and secrets services, dialect A's lattice cache
 * and the store of large invocations.
 *
 * They are judged on the edge. What a provider obeys needs a verb (or `serve`), the others a
 * pattern that spells out the space: `>` and `wasmbus.>` grant neither. Source of each row:
 * docs/COMMANDS.md.
 */
#ifndef POLICY_COMMANDS_GUARDED_H
#define POLICY_COMMANDS_GUARDED_H

#include "policy/commands/command.h"

enum guarded_answer {
	GUARDED_NOT = 1, /* of no such space */
};

struct guarded {
	enum verb
	    publish; /* the verb it takes to publish there; VERB_NONE: a pattern may grant it */
	unsigned
	    named; /* how many tokens, from the first, a pattern has to spell out to grant it */
	struct bytes lattice; /* whose; empty: of none */
	bool if_governed;     /* only guarded when that lattice is one the policy governs */
};

/*
 * guarded_classify() - which space a subject lies in. Of a pattern: which one all of it lies in,
 * where its first tokens say so. Return: 0 with *g filled, GUARDED_NOT.
 */
int guarded_classify(struct bytes subject, struct guarded *g) must_check;
/* guarded_overlaps() - could a message in one of the spaces match this pattern? May say yes too
 * often. */
bool guarded_overlaps(struct bytes pattern);
/*
 * guarded_deny_list() - patterns over what a login may not publish, one call of @add each: RPC
 * control unless @rpc, the other spaces unless @granted says that something reaches into one.
 */
void guarded_deny_list(bool rpc, bool (*granted)(void *ctx, struct bytes space),
    void (*add)(void *ctx, struct bytes pattern), void *ctx);

#endif
