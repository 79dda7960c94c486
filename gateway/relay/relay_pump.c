/*
 * relay_pump - the pump between the two legs of a relay: what is read from one is taken operation
 * by operation, while both can bear it, and what was said to either is sent.
 */
#include <stddef.h>

#include "gateway/nats/row.h"
#include "gateway/nats/writer.h"
#include "gateway/relay/relay_priv.h"

static struct relay *
of_client(struct stream *s)
{
	return (struct relay *)((char *)s - offsetof(struct relay, client.stream));
}

static struct relay *
of_upstream(struct stream *s)
{
	return (struct relay *)((char *)s - offsetof(struct relay, upstream.stream));
}

/* in_turn() - has it published no more than it may? It is asked again at the next tick. */
static bool
in_turn(struct relay *r)
{
	const struct limits *m = &r->env->limits;
	uint64_t now = relay_now_ms(r);
	bool own = pace_ready(&r->pace, &m->publish, now);
	bool user = r->user_pace == NULL || pace_ready(r->user_pace, &m->user_publish, now);

	if ((!own || !user) && !r->held_back)
		r->env->ops->limit(r, own ? LIMIT_USER_PUBLISH : LIMIT_PUBLISH);
	r->held_back = !own || !user;
	return !r->held_back;
}

void
relay_charge(struct relay *r, size_t bytes)
{
	if (!r->paced)
		return;
	pace_pay(&r->pace, &r->env->limits.publish, bytes);
	if (r->user_pace != NULL)
		pace_pay(r->user_pace, &r->env->limits.user_publish, bytes);
}

bool
relay_may_take(struct relay *r)
{
	const struct limits *m = &r->env->limits;

	if (r->ending)
		return false;
	if (r->handshake.state == HANDSHAKE_NEW)
		return true;
	if (r->handshake.state != HANDSHAKE_OPEN)
		return false;
	if (r->commands - r->barrier.base >= LIMITS_COMMANDS ||
	    r->barrier.pings >= LIMITS_HELD_PINGS)
		return false;
	if (order_full(&r->order))
		return false;
	/* in verbose mode +OK and -ERR keep the order of the operations */
	if (r->handshake.connect.verbose && r->commands_out > 0)
		return false;
	if (r->paced && !in_turn(r))
		return false;
	return stream_pending(&r->upstream.stream) < m->max_pending &&
	       stream_pending(&r->client.stream) < m->max_pending;
}

/*
 * overrun() - did more have to be said than a side has room for? What its buffer holds may end in
 * the middle of an operation, so nothing of it is sent any more.
 */
static bool
overrun(struct relay *r)
{
	bool client = buf_failed(&r->client.stream.out) || buf_failed(&r->order.later);

	if (!client && !buf_failed(&r->upstream.stream.out))
		return false;
	if (client)
		leg_drop(&r->client);
	else
		leg_drop(&r->upstream);
	r->env->ops->limit(r, LIMIT_SLOW);
	relay_end(r, NULL, client ? "slow_client" : "slow_upstream");
	return true;
}

void
relay_flush(struct relay *r)
{
	if (overrun(r))
		return;
	if (r->client.state == LEG_OPEN && stream_pending(&r->client.stream) > 0 &&
	    stream_flush(&r->client.stream) < 0)
		relay_end(r, NULL, "client_gone");
	if (r->upstream.state == LEG_OPEN && stream_pending(&r->upstream.stream) > 0 &&
	    stream_flush(&r->upstream.stream) < 0)
		relay_end(r, NULL, "upstream_gone");
}

/* protocol_error() - the parser's answer to a client, in nats-server's words; @run begins with what
 * it would not read. */
static void
protocol_error(struct relay *r, int answer, struct bytes run)
{
	bool open = r->handshake.state == HANDSHAKE_OPEN;
	const char *error = answer == NATS_LINE_TOO_LONG      ? "maximum control line exceeded"
			    : answer == NATS_PAYLOAD_TOO_LONG ? "Maximum Payload Violation"
			    : open                            ? "Unknown Protocol Operation"
							      : "Authorization Violation";
	struct relay_event e = { .decision.rule = RULE_NONE,
		.kind = RELAY_PROTOCOL,
		.detail = open ? bytes_upto(run, 64) : bytes_str(error) };

	if (answer == NATS_LINE_TOO_LONG || answer == NATS_PAYLOAD_TOO_LONG)
		r->env->ops->limit(
		    r, answer == NATS_LINE_TOO_LONG ? LIMIT_CONTROL_LINE : LIMIT_PAYLOAD);
	relay_report(r, &e);
	relay_end(r, error, open ? "protocol_error" : "bad_handshake");
}

/* may_give() - can another operation of the upstream be taken now? */
static bool
may_give(const struct relay *r)
{
	size_t max = r->env->limits.max_pending;

	return !r->ending && stream_pending(&r->client.stream) < max &&
	       stream_pending(&r->upstream.stream) < max;
}

/* enough() - bytes in an out side that are as much as may wait there. */
static size_t
enough(const struct relay *r, const struct stream *s)
{
	return s->sent + r->env->limits.max_pending;
}

/*
 * row_of_client() - publishes like @op, which @in begins with and which stands in the upstream's
 * buffer from @at on: nothing they are judged by changes between them, so all that is left of
 * on_pub() is to count.
 */
static void
row_of_client(
    struct relay *r, struct bytes in, const struct nats_op *op, size_t at, struct bytes *run)
{
	struct stream *s = &r->upstream.stream;
	struct row_sum sum;
	struct row row;

	if (!row_begin(&row, &r->client.parser, in, op, &s->out, at))
		return;
	if (row.max_payload > r->max_payload)
		row.max_payload = r->max_payload;
	sum = row_take(&row, run, &s->out, enough(r, s));
	r->client.in_msgs += sum.msgs;
	r->client.in_bytes += sum.bytes;
}

/* row_of_upstream() - deliveries like @op, the same the other way. */
static void
row_of_upstream(struct relay *r, struct sub *sub, struct bytes in, const struct nats_op *op,
    size_t at, struct bytes *run)
{
	struct stream *s = &r->client.stream;
	struct row_sum sum;
	struct row row;

	if (!row_begin(&row, &r->upstream.parser, in, op, &s->out, at))
		return;
	sum = row_take(&row, run, &s->out, enough(r, s));
	sub->delivered += sum.msgs;
	r->client.out_msgs += sum.msgs;
	r->client.out_bytes += sum.bytes;
}

/* pump_client() - take operations of the client while both sides can bear it. */
static void
pump_client(struct relay *r, struct bytes run, bool ended)
{
	struct nats_op op;
	int answer = 0;

	while (relay_may_take(r)) {
		struct bytes in = run;
		size_t at = r->upstream.stream.out.len;

		answer = leg_take(&r->client, &run, &op);
		if (answer != 0)
			break;
		if (r->handshake.state != HANDSHAKE_OPEN)
			relay_obey(r, handshake_on_client(&r->handshake, &op));
		else if (relay_on_client(r, &op))
			row_of_client(r, in, &op, at, &run);
	}
	if (r->ending)
		return;
	if (answer > NATS_MORE) {
		protocol_error(r, answer, run);
		return;
	}
	r->client.stalled = answer != NATS_MORE;
	if (stream_keep(&r->client.stream, run) != 0) {
		relay_end(r, NULL, "out_of_memory");
		return;
	}
	relay_flush(r);
	if (r->ending)
		return;
	if (ended && !r->client.stalled) {
		relay_end(r, NULL, "client_closed");
		return;
	}
	r->client.ended |= ended;
	stream_read_on(&r->client.stream, !r->client.stalled && !r->client.ended);
}

/* secure_now() - the upstream said INFO in clear, and should have said no more. */
static void
secure_now(struct relay *r, struct bytes run, bool ended)
{
	if (run.len > 0 || ended)
		relay_end(r, NULL, run.len > 0 ? "upstream_spoke_before_tls" : "upstream_closed");
	else if (stream_keep(&r->upstream.stream, BYTES_NULL) == 0)
		secure_upstream_begin(r);
}

/* pump_upstream() - take operations of the upstream while the client can bear it. */
static void
pump_upstream(struct relay *r, struct bytes run, bool ended)
{
	struct nats_op op;
	int answer = 0;

	while (may_give(r) && r->secure.upstream != SECURE_EXPECT) {
		struct bytes in = run;
		size_t at = r->client.stream.out.len;
		struct sub *sub;

		answer = leg_take(&r->upstream, &run, &op);
		if (answer != 0)
			break;
		if (r->handshake.state != HANDSHAKE_OPEN)
			relay_obey(r, handshake_on_upstream(&r->handshake, &op));
		else if ((sub = relay_on_upstream(r, &op)) != NULL)
			row_of_upstream(r, sub, in, &op, at, &run);
	}
	if (r->ending)
		return;
	if (r->secure.upstream == SECURE_EXPECT) {
		secure_now(r, run, ended);
		return;
	}
	if (answer > NATS_MORE) {
		relay_end(r, NULL, "upstream_protocol_error");
		return;
	}
	r->upstream.stalled = answer != NATS_MORE;
	if (stream_keep(&r->upstream.stream, run) != 0) {
		relay_end(r, NULL, "out_of_memory");
		return;
	}
	relay_flush(r);
	if (r->ending)
		return;
	if (ended && !r->upstream.stalled) {
		relay_end(r, NULL, "upstream_closed");
		return;
	}
	r->upstream.ended |= ended;
	stream_read_on(&r->upstream.stream, !r->upstream.stalled && !r->upstream.ended);
}

/*
 * resume() - sides that had to wait go on while they can. To be called whenever something was sent:
 * when all of it went at once, no socket becomes writable later and nobody else would wake them.
 */
static void
resume(struct relay *r)
{
	bool client, upstream;

	do {
		client = r->client.state == LEG_OPEN && r->client.stalled && relay_may_take(r);
		if (client)
			pump_client(r, stream_run(&r->client.stream), r->client.ended);
		upstream = r->upstream.state == LEG_OPEN && r->upstream.stalled && may_give(r);
		if (upstream)
			pump_upstream(r, stream_run(&r->upstream.stream), r->upstream.ended);
	} while (client || upstream);
}

void
relay_go_on(struct relay *r)
{
	if (!r->ending)
		relay_flush(r);
	if (!r->ending)
		resume(r);
}

static void
client_readable(struct stream *s)
{
	struct relay *r = of_client(s);
	struct bytes run;
	int answer;

	if (r->client.state != LEG_OPEN) {
		leg_progress(&r->client, relay_now_ms(r));
		return;
	}
	if (!secure_client(r))
		return;
	answer = stream_fill(s, r->client.parser.need, &run);
	if (answer == STREAM_BLOCKED)
		return;
	if (answer < 0) {
		relay_end(r, NULL, "client_gone");
		return;
	}
	r->client.read_ms = relay_now_ms(r);
	r->pings_out = 0;
	pump_client(r, run, answer == STREAM_END);
	resume(r);
}

static void
upstream_readable(struct stream *s)
{
	struct relay *r = of_upstream(s);
	struct bytes run;
	int answer;

	if (r->upstream.state != LEG_OPEN) {
		leg_progress(&r->upstream, relay_now_ms(r));
		return;
	}
	if (!secure_upstream(r))
		return;
	answer = stream_fill(s, r->upstream.parser.need, &run);
	if (answer == STREAM_BLOCKED)
		return;
	if (answer < 0) {
		relay_end(r, NULL, "upstream_gone");
		return;
	}
	r->upstream.read_ms = relay_now_ms(r);
	pump_upstream(r, run, answer == STREAM_END);
	resume(r);
}

static void
client_writable(struct stream *s)
{
	struct relay *r = of_client(s);

	if (r->client.state != LEG_OPEN)
		leg_progress(&r->client, relay_now_ms(r));
	else
		resume(r);
}

static void
upstream_writable(struct stream *s)
{
	struct relay *r = of_upstream(s);

	if (r->upstream.state != LEG_OPEN)
		leg_progress(&r->upstream, relay_now_ms(r));
	else
		resume(r);
}

static void
client_closed(struct stream *s)
{
	struct relay *r = of_client(s);

	r->client.state = LEG_GONE;
	relay_gone_if_over(r);
}

static void
upstream_closed(struct stream *s)
{
	struct relay *r = of_upstream(s);

	r->upstream.state = LEG_GONE;
	relay_gone_if_over(r);
}

const struct stream_ops relay_client_ops = { client_readable, client_writable, client_closed };
const struct stream_ops relay_upstream_ops = { upstream_readable, upstream_writable,
	upstream_closed };
