/*
 * rights_deliver - may this message reach that subscription?
 *
 * The subject a message is printed with need not match the subscription it comes on (JetStream
 * delivers stored messages under their old subjects), and a subscription that was allowed may hear
 * more than was meant: `>` overlaps everything. So what arrives is judged by what is printed on it.
 * The answer has a part that depends on the printed subject alone, which is remembered, and a cheap
 * part about the subscription.
 */
#include "policy/rules/rights_priv.h"

static bool
wild_first(struct bytes pattern)
{
	struct bytes first = bytes_upto(pattern, bytes_find(pattern, '.'));

	return bytes_is(first, "*") || bytes_is(first, ">");
}

static bool
same_first(struct bytes a, struct bytes b)
{
	return bytes_eq(bytes_upto(a, bytes_find(a, '.')), bytes_upto(b, bytes_find(b, '.')));
}

/* What can be said of the printed subject without looking at the subscription. */
static struct answer
judge_printed(const struct rights *r, struct bytes s)
{
	struct answer a = { .d = judge_deny(REASON_INVALID) };
	struct hit denies;
	struct guarded g;
	struct words words;
	unsigned named;

	if (!words_cut(&words, s) || !words.literal)
		return a;
	named = rights_named(r, s, &g);
	a.space = rights_is_command(r, s) ? SPACE_COMMAND
		  : g.named != 0          ? SPACE_GUARDED
		  : named != 0            ? SPACE_RESERVED
					  : SPACE_DATA;
	if (!narrow_deliver(&r->own, s)) {
		a.d = judge_deny(REASON_JWT);
		return a;
	}
	denies = trie_match(r->view->deny_subscribe, &words, false);
	a.d = judge_own(denies, REASON_RULE);
	if (a.space == SPACE_RESERVED || a.space == SPACE_GUARDED) {
		struct view_rated q = { &words, .text = s, .subscribe = true, .named = named };

		if (hit_any(trie_match(r->view->subscribe, &words, named)) ||
		    hit_any(view_rated(r->view, &q)))
			a.space = SPACE_NAMED;
	}
	return a;
}

/* A message printed with a command's subject: only to whom a subscription on commands was granted.
 */
static struct decision
deliver_command(
    struct rights *r, struct bytes pattern, struct bytes queue, struct bytes s, struct decision yes)
{
	struct view_question q = { .any_of = VERB_BIT(VERB_CONTROL_WATCH) };
	struct view_answer a;
	struct command c;

	if (hit_any(rights_server_subscribe(r, pattern, queue)))
		return subject_match(pattern, s) && rights_server_hears(r, pattern, queue, s)
			   ? yes
			   : judge_deny(REASON_COMMAND);
	if (rights_serves(r, pattern, queue))
		return subject_match(pattern, s) ? yes : judge_deny(REASON_COMMAND);
	if (rights_is_command(r, pattern) && !subject_match(pattern, s))
		return judge_deny(REASON_COMMAND);
	if (command_classify_under(&r->p->prefixes, s, &c) != 0)
		return judge_deny(REASON_COMMAND);
	/* who may write a lattice's stored state may see it, e.g. through a consumer on the bucket
	 */
	q.want = q.any_of | (server_commands(&c) & VERB_BIT(VERB_SERVE_WADM));
	if (c.verb == VERB_STATE_WRITE)
		q.want |= VERB_BIT(VERB_STATE_WRITE) | VERB_BIT(VERB_STATE_READ);
	q.lattice = command_lattice(&c);
	a = view_verbs(r->view, &q);
	if (a.deny.enforced != RULE_NONE || queue.len != 0)
		return judge_deny(REASON_COMMAND);
	if (!hit_any(a.allow))
		return judge_deny(REASON_COMMAND);
	return yes;
}

/*
 * deliver_guarded() - no rule for plain subscriptions names its space: one for this queue does, or it
 * is a host's or a server's, or a consumer's deliveries, which were judged when it was made.
 */
static bool
deliver_guarded(struct rights *r, struct bytes pattern, struct bytes queue, struct bytes s)
{
	struct guarded g;
	struct words words;
	unsigned named = rights_named(r, s, &g);

	if (subject_in_inbox(pattern))
		return true;
	if (queue.len != 0 && words_cut(&words, s) &&
	    hit_any(trie_covers(r->view->subscribe, &words, queue, named)))
		return true;
	if (hit_any(rights_server_subscribe(r, pattern, queue)))
		return rights_server_hears(r, pattern, queue, s);
	return rights_serves(r, pattern, queue);
}

struct decision
rights_deliver(struct rights *r, struct bytes pattern, struct bytes queue, struct bytes subject)
{
	struct slot *slot;
	struct answer a;

	if (cache_get(r, ASK_DELIVER, subject, &slot)) {
		a = slot->a;
	} else {
		a = judge_printed(r, subject);
		cache_put(slot, ASK_DELIVER, subject, a);
	}
	if (a.d.verdict == VERDICT_DENY)
		return a.d;
	if (r->own.queue_denies && !narrow_deliver_queue(&r->own, subject, queue))
		return judge_deny(REASON_JWT);
	switch ((enum space)a.space) {
	case SPACE_COMMAND:
		return deliver_command(r, pattern, queue, subject, a.d);
	case SPACE_RESERVED:
		if (!same_first(pattern, subject) && !subject_in_inbox(pattern))
			return judge_deny(REASON_RESERVED);
		break;
	case SPACE_GUARDED:
		if (!deliver_guarded(r, pattern, queue, subject))
			return judge_deny(REASON_RESERVED);
		break;
	case SPACE_NAMED:
	case SPACE_DATA:
		break;
	}
	/* on a subscription for commands nothing else may arrive: hosts act on the printed subject
	 */
	if (rights_is_command(r, pattern))
		return judge_deny(REASON_COMMAND);
	return a.d;
}

bool
rights_filter_needed(struct rights *r, struct bytes pattern, struct bytes queue)
{
	struct guarded g;
	struct words words;

	(void)queue;
	if (wild_first(pattern) || command_overlaps_under(&r->p->prefixes, pattern) ||
	    !words_cut(&words, pattern))
		return true;
	if (guarded_overlaps(pattern) && (guarded_classify(pattern, &g) != 0 || g.lattice.len == 0))
		return true;
	return trie_overlaps(r->view->deny_subscribe, &words) || narrow_filters(&r->own, pattern);
}
