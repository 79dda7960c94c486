/*
 * denial - saying no to a client, and what would have been one: to the client itself, to who waits for an answer,
 * and to the log.
 */
#include <stdio.h>

#include "gateway/relay/envelope.h"
#include "gateway/relay/refuse.h"
#include "gateway/relay/relay_priv.h"

void
relay_deny(struct relay *r, struct relay_event *e)
{
	char text[ENVELOPE_TEXT], id[64];

	if (e->kind == RELAY_SUB_DENIED)
		refuse_subscribe(word(r), e->subject, e->queue);
	else if (e->kind == RELAY_REPLY_DENIED)
		refuse_reply(word(r), e->reply);
	else
		refuse_publish(word(r), e->subject);
	if (e->kind != RELAY_SUB_DENIED) {
		const char *what = e->verb != VERB_NONE ? command_verb_name(e->verb) : "publish";
		const char *rule = r->env->ops->rule_name(e->decision.rule);

		snprintf(id, sizeof(id), "%u.%llu.d%llu", r->env->index, (unsigned long long)r->id,
		    (unsigned long long)r->denied + 1);
		if (e->reason != NULL)
			snprintf(text, sizeof(text),
			    "Portcullis: %s not forwarded: %.*s, decision %s", what,
			    (int)e->detail.len, (const char *)e->detail.ptr, id);
		else if (e->decision.reason == REASON_RATE)
			envelope_rate(text, what, rule,
			    rights_wait_ms(*r->rights, e->decision.rule, relay_now_ms(r)), id);
		else
			envelope_text(
			    text, what, rule, reason_word(e->decision.reason), e->detail, id);
		relay_tell(r, e->subject, e->reply, text);
		e->id = id;
	}
	relay_report(r, e);
	e->id = NULL;
}

void
relay_protocol(struct relay *r, const char *detail)
{
	struct relay_event e = {
		.decision.rule = RULE_NONE, .kind = RELAY_PROTOCOL, .detail = bytes_str(detail)
	};

	relay_report(r, &e);
	relay_end(r, "Unknown Protocol Operation", "protocol_error");
}

void
relay_observed(struct relay *r, const struct nats_op *op, struct decision d)
{
	struct relay_event e = { .kind = RELAY_WOULD_DENY, .subject = op->subject, .decision = d };

	relay_report(r, &e);
}
