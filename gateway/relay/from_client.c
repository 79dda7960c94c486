/*
 * from_client - what each operation of an admitted client becomes. Nothing of it is copied through:
 * an operation is judged as a value and, if allowed, written anew for the upstream.
 *
 * A denied operation is dropped and said so; the connection stays. Only what no client library
 * sends by accident (a second CONNECT, a duplicate sid) ends it.
 */
#include <stdio.h>

#include "gateway/nats/header.h"
#include "gateway/nats/writer.h"
#include "gateway/relay/broker.h"
#include "gateway/relay/inbox.h"
#include "gateway/relay/relay_priv.h"
#include "gateway/relay/reported.h"
#include "policy/commands/state.h"

/*
 * judge_data() - by the rules. An inbox that came with a message is somebody else's, even when it
 * is spelt like one of our own: it is for judge_publish() to say.
 */
static struct decision
judge_data(struct relay *r, struct bytes subject, bool granted)
{
	if (inbox_is(subject) && (granted || inbox_is_foreign(subject, r->identity->inbox)))
		return (struct decision){ .reason = REASON_RESERVED, .rule = RULE_NONE };
	return rights_publish(*r->rights, subject);
}

/*
 * note_said() - the rules alone let it through, and would let everything through with this subject
 * that has no reply and no headers: it costs nothing, is not observed, and nobody reads its
 * payload.
 */
static void
note_said(struct relay *r, struct bytes subject, struct decision d)
{
	if (d.verdict != VERDICT_ALLOW || d.would_deny || d.rated != 0 ||
	    subject.len > RELAY_SAID_MAX || inbox_is(subject) || broker_is_for(subject) ||
	    report_space(subject))
		return;
	r->said_generation = r->env->generation;
	r->said_len = (uint8_t)subject.len;
	memcpy(r->said, subject.ptr, subject.len);
}

/* said() - was it this that note_said() spoke of? */
static inline bool
said(const struct relay *r, struct bytes subject)
{
	return subject.len == r->said_len && r->said_generation == r->env->generation &&
	       memcmp(subject.ptr, r->said, r->said_len) == 0;
}

/* judge_publish() - data, an answer to what was @asked, or (reason COMMAND) a command. */
static struct decision
judge_publish(struct relay *r, const struct nats_op *op, bool *answer, uint16_t *asked)
{
	static const struct decision again = {
		.verdict = VERDICT_ALLOW, .reason = REASON_RULE, .rule = RULE_NONE
	};
	bool granted =
	    r->grants.n > 0 && grants_has(&r->grants, op->subject, relay_now_ms(r), asked);
	struct decision d, a;

	*answer = false;
	if (!granted && said(r, op->subject))
		return again;
	d = judge_data(r, op->subject, granted);
	if (d.rated != 0)
		d = rights_pay_publish(*r->rights, op->subject, d, relay_now_ms(r));
	note_said(r, op->subject, d);
	if (!granted || d.verdict == VERDICT_ALLOW || d.reason == REASON_INVALID ||
	    d.reason == REASON_COMMAND)
		return d;
	a = rights_answer(*r->rights, op->subject);
	*answer = a.verdict == VERDICT_ALLOW;
	return *answer ? a : d;
}

/*
 * police_headers() - write the block anew into the scratch buffer. @verb: what it commands; writing
 * a key of stored state takes headers of its own, which whoever reads its body judges. Return:
 * false when denied.
 */
static bool
police_headers(struct relay *r, const struct nats_op *op, enum verb verb, struct bytes *header)
{
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_HEADER_DENIED,
		.subject = op->subject,
		.reply = op->reply };
	struct buf *out = &r->env->scratch;
	struct header_reader h;
	struct bytes name, value;

	if (header_open(&h, op->header) != 0) {
		relay_protocol(r, "header block");
		return false;
	}
	if (header_repeats_powerful(&h)) {
		e.detail = BYTES_LIT("a powerful header twice");
		relay_deny(r, &e);
		return false;
	}
	buf_reset(out);
	header_begin(out, h.status);
	while (header_next(&h, &name, &value) == 0) {
		if (header_is(name, STAMP_HEADER)) {
			/* a gate's to give: no policy lets a client say it */
			e.detail = name;
			relay_deny(r, &e);
			return false;
		}
		if (header_is_powerful(name) && (verb != VERB_STATE_WRITE || !state_header(name))) {
			enum header_verdict v = rights_header(*r->rights, name);

			if (v == HEADER_STRIP)
				continue;
			if (v != HEADER_PASS) {
				e.detail = name;
				relay_deny(r, &e);
				return false;
			}
		}
		header_field(out, name, value);
	}
	header_end(out);
	*header = buf_bytes(out);
	return !buf_failed(out);
}

/* hand_over() - a command leaves this road for the dispatcher, whole. */
static void
hand_over(struct relay *r, const struct nats_op *op)
{
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_COMMAND_DENIED,
		.subject = op->subject,
		.reply = op->reply };
	struct relay_command c = {
		.subject = op->subject, .reply = op->reply, .payload = op->payload
	};
	struct command what = { 0 };

	if (rights_classify(*r->rights, op->subject, &what) != 0)
		what.verb = VERB_UNKNOWN;
	e.verb = what.verb;
	e.decision = rights_command(*r->rights, op->subject, &what);
	if (e.decision.verdict == VERDICT_ALLOW && what.verb == VERB_HOST_EVENT)
		reported_judge(r, op, REPORT_BIT(REPORT_HOST_EVENT), &e);
	if (e.decision.verdict != VERDICT_ALLOW) {
		relay_deny(r, &e);
		return;
	}
	if (op->reply.len != 0 && !relay_own_reply(r, op->reply)) {
		e.kind = RELAY_REPLY_DENIED;
		e.decision = (struct decision){ .reason = REASON_NO_RULE, .rule = RULE_NONE };
		relay_deny(r, &e);
		return;
	}
	if (op->header.len != 0 && !police_headers(r, op, what.verb, &c.header))
		return;
	c.number = r->commands + 1;
	if (op->payload.len + op->header.len > r->env->limits.max_command) {
		e.detail = BYTES_LIT("too large");
		relay_deny(r, &e);
		return;
	}
	if (r->env->ops->command(r, &c) != 0) {
		e.reason = "unavailable";
		e.detail = BYTES_LIT("the dispatcher is being replaced");
		relay_deny(r, &e);
		return;
	}
	r->commands = c.number;
	r->commands_out++;
}

/* reply_up() - the reply as the upstream must see it. Return: false when it does not fit. */
static bool
reply_up(struct relay *r, struct bytes *reply, char room[INBOX_NAME_MAX])
{
	if (inbox_is(*reply))
		*reply = inbox_up(*reply, r->identity->inbox, room);
	return reply->len != 0;
}

/* judge_reply() - where the answers shall go. */
static bool
judge_reply(struct relay *r, const struct nats_op *op)
{
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_REPLY_DENIED,
		.subject = op->subject,
		.reply = op->reply };

	if (relay_own_reply(r, op->reply))
		return true;
	e.decision = rights_reply(*r->rights, op->reply);
	if (e.decision.verdict == VERDICT_ALLOW)
		return true;
	relay_deny(r, &e);
	return false;
}

/* forward_changed() - an allowed publish of which something is judged or changed besides. */
static void
forward_changed(struct relay *r, const struct nats_op *op, bool answer)
{
	char subject_room[INBOX_NAME_MAX], reply_room[INBOX_NAME_MAX];
	struct bytes subject = op->subject, reply = op->reply, header = BYTES_NULL,
		     payload = op->payload;
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_BODY_DENIED,
		.subject = op->subject,
		.reply = op->reply };

	if (reply.len != 0 && (!judge_reply(r, op) || !reply_up(r, &reply, reply_room)))
		return;
	if (op->header.len != 0 && !police_headers(r, op, VERB_NONE, &header))
		return;
	if (!answer && inbox_is(subject))
		subject = inbox_up(subject, r->identity->inbox, subject_room);
	if (!answer && broker_is_for(subject)) {
		/* the header block may live in the scratch buffer already; the body gets its own */
		struct buf body;

		buf_init(&body, payload.len + 2 * INBOX_NAME_MAX);
		if (broker_judge(*r->rights, r->identity->inbox, op, r->env->arena, &body, &e) == 0)
			nats_put_pub(to_upstream(r), subject, reply, header, buf_bytes(&body));
		else
			relay_deny(r, &e);
		buf_deinit(&body);
		return;
	}
	nats_put_pub(to_upstream(r), subject, reply, header, payload);
	if (answer)
		grants_use(&r->grants, op->subject, relay_now_ms(r));
}

/* forward() - an allowed publish, written anew. */
static void
forward(struct relay *r, const struct nats_op *op, bool answer)
{
	bool as_it_is = answer || (!inbox_is(op->subject) && !broker_is_for(op->subject));

	if (op->reply.len != 0 || op->header.len != 0 || !as_it_is) {
		forward_changed(r, op, answer);
		return;
	}
	nats_put_pub(to_upstream(r), op->subject, BYTES_NULL, BYTES_NULL, op->payload);
	if (answer)
		grants_use(&r->grants, op->subject, relay_now_ms(r));
}

/* judge_rest() - of a publish: what is not simply allowed by its subject. */
static void
judge_rest(
    struct relay *r, const struct nats_op *op, struct decision d, bool answer, uint16_t asked)
{
	struct relay_event e = {
		.decision = d, .kind = RELAY_PUB_DENIED, .subject = op->subject, .reply = op->reply
	};

	if (d.reason == REASON_HOST && reported_first(r, op))
		e.decision = judge_publish(r, op, &answer, &asked);
	if (e.decision.verdict == VERDICT_ALLOW)
		reported_judge(r, op, asked, &e);
	if (e.decision.would_deny)
		relay_observed(r, op, e.decision);
	if (e.decision.verdict == VERDICT_ALLOW)
		forward(r, op, answer);
	else if (e.decision.reason == REASON_COMMAND)
		hand_over(r, op);
	else
		relay_deny(r, &e);
}

/* judge_pub() - what becomes of a publish whose form is in order. */
static void
judge_pub(struct relay *r, const struct nats_op *op)
{
	size_t before = to_client(r)->len + r->order.later.len;
	unsigned commands = r->commands_out;
	uint16_t asked = 0;
	bool answer;
	struct decision d = judge_publish(r, op, &answer, &asked);

	/* else somebody is told of it, or reads its payload first */
	if (d.verdict == VERDICT_ALLOW && !d.would_deny && asked == 0 && !report_space(op->subject))
		forward(r, op, answer);
	else
		judge_rest(r, op, d, answer, asked);
	if (r->handshake.connect.verbose && !r->ending &&
	    to_client(r)->len + r->order.later.len == before && r->commands_out == commands)
		nats_put_ok(word(r));
}

/* on_pub() - Return: as relay_on_client(). */
static bool
on_pub(struct relay *r, const struct nats_op *op)
{
	r->client.in_msgs++;
	r->client.in_bytes += op->payload.len;
	relay_charge(r, op->header.len + op->payload.len);
	if (op->header.len + op->payload.len > r->max_payload) {
		r->env->ops->limit(r, LIMIT_PAYLOAD);
		relay_end(r, "Maximum Payload Violation", "payload_too_long");
		return false;
	}
	if (op->header.len != 0 && !r->handshake.connect.headers) {
		relay_protocol(r, "headers were not announced");
		return false;
	}
	/* an answer to somebody is looked at for itself */
	if (op->reply.len != 0 || op->header.len != 0 || r->grants.n != 0 ||
	    !said(r, op->subject)) {
		judge_pub(r, op);
		return false;
	}
	nats_put_pub(to_upstream(r), op->subject, BYTES_NULL, BYTES_NULL, op->payload);
	if (r->handshake.connect.verbose)
		nats_put_ok(word(r));
	return !r->handshake.connect.verbose && !r->paced;
}

/* put_sub() - the subscription as the upstream knows it. */
static void
put_sub(struct relay *r, const struct sub *sub)
{
	char room[INBOX_NAME_MAX], usid[12];
	int n = snprintf(usid, sizeof(usid), "%u", sub->usid);
	struct bytes subject = sub_subject(sub);

	if (sub->virtual)
		subject = inbox_up(subject, r->identity->inbox, room);
	nats_put_sub(to_upstream(r), subject, sub_queue(sub), bytes_of(usid, (size_t)n));
}

static void
on_sub(struct relay *r, const struct nats_op *op)
{
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_SUB_DENIED,
		.subject = op->subject,
		.queue = op->queue };
	struct sub *sub;

	if (subs_find(&r->subs, op->sid) != NULL) {
		relay_protocol(r, "sid already in use");
		return;
	}
	if (r->subs.n >= r->max_subs) {
		r->env->ops->limit(r, LIMIT_SUBSCRIPTIONS);
		nats_put_err(word(r), "maximum subscriptions exceeded");
		return;
	}
	if (inbox_is_foreign(op->subject, r->identity->inbox))
		e.decision = (struct decision){ .reason = REASON_RESERVED, .rule = RULE_NONE };
	else
		e.decision = reported_subscribe(r, op->subject, op->queue);
	if (e.decision.rated != 0)
		e.decision = rights_pay_subscribe(
		    *r->rights, op->subject, op->queue, e.decision, relay_now_ms(r));
	if (e.decision.verdict != VERDICT_ALLOW) {
		relay_deny(r, &e);
		return;
	}
	if (e.decision.would_deny)
		relay_observed(r, op, e.decision);
	if (r->account_subs != NULL &&
	    !tally_take(r->account_subs, r->env->limits.max_account_subs)) {
		r->env->ops->limit(r, LIMIT_ACCOUNT_SUBSCRIPTIONS);
		nats_put_err(word(r), "maximum subscriptions exceeded");
		return;
	}
	sub = subs_add(&r->subs, op->sid, op->subject, op->queue);
	if (sub == NULL) {
		relay_subs_over(r, 1);
		relay_end(r, NULL, "out_of_memory");
		return;
	}
	relay_judge_sub(r, sub);
	put_sub(r, sub);
	if (r->handshake.connect.verbose)
		nats_put_ok(word(r));
}

static void
on_unsub(struct relay *r, const struct nats_op *op)
{
	struct sub *sub = subs_find(&r->subs, op->sid);
	char usid[12];

	if (sub != NULL && (!op->has_max || op->max <= sub->delivered)) {
		relay_unsub(r, sub, true);
	} else if (sub != NULL) {
		sub->max = op->max;
		/* the server counts for us where it delivers what we deliver */
		if (!sub->filter && !sub->virtual) {
			int n = snprintf(usid, sizeof(usid), "%u", sub->usid);

			nats_put_unsub(to_upstream(r), bytes_of(usid, (size_t)n), true, op->max);
		}
	}
	if (r->handshake.connect.verbose)
		nats_put_ok(word(r));
}

static void
on_ping(struct relay *r)
{
	int held = barrier_ping(&r->barrier, r->commands);

	if (held < 0)
		relay_end(r, NULL, "out_of_memory");
	else if (held == 0)
		ping_up(r);
}

bool
relay_on_client(struct relay *r, const struct nats_op *op)
{
	switch (op->kind) {
	case NATS_PUB:
	case NATS_HPUB:
		return on_pub(r, op);
	case NATS_SUB:
		on_sub(r, op);
		break;
	case NATS_UNSUB:
		on_unsub(r, op);
		break;
	case NATS_PING:
		on_ping(r);
		break;
	case NATS_PONG:
		break;
	default:
		relay_protocol(r, "operation out of turn");
		break;
	}
	return false;
}
