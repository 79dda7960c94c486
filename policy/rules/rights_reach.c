/*
 * rights_reach - may everything that a pattern stands for be published to? Asked about subjects that
 * somebody else will publish to on the identity's behalf: what JetStream republishes, transforms
 * and delivers.
 */
#include "policy/rules/rights_priv.h"

struct decision
rights_publish_reach(struct rights *r, struct bytes pattern)
{
	struct words words;
	struct guarded g;
	unsigned named;

	if (!words_cut(&words, pattern))
		return judge_deny(REASON_INVALID);
	if (words.literal)
		return rights_unpaid(rights_publish(r, pattern));
	if (command_overlaps_under(&r->p->prefixes, pattern))
		return judge_deny(REASON_COMMAND);
	named = rights_named(r, pattern, &g);
	/* what only grazes a guarded space could become anything in it */
	if (guarded_overlaps(pattern) && (g.named == 0 || g.publish != VERB_NONE))
		return judge_deny(REASON_RESERVED);
	if (!narrow_publish_pattern(&r->own, pattern))
		return judge_deny(REASON_JWT);
	if (trie_overlaps(r->view->deny_publish, &words))
		return judge_deny(REASON_RULE);
	return judge_rules(HIT_NONE,
	    trie_covers(r->view->publish, &words, BYTES_NULL, named),
	    rights_unnamed(r->view->publish, &words, pattern));
}
