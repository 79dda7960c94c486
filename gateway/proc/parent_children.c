/*
 * parent_children - starting processes and wiring them. A child is our own program executed anew
 * with a role, so that no memory is shared, with an empty environment and one descriptor besides
 * the standard ones. Each pair that must speak gets a socket pair, its ends sent to both.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_changed.h"
#include "gateway/proc/parent_priv.h"

enum { RESPAWN_QUIET_MS = 60000, RESPAWN_STEP_MS = 200, RESPAWN_MAX_MS = 10000 };

/* who speaks with whom */
static const struct {
	enum role a, b;
} wires[] = {
	{ ROLE_EDGE, ROLE_VERIFIER },
	{ ROLE_EDGE, ROLE_SIGNER },
	{ ROLE_EDGE, ROLE_DISPATCHER },
	{ ROLE_EDGE, ROLE_AUDITOR },
	{ ROLE_VERIFIER, ROLE_SIGNER },
	{ ROLE_VERIFIER, ROLE_DISPATCHER },
	{ ROLE_VERIFIER, ROLE_AUDITOR },
	{ ROLE_SIGNER, ROLE_DISPATCHER },
	{ ROLE_DISPATCHER, ROLE_AUDITOR },
	{ ROLE_AUDITOR, ROLE_SHIPPER },
};

struct kid *
kid_of(enum role role, unsigned index)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		if (parent.kid[i].role == role && parent.kid[i].index == index)
			return &parent.kid[i];
	}
	return NULL;
}

static struct kid *
of_channel(struct channel *c)
{
	return (struct kid *)c;
}

/* ---- what children say ---- */

static int
on_ready(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	of_channel(c)->ready = true;
	parent_on_ready();
	return 0;
}

static int
on_done(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	of_channel(c)->done = true;
	return 0;
}

static int
on_dial(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token;

	(void)fd;
	if (msg_token_get(in, &token) != 0)
		return -EBADMSG;
	dial_for(of_channel(c), token);
	return 0;
}

static int
on_fatal(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	return 0; /* it has logged its reason; its end follows */
}

static int
on_trusted(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0)
		return -EBADMSG;
	log_begin(&l, LOG_INF, "trust_loaded");
	log_bytes(&l, "what", t.text);
	log_end(&l);
	reload_trusted(t.name, t.text);
	return 0;
}

/* print_report() - a compiler's words, line by line as they are. */
static void
print_report(struct bytes text)
{
	if (text.len > 0)
		dprintf(STDERR_FILENO, "%.*s", (int)text.len, (const char *)text.ptr);
}

static int
on_snapshot(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;

	(void)c;
	if (msg_text_get(in, &t) != 0) {
		close(fd);
		return -EBADMSG;
	}
	print_report(t.text);
	if (parent.policy >= 0)
		close(parent.policy);
	parent.policy = fd;
	reload_compiled(t.name, t.text);
	children_policy();
	return 0;
}

/* on_applied() - said when the last one judges by it, so that who waits for the word can rely on it. */
static int
on_applied(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	if (parent.unapplied > 0 && --parent.unapplied == 0) {
		log_event(LOG_INF, "policy_loaded");
		changes_tell();
		reload_applied();
	}
	return 0;
}

static int
on_no_snapshot(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0)
		return -EBADMSG;
	print_report(t.text);
	log_begin(&l, LOG_ERR, "policy_refused");
	log_str(&l, "effect", parent.policy >= 0 ? "the policy in force stays" : "the gate does not start");
	log_end(&l);
	reload_refused(t.text);
	if (parent.policy < 0)
		parent_stop(3);
	return 0;
}

static void
kid_ended(struct channel *c, const char *why)
{
	(void)why;
	/* its exit status follows; nothing more is said to it */
	channel_close(c);
}

static const struct frame_rule kid_rules[] = {
	{ MSG_READY, (1U << 0 | 1U << 1), false, false, 0, on_ready, "ready" },
	{ MSG_DONE, (1U << 0 | 1U << 1), false, false, 0, on_done, "done" },
	{ MSG_DIAL, (1U << 0 | 1U << 1), false, false, 8, on_dial, "dial" },
	{ MSG_FATAL, (1U << 0 | 1U << 1), false, false, 4096, on_fatal, "fatal" },
	{ MSG_TRUSTED, (1U << 0 | 1U << 1), false, false, 4096, on_trusted, "trusted" },
	{ MSG_SINK_STATE, (1U << 0 | 1U << 1), false, false, 256, shipper_on_state, "sink_state" },
	{ MSG_APPLIED, (1U << 0 | 1U << 1), false, false, 0, on_applied, "applied" },
	{ MSG_STATS, (1U << 0 | 1U << 1), false, false, 1024, control_on_stats, "stats" },
	{ MSG_AUDIT_STATE, (1U << 0 | 1U << 1), false, false, 2048, control_on_audit_state, "audit_state" },
	{ MSG_LIVE, (1U << 0 | 1U << 1), false, false, 8192, control_on_live, "live" },
	{ MSG_TLS_KEY_TAKEN, (1U << 0 | 1U << 1), false, false, 0, tls_on_key_taken, "tls_key_taken" },
	{ MSG_LIVE_END, (1U << 0 | 1U << 1), false, false, 16, control_on_live_end, "live_end" },
	{ MSG_KEY_CHANGED, (1U << 1), false, false, 1024, rotate_on_changed, "key_changed" },
	{ MSG_METRICS_WANTED, (1U << 0 | 1U << 1), false, false, 0, metrics_on_wanted, "metrics_wanted" },
};
static const struct frame_rule compiler_rules[] = {
	{ MSG_SNAPSHOT, (1U << 0 | 1U << 1), true, true, FRAME_MAX, on_snapshot, "snapshot" },
	{ MSG_NO_SNAPSHOT, (1U << 0 | 1U << 1), true, false, FRAME_MAX, on_no_snapshot, "no_snapshot" },
	{ MSG_CHANGED, (1U << 0 | 1U << 1), true, false, CHANGED_MAX, changes_take, "changed" },
	{ MSG_FATAL, (1U << 0 | 1U << 1), false, false, 4096, on_fatal, "fatal" },
};

/* ---- starting ---- */

static void
after_compile(uv_timer_t *t)
{
	(void)t;
	parent.compiling = false;
	reload_compiler_gone();
	if (parent.compile_again) {
		parent.compile_again = false;
		children_compile();
	} else if (parent.policy < 0 && parent.state == PARENT_STARTING) {
		parent_stop(3);
	}
}

static void
on_process_exit(uv_process_t *p, int64_t status, int signal)
{
	struct kid *k = (struct kid *)p->data;

	k->alive = false;
	k->ready = false;
	uv_close((uv_handle_t *)p, NULL);
	/* what it said last is still read */
	if (k->channel.fd >= 0)
		channel_pull(&k->channel);
	if (k->channel.fd >= 0)
		channel_close(&k->channel);
	if (k->role != ROLE_COMPILER) {
		parent_kid_gone(k, status, signal);
		return;
	}
	/* its handles are still closing: go on when the loop has let go of them */
	uv_timer_start(&parent.compile_timer, after_compile, 0, 0);
}

/* spawn() - start our own program in a role, channel attached, settings said. Return: 0, -errno. */
static int
spawn(struct kid *k, enum role role, unsigned index)
{
	static const struct channel_ops kid_ops = { kid_rules, sizeof(kid_rules) / sizeof(kid_rules[0]), kid_ended };
	static const struct channel_ops compiler_ops = { compiler_rules,
		sizeof(compiler_rules) / sizeof(compiler_rules[0]), kid_ended };
	char name[] = "portcullis-gateway", flag[] = "--role", role_text[16], *argv[] = { name, flag, role_text, NULL };
	char *env[] = { NULL };
	int pair[2], r;
	uv_stdio_container_t stdio[4] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD },
	};
	uv_process_options_t o = { .exit_cb = on_process_exit, .file = "/proc/self/exe", .args = argv, .env = env,
		.stdio_count = 4, .stdio = stdio };

	snprintf(role_text, sizeof(role_text), "%s", role_name(role));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	stdio[3].data.fd = pair[1];
	memset(&k->process, 0, sizeof(k->process));
	k->role = role;
	k->index = index;
	k->ready = k->done = k->owes_stats = k->owes_conns = false;
	k->process.data = k;
	r = uv_spawn(&parent.loop, &k->process, &o);
	close(pair[1]);
	if (r != 0) {
		/* the loop has it in its books all the same */
		uv_close((uv_handle_t *)&k->process, NULL);
		close(pair[0]);
		return err_raise(r);
	}
	k->alive = true;
	k->born_ms = uv_now(&parent.loop);
	return channel_open(&k->channel, &parent.loop, pair[0], role_name(role), index,
	    role == ROLE_COMPILER ? &compiler_ops : &kid_ops);
}

/* setup() - its settings. */
static void
setup(struct kid *k)
{
	const struct config *c = parent.config;
	struct setup s = {
		.index = k->index,
		.log_level = parent.options->trace ? LOG_TRC : parent.options->debug ? LOG_DBG : LOG_INF,
		.max_connections = c->max_connections,
		.max_subscriptions = c->max_subscriptions,
		.max_control_line = c->max_control_line,
		.max_connect = c->max_connect,
		.max_payload = c->max_payload,
		.max_command = c->max_command,
		.max_pending = c->max_pending,
		.auth_timeout_ms = c->auth_timeout_ms,
		.ping_interval_ms = c->ping_interval_ms,
		.ping_max = c->ping_max,
		.write_deadline_ms = c->write_deadline_ms,
		.drain_ms = c->drain_ms,
		.lame_duck_grace_ms = c->lame_duck_grace_ms,
		.lame_duck_duration_ms = c->lame_duck_duration_ms,
		.require_exp = c->require_exp,
		.allow_open = c->upstream_allow_open,
		.mint = c->upstream_mint != NULL,
		.edges = c->edges,
		.checkpoint_records = (uint32_t)c->checkpoint_records,
		.checkpoint_every_ms = (uint32_t)c->checkpoint_every_ms,
		.segment_size = c->segment_size,
		.segment_age_ms = c->segment_age_ms,
		.keep_size = c->keep_size,
		.keep_age_ms = c->keep_age_ms,
		.ceilings = c->ceilings,
	};

	for (size_t i = 0; i < parent.n_gates; i++)
		memcpy(s.gate[s.n_gates++], parent.gate[i].pub, sizeof(parent.gate[i].pub));
	snprintf(s.server_id, sizeof(s.server_id), "%s", parent.server_id);
	snprintf(s.server_name, sizeof(s.server_name), "%s", c->server_name);
	msg_setup_put(&k->channel, &s);
}

int
children_spawn(struct kid *k, enum role role, unsigned index)
{
	int r = spawn(k, role, index);

	if (r == 0)
		setup(k);
	return err_pass(r);
}

/* wire() - a socket pair between two children, both told. Return: 0, -errno. */
static int
wire(struct kid *a, struct kid *b)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	r = msg_peer_put(&a->channel, b->role, b->index, pair[0]);
	if (r != 0)
		close(pair[1]);
	else
		r = msg_peer_put(&b->channel, a->role, a->index, pair[1]);
	/* a channel holds few descriptors (FRAME_FDS), and there can be many edges */
	channel_flush(&a->channel);
	channel_flush(&b->channel);
	return err_pass(r);
}

int
children_wire(struct kid *k)
{
	for (size_t w = 0; w < sizeof(wires) / sizeof(wires[0]); w++) {
		if (wires[w].a != k->role && wires[w].b != k->role)
			continue;
		for (size_t i = 0; i < parent.n_kids; i++) {
			struct kid *x = &parent.kid[i];
			enum role other = wires[w].a == k->role ? wires[w].b : wires[w].a;
			int r;

			if (x == k || !x->alive || x->role != other)
				continue;
			r = wire(k, x);
			if (r != 0)
				return err_pass(r);
		}
	}
	return tls_wire(k);
}

/* give_listeners() - an edge accepts on every listening socket. */
static int
give_listeners(struct kid *k)
{
	for (size_t i = 0; i < parent.n_listeners; i++) {
		const struct parent_listener *l = &parent.listener[i];
		int r = msg_listener_put(&k->channel, l->host, l->port, fcntl(l->fd, F_DUPFD_CLOEXEC, 3));

		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

int
children_start(void)
{
	static const enum role order[] = { ROLE_AUDITOR, ROLE_SIGNER, ROLE_DISPATCHER, ROLE_VERIFIER };
	size_t n = sizeof(order) / sizeof(order[0]) + parent.config->edges;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct kid *k = &parent.kid[i];
		bool edge = i >= sizeof(order) / sizeof(order[0]);

		r = spawn(k, edge ? ROLE_EDGE : order[i], edge ? (unsigned)(i - sizeof(order) / sizeof(order[0])) : 0);
		if (r != 0)
			break;
		parent.n_kids = i + 1;
		setup(k);
		r = children_files(k);
		if (r == 0)
			r = children_wire(k);
		if (r == 0 && edge)
			r = give_listeners(k);
	}
	if (r == 0 && parent.config->n_sinks > 0)
		r = shipper_start(&parent.kid[parent.n_kids]);
	if (r != 0) {
		struct log_line l;

		log_begin(&l, LOG_FTL, "cannot_start");
		log_errno(&l, r);
		log_end(&l);
	}
	return err_pass(r);
}

/* judges() - does it decide by the policy? */
static bool
judges(const struct kid *k)
{
	return k->role == ROLE_EDGE || k->role == ROLE_VERIFIER || k->role == ROLE_DISPATCHER;
}

/* children_begin() - the snapshot in force; the first one also starts the child. */
void
children_begin(struct kid *k)
{
	bool started = k->channel.state != 0;

	if (!k->alive || k->channel.fd < 0)
		return;
	if (judges(k))
		(void)msg_bare_put(&k->channel, MSG_POLICY, fcntl(parent.policy, F_DUPFD_CLOEXEC, 3));
	if (!started) {
		k->channel.state = 1;
		(void)msg_bare_put(&k->channel, MSG_START, -1);
	}
}

void
children_policy(void)
{
	/* who vouches and who commands first, who reads the network last */
	parent.unapplied = 0;
	for (size_t i = 0; i < parent.n_kids; i++)
		parent.unapplied += parent.kid[i].alive && judges(&parent.kid[i]) ? 1 : 0;
	for (size_t i = 0; i < parent.n_kids; i++)
		children_begin(&parent.kid[i]);
}

static void
respawn(uv_timer_t *t)
{
	(void)t;
	for (size_t i = 0; i < parent.n_kids && parent.state == PARENT_RUNNING; i++) {
		struct kid *k = &parent.kid[i];

		if (k->alive || k->role != ROLE_EDGE || k->done)
			continue;
		if (spawn(k, ROLE_EDGE, k->index) != 0) {
			log_event(LOG_ERR, "edge_not_started");
			uv_timer_start(&parent.respawn_timer, respawn, RESPAWN_MAX_MS, 0);
			continue;
		}
		k->restarts++;
		for (size_t l = 0; l < LIMIT_COUNT; l++)
			parent.past_limit[l] += k->stats.limit[l];
		k->stats = (struct msg_stats){ 0 };
		setup(k);
		if (children_wire(k) != 0 || give_listeners(k) != 0)
			uv_process_kill(&k->process, 9);
		else
			children_begin(k);
	}
}

uint64_t
children_backoff(struct kid *k)
{
	uint64_t wait;

	k->deaths = uv_now(&parent.loop) - k->born_ms > RESPAWN_QUIET_MS ? 1 : k->deaths + 1;
	wait = k->deaths > 1 ? (uint64_t)RESPAWN_STEP_MS << (k->deaths < 7 ? k->deaths : 7) : 0;
	return wait < RESPAWN_MAX_MS ? wait : RESPAWN_MAX_MS;
}

void
children_respawn(void)
{
	uint64_t wait = 0;

	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];

		uint64_t own = !k->alive && k->role == ROLE_EDGE ? children_backoff(k) : 0;

		wait = own > wait ? own : wait;
	}
	uv_timer_start(&parent.respawn_timer, respawn, wait, 0);
}

void
children_say(enum role role, enum msg_parent type)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];

		if (k->alive && k->channel.fd >= 0 && (role == ROLE_COUNT || k->role == role))
			(void)msg_bare_put(&k->channel, type, -1);
	}
}

void
children_compile(void)
{
	struct kid *k = &parent.compiler;
	int n;

	parent.reload.wanted++;
	if (parent.compiling) {
		parent.compile_again = true;
		return;
	}
	reload_begun();
	if (spawn(k, ROLE_COMPILER, 0) != 0) {
		log_event(LOG_ERR, "compiler_not_started");
		reload_refused(BYTES_LIT("the compiler could not be started\n"));
		reload_compiler_gone();
		if (parent.policy < 0)
			parent_stop(1);
		return;
	}
	parent.compiling = true;
	setup(k);
	n = files_sources(&k->channel);
	if (n <= 0) {
		struct log_line l;

		log_begin(&l, LOG_ERR, "policies_not_read");
		log_str(&l, "folder", parent.config->policies);
		log_str(&l, "why", n == 0 ? "it holds no *.policy file" : strerror(-n));
		log_end(&l);
		reload_refused(n == 0 ? BYTES_LIT("the policy folder holds no *.policy file\n") :
					BYTES_LIT("the policy folder cannot be read\n"));
		uv_process_kill(&k->process, 9);
		return;
	}
	if (parent.policy >= 0) /* to say what changes */
		(void)msg_bare_put(
		    &k->channel, MSG_POLICY, fcntl(parent.policy, F_DUPFD_CLOEXEC, 3));
	(void)msg_bare_put(&k->channel, MSG_COMPILE, -1);
}
