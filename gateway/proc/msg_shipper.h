/*
 * msg_shipper - what the shipper is told: its sinks, by the parent; how far the log is durable, by
 * the auditor. And what it says of its sinks, for `status`.
 */
#ifndef GATEWAY_PROC_MSG_SHIPPER_H
#define GATEWAY_PROC_MSG_SHIPPER_H

#include "gateway/io/frame.h"
#include "gateway/proc/sink.h"

enum msg_shipper {
	MSG_AUDIT_AT = 1, /* auditor: the log is durable up to here; the newest one counts */
};

/* The end of the durable log. Nothing behind it is read. */
struct msg_audit_at {
	uint64_t first;  /* number in the name of the segment being written */
	uint64_t offset; /* bytes of it that are durable, whole lines */
	uint64_t seq;    /* number of the last durable record; 0: none */
};

/*
 * msg_audit_at_put() - once when the shipper's channel comes, then after each batch. When the
 * shipper is slow to read, messages may be left out: send one only while channel_pending() is
 * small.
 */
int msg_audit_at_put(struct channel *c, const struct msg_audit_at *m);
int msg_audit_at_get(struct cursor *in, struct msg_audit_at *m) must_check;

/* msg_sink: MSG_SINK of msg_parent.h. */
int msg_sink_put(struct channel *c, const struct sink *m);
int msg_sink_get(struct cursor *in, struct sink *m) must_check;

/* How a sink is doing. */
struct msg_sink_state {
	uint8_t sink; /* the how-manieth MSG_SINK it was, from 0 */
	bool up;
	uint64_t after;   /* the last record that is known to have arrived */
	uint64_t waiting; /* durable records behind it */
	struct bytes why; /* it is not up */
};

enum { SINK_WHY_MAX = 192 };

/* msg_sink_state: MSG_SINK_STATE of msg_parent.h. */
int msg_sink_state_put(struct channel *c, const struct msg_sink_state *m);
int msg_sink_state_get(struct cursor *in, struct msg_sink_state *m) must_check;

#endif
