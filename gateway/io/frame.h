/*
 * frame - messages between our own processes: length-framed over a Unix stream socket, with a
 * ceiling, and at most one descriptor each.
 *
 *   u32 length of the body | u16 type | u16 flags (1: a descriptor comes with it) | body
 *
 * The receiver has a table of what may be said: type, in which states, once or often, with a
 * descriptor or without, up to which size. Anything else ends the peer (on_bad).
 */
#ifndef GATEWAY_IO_FRAME_H
#define GATEWAY_IO_FRAME_H

#include <uv.h>

#include "policy/core/buf.h"
#include "policy/core/err.h"

enum { FRAME_HEADER = 8, FRAME_MAX = 2 * 1024 * 1024, FRAME_FDS = 64, FRAME_STATES = 32 };

struct channel;

/* One row of a table of what a peer may say. */
struct frame_rule {
	uint16_t type;
	uint32_t states; /* bits of channel->state in which it may be said */
	bool once;
	bool with_fd;
	size_t max; /* body bytes */
	/*
	 * the handler; @fd is given (close it or keep it), -1 without. Return: 0, or anything else for
	 * a body that says what may not be said: the peer ends.
	 */
	int (*handle)(struct channel *c, struct cursor *body, int fd);
	const char *name; /* for the log */
};

struct channel_ops {
	const struct frame_rule *rules;
	size_t n_rules;
	void (*on_end)(struct channel *c, const char *why); /* peer gone or misbehaved; close it here */
};

struct channel {
	uv_poll_t *poll; /* its own memory: the loop lets go of it later than channel_close() does */
	uv_loop_t *loop;
	const struct channel_ops *ops;
	const char *peer;  /* name for logs */
	bool (*may_send)(struct channel *c); /* asked before anything is sent; false: later. NULL: always */
	unsigned index;    /* which edge, given by the parent */
	unsigned state;    /* bit number for frame_rule.states; starts at 0 */
	uint64_t said;     /* bits of rules said already, for `once` */
	int fd;            /* -1: closed */
	int events;
	uint8_t *in;
	size_t in_len, in_cap;
	int in_fd[FRAME_FDS]; /* received, not yet claimed by a frame */
	size_t n_in_fd;
	struct buf out;
	size_t sent;
	struct {
		size_t at; /* offset in out of the frame it goes with */
		int fd;
	} out_fd[FRAME_FDS];
	size_t n_out_fd;
	size_t begun; /* offset of the frame being built */
	bool building;
	bool ended;
	bool refused; /* it ended for what it said */
	bool pulling; /* frames are being handled: not to be entered again */
};

/* channel_open() - take a connected Unix stream socket. Return: 0, -errno (descriptor closed). */
int channel_open(struct channel *c, uv_loop_t *loop, int fd, const char *peer, unsigned index,
    const struct channel_ops *ops) must_check;
/*
 * channel_close() - close. The struct may be opened anew at once, but not from a handler of its own
 * rules, whose message still lies in the old buffer.
 */
void channel_close(struct channel *c);
/* channel_end() - as if the peer had gone: on_end, once. Nothing happens to one that is closed. */
void channel_end(struct channel *c, const char *why);
/* frame_begin() - start a frame; append the body to the buffer returned, then frame_end(). */
struct buf *frame_begin(struct channel *c, uint16_t type);
/*
 * frame_end() - the frame is whole; @fd (-1: none) is taken. Sent when the loop next turns, or by
 * channel_flush(). Return: 0, -EMSGSIZE, -ENOMEM, -EPIPE (nothing was queued, @fd is closed).
 */
int frame_end(struct channel *c, int fd);
/* channel_pending() - bytes queued and not yet sent. */
static inline size_t
channel_pending(const struct channel *c)
{
	return c->out.len - c->sent;
}
/* channel_fds_full() - are as many descriptors queued as fit? The next one needs a channel_flush() before. */
static inline bool
channel_fds_full(const struct channel *c)
{
	return c->n_out_fd == FRAME_FDS;
}
/* channel_flush() - send what can be sent now. */
void channel_flush(struct channel *c);
/*
 * channel_flush_all() - send everything, waiting for the peer at most @timeout_ms: where another
 * process must know before a third one is told; not for a channel with may_send. Return: 0, -ETIMEDOUT, -EPIPE.
 */
int channel_flush_all(struct channel *c, int timeout_ms) must_check;
/*
 * channel_pull() - read and handle what is there now, outside the loop's turn. Nothing when a handler of this very
 * channel is at work: who needs what stands behind his own message must wait for the loop.
 */
void channel_pull(struct channel *c);

#endif
