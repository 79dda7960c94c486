/*
 * from_upstream - what each operation of an upstream becomes for its client. The upstream is only
 * half trusted: a message reaches the client when it is whole, for a live subscription, and its
 * printed subject is one the client may see there.
 */
#include <stdio.h>

#include "gateway/io/log.h"
#include "gateway/nats/header.h"
#include "gateway/nats/writer.h"
#include "gateway/relay/inbox.h"
#include "gateway/relay/relay_priv.h"
#include "gateway/relay/reported.h"
#include "policy/rules/subject.h"

/* our sids are decimal numbers of at most ten digits */
static struct sub *
find_sub(struct relay *r, struct bytes sid)
{
	uint64_t n = 0;

	if (sid.len == 0 || sid.len > 10)
		return NULL;
	for (size_t i = 0; i < sid.len; i++) {
		if (sid.ptr[i] < '0' || sid.ptr[i] > '9')
			return NULL;
		n = n * 10 + (uint64_t)(sid.ptr[i] - '0');
	}
	return n <= UINT32_MAX ? subs_find_usid(&r->subs, (uint32_t)n) : NULL;
}

/* dropped() - note what did not reach the client. */
static void
dropped(struct relay *r, const struct nats_op *op, struct decision d, const char *detail)
{
	struct relay_event e = { .kind = RELAY_DELIVERY_DROPPED,
		.subject = op->subject,
		.decision = d,
		.detail = bytes_str(detail) };

	relay_report(r, &e);
}

/* judge_stranger() - a message printed with a subject that its subscription does not match. */
static struct decision
judge_stranger(struct relay *r, const struct sub *sub, struct bytes subject)
{
	if (sub->command)
		return (struct decision){ .reason = REASON_COMMAND, .rule = RULE_NONE };
	if (inbox_is(subject))
		return (struct decision){ .reason = REASON_RESERVED, .rule = RULE_NONE };
	return rights_subscribe(*r->rights, subject, BYTES_NULL);
}

/* judge_delivery() - the rules' word on a message, when the last one was not like it. */
static struct decision
judge_delivery(struct relay *r, const struct sub *sub, struct bytes subject)
{
	if (!subject_match(sub_subject(sub), subject))
		return judge_stranger(r, sub, subject);
	if (!sub->filter && r->generation == r->env->generation)
		return (struct decision){ .verdict = VERDICT_ALLOW, .rule = RULE_NONE };
	/* an own inbox on a wider subscription is as good as on one of its own */
	if (inbox_is(subject) && !sub->virtual)
		return rights_subscribe(*r->rights, subject, BYTES_NULL);
	return rights_deliver(*r->rights, sub_subject(sub), sub_queue(sub), subject);
}

/*
 * may_deliver() - is @subject (as the client would see it) for this subscription? JetStream prints
 * stored messages with their own subject on an inbox: the client must then have the right to that
 * subject. Where a host listens for commands, printed and subscribed subject must agree.
 */
static bool
may_deliver(struct relay *r, const struct nats_op *op, struct sub *sub, struct bytes subject)
{
	struct decision d;

	if (subject.len == sub->seen_len && sub->seen_generation == r->env->generation &&
	    memcmp(subject.ptr, sub->seen, subject.len) == 0)
		return true;
	d = judge_delivery(r, sub, subject);
	if (d.verdict != VERDICT_ALLOW) {
		dropped(r, op, d,
		    subject_match(sub_subject(sub), subject) ? "delivery"
							     : "subject is not the subscription's");
		return false;
	}
	if (subject.len <= SUB_SEEN_MAX) {
		sub->seen_generation = r->env->generation;
		sub->seen_len = (uint8_t)subject.len;
		memcpy(sub->seen, subject.ptr, subject.len);
	}
	return true;
}

/* note_reply() - what was asked of the client may be answered. */
static void
note_reply(struct relay *r, const struct sub *sub, struct bytes subject, struct bytes reply)
{
	uint64_t now = uv_now(r->env->room->loop);
	struct grant_terms t = { .asked = reported_asked(r, subject) };
	int64_t ttl_ms;

	if (!rights_answers(*r->rights, sub->answers, &t.max, &ttl_ms))
		return;
	t.until_ms = ttl_ms < 0 ? 0 : now + (uint64_t)ttl_ms;
	/* elsewhere what lies below a reply may be somebody's data, which whoever asked could not
	 * hand out */
	t.below = inbox_is(reply) && rights_rpc(*r->rights);
	if (grants_add(&r->grants, reply, &t, now) != 0)
		relay_end(r, NULL, "out_of_memory");
}

/* count() - one more delivered; at its maximum the subscription is over. */
static void
count(struct relay *r, struct sub *sub, bool ours)
{
	sub->delivered++;
	if (sub->max == 0 || sub->delivered < sub->max || sub->ended)
		return;
	if (ours || sub->filter || sub->virtual) {
		relay_unsub(r, sub, false);
		return;
	}
	relay_subs_over(r, 1);
	relay_forget_sub(r, sub);
}

/*
 * rewrite_header() - a header block as it was read, into the scratch buffer, less a gate's stamp,
 * which is nobody's to see; where nothing else was said the message is a plain one. A server
 * from 2.12 on names the subject that nobody listened to; where that is an own inbox, by the name
 * the client knows. Return: false when the block cannot be read.
 */
static bool
rewrite_header(struct relay *r, struct bytes *header)
{
	struct buf *out = &r->env->scratch;
	char room[INBOX_NAME_MAX];
	struct header_reader h;
	struct bytes name, value;
	size_t kept = 0, stamps = 0;

	if (header->len == 0)
		return true;
	if (header_open(&h, *header) != 0)
		return false;
	buf_reset(out);
	header_begin(out, h.status);
	while (header_next(&h, &name, &value) == 0) {
		if (header_is(name, STAMP_HEADER)) {
			stamps++;
			continue;
		}
		header_field(out, name,
		    bytes_is(name, "Nats-Subject") ? inbox_down(value, r->identity->inbox, room)
						   : value);
		kept++;
	}
	header_end(out);
	*header = stamps > 0 && kept == 0 && h.status.len == 0 ? BYTES_NULL : buf_bytes(out);
	return !buf_failed(out);
}

/* nobody_listens() - the server's word that a request found no responder. */
static bool
nobody_listens(struct bytes header)
{
	return bytes_starts(header, BYTES_LIT("NATS/1.0 503"));
}

/*
 * seen_again() - is it like the last one that was delivered here, and is there nothing but its
 * subject to be judged? Then all that on_msg() would do is to deliver and count it.
 */
static bool
seen_again(const struct relay *r, const struct sub *sub, const struct nats_op *op)
{
	return op->subject.len == sub->seen_len && sub->seen_generation == r->env->generation &&
	       op->reply.len == 0 && op->header.len == 0 && sub->max == 0 && !sub->serving &&
	       memcmp(op->subject.ptr, sub->seen, sub->seen_len) == 0 && !inbox_is(op->subject);
}

/* deliver() - a message for a live subscription, when it may be. */
static void
deliver(struct relay *r, const struct nats_op *op, struct sub *sub)
{
	char subject_room[INBOX_NAME_MAX], reply_room[INBOX_NAME_MAX];
	struct bytes subject = op->subject, reply = op->reply, header = op->header;

	/* who subscribed by the upstream's name for an own inbox is shown that name */
	if (!inbox_is_virtual(sub_subject(sub), r->identity->inbox))
		subject = inbox_down(subject, r->identity->inbox, subject_room);
	if (inbox_is_foreign(subject, r->identity->inbox))
		return; /* on a wide subscription: somebody else's */
	if (!may_deliver(r, op, sub, subject) || !stamped_admit(r, sub, op))
		return;
	if (!r->handshake.connect.headers)
		header = BYTES_NULL;
	if (!rewrite_header(r, &header)) {
		dropped(r, op, (struct decision){ .reason = REASON_INVALID, .rule = RULE_NONE },
		    "header block");
		return;
	}
	if (reply.len != 0) {
		if (inbox_is_virtual(reply, r->identity->inbox))
			reply = inbox_down(reply, r->identity->inbox, reply_room);
		else
			note_reply(r, sub, subject, reply);
	}
	nats_put_msg(to_client(r), subject, sub_sid(sub), reply, header, op->payload);
	r->client.out_msgs++;
	r->client.out_bytes += op->payload.len;
	/* nor does the server count its own word that nobody listens */
	if (!nobody_listens(op->header))
		count(r, sub, false);
}

/* on_msg() - Return: as relay_on_upstream(). */
static struct sub *
on_msg(struct relay *r, const struct nats_op *op)
{
	struct sub *sub = find_sub(r, op->sid);

	if (sub == NULL || (sub->max != 0 && sub->delivered >= sub->max))
		return NULL; /* under way while it ended */
	if (!seen_again(r, sub, op)) {
		deliver(r, op, sub);
		return NULL;
	}
	nats_put_msg(to_client(r), op->subject, sub_sid(sub), BYTES_NULL, BYTES_NULL, op->payload);
	sub->delivered++;
	r->client.out_msgs++;
	r->client.out_bytes += op->payload.len;
	return sub;
}

bool
relay_hears(struct relay *r, struct bytes reply)
{
	return !r->ending && r->handshake.state == HANDSHAKE_OPEN &&
	       relay_sub_for(r, reply) != NULL;
}

bool
relay_answer(struct relay *r, struct bytes reply, struct bytes onward, struct bytes header,
    struct bytes payload)
{
	struct sub *sub;
	bool status;

	if (r->ending || r->handshake.state != HANDSHAKE_OPEN)
		return false;
	sub = relay_sub_for(r, reply);
	if (sub == NULL)
		return false;
	status = nobody_listens(header);
	if (status && !r->handshake.connect.no_responders)
		return true;
	if (!r->handshake.connect.headers)
		header = BYTES_NULL;
	if (!rewrite_header(r, &header))
		return true; /* nobody can read it; the next answer may be better */
	nats_put_msg(to_client(r), reply, sub_sid(sub), onward, header, payload);
	if (onward.len != 0)
		note_reply(r, sub, reply, onward);
	r->client.out_msgs++;
	r->client.out_bytes += payload.len;
	if (!status)
		count(r, sub, true);
	/* the upstream too: a subscription may just have ended */
	relay_go_on(r);
	return true;
}

/* on_err() - the upstream complains: about one operation, or for good. */
static void
on_err(struct relay *r, const struct nats_op *op)
{
	static const struct bytes stays = BYTES_LIT("Permissions Violation for ");
	struct log_line l;

	log_begin(&l, LOG_WRN, "upstream_error");
	log_num(&l, "client", (int64_t)r->id);
	log_bytes(&l, "text", op->text);
	log_end(&l);
	if (bytes_starts(op->text, stays)) {
		/* we allowed what the upstream does not: its word counts, its names stay behind */
		nats_put_err(
		    to_client(r), "Permissions Violation for Publish or Subscription upstream");
		return;
	}
	if (bytes_starts(op->text, BYTES_LIT("Invalid Publish Subject")) ||
	    bytes_starts(op->text, BYTES_LIT("Invalid Subject")) ||
	    bytes_starts(op->text, BYTES_LIT("maximum subscriptions exceeded")))
		return;
	/* its login ends when the client's does: whose clock says so first is told in the same
	 * words */
	if (r->identity->expires_s != 0 && bytes_is(op->text, "User Authentication Expired"))
		relay_end(r, "User Authentication Expired", "expired_user");
	else
		relay_end(r, NULL, "upstream_error");
}

/* on_info() - the upstream's situation changed; only its lame duck concerns a client. */
static void
on_info(struct relay *r, const struct nats_op *op)
{
	struct nats_info i;

	if (info_decode(&i, op->json) != 0) {
		relay_end(r, NULL, "upstream_bad_info");
		return;
	}
	if (i.ldm) {
		struct log_line l;

		log_begin(&l, LOG_WRN, "upstream_lame_duck");
		log_num(&l, "client", (int64_t)r->id);
		log_end(&l);
		relay_lame_duck(r);
	}
}

struct sub *
relay_on_upstream(struct relay *r, const struct nats_op *op)
{
	switch (op->kind) {
	case NATS_MSG:
	case NATS_HMSG:
		return on_msg(r, op);
	case NATS_PING:
		nats_put_pong(to_upstream(r));
		break;
	case NATS_PONG:
		order_pong(&r->order, to_client(r));
		if (r->subs.n_ended > 0)
			subs_reap(&r->subs, r->order.pongs);
		break;
	case NATS_OK:
		break;
	case NATS_ERR:
		on_err(r, op);
		break;
	case NATS_INFO:
		on_info(r, op);
		break;
	default:
		relay_end(r, NULL, "upstream_protocol_error");
		break;
	}
	return NULL;
}
