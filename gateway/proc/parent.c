/*
 * parent - see parent.h. Signals as nats-server's: HUP reload, USR1 reopen the log, USR2 lame duck,
 * INT and TERM stop gracefully, a second one hurries, a third kills.
 *
 * A child that dies is replaced (parent_respawn.c), once the gate is up; one that dies before ends it.
 */
#include "gateway/proc/parent_priv.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/io/whole.h"
#include "gateway/proc/check.h"
#include "policy/identity/nkey.h"

enum {
	PARENT_STOP_MS = 10000,
	PARENT_LEAVE_MS = 5000,   /* to write down or send what is left */
	PARENT_AUDIT_MS = 10000,  /* the same for the audit: a disk may be slow */
	PARENT_HURRY_MS = 5000,
	PARENT_SAID_MAX = 64 * 1024,
};

struct parent parent;

/* ---- readiness ---- */

/* write_pid() - our process id into the file of -P. */
static void
write_pid(void)
{
	FILE *f;

	if (parent.options->pid == NULL)
		return;
	f = fopen(parent.options->pid, "we");
	if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0)
		log_event(LOG_ERR, "pid_file_not_written");
	if (f != NULL)
		fclose(f);
}

void
parent_on_ready(void)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		if (!parent.kid[i].ready && parent.kid[i].role != ROLE_SHIPPER && parent.kid[i].role != ROLE_METRICS)
			return;
	}
	if (parent.announced)
		return;
	parent.announced = true;
	parent.state = PARENT_RUNNING;
	write_pid();
	for (size_t i = 0; i < parent.n_listeners; i++) {
		const struct parent_listener *l = &parent.listener[i];
		bool six = strchr(l->host, ':') != NULL;

		/* the one line that others wait for: not in the log's form, on its own */
		dprintf(parent.announce >= 0 ? parent.announce : STDERR_FILENO,
		    "portcullis-gateway ready %s%s%s:%u\n", six ? "[" : "", l->host, six ? "]" : "", l->port);
	}
	if (parent.announce >= 0)
		close(parent.announce);
	parent.announce = -1;
	notify_ready();
	upgrade_ready();
	/* what changed while we began may have been read before */
	if (parent.reload_due)
		parent_reload("signal HUP");
}

/* ---- ending ---- */

/* the order in which they end: each writes down, or sends, what those before it have said */
static const struct {
	uint32_t roles;
	uint64_t patience_ms; /* then those that are still there are killed; the edges' is their own */
} stages[] = {
	{ 1U << ROLE_EDGE, 0 },
	{ 1U << ROLE_VERIFIER | 1U << ROLE_SIGNER | 1U << ROLE_DISPATCHER, PARENT_LEAVE_MS },
	{ 1U << ROLE_AUDITOR, PARENT_AUDIT_MS },
	{ 1U << ROLE_SHIPPER | 1U << ROLE_METRICS, PARENT_LEAVE_MS },
};

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

static bool
alive_of(uint32_t roles)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		if (parent.kid[i].alive && (roles & 1U << parent.kid[i].role) != 0)
			return true;
	}
	return false;
}

static void
kill_of(uint32_t roles)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		if (parent.kid[i].alive && (roles & 1U << parent.kid[i].role) != 0)
			uv_process_kill(&parent.kid[i].process, SIGKILL);
	}
}

/* on_patience() - those whose turn it is have had their time; the others still end in order. */
static void
on_patience(uv_timer_t *t)
{
	size_t i = 0;

	(void)t;
	while (i < STAGES && !alive_of(stages[i].roles))
		i++;
	if (i < STAGES)
		kill_of(stages[i].roles);
}

/* leave_if_alone() - the next to end, when those before have: the edges go by themselves. */
static void
leave_if_alone(void)
{
	if (alive_of(stages[0].roles))
		return;
	parent.state = PARENT_LEAVING;
	for (size_t i = 1; i < STAGES; i++) {
		if (!alive_of(stages[i].roles))
			continue;
		for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
			if ((stages[i].roles & 1U << role) != 0)
				children_say(role, MSG_STOP);
		}
		uv_timer_start(&parent.stop_timer, on_patience, stages[i].patience_ms, 0);
		return;
	}
	control_end();
	if (upgrade_hand_over())
		return;
	if (parent.options->pid != NULL && parent.announced)
		unlink(parent.options->pid);
	metrics_end();
	log_event(LOG_INF, "stopped");
	uv_stop(&parent.loop);
}

/* hurry() - asked to stop once more: nobody is waited for, but in order; the third time not even that. */
static void
hurry(void)
{
	if (upgrade_hurry())
		return;
	if (parent.hurried) {
		kill_of(~0U);
		return;
	}
	parent.hurried = true;
	log_event(LOG_INF, "hurrying");
	if (!alive_of(stages[0].roles))
		return;
	children_say(ROLE_EDGE, MSG_STOP);
	uv_timer_start(&parent.stop_timer, on_patience, PARENT_HURRY_MS, 0);
}

void
parent_stop(int status)
{
	if (status != 0)
		parent.status = status;
	if (parent.state == PARENT_LEAVING) {
		hurry();
		return;
	}
	parent.state = PARENT_LEAVING;
	if (!upgrade_leaving())
		notify_stopping("ending: commands under way are finished");
	log_event(LOG_INF, "stopping");
	children_say(ROLE_EDGE, MSG_STOP);
	listeners_close();
	uv_timer_start(&parent.stop_timer, on_patience, parent.config->drain_ms + PARENT_STOP_MS, 0);
	leave_if_alone();
}

void
parent_kid_ended(const struct kid *k, int64_t status, int signal)
{
	struct log_line l;

	log_begin(&l, parent.state == PARENT_LEAVING ? LOG_INF : LOG_ERR, "child_ended");
	log_word(&l, "child", role_name(k->role));
	log_num(&l, "index", k->index);
	log_num(&l, "status", status);
	log_num(&l, "signal", signal);
	if (walls_killed(signal) != NULL)
		log_str(&l, "why", walls_killed(signal));
	log_end(&l);
}

void
parent_kid_gone(struct kid *k, int64_t status, int signal)
{
	if ((parent.state != PARENT_LEAVING && !k->done) || status != 0 || signal != 0)
		parent_kid_ended(k, status, signal);
	if (parent.state == PARENT_LEAVING || (parent.state == PARENT_LAME_DUCK && k->role == ROLE_EDGE)) {
		/* after a lame duck's last edge nothing is left to do; one that died is not missed */
		leave_if_alone();
		return;
	}
	if (k->role == ROLE_AUDITOR)
		status_audit_gone();
	if (k->role == ROLE_SHIPPER)
		shipper_gone(k);
	else if (k->role == ROLE_METRICS)
		metrics_gone(k);
	else if (parent.announced)
		respawn_gone(k);
	else
		parent_stop(1);
}

/* ---- signals ---- */

static void
lame_duck(void)
{
	log_event(LOG_INF, "lame_duck");
	act_tell(ACT_ADMIN, "lame-duck", BYTES_NULL, "signal USR2");
	parent.state = PARENT_LAME_DUCK;
	notify_stopping("lame duck: clients are let go");
	children_say(ROLE_EDGE, MSG_LAME_DUCK);
	listeners_close();
}

static void
on_signal(uv_signal_t *s, int number)
{
	(void)s;
	switch (number) {
	case SIGHUP:
		if (parent.state == PARENT_RUNNING || parent.state == PARENT_LAME_DUCK)
			parent_reload("signal HUP");
		else if (parent.state == PARENT_STARTING)
			parent.reload_due = true;
		break;
	case SIGUSR1:
		act_tell(ACT_ADMIN, "reopen", BYTES_NULL, "signal USR1");
		if (files_log_open(true) != 0)
			log_event(LOG_ERR, "log_not_reopened");
		break;
	case SIGUSR2:
		if (parent.state == PARENT_RUNNING)
			lame_duck();
		break;
	default:
		if (parent.state != PARENT_LEAVING)
			act_tell(ACT_ADMIN, "stop", BYTES_NULL, number == SIGINT ? "signal INT" : "signal TERM");
		parent_stop(0);
		break;
	}
}

static void
watch_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGTERM };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_init(&parent.loop, &parent.signals[i]);
		uv_signal_start(&parent.signals[i], on_signal, numbers[i]);
	}
}

/* ---- beginning ---- */

/* name_server() - an N key as server id: ours alone, new at every start, its private half thrown away. */
static int
name_server(void)
{
	struct nkey_pair pair;
	char text[NKEY_TEXT_LEN + 1];
	int r = nkey_pair_new(&pair, NKEY_SERVER);

	if (r != 0)
		return err_pass(r);
	nkey_format(&pair.pub, text);
	snprintf(parent.server_id, sizeof(parent.server_id), "%s", text);
	nkey_pair_deinit(&pair);
	return 0;
}

/* raise_files() - as many descriptors as the administrator's hard limit allows, for us and our children. */
static void
raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		log_event(LOG_WRN, "file_limit_not_raised");
}

static void
on_bad_gate(void *ctx, const char *what, const char *why)
{
	(void)ctx;
	dprintf(STDERR_FILENO, "%s: error: %s\n", what, why);
}

/* load() - configuration and files; problems are printed. Return: 0, or the exit status. */
static int
load(const struct parent_options *o, struct config **out)
{
	struct text_report report;
	int r;

	text_report_init(&report);
	r = config_load(out, o->config, &report);
	if (r == 0)
		r = config_check_files(*out, &report);
	if (r == 0 && gate_keys_read(*out, parent.gate, &parent.n_gates, on_bad_gate, NULL) != 0)
		r = TEXT_BAD;
	(void)!whole_write(STDERR_FILENO, buf_bytes(&report.out));
	if (r < 0)
		dprintf(STDERR_FILENO, "%s: error: cannot be read: %s%s\n", o->config, strerror(-r),
		    r == -EISDIR   ? ": name the gateway.conf in it"
		    : r == -ENOENT ? ": `portcullis init DIR` writes one"
				   : "");
	text_report_deinit(&report);
	return r != 0 ? 3 : 0;
}

static void
log_as(const struct parent_options *o)
{
	log_setup(o->trace ? LOG_TRC : o->debug ? LOG_DBG : LOG_INF, "parent");
}

/* start() - what only one gateway of a deployment may have. Return: 0, -1 after a log line. */
static int
start(void)
{
	if (control_begin() != 0)
		return -1;
	if (children_start() != 0 || metrics_start() != 0) {
		metrics_end();
		control_end();
		return -1;
	}
	files_trust();
	files_watch();
	return 0;
}

int
parent_go_on(void)
{
	if (start() != 0)
		return -1;
	children_policy();
	return 0;
}

int
parent_main(const struct parent_options *o)
{
	struct log_line l;
	int status;

	log_as(o);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	parent.options = o;
	parent.policy = parent.announce = -1;
	status = load(o, &parent.config);
	if (status != 0)
		return status;
	if (uv_loop_init(&parent.loop) != 0 || files_log_open(false) != 0 || name_server() != 0)
		return 1;
	log_begin(&l, LOG_INF, "starting");
	log_word(&l, "version", PORTCULLIS_VERSION);
	log_str(&l, "config", parent.config->file);
	log_end(&l);
	parent.born_ms = uv_now(&parent.loop);
	notify_begin();
	notify_status("starting: policies are compiled, the upstream is looked for");
	if (walls_begin() != 0)
		return 1;
	raise_files();
	uv_timer_init(&parent.loop, &parent.stop_timer);
	uv_timer_init(&parent.loop, &parent.respawn_timer);
	uv_timer_init(&parent.loop, &parent.shipper_timer);
	uv_timer_init(&parent.loop, &parent.sink_timer);
	uv_timer_init(&parent.loop, &parent.trust_timer);
	uv_timer_init(&parent.loop, &parent.compile_timer);
	uv_fs_event_init(&parent.loop, &parent.watch_accounts);
	uv_fs_event_init(&parent.loop, &parent.watch_operator);
	if (activation_begin() != 0 || metrics_open() != 0 || listeners_open() != 0 || activation_end() != 0 ||
	    dial_resolve() != 0)
		return 1;
	watch_signals();
	if (activation_channel() >= 0)
		upgrade_take(activation_channel());
	else if (start() != 0)
		return 1;
	tls_watch();
	hung_watch();
	children_compile();
	uv_run(&parent.loop, UV_RUN_DEFAULT);
	return parent.status;
}

int
parent_check(const struct parent_options *o)
{
	struct check_result c;
	struct buf said;
	int r = check_run(&c, o->config);

	buf_init(&said, PARENT_SAID_MAX);
	if (r >= 0) {
		(void)!whole_write(STDERR_FILENO, buf_bytes(&c.report.out));
		check_say(&c, &said);
		(void)!whole_write(r == 0 ? STDOUT_FILENO : STDERR_FILENO, buf_bytes(&said));
	} else {
		log_as(o);
		log_event(LOG_FTL, "out_of_memory");
	}
	buf_deinit(&said);
	check_deinit(&c);
	return r == 0 ? 0 : r > 0 ? 3 : 1;
}
