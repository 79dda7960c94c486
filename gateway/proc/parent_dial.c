/*
 * parent_dial - connecting to the upstream, for children that have no right to. Only the socket is
 * made here; not a byte is read from it.
 */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { DIAL_TIMEOUT_MS = 5000 };

struct dial {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	size_t next; /* address to try when this one fails */
	enum role role;
	unsigned index;
	uint64_t token;
	unsigned open;  /* handles not yet closed */
};

int
dial_resolve(void)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	const struct config_address *a = &parent.config->upstream;
	struct addrinfo *list;
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%u", a->port);
	r = getaddrinfo(a->host, port, &hints, &list);
	if (r != 0) {
		struct log_line l;

		log_begin(&l, LOG_FTL, "upstream_unknown");
		log_str(&l, "host", a->host);
		log_str(&l, "why", gai_strerror(r));
		log_end(&l);
		return err_raise(-EHOSTUNREACH);
	}
	for (struct addrinfo *i = list; i != NULL && parent.n_upstream < 8; i = i->ai_next) {
		memcpy(&parent.upstream[parent.n_upstream], i->ai_addr, i->ai_addrlen);
		parent.upstream_len[parent.n_upstream++] = i->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

/* answer() - to whoever asked, if it is still there. */
static void
answer(enum role role, unsigned index, uint64_t token, int fd)
{
	struct kid *k = kid_of(role, index);

	if (k == NULL || !k->alive || k->channel.fd < 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd < 0 || msg_token_put(&k->channel, MSG_DIALLED, token, fd) != 0)
		(void)msg_token_put(&k->channel, MSG_NOT_DIALLED, token, -1);
	channel_flush(&k->channel);
}

static void
on_closed(uv_handle_t *h)
{
	struct dial *d = (struct dial *)h->data;

	if (--d->open == 0)
		free(d);
}

static void try_from(size_t at, enum role role, unsigned index, uint64_t token);

/* finish() - @fd: connected, or -1. */
static void
finish(struct dial *d, int fd)
{
	uv_poll_stop(&d->poll);
	uv_close((uv_handle_t *)&d->poll, on_closed);
	uv_close((uv_handle_t *)&d->timer, on_closed);
	if (fd >= 0) {
		answer(d->role, d->index, d->token, fd);
		return;
	}
	close(d->fd);
	try_from(d->next, d->role, d->index, d->token);
}

static void
on_connected(uv_poll_t *p, int status, int events)
{
	struct dial *d = (struct dial *)p->data;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (status != 0 || getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
		finish(d, -1);
	else
		finish(d, d->fd);
}

static void
on_timeout(uv_timer_t *t)
{
	finish((struct dial *)t->data, -1);
}

/* wait_for() - the connection is under way. */
static int
wait_for(int fd, size_t next, enum role role, unsigned index, uint64_t token)
{
	struct dial *d = calloc(1, sizeof(*d));

	if (d == NULL || uv_poll_init(&parent.loop, &d->poll, fd) != 0) {
		free(d);
		return -1;
	}
	uv_timer_init(&parent.loop, &d->timer);
	d->poll.data = d->timer.data = d;
	d->open = 2;
	d->fd = fd;
	d->next = next;
	d->role = role;
	d->index = index;
	d->token = token;
	uv_poll_start(&d->poll, UV_WRITABLE, on_connected);
	uv_timer_start(&d->timer, on_timeout, DIAL_TIMEOUT_MS, 0);
	return 0;
}

/* try_from() - the addresses of the upstream from @at on, one after the other. */
static void
try_from(size_t at, enum role role, unsigned index, uint64_t token)
{
	static const int one = 1;

	for (size_t i = at; i < parent.n_upstream; i++) {
		const struct sockaddr *sa = (const struct sockaddr *)&parent.upstream[i];
		int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0)
			break;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		if (connect(fd, sa, parent.upstream_len[i]) == 0) {
			answer(role, index, token, fd);
			return;
		}
		if (errno == EINPROGRESS && wait_for(fd, i + 1, role, index, token) == 0)
			return;
		close(fd);
	}
	answer(role, index, token, -1);
}

void
dial_for(struct kid *k, uint64_t token)
{
	try_from(0, k->role, k->index, token);
}
