/*
 * order - what we say to a client about an operation comes after the PONGs of the PINGs before that
 * operation. Those PONGs are under way through the upstream; our own words wait for them.
 *
 * Deliveries are not held: nats-server promises no order between them and a PONG to the same client.
 */
#ifndef GATEWAY_RELAY_ORDER_H
#define GATEWAY_RELAY_ORDER_H

#include "policy/core/buf.h"

enum { ORDER_MAX = 1024 * 1024 };

struct order_mark {
	uint64_t ping; /* held until this PING is answered */
	size_t start;  /* in later */
};

struct order {
	uint64_t pings, pongs; /* sent upstream, come back */
	uint64_t own;          /* number of our own PING that is out; 0: none */
	struct buf later;
	struct order_mark *mark;
	size_t n_marks, cap;
};

void order_init(struct order *o);
void order_deinit(struct order *o);
/*
 * order_out() - where to append a word for the client: @now when no PONG is awaited, else memory
 * that order_pong() releases. The buffer is good until the next call of this room.
 */
struct buf *order_out(struct order *o, struct buf *now);
/* order_ping() - a PING went upstream. */
static inline void
order_ping(struct order *o)
{
	o->pings++;
}
/* order_pong() - one came back: it is passed on to @now, unless it was our own, and what waited follows. */
void order_pong(struct order *o, struct buf *now);
/* order_own_ping() - the PING about to go upstream is ours. Return: false while another one is out. */
bool order_own_ping(struct order *o);
/* order_all() - everything that waits, because no PONG will come any more. */
void order_all(struct order *o, struct buf *now);
/* order_full() - so much waits that no more operations should be taken. */
static inline bool
order_full(const struct order *o)
{
	return o->later.len > ORDER_MAX / 2;
}

#endif
