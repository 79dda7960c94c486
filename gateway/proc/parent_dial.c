/*
 * parent_dial - connecting to the upstream, for children that have no right to. Only the socket is
 * made here; not a byte is read from it.
 */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { DIAL_TIMEOUT_MS = 5000, DIAL_QUIET_MS = 60000 };

/* Who wants a connection, and how far we are. */
struct wish {
	enum role role;
	unsigned index;
	uint64_t born_ms; /* of the child: another one may have taken its place meanwhile */
	uint64_t token;
	size_t next;      /* address to try when this one fails */
	int error;        /* of the last one that failed */
};

struct dial {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	struct wish wish;
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

/* tell() - say when the upstream goes and comes, and now and then that it is still away. */
static void
tell(bool reached, int error)
{
	uint64_t now = uv_now(&parent.loop);
	struct log_line l;

	if (!parent.upstream_tried || reached != (parent.upstream_error == 0))
		parent.upstream_since_s = clock_wall_s();
	parent.upstream_tried = true;
	parent.upstream_error = reached ? 0 : error < 0 ? -error : error != 0 ? error : EHOSTUNREACH;
	if (reached ? !parent.upstream_away : parent.upstream_away && now - parent.upstream_told_ms < DIAL_QUIET_MS)
		return;
	parent.upstream_away = !reached;
	parent.upstream_told_ms = now;
	log_begin(&l, reached ? LOG_INF : LOG_WRN, reached ? "upstream_reached" : "upstream_unreachable");
	log_str(&l, "host", parent.config->upstream.host);
	log_num(&l, "port", parent.config->upstream.port);
	if (!reached)
		log_errno(&l, error);
	log_end(&l);
}

/* answer() - to whoever asked, if it is still there. */
static void
answer(const struct wish *w, int fd)
{
	struct kid *k = kid_of(w->role, w->index);

	tell(fd >= 0, w->error);
	if (w->role == ROLE_PARENT)
		metrics_looked();
	if (k == NULL || !k->alive || k->born_ms != w->born_ms || k->channel.fd < 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd >= 0 && channel_fds_full(&k->channel))
		channel_flush(&k->channel);
	if (fd < 0 || msg_token_put(&k->channel, MSG_DIALLED, w->token, fd) != 0)
		(void)msg_token_put(&k->channel, MSG_NOT_DIALLED, w->token, -1);
}

static void
on_closed(uv_handle_t *h)
{
	struct dial *d = (struct dial *)h->data;

	if (--d->open == 0)
		free(d);
}

static void try_next(struct wish w);

/* finish() - @error: 0, the connection stands. */
static void
finish(struct dial *d, int error)
{
	uv_poll_stop(&d->poll);
	uv_close((uv_handle_t *)&d->poll, on_closed);
	uv_close((uv_handle_t *)&d->timer, on_closed);
	if (error == 0) {
		answer(&d->wish, d->fd);
		return;
	}
	close(d->fd);
	d->wish.error = -error;
	try_next(d->wish);
}

/* became() - of a connection that was under way: 0 it stands, or errno. */
static int
became(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ? errno : error;
}

static void
on_connected(uv_poll_t *p, int status, int events)
{
	struct dial *d = (struct dial *)p->data;
	int error = became(d->fd);

	(void)events;
	finish(d, error != 0 ? error : -status);
}

/* at_once() - on this machine a connection stands, or was refused, before connect() is back. */
static bool
at_once(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static void
on_timeout(uv_timer_t *t)
{
	finish((struct dial *)t->data, ETIMEDOUT);
}

/* wait_for() - the connection is under way. */
static int
wait_for(int fd, const struct wish *w)
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
	d->wish = *w;
	uv_poll_start(&d->poll, UV_WRITABLE, on_connected);
	uv_timer_start(&d->timer, on_timeout, DIAL_TIMEOUT_MS, 0);
	return 0;
}

/* try_next() - the addresses of the upstream, one after the other. */
static void
try_next(struct wish w)
{
	static const int one = 1;

	while (w.next < parent.n_upstream) {
		size_t i = w.next++;
		const struct sockaddr *sa = (const struct sockaddr *)&parent.upstream[i];
		int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0) {
			w.error = -errno;
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		w.error = connect(fd, sa, parent.upstream_len[i]) == 0 ? 0 : -errno;
		if (w.error == -EINPROGRESS && at_once(fd))
			w.error = -became(fd);
		if (w.error == 0) {
			answer(&w, fd);
			return;
		}
		if (w.error == -EINPROGRESS && wait_for(fd, &w) == 0)
			return;
		close(fd);
	}
	answer(&w, -1);
}

void
dial_for(struct kid *k, uint64_t token)
{
	try_next((struct wish){ .role = k->role, .index = k->index, .born_ms = k->born_ms, .token = token });
}

void
dial_look(void)
{
	try_next((struct wish){ .role = ROLE_PARENT });
}
