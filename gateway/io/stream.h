/*
 * stream - one non-blocking stream socket on a libuv loop, with a bounded in and out side.
 *
 * Idle streams own no buffers: bytes are read into a scratch area shared by all streams of a
 * process (struct stream_room), and only the unfinished rest of an operation is kept. The out side
 * borrows a buffer from the room and gives it back when everything is sent.
 *
 * A stream may get a layer (layer.h) between itself and the socket, once. Until that one's handshake is
 * over nothing is read or sent through it, and on_readable means: stream_handshake().
 */
#ifndef GATEWAY_IO_STREAM_H
#define GATEWAY_IO_STREAM_H

#include <uv.h>

#include "gateway/io/layer.h"
#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	STREAM_HEAD = 16 * 1024,  /* room for the kept rest in front of what is read */
	STREAM_READ = 128 * 1024, /* bytes asked of the kernel at once */
	STREAM_PAGE = 4096,
	STREAM_SPARES = 4,
};

/* Whose buffers they are, for whoever keeps a ceiling on them. */
enum stream_class {
	STREAM_EARLY = 0, /* of somebody not yet known */
	STREAM_KNOWN,
	STREAM_CLASSES,
};

/* What all streams of one process share. */
struct stream_room {
	uv_loop_t *loop;
	uint8_t *scratch; /* STREAM_HEAD + STREAM_READ */
	struct {
		uint8_t *ptr;
		size_t cap;
	} spare[STREAM_SPARES]; /* drained out buffers */
	size_t n_spare;
	size_t held[STREAM_CLASSES]; /* bytes of buffers that streams have, by their class */
};

enum stream_answer {
	STREAM_BLOCKED = 1, /* nothing to read now, or not everything written */
	STREAM_END,         /* the peer finished sending */
};

struct stream;

struct stream_ops {
	void (*on_readable)(struct stream *s);
	void (*on_writable)(struct stream *s); /* called after a flush made progress */
	void (*on_closed)(struct stream *s);   /* the last call: the memory may go */
};

struct stream {
	uv_poll_t poll;
	struct stream_room *room;
	const struct stream_ops *ops;
	struct layer *layer; /* between us and the socket; NULL: nothing */
	int fd;           /* -1: none */
	int events;       /* what the poll handle waits for */
	bool reading;     /* wanted */
	bool polling;     /* the handle is initialised */
	bool shut;        /* shutdown(SHUT_WR) done */
	int error;        /* a send from the loop's turn failed: told by the next fill */
	uint8_t *kept;    /* unparsed bytes from earlier reads */
	size_t kept_len;
	size_t kept_cap;
	struct buf out;
	size_t sent;      /* of out */
	enum stream_class class;
	size_t held;      /* of buffers, as counted in the room */
	size_t most;      /* bytes asked of the kernel at once; 0: STREAM_READ */
	uint64_t progress_ms; /* loop time when the out side last moved, or began to wait */
};

/* stream_room_init() - Return: 0, -ENOMEM. */
int stream_room_init(struct stream_room *r, uv_loop_t *loop) must_check;
void stream_room_deinit(struct stream_room *r);

/*
 * stream_open() - take @fd (made non-blocking) and start polling. @max_out bounds the out side.
 * Return: 0, -errno (the descriptor is closed).
 */
int stream_open(struct stream *s, struct stream_room *room, int fd, size_t max_out, const struct stream_ops *ops)
    must_check;
/* stream_held() - bytes of its buffers, sent, unsent or unparsed. */
static inline size_t
stream_held(const struct stream *s)
{
	return s->held;
}
/* stream_is() - its buffers count as those of @class from here on; it begins as STREAM_EARLY. */
void stream_is(struct stream *s, enum stream_class class);
/*
 * stream_peek() - look at the first byte that is there, without taking it.
 * Return: 0, STREAM_BLOCKED, STREAM_END, -errno.
 */
int stream_peek(struct stream *s, uint8_t *first) must_check;
/*
 * stream_secure() - from here on everything passes @layer (taken). What was read in clear must be used
 * up and what was said in clear sent: bytes of one world do not reach the other.
 * Return: 0, -EBUSY when something is left, -errno; then the layer is freed.
 */
int stream_secure(struct stream *s, struct layer *layer) must_check;
/*
 * stream_handshake() - go on with the layer's handshake; call it when on_readable comes and the stream is
 * not ready. Return: 0 done, STREAM_BLOCKED, STREAM_END, -errno.
 */
int stream_handshake(struct stream *s) must_check;
/* stream_ready() - bytes can pass: there is no layer, or its handshake is over. */
static inline bool
stream_ready(const struct stream *s)
{
	return s->layer == NULL || s->layer->ready;
}
/* stream_read_on() - say whether on_readable is wanted. */
void stream_read_on(struct stream *s, bool on);
/*
 * stream_fill() - read once. *run becomes all unparsed bytes, kept and new; valid until stream_keep()
 * or the next fill of any stream of the room.
 * @need: length the run must reach to be of use (the parser's word), 0 unknown
 * Return: 0, STREAM_BLOCKED, STREAM_END (*run then still holds what was kept), -errno.
 */
int stream_fill(struct stream *s, size_t need, struct bytes *run) must_check;
/* stream_run() - the kept bytes, without reading. */
struct bytes stream_run(const struct stream *s);
/* stream_keep() - @rest (the tail of the run) is not parsed yet; remember it. Return: 0, -ENOMEM. */
int stream_keep(struct stream *s, struct bytes rest) must_check;
/* stream_out() - the buffer to append to; stream_flush() sends it. */
struct buf *stream_out(struct stream *s);
/* stream_pending() - bytes appended and not yet sent. */
static inline size_t
stream_pending(const struct stream *s)
{
	return s->out.len - s->sent;
}
/* stream_flush() - send what can be sent. Return: 0 all sent, STREAM_BLOCKED, -errno. */
int stream_flush(struct stream *s) must_check;
/* stream_shut() - no more from us: shutdown(SHUT_WR). */
void stream_shut(struct stream *s);
/* stream_close() - close; on_closed follows from the loop. Fine on one never opened (nothing follows). */
void stream_close(struct stream *s);

#endif
