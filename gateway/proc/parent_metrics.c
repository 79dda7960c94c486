/*
 * parent_metrics - the process that shows numbers, and the numbers: collected from the children
 * when it asks for them, with whether the gate is ready. Like the shipper it may come and go:
 * nobody else notices. Its socket is kept here, so that another can take its place.
 *
 * To be ready is to be able to do the work: a policy in force, an upstream that takes a connection
 * now (tried for the question, at most once a second), an audit that can be written, and the
 * processes for it.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/msg_metrics.h"
#include "gateway/proc/parent_priv.h"
#include "gateway/proc/stats.h"
#include "gateway/proc/unix_listener.h"

enum { LOOK_EVERY_MS = 1000, LOOK_MS = 1000, METRICS_MODE = 0660 };

static struct {
	struct unix_listener socket; /* fd -1: none, or the one of ->fd has no name of ours */
	int fd;                      /* -1: not configured */
	char shown[300];
	bool wanted, counting, looking, late;
	uint64_t looked_ms; /* 0: never */
	uv_timer_t again, look;
	char number[PARENT_EDGES][4]; /* of edges, as labels */
	struct metric_sample sample[METRIC_SAMPLES];
	size_t n;
	struct buf why;
} self = { .fd = -1, .socket.fd = -1 };

/* ---- whether it is ready ---- */

static void why(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
why(const char *format, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (self.why.len > 0)
		buf_put_u8(&self.why, '\n');
	buf_put(&self.why, bytes_of(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

static bool
serves(const struct kid *k)
{
	return k->alive && k->ready && !k->owes_stats;
}

static void
judge_processes(void)
{
	bool edge = false;

	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		edge = edge || (k->role == ROLE_EDGE && serves(k));
		if (k->role == ROLE_EDGE || k->role == ROLE_SHIPPER || k->role == ROLE_METRICS ||
		    serves(k))
			continue;
		why("process %s %s", role_name(k->role),
		    !k->alive  ? "has ended"
		    : k->ready ? "does not answer"
			       : "is starting");
	}
	if (!edge)
		why("no edge is ready");
}

/* judge() - each reason not to send anybody here. */
static void
judge(void)
{
	static const char *const states[] = { "the gateway is starting", NULL,
		"the gateway is a lame duck", "the gateway is ending" };

	buf_reset(&self.why);
	if (states[parent.state] != NULL)
		why("%s", states[parent.state]);
	if (parent.policy < 0)
		why("no policy is in force");
	if (!parent.upstream_tried || self.late)
		why("the upstream does not answer");
	else if (parent.upstream_error != 0)
		why("the upstream cannot be reached: %s", strerror(parent.upstream_error));
	if (!parent.audit.known)
		why("the state of the audit is not known");
	else if (parent.audit.failing)
		why("records cannot be written: %s", parent.audit.why);
	judge_processes();
}

/* ---- the numbers ---- */

static void
put(enum metric m, uint64_t value, const char *a, const char *b)
{
	if (self.n < METRIC_SAMPLES)
		self.sample[self.n++] = (struct metric_sample){ m, value,
			{ bytes_str(a != NULL ? a : ""), bytes_str(b != NULL ? b : "") } };
}

static void
put_edge(const struct kid *k)
{
	const struct msg_stats *s = &k->stats;
	char *edge = self.number[k->index];

	snprintf(edge, sizeof(self.number[0]), "%u", k->index % 100);
	put(METRIC_CONNECTIONS, s->conns, edge, NULL);
	put(METRIC_PREAUTH, s->early, edge, NULL);
	put(METRIC_PENALISED, s->penalised, edge, NULL);
	put(METRIC_HELD, s->held, edge, NULL);
	put(METRIC_CONNECTIONS_TOTAL, s->opened, edge, NULL);
	put(METRIC_LOGINS, s->opened, edge, "admitted");
	put(METRIC_LOGINS, s->login_failed, edge, "failed");
	put(METRIC_MESSAGES, s->in_msgs, edge, "in");
	put(METRIC_MESSAGES, s->out_msgs, edge, "out");
	put(METRIC_BYTES, s->in_bytes, edge, "in");
	put(METRIC_BYTES, s->out_bytes, edge, "out");
	put(METRIC_SHADOW_DENIED, s->would_deny, edge, NULL);
	if (parent.config->tls.on || parent.config->upstream_tls.on) {
		put(METRIC_TLS, s->tls_done, edge, "done");
		put(METRIC_TLS, s->tls_failed, edge, "failed");
		put(METRIC_TLS_UNSIGNED, s->tls_unsigned, edge, NULL);
	}
	put(METRIC_DECISIONS_LOST, s->unwritten, edge, NULL);
	for (unsigned i = 1; i < STATS_KINDS; i++) {
		const char *word = stats_word(i);

		if (word != NULL && strcmp(word, "would_deny") != 0)
			put(METRIC_DENIED, s->kind[i], edge, word);
	}
}

static void
put_dispatcher(const struct kid *k)
{
	put(METRIC_COMMANDS, k->stats.forwarded, "allow", NULL);
	put(METRIC_COMMANDS, k->stats.refused, "deny", NULL);
	put(METRIC_COMMANDS, k->stats.failed, "failed", NULL);
	put(METRIC_COMMANDS_WAITING, k->stats.waiting, NULL, NULL);
}

/* put_limits() - of all processes together, and of edges that are gone: they only grow. */
static void
put_limits(void)
{
	for (unsigned l = 0; l < LIMIT_COUNT; l++)
		put(METRIC_LIMITS, status_limit((enum limit)l), limit_name((enum limit)l), NULL);
}

static void
put_processes(void)
{
	static const char zero[] = "0";

	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];
		bool edge = k->role == ROLE_EDGE;

		if (edge)
			put_edge(k);
		if (k->role == ROLE_DISPATCHER)
			put_dispatcher(k);
		put(METRIC_PROCESS_UP, serves(k), role_name(k->role),
		    edge ? self.number[k->index] : zero);
		put(METRIC_PROCESS_RESTARTS, k->restarts, role_name(k->role),
		    edge ? self.number[k->index] : zero);
	}
}

static void
put_audit(void)
{
	static const char *const bounds[METRIC_BUCKETS + 1] = { "0.0001", "0.00025", "0.0005",
		"0.001", "0.0025", "0.005", "0.01", "0.05", "0.25", "1", "+Inf" };
	uint64_t sum = 0;

	_Static_assert((int)STATS_BUCKETS == (int)METRIC_BUCKETS + 1,
	    "a bucket for each bound, and one above");
	if (!parent.audit.known)
		return;
	put(METRIC_AUDIT_SEQ, parent.audit.seq, NULL, NULL);
	put(METRIC_AUDIT_DURABLE, parent.audit.durable, NULL, NULL);
	put(METRIC_AUDIT_FAILING, parent.audit.failing, NULL, NULL);
	put(METRIC_AUDIT_LOST, parent.audit.lost, NULL, NULL);
	put(METRIC_AUDIT_CHECKPOINT, parent.audit.checkpoint_ns, NULL, NULL);
	for (size_t i = 0; i <= METRIC_BUCKETS; i++) {
		sum += parent.audit.batch[i];
		put(METRIC_AUDIT_WRITE_BUCKET, sum, bounds[i], NULL);
	}
	put(METRIC_AUDIT_WRITE_SUM, parent.audit.batch_ns, NULL, NULL);
	put(METRIC_AUDIT_WRITE_COUNT, sum, NULL, NULL);
	put(METRIC_DECISIONS_FAILING, parent.audit.notes_failing, NULL, NULL);
}

static void
put_sinks(void)
{
	for (size_t i = 0; i < parent.config->n_sinks; i++) {
		const struct sink_status *s = &parent.sink[i];
		const char *name = parent.config->sink[i].name,
			   *type = sink_type_name(parent.config->sink[i].type);

		put(METRIC_SINK_UP, s->up, name, type);
		put(METRIC_SINK_POSITION, s->after, name, type);
		put(METRIC_SINK_WAITING, s->waiting, name, type);
	}
}

static void
collect(void)
{
	uint64_t up_ms = uv_now(&parent.loop) - parent.born_ms;

	self.n = 0;
	put(METRIC_BUILD_INFO, 1, PORTCULLIS_VERSION, NULL);
	put(METRIC_START_TIME, (uint64_t)(clock_wall_s() - (int64_t)(up_ms / 1000)) * 1000000000,
	    NULL, NULL);
	put(METRIC_READY, self.why.len == 0, NULL, NULL);
	if (parent.reload.id[0] != '\0') {
		put(METRIC_POLICY_INFO, 1, parent.reload.id, NULL);
		put(METRIC_POLICY_RULES, parent.reload.rules, NULL, NULL);
		put(METRIC_POLICY_LOADED, (uint64_t)parent.reload.loaded_s * 1000000000, NULL,
		    NULL);
	}
	put(METRIC_RECONFIGURE, parent.reload.n_loaded, "loaded", NULL);
	put(METRIC_RECONFIGURE, parent.reload.n_refused, "refused", NULL);
	put(METRIC_UPSTREAM_UP, parent.upstream_tried && parent.upstream_error == 0 && !self.late,
	    NULL, NULL);
	put_limits();
	put_processes();
	put_audit();
	put_sinks();
}

/* ---- the process ---- */

/* tell_if_known() - when nothing more is waited for. */
static void
tell_if_known(void)
{
	struct kid *k = kid_of(ROLE_METRICS, 0);

	if (!self.wanted || self.counting || self.looking)
		return;
	self.wanted = false;
	if (k == NULL || !k->alive || k->channel.fd < 0)
		return;
	judge();
	collect();
	(void)msg_metrics_put(&k->channel, &(struct msg_metrics){ .ready = self.why.len == 0,
					       .why = buf_bytes(&self.why),
					       .n = self.n,
					       .sample = self.sample });
	channel_flush(&k->channel);
}

void
metrics_numbers(void)
{
	self.counting = false;
	tell_if_known();
}

void
metrics_looked(void)
{
	self.looking = self.late = false;
	if (self.fd >= 0)
		uv_timer_stop(&self.look);
	tell_if_known();
}

static void
on_late(uv_timer_t *t)
{
	(void)t;
	self.late = true;
	self.looking = false;
	tell_if_known();
}

int
metrics_on_wanted(struct channel *c, struct cursor *in, int fd)
{
	uint64_t now = uv_now(&parent.loop);

	(void)in;
	(void)fd;
	if (((struct kid *)c)->role != ROLE_METRICS || self.wanted)
		return -EBADMSG;
	self.wanted = self.counting = true;
	if (self.looked_ms == 0 || now - self.looked_ms >= LOOK_EVERY_MS) {
		self.looked_ms = now;
		self.looking = true;
		uv_timer_start(&self.look, on_late, LOOK_MS, 0);
		dial_look();
	}
	control_ask();
	return 0;
}

/* spawn() - Return: 0, -errno. */
static int
spawn(struct kid *k)
{
	int r = children_spawn(k, ROLE_METRICS, 0);

	if (r != 0)
		return err_pass(r);
	self.wanted = false;
	r = msg_listener_put(&k->channel, "", 0, fcntl(self.fd, F_DUPFD_CLOEXEC, 3));
	if (r != 0)
		return err_pass(r);
	/* it has no part in the policy: it begins at once, and says that the others have not */
	k->channel.state = 1;
	return msg_bare_put(&k->channel, MSG_START, -1);
}

static void
again(uv_timer_t *t)
{
	struct kid *k = kid_of(ROLE_METRICS, 0);

	if (k == NULL || k->alive || parent.state == PARENT_LEAVING)
		return;
	k->restarts++;
	if (spawn(k) == 0)
		return;
	log_event(LOG_ERR, "metrics_not_started");
	uv_timer_start(t, again, respawn_backoff(k), 0);
}

void
metrics_gone(struct kid *k)
{
	uv_timer_start(&self.again, again, respawn_backoff(k), 0);
}

static int
cannot(const char *reason)
{
	struct log_line l;

	log_begin(&l, LOG_FTL, "cannot_listen");
	log_str(&l, "metrics", self.shown);
	log_str(&l, "why", reason);
	log_end(&l);
	return -1;
}

static int
open_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int r;

	snprintf(self.shown, sizeof(self.shown), "unix:%s", path);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	self.fd = activation_take((struct sockaddr *)&un, "metrics");
	if (self.fd >= 0)
		return 0;
	r = unix_listen(&self.socket, path, METRICS_MODE);
	self.fd = self.socket.fd;
	return r == 0 ? 0 : cannot(control_why(r));
}

static int
open_inet(const struct config_address *a)
{
	char name[300];
	int r = listener_open(a, &self.fd, name, sizeof(name));

	snprintf(self.shown, sizeof(self.shown), "%s", r == 0 ? name : a->host);
	return r == 0 ? 0 : cannot(strerror(-r));
}

int
metrics_open(void)
{
	const struct config *c = parent.config;

	if (!c->metrics_on && c->metrics_path == NULL)
		return 0;
	uv_timer_init(&parent.loop, &self.again);
	uv_timer_init(&parent.loop, &self.look);
	buf_init(&self.why, METRICS_WHY_MAX);
	return c->metrics_path != NULL ? open_unix(c->metrics_path) : open_inet(&c->metrics);
}

int
metrics_start(void)
{
	struct kid *k = &parent.kid[parent.n_kids];
	struct log_line l;

	if (self.fd < 0)
		return 0;
	parent.n_kids++;
	if (spawn(k) != 0) {
		log_event(LOG_FTL, "metrics_not_started");
		return -1;
	}
	log_begin(&l, LOG_INF, "metrics");
	log_str(&l, "listen", self.shown);
	log_end(&l);
	return 0;
}

void
metrics_end(void)
{
	unix_unlisten(&self.socket);
}

int
metrics_socket(void)
{
	return self.fd;
}
