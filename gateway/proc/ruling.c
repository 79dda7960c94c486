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

static void
record_names(const struct body_list *from, struct record_list *to)
{
	for (const struct body_pair *p = from->first; p != NULL && to->n < RECORD_LIST_MAX; p = p->next)
		to->item[to->n++] = p->key;
}

/* record_secrets() - the body with where its secrets are; none of it when there are too many. */
static void
record_secrets(const struct body *b, const struct msg_command *m, struct msg_record *out, uint8_t *room)
{
	size_t n = 0;

	for (const struct body_secret *s = b->secrets; s != NULL; s = s->next, n += 8) {
		if (n + 8 > MSG_RECORD_SPANS)
			return;
		memcpy(room + n, &s->where.at, 4);
		memcpy(room + n + 4, &s->where.len, 4);
	}
	out->body = m->payload;
	out->spans = bytes_of(room, n);
}

static void
record_body(const struct ruling *r, const struct msg_command *m, struct msg_record *out, uint8_t *room)
{
	const struct body *b = &r->body;

	out->target = b->id;
	out->application = b->application;
	out->has_count = b->has_count;
	out->count = b->count;
	out->every_host = b->every_host;
	out->parts = b->n_parts;
	if (b->parts != NULL) {
		out->image = b->parts->image.raw;
		out->registry = b->parts->image.registry;
		out->repository = b->parts->image.repository;
		out->tag = b->parts->image.tag;
		out->image_digest = b->parts->image.digest;
	}
	if (b->links != NULL) {
		out->link_source = b->links->source;
		out->link_target = b->links->target;
		out->link_name = b->links->name;
		out->link_contract = b->links->contract.len != 0 ? b->links->contract : b->links->wit_package;
	}
	record_names(&b->config, &out->config);
	record_names(&b->labels, &out->labels);
	if (!b->unread)
		record_secrets(b, m, out, room);
}

void
ruling_record(const struct ruling *r, const struct policy *p, const struct msg_command *m, struct msg_record *out,
    uint8_t spans[MSG_RECORD_SPANS])
{
	const struct command *c = &r->command;
	enum verb verb = ruling_verb(r);

	*out = (struct msg_record){
		.conn = m->conn,
		.number = m->number,
		.allowed = r->decision.verdict == VERDICT_ALLOW,
		.would_deny = r->decision.would_deny,
		.mutating = c->mutating,
		.sample = ruling_sample(r, p) > 1 ? ruling_sample(r, p) : 0,
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
	if (r->read)
		record_body(r, m, out, spans);
	crypto_hash_sha256(out->digest, m->payload.ptr, m->payload.len);
}

uint32_t
ruling_sample(const struct ruling *r, const struct policy *p)
{
	const struct decision *d = &r->decision;

	if (d->verdict != VERDICT_ALLOW || d->would_deny || d->reason != REASON_RULE || r->command.mutating ||
	    command_verb_mutates(ruling_verb(r)))
		return 1;
	return policy_rule_sample(p, d->rule);
}

bool
ruling_spared(const struct ruling *r, const struct policy *p, uint32_t drawn)
{
	return drawn % ruling_sample(r, p) != 0;
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
