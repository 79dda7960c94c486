/*
 * site - see site.h. The library keeps no time here: whoever is too slow is found by our sweep and
 * its connection shut, whichever byte it trickles. One address has a part of the places at most; who
 * comes above it is turned away before a byte is read, so that there are places for others.
 *
 * A site ends in three steps: who waits to be accepted is accepted (the host lets nobody new in by
 * then), the listening socket goes, and each connection ends with its next answer or when it stays
 * silent.
 */
#include "host/providers/httpserver/site.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/providers/httpserver/http_message.h"

enum { SITE_SWEEP_MS = 500, SITE_SWEEP_LAST_MS = 50, SITE_TELL_MS = 10000 };

/* number() - plain decimal within bounds. */
static bool
number(struct bytes s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 12)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = v;
	return v >= min && v <= max;
}

const char *
site_limits_of(const struct provider_pairs *values, struct site_limits *out)
{
	const struct provider_pair *timeout = provider_value(values, "TIMEOUT_MS");
	const struct provider_pair *body = provider_value(values, "MAX_BODY");
	const struct provider_pair *one = provider_value(values, "MAX_PER_ADDRESS");
	const struct provider_pair *request = provider_value(values, "REQUEST_MS");
	uint64_t v;

	*out = (struct site_limits){ SITE_TIMEOUT_MS, SITE_REQUEST_MS, SITE_FROM_ONE, HTTP_BODY };
	if (one != NULL) {
		if (!number(one->value, 1, SITE_PEERS, &v))
			return "MAX_PER_ADDRESS is no number of 1 to 512";
		out->from_one = (unsigned)v;
	}
	if (request != NULL) {
		if (!number(request->value, 100, SITE_REQUEST_MAX_MS, &v))
			return "REQUEST_MS is no number of 100 to 600000";
		out->request_ms = (uint32_t)v;
	}
	if (timeout != NULL) {
		if (!number(timeout->value, 1, SITE_TIMEOUT_MAX_MS, &v))
			return "TIMEOUT_MS is no number of 1 to 600000";
		out->timeout_ms = (uint32_t)v;
	}
	if (body != NULL) {
		if (!number(body->value, 0, HTTP_BODY, &v))
			return "MAX_BODY is no number of 0 to 1048576";
		out->body = (size_t)v;
	}
	return NULL;
}

/* ---- peers ---- */

/* may_come() - one more from there? */
static enum MHD_Result
may_come(void *ctx, const struct sockaddr *a, socklen_t len)
{
	struct site *s = ctx;
	const struct source *from = source_of(s->sources, a, len);

	if (from == NULL || from->n < s->limits.from_one)
		return MHD_YES;
	s->process->counts.refused++;
	s->turned_away.n++;
	source_text(a, len, s->turned_away.from);
	return MHD_NO;
}

/* tell_turned_away() - seldom, whatever comes. */
static void
tell_turned_away(struct site *s, uint64_t now)
{
	char text[192];

	if (s->turned_away.n == 0 || (s->turned_away.told_ms != 0 && now - s->turned_away.told_ms < SITE_TELL_MS))
		return;
	snprintf(text, sizeof(text), "connections turned away: %lu, the last from %s, which has %u: MAX_PER_ADDRESS",
	    s->turned_away.n, s->turned_away.from, s->limits.from_one);
	process_log(s->process, LOG_WRN, bytes_str(s->actor), bytes_str(text));
	s->turned_away.n = 0;
	s->turned_away.told_ms = now;
}

static struct source *
source_new(struct site *s, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (i == NULL || i->client_addr == NULL)
		return NULL;
	return source_add(&s->sources, i->client_addr,
	    i->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

static void
on_peer(void *ctx, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct site *s = ctx;
	struct peer *p = *state;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		p = calloc(1, sizeof(*p));
		if (p == NULL || i == NULL)
			return free(p);
		*p = (struct peer){ .next = s->peers,
			.at = &s->peers,
			.fd = i->connect_fd,
			.source = source_new(s, c),
			.since_ms = uv_now(&s->process->loop) };
		if (s->peers != NULL)
			s->peers->at = &p->next;
		s->peers = p;
		s->n_peers++;
		s->process->counts.open++;
		*state = p;
		return;
	}
	if (p == NULL)
		return;
	*p->at = p->next;
	if (p->next != NULL)
		p->next->at = p->at;
	s->n_peers--;
	s->process->counts.open--;
	source_drop(&s->sources, p->source);
	free(p);
	*state = NULL;
}

/* crowded() - does its address have more than half of what one may, or are few places left for others? */
static bool
crowded(const struct site *s, const struct peer *p)
{
	return (p->source != NULL && 2 * p->source->n > s->limits.from_one) || 4 * s->n_peers > 3 * (size_t)SITE_PEERS;
}

/* request_ms() - what is left to one who holds a place and says no request. */
static uint64_t
request_ms(const struct site *s, const struct peer *p)
{
	return crowded(s, p) ? s->limits.request_ms / 4 : s->limits.request_ms;
}

/* too_long() - is what this peer does now to be ended? */
static bool
too_long(const struct site *s, const struct peer *p, uint64_t now)
{
	uint64_t ms = now - p->since_ms;

	if (p->asked)
		return false; /* the actor's time, which the host keeps */
	if (p->answering)
		return ms > SITE_RESPONSE_MS;
	if (s->ending && !p->reading)
		return ms > (p->old ? SITE_LAST_IDLE_MS : SITE_LAST_NEW_MS);
	return ms > request_ms(s, p);
}

static void
gone(uv_handle_t *h)
{
	struct site *s = h->data;

	if (--s->open_handles == 0)
		s->on_end(s);
}

/* ended() - nobody is there any more. */
static void
ended(struct site *s)
{
	if (s->server == NULL)
		return;
	uv_poll_stop(&s->poll);
	MHD_stop_daemon(s->server);
	s->server = NULL;
	uv_close((uv_handle_t *)&s->poll, gone);
	uv_close((uv_handle_t *)&s->timer, gone);
	uv_close((uv_handle_t *)&s->sweep, gone);
}

static void
on_sweep(uv_timer_t *t)
{
	struct site *s = t->data;
	uint64_t now = uv_now(&s->process->loop);

	for (struct peer *p = s->peers; p != NULL; p = p->next)
		if (too_long(s, p, now))
			shutdown(p->fd, SHUT_RDWR);
	tell_turned_away(s, now);
	site_run(s);
}

/* ---- the library's turns ---- */

static void
on_timer(uv_timer_t *t)
{
	site_run(t->data);
}

static void
on_poll(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	site_run(p->data);
}

void
site_run(struct site *s)
{
	MHD_UNSIGNED_LONG_LONG wait;

	if (s->server == NULL)
		return;
	if (MHD_run(s->server) != MHD_YES)
		process_fatal(s->process, "the HTTP server cannot go on");
	if (s->ending && s->n_peers == 0) {
		ended(s);
		return;
	}
	if (MHD_get_timeout(s->server, &wait) == MHD_YES)
		uv_timer_start(&s->timer, on_timer, wait, 0);
	else
		uv_timer_stop(&s->timer);
}

static void
on_panic(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)file;
	(void)line;
	process_fatal(ctx, why != NULL ? why : "libmicrohttpd gave up");
}

/* on_escapes() - a path goes to the actor as it was sent. */
static size_t
on_escapes(void *ctx, struct MHD_Connection *c, char *text)
{
	(void)ctx;
	(void)c;
	return strlen(text);
}

static struct MHD_Daemon *
server(struct site *s, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, may_come, s,
	    visit_on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)SITE_PEERS, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SITE_HEAD, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, visit_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
	    on_peer, s, MHD_OPTION_URI_LOG_CALLBACK, visit_new, s, MHD_OPTION_UNESCAPE_CALLBACK,
	    on_escapes, NULL, MHD_OPTION_END);
}

int
site_open(
    struct site *s, struct process *p, struct bytes actor, int fd, const struct site_limits *l)
{
	const union MHD_DaemonInfo *i;

	provider_plain(s->actor, sizeof(s->actor), actor);
	s->process = p;
	s->limits = *l;
	s->fd = fd;
	MHD_set_panic_func(on_panic, p);
	s->server = server(s, fd);
	i = s->server != NULL ? MHD_get_daemon_info(s->server, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (i == NULL || uv_poll_init(&p->loop, &s->poll, i->epoll_fd) != 0) {
		if (s->server != NULL)
			MHD_stop_daemon(s->server); /* closes the socket */
		else
			close(fd);
		s->server = NULL;
		return err_raise(-EIO);
	}
	uv_timer_init(&p->loop, &s->timer);
	uv_timer_init(&p->loop, &s->sweep);
	s->open_handles = 3;
	s->poll.data = s->timer.data = s->sweep.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_poll);
	uv_timer_start(&s->sweep, on_sweep, SITE_SWEEP_MS, SITE_SWEEP_MS);
	site_run(s);
	return 0;
}

void
site_end(struct site *s)
{
	size_t before;

	if (s->ending || s->server == NULL)
		return;
	do {
		before = s->n_peers;
		MHD_run(s->server);
	} while (s->n_peers > before);
	s->ending = true;
	s->fd = MHD_quiesce_daemon(s->server);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	uv_timer_start(&s->sweep, on_sweep, SITE_SWEEP_LAST_MS, SITE_SWEEP_LAST_MS);
	site_run(s);
}
