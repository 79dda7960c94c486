/*
 * rights_state - a lattice's stored state, where it is reached by requests to JetStream rather than
 * by commands: which streams, and who may see or change them.
 */
#include "policy/rules/rights_priv.h"

struct hit
rights_state(const struct rights *r, struct bytes s)
{
	struct hit allows, denies;
	struct bytes lattice;
	enum verb word;

	if (!rights_has(r, VERB_STATE_READ) && !rights_has(r, VERB_STATE_MANAGE))
		return HIT_NONE;
	word = state_request(s, &lattice);
	if (word == VERB_NONE)
		return HIT_NONE;
	rights_word(r, word, lattice, &allows, &denies);
	return denies.enforced == RULE_NONE ? allows : HIT_NONE;
}

struct decision
rights_stored(struct rights *r, struct bytes lattice, enum verb needs)
{
	struct hit allows, denies, watch, no_watch;

	rights_word(r, needs, lattice, &allows, &denies);
	if (needs == VERB_STATE_READ && !hit_any(allows)) {
		rights_word(r, VERB_CONTROL_WATCH, lattice, &watch, &no_watch);
		if (no_watch.enforced == RULE_NONE)
			allows = watch;
	}
	return judge_rules(denies, allows, REASON_COMMAND);
}
