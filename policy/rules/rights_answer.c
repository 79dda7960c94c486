/*
 * rights_answer - where answers may go: what a request may name as its reply, and what may be
 * published on a reply that came with a request.
 *
 * A reply subject is a publish by proxy: somebody else, or the server itself, will publish there
 * with rights of their own. That is why it is judged at all (nats-server does not:
 * server/client.go, processInboundClientMsg), and why a granted one still has to be a subject the
 * asker could publish on.
 */
#include "policy/rules/rights_priv.h"

/* whoever hears commands by one of these answers them */
#define SERVING (VERB_BIT(VERB_SERVE) | VERB_BIT(VERB_SERVE_WADM))

enum {
	SERVE_ANSWERS =
	    8, /* a command has one answer; a little room for hosts that send progress */
	SERVE_TTL_MS = 120000,
	RPC_ANSWERS = 1024, /* wRPC answers in pieces, each below the reply */
};

struct decision
rights_reply(struct rights *r, struct bytes reply)
{
	struct hit allows, denies;
	struct guarded g;
	struct words words;

	if (!words_cut(&words, reply) || !words.literal)
		return judge_deny(REASON_INVALID);
	if (rights_is_command(r, reply))
		return judge_deny(REASON_COMMAND);
	if (guarded_classify(reply, &g) == 0)
		return judge_deny(REASON_RESERVED);
	/* whoever answers publishes there for the asker, so the asker's own lists count */
	if (!narrow_publish(&r->own, reply))
		return judge_deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, &words, false);
	allows = trie_match(r->view->reply, &words, subject_reserved(reply));
	return judge_rules(
	    denies, allows, subject_reserved(reply) ? REASON_RESERVED : REASON_NO_RULE);
}

/* Where replies live that are nobody's to name but everybody's to answer on. */
static bool
reply_space(struct bytes s)
{
	return subject_in_inbox(s) || bytes_starts(s, BYTES_LIT("_R_.")) ||
	       bytes_starts(s, BYTES_LIT("$JS.ACK.")) || bytes_starts(s, BYTES_LIT("$JS.FC."));
}

struct decision
rights_answer(struct rights *r, struct bytes reply)
{
	struct hit allows = HIT_NONE, denies;
	uint32_t rule = r->view->respond_rule;
	struct guarded g;
	struct words words;

	if (!words_cut(&words, reply) || !words.literal)
		return judge_deny(REASON_INVALID);
	if (rights_is_command(r, reply))
		return judge_deny(REASON_COMMAND);
	if (guarded_classify(reply, &g) == 0)
		return judge_deny(REASON_RESERVED);
	if (narrow_publish_denied(&r->own, reply))
		return judge_deny(REASON_JWT);
	if (!r->own.resp && !narrow_publish(&r->own, reply))
		return judge_deny(REASON_JWT);
	denies = trie_match(r->view->deny_publish, &words, false);
	if (rule != RULE_NONE)
		*((r->p->rules[rule].flags & POL_OBSERVE) != 0 ? &allows.observed : &allows.enforced) = rule;
	if (allows.enforced == RULE_NONE && (r->view->verbs & SERVING) != 0)
		allows.enforced = view_first_with(r->view, SERVING);
	if (!subject_reserved(reply) || reply_space(reply))
		return judge_rules(denies, allows, REASON_NO_RULE);
	return judge_rules(denies, trie_match(r->view->publish, &words, true), REASON_RESERVED);
}

/* The smaller of two limits, where a negative one is none. */
static int64_t
smaller(int64_t a, int64_t b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

bool
rights_answers(struct rights *r, bool serving, int64_t *max, int64_t *ttl_ms)
{
	*max = 0;
	*ttl_ms = 0;
	if (r->view->respond_rule != RULE_NONE) {
		*max = r->p->rules[r->view->respond_rule].respond;
		*ttl_ms = r->p->rules[r->view->respond_rule].respond_ms;
	}
	if (*max == 0 && rights_rpc(r)) {
		*max = RPC_ANSWERS;
		*ttl_ms = SERVE_TTL_MS;
	}
	if (serving && (r->view->verbs & SERVING) != 0) {
		*max = *max > SERVE_ANSWERS ? *max : SERVE_ANSWERS;
		*ttl_ms = *ttl_ms > SERVE_TTL_MS ? *ttl_ms : SERVE_TTL_MS;
	}
	if (r->own.resp) {
		*max = smaller(*max, r->own.resp_max);
		*ttl_ms = smaller(*ttl_ms, r->own.resp_ttl_ms);
	}
	return *max != 0 && *ttl_ms != 0;
}
