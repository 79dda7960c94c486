/*
 * reported - see reported.h. Reports are unsigned and their readers believe them, so the gate reads
 * each one before it lets it through. Nothing is guessed: a report in which no host can be found in
 * exactly one way is refused, and so is an answer that is none of the kinds that were asked for.
 *
 * Trusted: the rights, which know the credential's host ids, and the edge, which knows whether
 * another connection is that host already. The id is pinned by use only where a rule says so; once
 * pinned it is like a credential's until the connection ends.
 */
#include "gateway/relay/reported.h"

#include "gateway/relay/broker.h"
#include "policy/commands/prefix.h"
#include "policy/commands/serve.h"

static void
refuse(struct relay_event *e, const char *detail)
{
	e->kind = RELAY_REPORT_DENIED;
	e->detail = bytes_str(detail);
	e->decision = (struct decision){ .reason = REASON_SOURCE, .rule = RULE_NONE };
}

/* is_host() - is the client the host called @id, or may it be from now on? */
static bool
is_host(struct relay *r, struct bytes id)
{
	if (rights_is_host(*r->rights, id))
		return true;
	return rights_pins_host(*r->rights) && r->env->ops->pin != NULL && r->env->ops->pin(r, id);
}

/* decode() - who it says it is. Return: false when that cannot be told. */
static bool
decode(struct relay *r, struct report *what, struct bytes payload)
{
	struct body_arena memory = { .mem = r->env->arena, .cap = BROKER_ARENA };

	return report_decode(what, payload, &memory) == 0;
}

uint16_t
reported_asked(const struct relay *r, struct bytes subject)
{
	enum report_kind kind = REPORT_NONE;
	struct command c;

	if (rights_classify(*r->rights, subject, &c) == 0)
		kind = report_asked(&c);
	return (uint16_t)(kind != REPORT_NONE ? REPORT_BIT(kind) : 0);
}

/* judge_one() - as a report of the kind @what is of. */
static bool
judge_one(struct relay *r, struct report *what, struct bytes payload, struct relay_event *e)
{
	if (!decode(r, what, payload)) {
		/* the member's name is ours or, from JSON's reader, not known: its reason then */
		refuse(e, what->fault.why);
		return false;
	}
	if (what->id.len == 0 || is_host(r, what->id))
		return true;
	refuse(e, report_name(what->kind));
	return false;
}

/* judge_answer() - one of the kinds asked for, and of the client itself. */
static void
judge_answer(struct relay *r, struct bytes payload, uint16_t asked, struct relay_event *e)
{
	struct report what = { 0 };

	for (unsigned k = 1; k < REPORT_KINDS; k++) {
		what = (struct report){ .kind = (enum report_kind)k };
		if ((asked & REPORT_BIT(k)) == 0 || !decode(r, &what, payload))
			continue;
		judge_one(r, &what, payload, e);
		return;
	}
	for (unsigned k = 1; k < REPORT_KINDS; k++) {
		what = (struct report){ .kind = (enum report_kind)k };
		if ((asked & REPORT_BIT(k)) != 0 && !judge_one(r, &what, payload, e))
			return;
	}
}

void
reported_judge(struct relay *r, const struct nats_op *op, uint16_t asked, struct relay_event *e)
{
	struct report what;

	if (asked != 0)
		judge_answer(r, op->payload, asked, e);
	if (e->decision.verdict == VERDICT_ALLOW && report_classify(op->subject, &what) == 0 &&
	    rights_reports(*r->rights, what.lattice))
		(void)judge_one(r, &what, op->payload, e);
}

bool
reported_first(struct relay *r, const struct nats_op *op)
{
	struct report what;

	/* its subject and its body must agree before it counts as said */
	return rights_pins_host(*r->rights) && report_classify(op->subject, &what) == 0 &&
	       what.host.len != 0 && decode(r, &what, op->payload) && is_host(r, what.id);
}

struct decision
reported_subscribe(struct relay *r, struct bytes pattern, struct bytes queue)
{
	struct decision d = rights_subscribe(*r->rights, pattern, queue);
	uint8_t room[PREFIX_ROOM];
	struct bytes host;

	if (d.verdict == VERDICT_ALLOW || d.reason != REASON_HOST || !rights_pins_host(*r->rights))
		return d;
	host = serve_host_in(rights_usual(*r->rights, pattern, room));
	if (host.len == 0 || host.len > REPORT_ID_MAX || !is_host(r, host))
		return d;
	return rights_subscribe(*r->rights, pattern, queue);
}
