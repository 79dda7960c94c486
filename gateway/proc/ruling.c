/*
 * ruling - see ruling.h. The body is read strictly before any rule sees it; one that cannot be read in
 * exactly one way is refused, whatever the rules say.
 */
#include "gateway/proc/ruling.h"

#include <sodium.h>

#include "policy/rules/subject.h"

void
ruling_make(struct ruling *r, struct rights *rights, const struct msg_command *m, struct bytes header, void *arena)
{
	struct body_input in = { .subject = m->subject, .header = header, .payload = m->payload };
	struct body_arena memory = { .mem = arena, .cap = BODY_ARENA };

	memset(r, 0, sizeof(*r));
	r->command.verb = VERB_UNKNOWN;
	r->decision = (struct decision){ .reason = REASON_INVALID, .rule = RULE_NONE };
	if (!subject_literal(m->subject) || (m->reply.len != 0 && !subject_literal(m->reply)) ||
	    rights_classify(rights, m->subject, &r->command) != 0)
		return;
	r->read = body_decode(&r->command, &in, &memory, &r->body) == 0;
	r->decision = rights_command_body(rights, m->subject, &r->command, r->read ? &r->body : NULL);
}

void
ruling_pay(struct ruling *r, struct rights *rights, const struct msg_command *m, uint64_t now_ms)
{
	if (r->decision.rated == 0)
		return;
	r->decision = rights_pay_command(rights, m->subject, &r->command, &r->body, r->decision, now_ms);
	if (r->decision.reason == REASON_RATE)
		r->wait_ms = rights_wait_ms(rights, r->decision.rule, now_ms);
}

enum verb
ruling_verb(const struct ruling *r)
{
	return r->read && r->body.effective != VERB_NONE ? r->body.effective : r->command.verb;
}

struct bytes
ruling_field(const struct ruling *r)
{
	const struct body_fault *f = &r->body.fault;

	if (r->decision.reason == REASON_BODY)
		return f->field.len != 0 ? f->field : bytes_str(f->why);
	return bytes_str(policy_field_name(r->decision.field));
}

void
ruling_record(const struct ruling *r, const struct policy *p, const struct msg_command *m, struct msg_record *out)
{
	const struct command *c = &r->command;
	enum verb verb = ruling_verb(r);

	*out = (struct msg_record){
		.conn = m->conn,
		.number = m->number,
		.allowed = r->decision.verdict == VERDICT_ALLOW,
		.would_deny = r->decision.would_deny,
		.mutating = c->mutating,
		.subject = m->subject,
		.reply = m->reply,
		.verb = bytes_str(command_verb_name(verb)),
		.dialect = bytes_str(command_dialect_name(c->dialect)),
		.lattice = c->lattice,
		.host = c->host,
		.object = c->object,
		.field = ruling_field(r),
		.why = r->decision.reason == REASON_BODY ? bytes_str(r->body.fault.why) : BYTES_NULL,
		.rule = bytes_str(policy_rule_name(p, r->decision.rule)),
		.reason = bytes_str(reason_word(r->decision.reason)),
		.policy = bytes_str(policy_id(p)),
		.size = m->payload.len,
	};
	if (r->read) {
		out->target = r->body.id;
		out->image = r->body.parts != NULL ? r->body.parts->image.raw : BYTES_NULL;
		out->has_count = r->body.has_count;
		out->count = r->body.count;
		out->parts = r->body.n_parts;
	}
	crypto_hash_sha256(out->digest, m->payload.ptr, m->payload.len);
}

void
ruling_text(const struct ruling *r, const struct policy *p, const char *id, char out[ENVELOPE_TEXT])
{
	if (r->decision.reason == REASON_RATE) {
		envelope_rate(out, command_verb_name(ruling_verb(r)), policy_rule_name(p, r->decision.rule), r->wait_ms,
		    id);
		return;
	}
	envelope_text(out, command_verb_name(ruling_verb(r)), policy_rule_name(p, r->decision.rule),
	    reason_word(r->decision.reason), ruling_field(r), id);
}
