/*
 * relay - see relay.h. Life and death of a connection; the pump between its two legs is in
 * relay_pump.c, what the operations mean in from_client.c and from_upstream.c.
 *
 * Order is the promise here: what a client is told about an operation is written before the PONG
 * that follows it, because its PING travels upstream behind the operation and the PONG travels back
 * behind everything else.
 */
#include "gateway/relay/relay.h"

#include <stdio.h>

#include "gateway/nats/writer.h"
#include "gateway/relay/envelope.h"
#include "gateway/relay/inbox.h"
#include "gateway/relay/refuse.h"
#include "gateway/relay/relay_priv.h"
#include "policy/core/wipe.h"

/* ---- ending ---- */

void
relay_gone_if_over(struct relay *r)
{
	if (!r->ending || r->told_gone || !leg_over(&r->client) || !leg_over(&r->upstream))
		return;
	r->told_gone = true;
	relay_subs_over(r, r->subs.n);
	subs_deinit(&r->subs);
	grants_deinit(&r->grants);
	order_deinit(&r->order);
	barrier_deinit(&r->barrier);
	handshake_deinit(&r->handshake);
	r->env->ops->gone(r);
}

void
relay_end(struct relay *r, const char *error, const char *why)
{
	uint64_t now = relay_now_ms(r);
	uint64_t deadline = now + r->env->limits.write_deadline_ms;

	if (r->ending)
		return;
	r->ending = true;
	r->handshake.state = HANDSHAKE_OVER;
	if (r->client.state == LEG_OPEN) {
		order_all(&r->order, to_client(r));
		if (error != NULL)
			nats_put_err(to_client(r), error);
	}
	r->env->ops->ended(r, why);
	leg_finish(&r->client, now, deadline);
	leg_finish(&r->upstream, now, deadline);
}

void
relay_drop(struct relay *r, const char *error, const char *why)
{
	relay_end(r, error, why);
	leg_drop(&r->client);
	leg_drop(&r->upstream);
}

void
relay_obey(struct relay *r, enum handshake_order order)
{
	switch (order) {
	case HANDSHAKE_WAIT:
	case HANDSHAKE_LOGIN:
		break;
	case HANDSHAKE_VERIFY:
		r->env->ops->verify(r, &r->handshake.connect, r->handshake.nonce);
		break;
	case HANDSHAKE_DIAL:
		r->env->ops->dial(r);
		break;
	case HANDSHAKE_SECURE:
		/* when what was read is looked through: pump_upstream() */
		r->secure.upstream = SECURE_EXPECT;
		break;
	case HANDSHAKE_SIGN:
		r->env->ops->sign(r, r->handshake.upstream.nonce);
		break;
	case HANDSHAKE_READY:
		/* whoever subscribes from here on is judged by what is in force now */
		r->generation = r->env->generation;
		if (r->handshake.upstream.max_payload < (int64_t)r->max_payload)
			r->max_payload = (size_t)r->handshake.upstream.max_payload;
		/* from here on a payload too long is refused before it is read */
		r->client.parser.max_payload = r->max_payload;
		r->env->ops->opened(r);
		if (r->handshake.connect.verbose)
			nats_put_ok(to_client(r));
		stream_read_on(&r->client.stream, true);
		break;
	case HANDSHAKE_REFUSE:
		relay_end(r, r->handshake.error, r->handshake.why);
		break;
	}
}

/* ---- beginning ---- */

/* put_info() - the INFO line of this connection. */
static void
put_info(struct relay *r, bool ldm)
{
	struct nats_hello hello = r->env->hello;
	struct buf json;

	hello.client_id = r->id;
	hello.client_ip = r->source;
	hello.nonce = r->handshake.nonce;
	hello.ldm = ldm;
	buf_init(&json, 16 * 1024);
	info_encode(&json, &hello);
	/* half of one would be read as another */
	if (buf_failed(&json))
		relay_end(r, NULL, "out_of_memory");
	else
		nats_put_info(to_client(r), buf_bytes(&json));
	buf_deinit(&json);
}

void
relay_greet(struct relay *r)
{
	r->secure.greeted = true;
	put_info(r, r->env->lame_duck);
}

int
relay_start(struct relay *r, struct relay_env *env, int fd, uint64_t id, const char *source,
    uint16_t port, const char *nonce)
{
	const struct limits *m = &env->limits;
	int answer;

	r->env = env;
	r->id = id;
	r->source_port = port;
	snprintf(r->source, sizeof(r->source), "%s", source);
	/* one message more than may wait always fits */
	answer = stream_open(&r->client.stream, env->room, fd,
	    m->max_pending + 2 * m->max_payload + (1U << 20), &relay_client_ops);
	if (answer != 0)
		return err_pass(answer);
	r->client.state = LEG_OPEN;
	r->born_ms = r->client.read_ms = relay_now_ms(r);
	/* a stranger is not read further than his CONNECT: what he sends behind it stays where it
	 * is */
	r->client.stream.most = m->max_connect;
	r->max_payload = m->max_payload;
	r->max_subs = m->max_subs;
	nats_parser_init(&r->client.parser, NATS_FROM_CLIENT, m->max_line, m->max_payload);
	r->client.parser.max_connect = m->max_connect;
	handshake_init(&r->handshake, nonce);
	order_init(&r->order);
	r->handshake.certified = env->certified;
	r->handshake.upstream_tls = env->secure_upstream != SECURE_NEVER;
	secure_start(r);
	stream_read_on(&r->client.stream, true);
	relay_flush(r);
	return 0;
}

void
relay_quota(struct relay *r, struct pace *user_pace, struct tally_name *account_subs)
{
	const struct limits *m = &r->env->limits;

	r->user_pace = user_pace;
	r->account_subs = account_subs;
	r->paced = m->publish.msgs != 0 || m->publish.bytes != 0 ||
		   (user_pace != NULL && (m->user_publish.msgs != 0 || m->user_publish.bytes != 0));
}

size_t
relay_held(const struct relay *r)
{
	return stream_held(&r->client.stream) + stream_held(&r->upstream.stream) +
	       r->order.later.cap;
}

void
relay_verdict(struct relay *r, const struct identity *identity, struct rights *const *rights,
    const char *error, const char *why)
{
	if (r->ending)
		return;
	if (identity != NULL) {
		stream_is(&r->client.stream, STREAM_KNOWN);
		r->client.stream.most = 0;
		r->identity = identity;
		r->rights = rights;
		r->generation = r->env->generation;
		if (identity->max_payload >= 0 && (uint64_t)identity->max_payload < r->max_payload)
			r->max_payload = (size_t)identity->max_payload;
		if (identity->max_subs >= 0 && (uint64_t)identity->max_subs < r->max_subs)
			r->max_subs = (size_t)identity->max_subs;
	}
	relay_obey(r, handshake_on_verdict(&r->handshake, identity != NULL, error, why));
}

void
relay_pinned(struct relay *r, const struct identity *identity, struct rights *const *rights)
{
	r->identity = identity;
	r->rights = rights;
	r->said_len = 0;
}

void
relay_dialled(struct relay *r, int fd)
{
	const struct limits *m = &r->env->limits;

	if (fd >= 0 &&
	    (r->ending || r->upstream.state != LEG_NONE ||
		stream_open(&r->upstream.stream, r->env->room, fd,
		    m->max_pending + 2 * m->max_payload + (1U << 20), &relay_upstream_ops) != 0))
		fd = -1;
	if (r->ending)
		return;
	if (fd >= 0) {
		r->upstream.state = LEG_OPEN;
		stream_is(&r->upstream.stream, STREAM_KNOWN);
		r->upstream.read_ms = relay_now_ms(r);
		nats_parser_init(
		    &r->upstream.parser, NATS_FROM_SERVER, LIMITS_UPSTREAM_LINE, 64U * 1024 * 1024);
		stream_read_on(&r->upstream.stream, true);
	}
	relay_obey(r, handshake_on_dialled(&r->handshake, fd >= 0));
	if (!r->ending && r->env->secure_upstream == SECURE_FIRST)
		secure_upstream_begin(r);
}

void
relay_signed(struct relay *r, struct bytes jwt, struct bytes sig)
{
	enum handshake_order order;
	struct buf json;

	if (r->ending)
		return;
	order = handshake_on_signed(&r->handshake, jwt.len != 0);
	relay_obey(r, order);
	if (order != HANDSHAKE_LOGIN)
		return;
	buf_init(&json, 64 * 1024);
	handshake_login(&r->handshake, &json, jwt, sig, bytes_str(r->identity->name));
	nats_put_connect(to_upstream(r), buf_bytes(&json));
	nats_put_ping(to_upstream(r));
	wipe(json.ptr, json.len);
	buf_deinit(&json);
	relay_flush(r);
}

/* ---- later ---- */

/* is_first() - of its kind, a command of its verb, in this window? Noise of one hides no attempt of another. */
static bool
is_first(struct relay *r, const struct relay_event *e)
{
	bool command = e->kind == RELAY_COMMAND_DENIED || e->kind == RELAY_UNSTAMPED;
	uint64_t *seen = command ? &r->denied_verbs : &r->denied_kinds, bit = UINT64_C(1) << (command ? (int)e->verb : (int)e->kind);
	bool first = (*seen & bit) == 0;

	*seen |= bit;
	return first;
}

void
relay_report(struct relay *r, const struct relay_event *e)
{
	uint64_t now = relay_now_ms(r);

	if (e->kind != RELAY_WOULD_DENY)
		r->denied++;
	if (now - r->denial_window_ms >= 1000) {
		r->denial_window_ms = now;
		r->denials = 0;
		r->denied_kinds = r->denied_verbs = 0;
	}
	if (!is_first(r, e) && r->denials >= LIMITS_DENIALS_PER_S) {
		r->denials_summed++;
		return;
	}
	r->denials++;
	r->env->ops->event(r, e);
}

/* tick_ending() - a finishing leg has had its time. */
static void
tick_ending(struct relay *r, uint64_t now)
{
	if (r->client.state >= LEG_DRAINING && now >= r->client.deadline_ms)
		leg_drop(&r->client);
	if (r->upstream.state >= LEG_DRAINING && now >= r->upstream.deadline_ms)
		leg_drop(&r->upstream);
	relay_gone_if_over(r);
}

/* stuck() - has a side taken nothing for too long? */
static bool
stuck(const struct relay *r, const struct leg *l, uint64_t now)
{
	return l->state == LEG_OPEN && stream_pending(&l->stream) > 0 &&
	       now - l->stream.progress_ms >= r->env->limits.write_deadline_ms;
}

void
relay_tick(struct relay *r, uint64_t now)
{
	const struct limits *m = &r->env->limits;
	uint64_t age = now - r->born_ms;

	if (r->ending) {
		tick_ending(r, now);
		return;
	}
	if (stuck(r, &r->client, now)) {
		r->env->ops->limit(r, LIMIT_SLOW);
		relay_end(r, NULL, "slow_client");
		leg_drop(&r->client);
		return;
	}
	if (stuck(r, &r->upstream, now)) {
		r->env->ops->limit(r, LIMIT_SLOW);
		relay_end(r, NULL, "slow_upstream");
		return;
	}
	if (r->handshake.state != HANDSHAKE_OPEN) {
		bool early = r->handshake.state == HANDSHAKE_NEW;

		if (age >= (early ? m->auth_timeout_ms : m->login_timeout_ms)) {
			if (r->identity == NULL) /* later it is the upstream that is late */
				r->env->ops->limit(r, LIMIT_AUTH_TIMEOUT);
			relay_obey(r, handshake_on_timeout(&r->handshake));
		}
		return;
	}
	if (r->held_back) {
		relay_go_on(r);
		if (r->ending)
			return;
	}
	if (now - r->client.read_ms < m->ping_interval_ms * (r->pings_out + 1))
		return;
	if (r->pings_out >= m->ping_max) {
		relay_end(r, "Stale Connection", "stale");
		return;
	}
	r->pings_out++;
	nats_put_ping(to_client(r));
	relay_go_on(r);
}

void
relay_command_done(struct relay *r, const struct relay_done *d)
{
	if (r->ending || r->handshake.state != HANDSHAKE_OPEN)
		return;
	if (r->commands_out > 0)
		r->commands_out--;
	if (!d->forwarded) {
		char text[ENVELOPE_TEXT] = "";

		if (d->why.len > 0)
			memcpy(text, d->why.ptr,
			    d->why.len < sizeof(text) ? d->why.len : sizeof(text) - 1);
		refuse_publish(word(r), d->subject);
		relay_tell(r, d->subject, d->reply, text);
	} else if (r->handshake.connect.verbose)
		nats_put_ok(word(r));
	for (unsigned n = barrier_done(&r->barrier, d->number); n > 0; n--)
		ping_up(r);
	relay_go_on(r);
}

void
relay_command_unanswered(struct relay *r, struct bytes subject, struct bytes reply, const char *why)
{
	if (r->ending || r->handshake.state != HANDSHAKE_OPEN)
		return;
	relay_tell(r, subject, reply, why);
	relay_go_on(r);
}

void
relay_forget_sub(struct relay *r, struct sub *sub)
{
	uint8_t room[INBOX_NAME_MAX];
	struct bytes subject = sub_subject(sub);

	if (subject.len <= sizeof(room)) {
		memcpy(room, subject.ptr, subject.len);
		subject = bytes_of(room, subject.len);
	} else {
		subject = BYTES_NULL;
	}
	if (r->reply_sub == sub)
		r->reply_sub = NULL;
	subs_remove(&r->subs, sub);
	if (r->commands > 0)
		r->env->ops->enough(r, subject);
}

void
relay_unsub(struct relay *r, struct sub *sub, bool under_way)
{
	char usid[12];
	int n = snprintf(usid, sizeof(usid), "%u", sub->usid);

	if (r->reply_sub == sub)
		r->reply_sub = NULL;
	relay_subs_over(r, 1);
	nats_put_unsub(to_upstream(r), bytes_of(usid, (size_t)n), false, 0);
	if (!under_way) {
		relay_forget_sub(r, sub);
		return;
	}
	subs_end(&r->subs, sub, r->order.pings + 1);
	if (r->commands > 0)
		r->env->ops->enough(r, sub_subject(sub));
	/* a client that never pings does not keep them all */
	if (r->subs.n_ended >= LIMITS_ENDED_SUBS && order_own_ping(&r->order))
		ping_up(r);
}

void
relay_judge_sub(struct relay *r, struct sub *sub)
{
	struct bytes subject = sub_subject(sub), queue = sub_queue(sub);

	sub->virtual = inbox_is(subject);
	sub->command = !sub->virtual && rights_overlaps_commands(*r->rights, subject);
	sub->answers = !sub->virtual && rights_serves(*r->rights, subject, queue);
	sub->serving = sub->command && sub->answers;
	if (sub->serving)
		stamped_begin(sub);
	/* an own inbox is judged too, when what comes was not sent to it (relay_on_upstream) */
	sub->filter = sub->command || rights_filter_needed(*r->rights, subject, queue);
}

void
relay_rejudge(struct relay *r)
{
	struct sub *sub = NULL, *next;

	if (r->ending || r->handshake.state != HANDSHAKE_OPEN)
		return;
	r->generation = r->env->generation;
	for (sub = subs_each(&r->subs, NULL); sub != NULL; sub = next) {
		struct decision d = rights_subscribe(*r->rights, sub_subject(sub), sub_queue(sub));
		struct relay_event e = { .kind = RELAY_SUB_ENDED,
			.subject = sub_subject(sub),
			.queue = sub_queue(sub),
			.decision = d };

		next = subs_each(&r->subs, sub);
		if (d.verdict == VERDICT_ALLOW) {
			relay_judge_sub(r, sub);
			continue;
		}
		refuse_subscribe(word(r), e.subject, e.queue);
		relay_report(r, &e);
		relay_unsub(r, sub, false);
	}
	relay_go_on(r);
}

void
relay_lame_duck(struct relay *r)
{
	if (r->ending || r->handshake.state != HANDSHAKE_OPEN || r->handshake.connect.protocol < 1)
		return;
	put_info(r, true);
	relay_go_on(r);
}
