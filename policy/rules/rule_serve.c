/*
 * rule_serve - the keys of a rule that say how something granted is used: what a host's
 * subscriptions take (`unstamped`), whose id it has (`host_id`), where answers go (`rpc`), and
 * which streams are read whole.
 *
 * Each of them widens a grant, so each needs the grant beside it: alone it would look as if it
 * restricted something.
 */
#include "policy/commands/command.h"
#include "policy/rules/parse_priv.h"

/* word_of() - an entry whose value is one of two words. Return: true for @wide. */
static bool
word_of(struct rule_place *rp, struct text_node *e, const char *narrow, const char *wide)
{
	struct bytes s = BYTES_NULL;

	if (text_get_string(rp->at->t, e, &s, rp->at->d->report) != 0)
		return false;
	if (!bytes_is(s, wide) && !bytes_is(s, narrow))
		COMPLAIN(rp->at, e, "%.*s is %s or %s, not '%.*s'", TEXT_ARG(e->text), narrow, wide,
		    TEXT_ARG(s));
	return bytes_is(s, wide);
}

void
rule_unstamped(struct rule_place *rp, struct text_node *e)
{
	rp->of_serve = e;
	if (word_of(rp, e, "refuse", "allow"))
		rp->rule.flags |= POL_UNSTAMPED;
}

void
rule_host_id(struct rule_place *rp, struct text_node *e)
{
	rp->of_serve = e;
	if (word_of(rp, e, "credential", "first_use"))
		rp->rule.flags |= POL_PIN_HOST;
}

void
rule_rpc(struct rule_place *rp, struct text_node *e)
{
	bool yes = false;

	rp->of_answers = e;
	if (text_get_bool(rp->at->t, e, &yes, rp->at->d->report) == 0 && yes)
		rp->rule.flags |= POL_RPC;
}

/* A stream is called by one token; '*' stands for any run of it. */
static bool
stream_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	for (size_t i = 0; i < n->text.len; i++) {
		uint8_t c = n->text.ptr[i];

		if (c <= 0x20 || c >= 0x7f || c == '.' || c == '>' || c == '/' || c == '\\') {
			COMPLAIN(at, n,
			    "'%.*s' names no stream: one word without '.', '>', '/' and '\\', "
			    "'*' for any part of it",
			    TEXT_ARG(n->text));
			return false;
		}
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

void
rule_streams(struct rule_place *rp, struct text_node *e)
{
	rp->grants = true;
	parse_list(rp->at, e, stream_item, &rp->rule.streams);
}

void
rule_check_serve(struct rule_place *rp)
{
	bool serve = !rp->denies && (pol_verbs(&rp->rule) & VERB_BIT(VERB_SERVE)) != 0;

	if (rp->of_serve != NULL && !serve)
		COMPLAIN(rp->at, rp->of_serve,
		    "%.*s says how a host serves: it needs serve in allow",
		    TEXT_ARG(rp->of_serve->text));
	if (rp->of_answers != NULL && !serve && rp->rule.respond == 0)
		COMPLAIN(rp->at, rp->of_answers,
		    "rpc says where answers go: it needs serve in allow, or respond = N");
}
