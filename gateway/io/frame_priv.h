/*
 * frame_priv - a channel in its files: frame.c takes what the peer says, frame_out.c sends what we say.
 */
#ifndef GATEWAY_IO_FRAME_PRIV_H
#define GATEWAY_IO_FRAME_PRIV_H

#include "gateway/io/frame.h"

enum {
	FRAME_FLAG_FD = 1,
	FRAME_FDS_SENT = 8, /* descriptors in one sendmsg */
	CHANNEL_ROOM = 64 * 1024, /* of buffers that are kept when they are empty */
	CHANNEL_OUT_MAX = 64 * 1024 * 1024,
};

/* What the loop holds of a channel: freed when it lets go, a message being handled with it. */
struct channel_poll {
	uv_poll_t poll; /* first */
	uv_idle_t idle; /* running: something is to be sent before the loop sleeps */
	int closed;     /* of the two */
	uint8_t *in;
};

/* channel_watch() - after a flush: what is left goes when the peer has room. */
void channel_watch(struct channel *c);

#endif
