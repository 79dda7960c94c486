/*
 * edge_accept - who is let in to say CONNECT. Strangers are many and cost us something before we
 * know them, so here are the ceilings on them; whoever has logged in is not touched by any of
 * these.
 *
 * A wake-up accepts so many and no more, one from each listener in turn, so that neither the
 * connections that are open nor another listener wait for a crowd. Descriptors are counted ahead
 * (one for the client, one for its upstream), and one is kept in reserve: when they have run out
 * all the same, it is spent to take a connection off the backlog and close it, because a backlog
 * that cannot be emptied wakes us for ever.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/nats/writer.h"
#include "gateway/proc/edge_priv.h"

enum { EDGE_ACCEPTS = 64, EDGE_OTHER_FILES = 64, EDGE_GREET_MS = 50, EDGE_GREET_STEP_MS = 10 };

static const char *
next_nonce(char out[NONCE_LEN + 1])
{
	if (edge.n_nonces == 0)
		return NULL;
	memcpy(out, edge.nonces[--edge.n_nonces], NONCE_LEN);
	out[NONCE_LEN] = '\0';
	if (edge.n_nonces < NONCE_BATCH && !edge.nonces_wanted) {
		edge.nonces_wanted = true;
		(void)msg_want_nonces_put(&edge.verifier);
	}
	return out;
}

/* name_source() - the peer's address as text; an IPv4 address in IPv6 clothes as IPv4. */
static void
name_source(const struct sockaddr_storage *ss, char out[64], uint16_t *port)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *four = (const struct sockaddr_in *)ss;

	snprintf(out, 64, "?");
	if (ss->ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, out, 64);
		*port = ntohs(four->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
			inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, out, 64);
		else
			inet_ntop(AF_INET6, &six->sin6_addr, out, 64);
		*port = ntohs(six->sin6_port);
	}
}

/*
 * turn_away() - no room: INFO first, as a server would, because clients read that before anything
 * else; what does not fit into the socket at once is not waited for.
 */
static void
turn_away(int fd, const char *source, enum limit l)
{
	struct nats_hello hello = edge.env.hello;
	struct buf json, out;
	ssize_t n;

	edge_limit(l, &(struct limit_who){ .source = source });
	/* who begins with TLS takes nothing in clear for an answer */
	if (edge.env.secure_clients == SECURE_FIRST || edge.env.secure_clients == SECURE_AUTO) {
		close(fd);
		return;
	}
	hello.client_ip = source;
	hello.nonce = "";
	buf_init(&json, 16 * 1024);
	buf_init(&out, 32 * 1024);
	info_encode(&json, &hello);
	nats_put_info(&out, buf_bytes(&json));
	nats_put_err(&out, "maximum connections exceeded");
	n = buf_failed(&json) || buf_failed(&out) ? 0 : send(fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
	shutdown(fd, SHUT_WR);
	close(fd);
	buf_deinit(&json);
	buf_deinit(&out);
}

/* may_enter() - is there room for one more? Return: LIMIT_COUNT, or what says no; @c then holds no
 * source. */
static enum limit
may_enter(struct client *c, const struct edge_listener *l, const char *source)
{
	const struct setup *s = &edge.child.setup;
	const struct ceilings *m = &s->ceilings;

	if (edge.n_relays >= s->max_connections)
		return LIMIT_CONNECTIONS;
	if (edge.n_relays >= edge.most_relays)
		return LIMIT_DESCRIPTORS;
	if (m->max_listener_connections != 0 && l->n >= m->max_listener_connections)
		return LIMIT_LISTENER;
	if (edge_overloaded())
		return LIMIT_OVERLOAD;
	switch (sources_enter(edge.sources, source, edge_now_ms(), &c->source)) {
	case 0:
		break;
	case SOURCE_PENALISED:
		return LIMIT_PENALTY;
	case SOURCE_TOO_MANY_EARLY:
		return LIMIT_SOURCE_PREAUTH;
	case SOURCE_TOO_MANY:
		return LIMIT_SOURCE;
	default:
		return LIMIT_OVERLOAD;
	}
	if (edge.n_early < m->max_preauth || edge_shed_early())
		return LIMIT_COUNT;
	sources_leave(edge.sources, c->source, true, edge_now_ms());
	c->source = NULL;
	return LIMIT_PREAUTH;
}

/* begin() - it is counted from here on, until gone(). */
static void
begin(struct client *c, struct edge_listener *l)
{
	l->n++;
	c->early = true;
	TAILQ_INSERT_TAIL(&edge.early, c, early_link);
	edge.n_early++;
	edge_link(&c->relay);
}

/*
 * greet_some() - of `first = auto`: who has said nothing for a moment waits for INFO. The newest are at
 * the front, and behind the first who has waited long enough all have, and were greeted before.
 */
static void
greet_some(uv_timer_t *t)
{
	uint64_t now = uv_now(&edge.child.loop);
	bool waiting = false;

	for (struct relay *r = edge.relays, *next; r != NULL; r = next) {
		next = r->next;
		if (now - r->born_ms > EDGE_GREET_MS + 10 * EDGE_GREET_STEP_MS &&
		    r->secure.client != SECURE_EXPECT)
			break;
		if (r->ending || r->secure.greeted || r->secure.client != SECURE_EXPECT)
			continue;
		if (now - r->born_ms >= EDGE_GREET_MS)
			secure_greet(r);
		else
			waiting = true;
	}
	if (!waiting)
		uv_timer_stop(t);
}

/* admit_socket() - one accepted client. */
static void
admit_socket(int fd, struct edge_listener *l, const struct sockaddr_storage *ss)
{
	struct client *c = calloc(1, sizeof(*c));
	char nonce[NONCE_LEN + 1], source[64];
	enum limit no = LIMIT_OVERLOAD;
	uint16_t port = 0;

	name_source(ss, source, &port);
	if (c == NULL || (no = may_enter(c, l, source)) != LIMIT_COUNT) {
		turn_away(fd, source, no);
		free(c);
		return;
	}
	if (next_nonce(nonce) == NULL) { /* asked before accepting: there is one */
		sources_leave(edge.sources, c->source, true, edge_now_ms());
		close(fd);
		free(c);
		return;
	}
	c->listener = l; /* it can begin to end while it is greeted: who has reset it already */
	if (relay_start(&c->relay, &edge.env, fd, ++edge.last_id, source, port, nonce) != 0) {
		sources_leave(edge.sources, c->source, true, edge_now_ms());
		free(c);
		return;
	}
	begin(c, l);
	if (edge.env.secure_clients == SECURE_AUTO && !uv_is_active((uv_handle_t *)&edge.greet_timer))
		uv_timer_start(&edge.greet_timer, greet_some, EDGE_GREET_STEP_MS, EDGE_GREET_STEP_MS);
}

/*
 * spend_reserve() - out of descriptors: close one waiting connection with the one kept for that. Return: 0, or
 * errno; EAGAIN is that nobody waits, which the kernel does not say when there is no descriptor.
 */
static int
spend_reserve(struct edge_listener *l)
{
	int fd, error;

	if (edge.reserve < 0)
		return EMFILE;
	close(edge.reserve);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	error = fd < 0 ? errno : 0;
	if (fd >= 0) {
		edge_limit(LIMIT_DESCRIPTORS, &(struct limit_who){ 0 });
		close(fd);
	}
	edge.reserve = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return error;
}

/* accept_one() - Return: false when nobody waits at @l any more. */
static bool
accept_one(struct edge_listener *l)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error = fd < 0 ? errno : 0;

	if (fd >= 0) {
		admit_socket(fd, l, &ss);
		return true;
	}
	if (error == EMFILE)
		error = spend_reserve(l);
	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
		if (log_few(&edge.accept_lines, "accept_failed", edge_now_ms()))
			log_event(LOG_ERR, "accept_failed");
		edge_listen(false); /* until the next tick */
	}
	return error == 0 || error == EINTR || error == ECONNABORTED;
}

/* accept_some() - one from each listener that has some, in turn, up to the ceiling of a wake-up. */
static void
accept_some(uv_check_t *check)
{
	size_t idle = 0, i = edge.turn;

	uv_check_stop(check);
	/* nonces come from the verifier; without one nobody is greeted, and the backlog waits */
	for (int n = 0; n < EDGE_ACCEPTS && idle < edge.n_listeners && edge.n_nonces > 0; i++) {
		struct edge_listener *l = &edge.listener[i % edge.n_listeners];

		if (l->ready && accept_one(l)) {
			n++;
			idle = 0;
		} else {
			l->ready = false;
			idle++;
		}
	}
	edge.turn = i % edge.n_listeners;
	if (edge.n_nonces == 0)
		edge_listen(false);
}

static void
on_waiting(uv_poll_t *poll, int status, int events)
{
	struct edge_listener *l = (struct edge_listener *)poll->data;

	(void)status;
	(void)events;
	l->ready = true;
	uv_check_start(&edge.accepts, accept_some);
}

void
edge_listen(bool on)
{
	for (size_t i = 0; i < edge.n_listeners; i++) {
		struct edge_listener *l = &edge.listener[i];

		l->ready = false;
		if (on && !edge.draining)
			uv_poll_start(&l->poll, UV_READABLE, on_waiting);
		else
			uv_poll_stop(&l->poll);
	}
}

void
edge_accept_begin(void)
{
	struct rlimit files;

	TAILQ_INIT(&edge.early);
	uv_check_init(&edge.child.loop, &edge.accepts);
	edge.reserve = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	edge.most_relays = SIZE_MAX;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
		edge.most_relays =
		    files.rlim_cur > EDGE_OTHER_FILES ? (files.rlim_cur - EDGE_OTHER_FILES) / 2 : 1;
}

void
edge_accept_start(void)
{
	uint32_t asked = edge.child.setup.max_connections;
	struct log_line l;

	if (edge.most_relays >= asked)
		return;
	/* who asked for nothing is told, not warned */
	log_begin(&l, edge.child.setup.connections_asked ? LOG_WRN : LOG_INF, "connections_lowered");
	log_num(&l, "asked", asked);
	log_num(&l, "most", (int64_t)edge.most_relays);
	log_end(&l);
}
