/*
 * metrics - health, readiness and numbers over HTTP, for whoever watches the gate. A process of its
 * own because a server of HTTP is a parser of strangers' text written elsewhere (libmicrohttpd):
 * what it can give away is what it shows anyway. It has one listening socket and the channel to the
 * parent, asks there for the numbers when somebody wants them, and can say nothing else.
 *
 * GET and HEAD of /healthz /livez /readyz /metrics; no body, no keep-alive, few peers at once, each
 * for a few seconds. libmicrohttpd runs in our loop: no thread, and nothing opened after the start.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/child.h"
#include "gateway/proc/msg_metrics.h"

enum {
	METRICS_PEERS = 16,
	METRICS_PEER_MS = 10000, /* that long may one take, whatever it does */
	METRICS_IDLE_S = 5,
	METRICS_MEMORY = 16 * 1024, /* of one: its request line and headers */
	METRICS_FRESH_MS = 100,     /* numbers are not asked for again so soon */
	METRICS_TEXT = 1 << 20,
};

/* One request that waits for numbers. */
struct visit {
	struct MHD_Connection *connection;
	struct visit *next;
	bool waiting;
};

struct metrics_peer {
	int fd; /* -1: free */
	uint64_t until_ms;
};

static struct {
	struct child child;
	int fd;
	struct MHD_Daemon *server;
	uv_poll_t poll;
	uv_timer_t timer, sweep;
	struct metrics_peer peer[METRICS_PEERS];
	struct visit *waiting;
	bool asked, known;
	uint64_t known_ms;
	bool ready;
	struct buf why, text;
	struct metric_sample sample[METRIC_SAMPLES];
} self;

static const char text_plain[] = "text/plain; charset=utf-8";
static const char json[] = "application/json";
static const char exposition[] = "text/plain; version=0.0.4; charset=utf-8";

/* ---- answering ---- */

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, struct bytes body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (r == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

/* answer_ready() - why not, as a list. */
static enum MHD_Result
answer_ready(struct MHD_Connection *c)
{
	struct bytes rest = buf_bytes(&self.why);
	enum MHD_Result done;
	bool first = true;
	struct buf b;

	if (self.ready)
		return answer(c, MHD_HTTP_OK, json, BYTES_LIT("{\"status\":\"ok\"}\n"));
	buf_init(&b, 8 * METRICS_WHY_MAX);
	buf_put_str(&b, "{\"status\":\"unavailable\",\"reasons\":[");
	while (rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		if (!first)
			buf_put_u8(&b, ',');
		first = false;
		buf_put_json(&b, line);
	}
	buf_put_str(&b, "]}\n");
	done = answer(c, MHD_HTTP_SERVICE_UNAVAILABLE, json, buf_bytes(&b));
	buf_deinit(&b);
	return done;
}

static bool
fresh(void)
{
	return self.known && uv_now(&self.child.loop) - self.known_ms < METRICS_FRESH_MS;
}

/* ask() - the parent, unless it owes an answer already. */
static void
ask(void)
{
	if (self.asked)
		return;
	self.asked = true;
	(void)msg_bare_put(&self.child.parent, MSG_METRICS_WANTED, -1);
	channel_flush(&self.child.parent);
}

/* wait_for_numbers() - the request goes on in on_metrics(). */
static enum MHD_Result
wait_for_numbers(struct MHD_Connection *c, void **state)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return MHD_NO;
	v->connection = c;
	v->waiting = true;
	v->next = self.waiting;
	self.waiting = v;
	*state = v;
	MHD_suspend_connection(c);
	ask();
	return MHD_YES;
}

static bool
has_body(struct MHD_Connection *c)
{
	const char *length =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length != NULL && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING) !=
		   NULL;
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *upload, size_t *n_upload, void **state)
{
	bool metrics = strcmp(url, "/metrics") == 0, ready = strcmp(url, "/readyz") == 0;

	(void)ctx;
	(void)version;
	(void)upload;
	(void)n_upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(
		    c, MHD_HTTP_METHOD_NOT_ALLOWED, text_plain, BYTES_LIT("only GET and HEAD\n"));
	if (has_body(c))
		return answer(
		    c, MHD_HTTP_BAD_REQUEST, text_plain, BYTES_LIT("a body is not wanted\n"));
	if (strcmp(url, "/healthz") == 0 || strcmp(url, "/livez") == 0)
		return answer(c, MHD_HTTP_OK, json, BYTES_LIT("{\"status\":\"ok\"}\n"));
	if (!metrics && !ready)
		return answer(c, MHD_HTTP_NOT_FOUND, text_plain,
		    BYTES_LIT("/healthz /livez /readyz /metrics\n"));
	if (*state == NULL && !fresh())
		return wait_for_numbers(c, state);
	return ready ? answer_ready(c) : answer(c, MHD_HTTP_OK, exposition, buf_bytes(&self.text));
}

static void
on_completed(
    void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	struct visit *v = *state, **at = &self.waiting;

	(void)ctx;
	(void)c;
	(void)code;
	if (v == NULL)
		return;
	while (*at != NULL && *at != v)
		at = &(*at)->next;
	if (*at != NULL)
		*at = v->next;
	free(v);
	*state = NULL;
}

/* on_escapes() - a path is taken as it was sent: none of ours needs an escape. */
static size_t
on_escapes(void *ctx, struct MHD_Connection *c, char *s)
{
	(void)ctx;
	(void)c;
	return strlen(s);
}

/* ---- the loop ---- */

static void run(void);

static void
on_timer(uv_timer_t *t)
{
	(void)t;
	run();
}

static void
on_poll(uv_poll_t *p, int status, int events)
{
	(void)p;
	(void)status;
	(void)events;
	run();
}

/* run() - libmicrohttpd's turn. */
static void
run(void)
{
	MHD_UNSIGNED_LONG_LONG wait;

	if (MHD_run(self.server) != MHD_YES)
		child_fatal(&self.child, "the server of numbers cannot go on", 0);
	if (MHD_get_timeout(self.server, &wait) == MHD_YES)
		uv_timer_start(&self.timer, on_timer, wait, 0);
	else
		uv_timer_stop(&self.timer);
}

/* on_peer() - remember who is there, so that one who stays too long can be shown the door. */
static void
on_peer(void *ctx, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	int from = code == MHD_CONNECTION_NOTIFY_STARTED ? -1 : i != NULL ? i->connect_fd : -2;

	(void)ctx;
	(void)state;
	for (size_t k = 0; i != NULL && k < METRICS_PEERS; k++) {
		if (self.peer[k].fd != from)
			continue;
		self.peer[k].fd = from == -1 ? i->connect_fd : -1;
		self.peer[k].until_ms = uv_now(&self.child.loop) + METRICS_PEER_MS;
		return;
	}
}

/* on_sweep() - the server notices only in its next turn that there is room again for who waits. */
static void
on_sweep(uv_timer_t *t)
{
	(void)t;
	for (size_t k = 0; k < METRICS_PEERS; k++) {
		if (self.peer[k].fd >= 0 && uv_now(&self.child.loop) > self.peer[k].until_ms)
			shutdown(self.peer[k].fd, SHUT_RDWR);
	}
	run();
}

static void
on_panic(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)ctx;
	(void)file;
	(void)line;
	child_fatal(&self.child, why != NULL ? why : "libmicrohttpd gave up", 0);
}

/* ---- the parent ---- */

static int
on_metrics(struct channel *c, struct cursor *in, int fd)
{
	struct msg_metrics m = { .sample = self.sample };
	struct visit *v = self.waiting, *next;

	(void)c;
	(void)fd;
	if (msg_metrics_get(in, &m) != 0)
		return -EBADMSG;
	self.asked = false;
	self.known = true;
	self.known_ms = uv_now(&self.child.loop);
	self.ready = m.ready;
	buf_reset(&self.why);
	buf_put(&self.why, m.why);
	buf_reset(&self.text);
	exposition_put(&self.text, m.sample, m.n);
	if (buf_failed(&self.text) || buf_failed(&self.why))
		child_fatal(&self.child, "out of memory", 0);
	self.waiting = NULL;
	for (; v != NULL; v = next) {
		next = v->next;
		v->next = NULL;
		v->waiting = false;
		MHD_resume_connection(v->connection);
	}
	run();
	return 0;
}

static int
on_listener(struct channel *c, struct cursor *in, int fd)
{
	char host[256];
	uint16_t port;

	(void)c;
	if (msg_listener_get(in, host, &port) != 0 || self.fd >= 0) {
		close(fd);
		return -EBADMSG;
	}
	self.fd = fd;
	return 0;
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	const union MHD_DaemonInfo *i;

	(void)in;
	(void)fd;
	if (self.fd < 0)
		return -EBADMSG;
	MHD_set_panic_func(on_panic, NULL);
	self.server = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL,
	    NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, self.fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)METRICS_PEERS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)METRICS_MEMORY,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_peer, NULL, MHD_OPTION_UNESCAPE_CALLBACK, on_escapes,
	    NULL, MHD_OPTION_END);
	i = self.server != NULL ? MHD_get_daemon_info(self.server, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (i == NULL || uv_poll_init(&self.child.loop, &self.poll, i->epoll_fd) != 0)
		child_fatal(&self.child, "the server of numbers cannot be started", 0);
	uv_poll_start(&self.poll, UV_READABLE, on_poll);
	uv_timer_start(&self.sweep, on_sweep, 1000, 1000);
	c->state = CHILD_RUNNING;
	run();
	return msg_bare_put(c, MSG_READY, -1);
}

int
metrics_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_LISTENER, CHILD_IN(CHILD_SET), true, true, 512, on_listener, "listener" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_METRICS, CHILD_IN(CHILD_RUNNING), false, false, METRICS_MAX, on_metrics,
		    "metrics" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		child_parent_gone };

	self.fd = -1;
	for (size_t k = 0; k < METRICS_PEERS; k++)
		self.peer[k].fd = -1;
	buf_init(&self.why, METRICS_WHY_MAX);
	buf_init(&self.text, METRICS_TEXT);
	child_begin(&self.child, ROLE_METRICS, &ops);
	uv_timer_init(&self.child.loop, &self.timer);
	uv_timer_init(&self.child.loop, &self.sweep);
	child_run(&self.child);
}
