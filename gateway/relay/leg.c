/*
 * leg - see leg.h. One side does not know the other; relay.c does.
 */
#include "gateway/relay/leg.h"

int
leg_take(struct leg *l, struct bytes *run, struct nats_op *op)
{
	size_t used = 0;
	int r = nats_parse(&l->parser, *run, &used, op);

	if (r == 0)
		*run = bytes_from(*run, used);
	return r;
}

void
leg_drop(struct leg *l)
{
	if (l->state == LEG_NONE || l->state >= LEG_CLOSED)
		return;
	l->state = LEG_CLOSED;
	stream_close(&l->stream);
}

/* shut_if_sent() - everything is sent: shut our half and wait for the peer's. */
static void
shut_if_sent(struct leg *l, uint64_t now_ms)
{
	int r = stream_flush(&l->stream);

	if (r < 0) {
		leg_drop(l);
		return;
	}
	if (r != 0)
		return;
	stream_shut(&l->stream);
	l->state = LEG_LINGERING;
	l->deadline_ms = now_ms + LEG_LINGER_MS;
}

void
leg_finish(struct leg *l, uint64_t now_ms, uint64_t deadline_ms)
{
	if (l->state != LEG_OPEN)
		return;
	if (!stream_ready(&l->stream)) {
		leg_drop(l); /* nothing can be said any more */
		return;
	}
	l->state = LEG_DRAINING;
	l->deadline_ms = deadline_ms;
	shut_if_sent(l, now_ms);
	if (l->state == LEG_DRAINING || l->state == LEG_LINGERING) {
		if (l->ended && l->state == LEG_LINGERING)
			leg_drop(l);
		else
			stream_read_on(&l->stream, true);
	}
}

void
leg_progress(struct leg *l, uint64_t now_ms)
{
	struct bytes run;
	int r;

	if (l->state == LEG_DRAINING)
		shut_if_sent(l, now_ms);
	if (l->state != LEG_DRAINING && l->state != LEG_LINGERING)
		return;
	r = stream_fill(&l->stream, 0, &run);
	if (r == STREAM_BLOCKED)
		return;
	l->discarded += run.len;
	(void)!stream_keep(&l->stream, BYTES_NULL); /* an empty rest always fits */
	if (r == STREAM_END && l->state == LEG_DRAINING) {
		/* the peer is done, we are not */
		l->ended = true;
		stream_read_on(&l->stream, false);
		return;
	}
	if (r != 0 || l->discarded > LEG_LINGER_BYTES)
		leg_drop(l);
}
