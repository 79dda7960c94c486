/*
 * reply - acks, bids and refusals. Which fields an ack has is one table for A; B's is the same for
 * every command. An answer goes to the subject its caller named, so a bid published on a start
 * command is one: the gate, not the form, keeps replies to inboxes (docs/PROTOCOL.md).
 *
 * Sources: wasmCloud v0.18.2 generated/ctliface.rs; control-interface-client v0.31.0 types.rs;
 * wasmCloud v1.9.2 crates/control-interface/src/types/ctl.rs.
 */
#include "host/lattice/reply.h"

#include "policy/core/members.h"

/* What A's ack of a command says besides `failure`. */
enum ack_of_a { A_NOTHING = 0, A_ACTOR, A_PROVIDER, A_ACCEPTED };

static enum ack_of_a
form_of(enum verb verb)
{
	switch (verb) {
	case VERB_ACTOR_START:
		return A_ACTOR;
	case VERB_PROVIDER_START:
		return A_PROVIDER;
	case VERB_ACTOR_UPDATE:
		return A_ACCEPTED;
	default:
		return A_NOTHING;
	}
}

static void
ack_a(struct buf *b, const struct model *m, const struct request *q, const char *error)
{
	buf_put_u8(b, '{');
	switch (form_of(q->verb)) {
	case A_ACTOR:
		members_text(b, "host_id", model_host(m));
		members_bytes(b, "actor_ref", q->ref);
		break;
	case A_PROVIDER:
		members_text(b, "host_id", model_host(m));
		members_bytes(b, "provider_ref", q->ref);
		break;
	case A_ACCEPTED:
		members_bool(b, "accepted", error == NULL);
		break;
	case A_NOTHING:
	default:
		break;
	}
	if (error != NULL)
		members_text(b, "failure", error);
	members_end_object(b);
}

void
reply_ack(struct buf *b, const struct model *m, const struct request *q, const char *error)
{
	if (q->dialect == DIALECT_A) {
		ack_a(b, m, q, error);
		return;
	}
	buf_put_u8(b, '{');
	if (q->dialect == DIALECT_C) {
		members_bool(b, "success", error == NULL);
		members_text(b, "message", error);
	} else {
		members_bool(b, "accepted", error == NULL);
		members_text(b, "error", error);
	}
	members_end_object(b);
}

bool
reply_refused(struct buf *b, const struct model *m, const struct request *q)
{
	bool silent = q->dialect == DIALECT_A && q->verb != VERB_ACTOR_START &&
		      q->verb != VERB_ACTOR_STOP && q->verb != VERB_PROVIDER_START &&
		      q->verb != VERB_PROVIDER_STOP;

	if (silent)
		return false;
	reply_ack(b, m, q, q->error);
	return true;
}

static void
put_constraints(struct buf *b, const struct request *q)
{
	members_object(b, "constraints");
	for (const struct body_pair *p = q->labels->first; p != NULL; p = p->next) {
		members_item(b);
		buf_put_json(b, p->key);
		buf_put_u8(b, ':');
		buf_put_json(b, p->value);
	}
	members_end_object(b);
}

void
reply_bid(struct buf *b, const struct model *m, const struct request *q)
{
	bool provider = q->verb == VERB_PROVIDER_AUCTION;

	buf_put_u8(b, '{');
	members_bytes(
	    b, provider ? "provider_ref" : "actor_ref", q->ref.len != 0 ? q->ref : q->key);
	if (provider)
		members_bytes(
		    b, "link_name", q->link_name.len != 0 ? q->link_name : BYTES_LIT("default"));
	if (!provider || q->dialect != DIALECT_A)
		put_constraints(b, q);
	members_text(b, "host_id", model_host(m));
	members_end_object(b);
}

void
reply_config(struct buf *b, const struct bytes *value)
{
	buf_put_u8(b, '{');
	members_bool(b, "found", value != NULL);
	members_array(b, "data");
	for (size_t i = 0; value != NULL && i < value->len; i++) {
		members_item(b);
		buf_put_dec(b, value->ptr[i]);
	}
	members_end_array(b);
	members_end_object(b);
}
