/*
 * rights_priv - what an identity's rights consist of, for the files of this room.
 */
#ifndef POLICY_RULES_RIGHTS_PRIV_H
#define POLICY_RULES_RIGHTS_PRIV_H

#include "policy/rules/narrow.h"
#include "policy/rules/rights.h"
#include "policy/rules/view.h"

struct slot;

struct rights {
	const struct policy *p;
	struct view *view;                /* what its roles may do, shared */
	struct narrow own;                /* what its credential takes away from that */
	char account[NKEY_TEXT_LEN + 1];
	size_t n_hosts;
	struct bytes *host;               /* host ids, owned */
	uint64_t seed;
	struct slot *cache;               /* NULL until the first question */
};

#endif
