/*
 * rights_command - may this identity command that?
 *
 * Asked twice. The edge looks at the subject and turns away what no body could make allowed;
 * whoever forwards commands looks again at the body, where the verb may turn out to be another one
 * (a scale to 0 stops) and where conditions are judged. The second look never allows what the first
 * refused.
 */
#include "policy/rules/rights_priv.h"
#include "policy/rules/where.h"

/* What the subject alone refuses, whatever any rule says. Return: true with *d set. */
static bool
refused_by_subject(const struct rights *r, struct bytes subject, const struct command *c,
    struct words *words, struct decision *d)
{
	*d = judge_deny(REASON_INVALID);
	if (!words_cut(words, subject) || !words->literal)
		return true;
	*d = judge_deny(REASON_UNKNOWN_VERB);
	if (c->verb == VERB_NONE || c->verb == VERB_UNKNOWN)
		return true;
	*d = judge_deny(REASON_JWT);
	if (!narrow_publish(&r->own, subject))
		return true;
	/* another account's prefix is another account's lattice, whatever its name */
	*d = judge_deny(REASON_LATTICE);
	return c->account.len != 0 && !bytes_is(c->account, r->account);
}

/* The rules' word, and which condition it hangs on. */
static struct decision
judge_verbs(const struct rights *r, const struct words *words, const struct view_question *q)
{
	struct view_answer a = view_verbs(r->view, q);
	struct hit denies = hit_either(a.deny, trie_match(r->view->deny_publish, words, false));
	struct decision d = judge_rated(denies, a.allow, a.rated, REASON_NO_RULE);

	if (d.verdict == VERDICT_DENY && d.reason == REASON_RULE) {
		const struct pol_rule *rule = &r->p->rules[d.rule];

		if (rule->where.n != 0)
			d.field = (enum policy_field)r->p->conds[rule->where.first].field;
	} else if (d.reason == REASON_NO_RULE && a.failed != RULE_NONE) {
		d.reason = REASON_WHERE;
		d.rule = a.failed;
		d.field = a.field;
	} else if (d.reason == REASON_NO_RULE && !view_governs(r->p, q->lattice)) {
		d.reason = REASON_LATTICE;
	}
	return d;
}

/* What grants it: its verb, or a bundle it is a part of. A host's own event is no verb by itself. */
static uint64_t
granted_as(enum verb v, const struct command *c)
{
	return (v == VERB_HOST_EVENT ? 0 : VERB_BIT(v)) | server_commands(c);
}

struct decision
rights_command(struct rights *r, struct bytes subject, const struct command *c)
{
	struct view_question q = { .lattice = command_lattice(c) };
	struct decision d;
	struct words words;

	if (refused_by_subject(r, subject, c, &words, &d))
		return d;
	/* what it is beyond any doubt may be denied, what it can turn out to be allowed */
	q.want = q.any_of = granted_as(c->verb, c);
	if (c->verb == VERB_ACTOR_SCALE)
		q.want |= VERB_BIT(VERB_ACTOR_STOP);
	return judge_verbs(r, &words, &q);
}

struct decision
judge_body(const struct rights *r, struct bytes subject, const struct command *c,
    const struct body *b, uint32_t after)
{
	struct where_ask ask = { r->p, c, b, r->n_hosts, r->host };
	struct view_question q = { .lattice = command_lattice(c), .where = &ask, .after = after };
	struct decision d;
	struct words words;

	if (refused_by_subject(r, subject, c, &words, &d))
		return d;
	/* an id by first use is a connection's, which is not known here: whoever has the connection asks */
	if (c->verb == VERB_HOST_EVENT && !rights_is_host(r, b->host_id) && !rights_pins_host(r))
		return judge_deny(REASON_SOURCE);
	q.want = granted_as(b->effective, c);
	q.any_of = q.want | (c->verb == VERB_HOST_EVENT ? 0 : b->may_be);
	return judge_verbs(r, &words, &q);
}

struct decision
rights_command_body(
    struct rights *r, struct bytes subject, const struct command *c, const struct body *b)
{
	struct decision d;

	if (b != NULL && b->effective != VERB_NONE)
		return judge_body(r, subject, c, b, 0);
	d = rights_command(r, subject, c);
	return d.verdict == VERDICT_DENY ? d : judge_deny(REASON_BODY);
}
