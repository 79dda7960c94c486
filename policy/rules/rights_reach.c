/*
 * rights_reach - may everything that a pattern stands for be published to? Asked about subjects that
 * somebody else will publish to on the identity's behalf: what JetStream republishes, transforms
 * and delivers.
 */
#include "policy/commands/report.h"
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

/* is_read() - would the gate read the payload before it let it through? */
static bool
is_read(struct rights *r, struct bytes pattern, bool literal)
{
	struct report what;

	if (!rights_has(r, VERB_SERVE))
		return false;
	if (!literal)
		return guarded_overlaps(pattern);
	return report_classify(pattern, &what) == 0 && rights_reports(r, what.lattice);
}

struct decision
rights_second_hand(struct rights *r, struct bytes pattern)
{
	struct bytes first = bytes_upto(pattern, bytes_find(pattern, '.'));
	struct words words;

	if (!words_cut(&words, pattern))
		return judge_deny(REASON_INVALID);
	/* what a wildcard captures can be any word, also of a space that has to be named */
	if (bytes_is(first, "*") || bytes_is(first, ">") || bytes_is(first, "$JS") || bytes_is(first, "$SYS"))
		return judge_deny(REASON_RESERVED);
	if (is_read(r, pattern, words.literal))
		return judge_deny(REASON_SOURCE);
	return rights_publish_reach(r, pattern);
}
