/*
 * leg - one side of a relay: a stream, the parser of what comes in, and how it ends.
 *
 * A leg ends in steps, so that last words arrive: what is queued is sent, our half is shut, what
 * still comes is thrown away until the peer closes too or a deadline passes.
 */
#ifndef GATEWAY_RELAY_LEG_H
#define GATEWAY_RELAY_LEG_H

#include "gateway/io/stream.h"
#include "gateway/nats/parser.h"

enum leg_state {
	LEG_NONE = 0,  /* never opened */
	LEG_OPEN,      /* both may speak */
	LEG_DRAINING,  /* we send what is queued; what comes in is thrown away */
	LEG_LINGERING, /* our half is shut; waiting for the peer's */
	LEG_CLOSED,    /* closing; the stream's on_closed follows */
	LEG_GONE,      /* closed, memory may go */
};

enum { LEG_LINGER_MS = 1000, LEG_LINGER_BYTES = 8 * 1024 * 1024 };

struct leg {
	struct stream stream;
	struct nats_parser parser;
	enum leg_state state;
	bool stalled;          /* not read because the other side or a decision is slow */
	bool ended;            /* the peer finished sending while we were stalled */
	uint64_t deadline_ms;  /* of draining and lingering */
	uint64_t read_ms;      /* when bytes last came */
	uint64_t in_msgs, in_bytes, out_msgs, out_bytes;
	size_t discarded;
};

/* leg_take() - the next operation of @run. Return: as nats_parse(); *run moves past what was taken. */
int leg_take(struct leg *l, struct bytes *run, struct nats_op *op) must_check;
/* leg_finish() - begin to end: send what is queued until @deadline_ms, then linger. */
void leg_finish(struct leg *l, uint64_t now_ms, uint64_t deadline_ms);
/* leg_drop() - end now. */
void leg_drop(struct leg *l);
/* leg_progress() - call when a finishing leg is readable or writable. */
void leg_progress(struct leg *l, uint64_t now_ms);
/* leg_over() - never opened, or gone. */
static inline bool
leg_over(const struct leg *l)
{
	return l->state == LEG_NONE || l->state == LEG_GONE;
}

#endif
