/*
 * layer - what may lie between a stream and its socket, such as TLS. The stream owns it from
 * stream_secure() on and asks it where it would ask the kernel; who makes one, and of what,
 * gateway/io does not know.
 */
#ifndef GATEWAY_IO_LAYER_H
#define GATEWAY_IO_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	LAYER_RECORD =
	    16 *
	    1024, /* recv is never asked for less: what it takes from the kernel it gives whole */
};

enum {
	/*
	 * What one holds on the heap besides the stream's buffers, as counted in max_memory: OpenSSL's state of
	 * a connection without a record under way was measured at 13.5 KB.
	 */
	LAYER_HELD = 16 * 1024,
};

struct layer;

struct layer_ops {
	/* begin() - on this socket; called once. Return: 0, -errno. */
	int (*begin)(struct layer *l, int fd);
	/* handshake() - go on with it. Return: 0 done (then ->ready), -EAGAIN, -EPIPE the peer
	 * went, -EPROTO. */
	int (*handshake)(struct layer *l);
	/*
	 * recv() - as recv(2), but an error is -errno: -EAGAIN, -EPROTO what the peer sent is not
	 * of this layer. Nothing may be held back when the room was enough: the socket alone says
	 * that there is more.
	 */
	ssize_t (*recv)(struct layer *l, void *to, size_t room);
	/* send() - as send(2), in part or whole; after -EAGAIN the same bytes come again, perhaps
	 * with more. */
	ssize_t (*send)(struct layer *l, const void *from, size_t n);
	/* shut() - say that nothing more will be said, if that can be said at once. */
	void (*shut)(struct layer *l);
	/* free() - the socket is closed by the stream, after this. */
	void (*free)(struct layer *l);
};

struct layer {
	const struct layer_ops *ops;
	bool ready;      /* the handshake is over: bytes can pass */
	bool over;       /* recv() has an end or an error to tell, and the socket will not say so */
	bool want_write; /* it has something of its own to send, and the socket did not take it */
	const char *why; /* of -EPROTO: a constant text for the log, or NULL */
};

#endif
