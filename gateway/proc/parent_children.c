/*
 * parent_children - starting processes. A child is our own program executed anew with a role, so that
 * no memory is shared, with an empty environment and one descriptor besides the standard ones.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/numbers.h"
#include "gateway/proc/parent_priv.h"


struct kid *
kid_of(enum role role, unsigned index)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		if (parent.kid[i].role == role && parent.kid[i].index == index)
			return &parent.kid[i];
	}
	return NULL;
}

uint64_t
children_since(const struct kid *k)
{
	return k->role == ROLE_EDGE ? k->restarts * NUMBERS_EACH : 0;
}

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
		/* it said nothing of the policy, so it is not the policy */
		parent_stop(1);
	}
}

static void
on_process_exit(uv_process_t *p, int64_t status, int signal)
{
	struct kid *k = (struct kid *)p->data;

	k->alive = false;
	k->ready = false;
	k->owes_stats = k->owes_conns = false;
	uv_close((uv_handle_t *)p, NULL);
	/* what it said last is still read */
	if (k->channel.fd >= 0)
		channel_pull(&k->channel);
	if (k->channel.fd >= 0)
		channel_close(&k->channel);
	if (k->role != ROLE_COMPILER) {
		children_unapplied(k);
		parent_kid_gone(k, status, signal);
		return;
	}
	if (status != 0 || signal != 0)
		parent_kid_ended(k, status, signal);
	/* its handles are still closing: go on when the loop has let go of them */
	uv_timer_start(&parent.compile_timer, after_compile, 0, 0);
}

/* spawn() - start our own program in a role, channel attached, settings said. Return: 0, -errno. */
static int
spawn(struct kid *k, enum role role, unsigned index)
{
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
	k->unanswered = 0;
	k->applying = k->uncounted = 0;
	k->walls = (struct msg_walls){ 0 };
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
	return channel_open(&k->channel, &parent.loop, pair[0], role_name(role), index, says_ops(role));
}

/* setup() - its settings. */
static void
setup(struct kid *k)
{
	const struct config *c = parent.config;
	struct setup s = {
		.index = k->index,
		.last_id = children_since(k),
		.log_level = parent.options->trace ? LOG_TRC : parent.options->debug ? LOG_DBG : LOG_INF,
		.max_connections = c->max_connections,
		.connections_asked = c->connections_asked,
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
	for (size_t i = 0; i < parent.n_listeners && i < SETUP_LISTENERS; i++) {
		const struct parent_listener *l = &parent.listener[i];

		snprintf(s.listener[s.n_listeners++], sizeof(s.listener[0]),
		    strchr(l->host, ':') != NULL ? "[%s]:%u" : "%s:%u", l->host, l->port);
	}
	snprintf(s.server_id, sizeof(s.server_id), "%s", parent.server_id);
	snprintf(s.server_name, sizeof(s.server_name), "%s", c->server_name);
	walls_setup(&s);
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
children_equip(struct kid *k)
{
	int r = children_files(k);

	if (r == 0)
		r = wires_connect(k);
	if (r == 0 && k->role == ROLE_EDGE)
		r = give_listeners(k);
	return err_pass(r);
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
		r = children_equip(k);
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

/* give_policy() - Return: was it given? */
static bool
give_policy(struct kid *k)
{
	return judges(k) && k->alive && k->channel.fd >= 0 &&
	    msg_bare_put(&k->channel, MSG_POLICY, fcntl(parent.policy, F_DUPFD_CLOEXEC, 3)) == 0;
}

/* start() - all is there. */
static void
start(struct kid *k)
{
	if (!k->alive || k->channel.fd < 0 || k->channel.state != 0)
		return;
	k->channel.state = 1;
	(void)msg_bare_put(&k->channel, MSG_START, -1);
}

void
children_begin(struct kid *k)
{
	k->uncounted += give_policy(k);
	start(k);
}

void
children_policy(void)
{
	/* who vouches and who commands first, who reads the network last */
	for (size_t i = 0; i < parent.n_kids; i++) {
		parent.kid[i].applying += give_policy(&parent.kid[i]);
		start(&parent.kid[i]);
	}
	parent.unapplied = 0;
	for (size_t i = 0; i < parent.n_kids; i++)
		parent.unapplied += parent.kid[i].applying;
}

/* applied() - @n of a reload's policies are judged by, or never will be. */
static void
applied(unsigned n)
{
	parent.unapplied -= n;
	if (n == 0 || parent.unapplied > 0)
		return;
	log_event(LOG_INF, "policy_loaded");
	changes_tell();
	reload_applied();
}

void
children_applied(struct kid *k)
{
	if (k->uncounted > 0) {
		k->uncounted--;
	} else if (k->applying > 0) {
		k->applying--;
		applied(1);
	}
}

void
children_unapplied(struct kid *k)
{
	unsigned n = k->applying;

	k->applying = k->uncounted = 0;
	if (parent.state != PARENT_LEAVING)
		applied(n);
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
