/*
 * link_dial - a connection is made: a socket to one of the addresses the parent knows, and TLS
 * where it was configured, to a server that these authorities vouch for. The kernel keeps us to the
 * configured ports. Nothing waits: what became of it shows when the socket is read.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/tls/tls.h"
#include "host/proc/link_priv.h"

enum {
	OUT_MAX = 16 * 1024 * 1024,
	LINE_MAX_BYTES = 8 * 1024,
	INFO_MAX_BYTES = 32 * 1024,
	PAYLOAD_MAX_BYTES = 65 * 1024 * 1024, /* no server lets more pass */
};

void
dial_trust(struct wire_conn *w)
{
	struct tls_options o = { .ca = w->ca, .name = w->to.host };

	tls_context_free(w->tls);
	w->tls = NULL;
	snprintf(w->tls_why, sizeof(w->tls_why), "no authority to trust");
	if (w->to.tls && w->ca.len > 0 && tls_client_new(&w->tls, &o, w->tls_why) < 0)
		snprintf(w->tls_why, sizeof(w->tls_why), "out of memory");
}

/* address() - in numbers, as the parent gave it. Return: its length; 0: it is none. */
static socklen_t
address(const struct wire_conn *w, struct sockaddr_storage *out)
{
	const char *text = w->to.address[w->failures % w->to.n_addresses];
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(w->to.port);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(w->to.port);
		return sizeof(*six);
	}
	return 0;
}

int
dial_on(struct wire_conn *w, struct stream_room *room, int fd)
{
	if (stream_open(&w->stream, room, fd, OUT_MAX, server_ops()) != 0)
		return err_raise(-ENOMEM);
	nats_parser_init(&w->parser, NATS_FROM_SERVER, LINE_MAX_BYTES, PAYLOAD_MAX_BYTES);
	w->parser.max_connect = INFO_MAX_BYTES;
	w->state = WIRE_GREETING;
	stream_read_on(&w->stream, true);
	return 0;
}

int
dial(struct wire_conn *w, struct stream_room *room)
{
	struct sockaddr_storage to;
	socklen_t len = address(w, &to);
	const int on = 1;
	int fd;

	if (len == 0 || room->loop == NULL)
		return err_raise(len == 0 ? -EDESTADDRREQ : -ENOMEM);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_raise(-errno);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS) {
		int e = -errno;

		close(fd);
		return err_raise(e);
	}
	return dial_on(w, room, fd);
}

int
dial_secure(struct wire_conn *w)
{
	struct layer *l = NULL;
	const char *why;
	int r;

	if (w->stream.layer == NULL) {
		l = tls_layer_new(w->tls);
		r = l != NULL ? stream_secure(&w->stream, l) : -ENOMEM;
		if (r != 0) {
			wire_fail(w, "TLS cannot begin", false);
			return err_pass(r);
		}
	}
	r = stream_handshake(&w->stream);
	if (r == 0 || r == STREAM_BLOCKED)
		return r;
	why = w->stream.layer->why;
	wire_fail(w, why != NULL ? why : "the server ended the connection while TLS began", false);
	return err_raise(-EPROTO);
}
