/*
 * stamped - commands on their way to a host: is this one from a gate we believe?
 *
 * On a subscription that `serve` granted, a command without a good stamp was written past every gate.
 * It is not delivered unless the serve rule says `unstamped = allow`, and reported in either case.
 */
#ifndef GATEWAY_RELAY_STAMPED_H
#define GATEWAY_RELAY_STAMPED_H

#include "gateway/nats/op.h"
#include "policy/identity/stamp_batch.h"
#include "policy/identity/stamp_window.h"

enum {
	STAMPED_KEYS = 1 + STAMP_GATES_MAX,
	STAMPED_PER_SUB = 256,     /* stamps remembered for one subscription */
	STAMPED_IN_GROUPS = 4096,  /* and for all queue groups of an edge */
};

struct relay;
struct sub;

/* What one edge believes; only public keys. */
struct stamped {
	struct nkey key[STAMPED_KEYS]; /* the first is this gate's own */
	size_t n;
	struct stamp_roots roots; /* of commands that were stamped together one is checked */
	/* a message comes to one member of a group: a copy to another member is still a copy */
	struct stamp_window groups;
};

/* stamped_begin() - a subscription of a host is served from now on: nothing older is for it. */
void stamped_begin(struct sub *sub);
/*
 * stamped_admit() - may it be delivered as far as its stamp goes? True for what is no command, or not on a
 * host's subscription for commands. Uses the scratch buffer.
 */
bool stamped_admit(struct relay *r, struct sub *sub, const struct nats_op *op);

#endif
