/*
 * relay_priv - what the parts of the relay tell each other: relay.c conducts, relay_pump.c moves
 * operations, from_client.c and from_upstream.c each handle one direction.
 */
#ifndef GATEWAY_RELAY_RELAY_PRIV_H
#define GATEWAY_RELAY_RELAY_PRIV_H

#include "gateway/nats/writer.h"
#include "gateway/relay/relay.h"

/*
 * relay_on_client() - one operation of an open connection's client. Return: true when a message that differs
 * from it in its payload alone would be forwarded and counted, and nothing else be done about it.
 */
bool relay_on_client(struct relay *r, const struct nats_op *op);
/*
 * relay_on_upstream() - one operation of an open connection's upstream. Return: the subscription it was delivered
 * to, when a message that differs from it in its payload alone would be delivered and counted, and nothing else be
 * done about it; NULL.
 */
struct sub *relay_on_upstream(struct relay *r, const struct nats_op *op);
/* relay_may_take() - can another operation of the client be taken now? */
bool relay_may_take(struct relay *r);
/* relay_go_on() - send what both sides have, and go on with what had to wait; never from inside an operation. */
void relay_go_on(struct relay *r);
/* relay_report() - tell the edge of a denial; floods are summed. */
void relay_report(struct relay *r, const struct relay_event *e);
/* relay_deny() - say no, to the client and to the log, under an id of its own. */
void relay_deny(struct relay *r, struct relay_event *e);
/* relay_protocol() - what only a broken or hostile client says: said so, and the connection ends. */
void relay_protocol(struct relay *r, const char *detail);
/* relay_observed() - let through, and noted that an enforced policy would not. */
void relay_observed(struct relay *r, const struct nats_op *op, struct decision d);
/* relay_judge_sub() - set a subscription's flags by the rights now in force. */
void relay_judge_sub(struct relay *r, struct sub *sub);
/*
 * relay_unsub() - end a subscription on both sides. @under_way: what the upstream has sent before it
 * hears of it is still delivered, as a server does; otherwise nothing more is.
 */
void relay_unsub(struct relay *r, struct sub *sub, bool under_way);
/*
 * relay_tell() - answer a refused request on the asker's inbox, in its dialect; nothing when it named no
 * reply of its own, or nobody listens there any more.
 */
void relay_tell(struct relay *r, struct bytes subject, struct bytes reply, const char *text);
/* relay_own_reply() - own inbox, or a live non-command subscription of this connection? */
bool relay_own_reply(struct relay *r, struct bytes reply);
/* relay_forget_sub() - free it; whoever answers commands there may hear that nobody listens. */
void relay_forget_sub(struct relay *r, struct sub *sub);
/* relay_sub_for() - the live subscription that @subject (as the client writes it) belongs to, or NULL. */
struct sub *relay_sub_for(struct relay *r, struct bytes subject);

/* to_client() - deliveries and PONGs, at once */
static inline struct buf *
to_client(struct relay *r)
{
	return stream_out(&r->client.stream);
}

/* word() - what is said about an operation: behind the PONGs of the PINGs before it */
static inline struct buf *
word(struct relay *r)
{
	return order_out(&r->order, to_client(r));
}

/* ping_up() - a PING of the client goes upstream */
static inline void
ping_up(struct relay *r)
{
	nats_put_ping(stream_out(&r->upstream.stream));
	order_ping(&r->order);
}

static inline struct buf *
to_upstream(struct relay *r)
{
	return stream_out(&r->upstream.stream);
}

/* relay.c and relay_pump.c */
static inline uint64_t
relay_now_ms(const struct relay *r)
{
	return uv_now(r->env->room->loop);
}

/* relay_charge() - a message is taken: pay for it. */
void relay_charge(struct relay *r, size_t bytes);
/* relay_subs_over() - so many of its subscriptions are gone. */
static inline void
relay_subs_over(struct relay *r, size_t n)
{
	if (r->account_subs != NULL)
		tally_give(r->account_subs, n);
}

/* relay_gone_if_over() - both legs are gone: the last word to the edge. */
void relay_gone_if_over(struct relay *r);
/* relay_obey() - do what the handshake orders. */
void relay_obey(struct relay *r, enum handshake_order order);
/* relay_greet() - INFO to the client. */
void relay_greet(struct relay *r);
/* relay_flush() - send what both sides have; a side that fails ends the connection. */
void relay_flush(struct relay *r);
extern const struct stream_ops relay_client_ops, relay_upstream_ops;

#endif
