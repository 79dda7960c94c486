/*
 * parent_upgrade - another program takes this one's place and its sockets;
 * docs/adr/0017-upgrade-in-turn.md.
 *
 * The new one is started beside us with our listening sockets. It reads the configuration, compiles
 * and tests the policies, and says that it is prepared (P). Up to here nothing has changed, and if
 * it fails nothing will. Then we stop as ever: commands under way are finished, clients let go, and
 * the auditor closes the log, which has one writer at any time. Now the new one is told to go on
 * (G); it opens the log, starts its processes, says that it is ready (R), and we end. Who connects
 * meanwhile waits in the backlog of sockets that were never shut. When it ends before it is ready,
 * we execute our own program anew, with the same sockets.
 *
 * The channel between the two is a pair of sockets on which single letters are said.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum {
	UPGRADE_FDS = PARENT_LISTENERS + 1,
	UPGRADE_PREPARE_MS = 60000,
	UPGRADE_READY_MS = 60000,
	UPGRADE_FIRST = 3,  /* where passed descriptors begin */
	UPGRADE_HIGH = 200, /* out of the way while they are put in order */
};

enum upgrade_state {
	UPGRADE_NONE = 0,
	UPGRADE_PREPARING, /* the new one speaks: P, or its end */
	UPGRADE_LEAVING,   /* our processes end */
	UPGRADE_WAITING,   /* the new one speaks: R, or its end */
	UPGRADE_TAKING,    /* we are the new one: the old one speaks: G, or its end */
	UPGRADE_TAKEN,     /* we were told to go on */
};

static struct {
	enum upgrade_state state;
	int channel;
	uv_poll_t poll;
	uv_timer_t timer;
	uv_process_t process;
	bool alive;
	int fd[UPGRADE_FDS];
	size_t n;
	char names[UPGRADE_FDS * sizeof(LISTENER_OWN) + 16]; /* $LISTEN_FDNAMES */
	char by[CONTROL_BY_MAX];
} self = { .channel = -1 };

/* ---- what is passed on ---- */

static void
keep(int fd, const char *name)
{
	size_t at = strlen(self.names);

	if (fd < 0 || self.n == UPGRADE_FDS)
		return;
	self.fd[self.n++] = fcntl(fd, F_DUPFD_CLOEXEC, UPGRADE_HIGH);
	snprintf(self.names + at, sizeof(self.names) - at, "%s%s", at > 0 ? ":" : "", name);
}

static void
let_go(void)
{
	for (size_t i = 0; i < self.n; i++)
		close(self.fd[i]);
	self.n = 0;
	self.names[0] = '\0';
}

/* take_sockets() - from here on they have two holders. Return: 0, -errno. */
static int
take_sockets(void)
{
	let_go();
	for (size_t i = 0; i < parent.n_listeners; i++)
		keep(parent.listener[i].fd, parent.listener[i].given ? "clients" : LISTENER_OWN);
	keep(metrics_socket(), "metrics");
	for (size_t i = 0; i < self.n; i++) {
		if (self.fd[i] < 0) {
			let_go();
			return err_raise(-EMFILE);
		}
	}
	return 0;
}

/* environment() - what a service manager would say, for @pid: ours when we execute ourselves, else
 * its parent's. */
static void
environment(char *env[8], char room[8][320], size_t n, const char *more)
{
	size_t e = 0;

	snprintf(room[e], sizeof(room[0]), "LISTEN_PID=%d", (int)getpid());
	env[e] = room[e], e++;
	snprintf(room[e], sizeof(room[0]), "LISTEN_FDS=%zu", n);
	env[e] = room[e], e++;
	snprintf(room[e], sizeof(room[0]), "LISTEN_FDNAMES=%s%s", self.names, more);
	env[e] = room[e], e++;
	for (size_t i = 0; i < 2; i++) {
		if (notify_variable(i, room[e], sizeof(room[0])))
			env[e] = room[e], e++;
	}
	env[e] = NULL;
}

/* ---- the old one ---- */

static void
say(const char *event, const char *why)
{
	struct log_line l;

	log_begin(&l, why != NULL ? LOG_ERR : LOG_INF, event);
	log_num(&l, "pid", self.process.pid);
	if (why != NULL)
		log_str(&l, "why", why);
	log_end(&l);
}

/* again() - the new one has failed when our processes were gone: our own program anew, in this
 * process. */
static void again(const char *why) __attribute__((noreturn));

static void
again(const char *why)
{
	static char exe[] = "/proc/self/exe";
	char room[8][320], *env[8];

	say("upgrade_failed", why);
	/* they lie above all that is in use here: none is overwritten before it is in its place */
	for (size_t i = 0; i < self.n; i++)
		dup2(self.fd[i], UPGRADE_FIRST + (int)i);
	environment(env, room, self.n, "");
	execve(exe, parent.options->argv, env);
	log_event(LOG_FTL, "not_started_again");
	_exit(1);
}

static void
stop_talking(void)
{
	if (self.channel < 0)
		return;
	uv_timer_stop(&self.timer);
	uv_poll_stop(&self.poll);
	uv_close((uv_handle_t *)&self.poll, NULL);
	close(self.channel);
	self.channel = -1;
}

/* failed() - while it was prepared: we go on as if nothing had been. */
static void
failed(const char *why)
{
	stop_talking();
	if (self.alive)
		uv_process_kill(&self.process, SIGKILL);
	if (self.state == UPGRADE_WAITING)
		again(why);
	if (self.state == UPGRADE_LEAVING)
		return; /* told when our processes have ended */
	let_go();
	self.state = UPGRADE_NONE;
	say("upgrade_failed", why);
	control_upgraded(0, why);
}

/* over() - the new one is ready: nothing is left to do here. */
static void
over(void)
{
	say("upgraded", NULL);
	notify_successor(self.process.pid);
	stop_talking();
	uv_unref((uv_handle_t *)&self.process);
	uv_stop(&parent.loop);
}

/* leave() - it is prepared: our turn to end. */
static void
leave(void)
{
	say("upgrade_prepared", NULL);
	act_tell(ACT_ADMIN, "upgrade", BYTES_NULL, self.by);
	control_upgraded(self.process.pid, "");
	self.state = UPGRADE_LEAVING;
	uv_timer_stop(&self.timer);
	for (size_t i = 0; i < parent.n_listeners; i++)
		parent.listener[i].given = true;
	parent_stop(0);
}

static void
on_old_timer(uv_timer_t *t)
{
	(void)t;
	failed("it did not get ready in time");
}

bool
upgrade_hand_over(void)
{
	if (self.state != UPGRADE_LEAVING)
		return self.state == UPGRADE_WAITING;
	self.state = UPGRADE_WAITING;
	if (self.channel < 0 || !self.alive)
		again("it ended before it was told to go on");
	uv_timer_start(&self.timer, on_old_timer, UPGRADE_READY_MS, 0);
	if (send(self.channel, "G", 1, MSG_NOSIGNAL) != 1)
		again("it does not listen");
	return true;
}

bool
upgrade_hurry(void)
{
	if (self.state != UPGRADE_WAITING)
		return false;
	if (self.alive)
		uv_process_kill(&self.process, SIGTERM);
	stop_talking();
	uv_stop(&parent.loop);
	return true;
}

static void
on_new_says(uv_poll_t *p, int status, int events)
{
	char c = 0;
	ssize_t n = status == 0 ? recv(self.channel, &c, 1, MSG_DONTWAIT) : 0;

	(void)p;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && c == 'P' && self.state == UPGRADE_PREPARING)
		leave();
	else if (n == 1 && c == 'R' && self.state == UPGRADE_WAITING)
		over();
	else
		failed("it has ended, and its log says why");
}

static void
on_new_exit(uv_process_t *p, int64_t status, int signal)
{
	(void)status;
	(void)signal;
	self.alive = false;
	uv_close((uv_handle_t *)p, NULL);
}

/* spawn() - the program that has our name now, with our arguments. Return: 0, -errno. */
static int
spawn(int channel)
{
	char room[8][320], *env[8];
	uv_stdio_container_t stdio[UPGRADE_FIRST + UPGRADE_FDS + 1];
	uv_process_options_t o = { .exit_cb = on_new_exit,
		.file = parent.options->argv[0],
		.args = parent.options->argv,
		.env = env,
		.stdio = stdio };
	int n = UPGRADE_FIRST;

	for (int i = 0; i < UPGRADE_FIRST; i++)
		stdio[i] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = i };
	for (size_t i = 0; i < self.n; i++)
		stdio[n++] =
		    (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = self.fd[i] };
	stdio[n++] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = channel };
	o.stdio_count = n;
	environment(env, room, self.n + 1, self.n > 0 ? ":upgrade" : "upgrade");
	memset(&self.process, 0, sizeof(self.process));
	return uv_spawn(&parent.loop, &self.process, &o);
}

const char *
upgrade_begin(const char *by)
{
	int pair[2], r;

	if (parent.state != PARENT_RUNNING || self.state != UPGRADE_NONE)
		return self.state != UPGRADE_NONE
			   ? "an upgrade is under way"
			   : "the gateway is not running: it is starting or ending";
	r = take_sockets();
	if (r == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		r = -errno;
	if (r != 0)
		return strerror(-r);
	r = spawn(pair[1]);
	close(pair[1]);
	if (r != 0) {
		uv_close((uv_handle_t *)&self.process, NULL);
		close(pair[0]);
		let_go();
		return strerror(-r);
	}
	self.alive = true;
	self.channel = pair[0];
	self.state = UPGRADE_PREPARING;
	snprintf(self.by, sizeof(self.by), "%s", by);
	say("upgrade_begun", NULL);
	uv_timer_init(&parent.loop, &self.timer);
	uv_timer_start(&self.timer, on_old_timer, UPGRADE_PREPARE_MS, 0);
	uv_poll_init(&parent.loop, &self.poll, self.channel);
	uv_poll_start(&self.poll, UV_READABLE, on_new_says);
	return NULL;
}

/* ---- the new one ---- */

static void
on_old_says(uv_poll_t *p, int status, int events)
{
	char c = 0;
	ssize_t n = status == 0 ? recv(self.channel, &c, 1, MSG_DONTWAIT) : 0;

	(void)p;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && c == 'G' && self.state == UPGRADE_TAKING) {
		self.state = UPGRADE_TAKEN;
		if (parent_go_on() == 0)
			return;
		parent_stop(1);
	} else if (self.state == UPGRADE_TAKING) {
		log_event(LOG_FTL, "upgrade_abandoned");
		parent_stop(1);
	}
	stop_talking();
}

void
upgrade_take(int channel)
{
	self.state = UPGRADE_TAKING;
	self.channel = channel;
	uv_timer_init(&parent.loop, &self.timer);
	uv_poll_init(&parent.loop, &self.poll, channel);
	uv_poll_start(&self.poll, UV_READABLE, on_old_says);
}

bool
upgrade_leaving(void)
{
	return self.state == UPGRADE_LEAVING;
}

void
upgrade_compiled(void)
{
	if (self.state == UPGRADE_TAKING && send(self.channel, "P", 1, MSG_NOSIGNAL) != 1)
		parent_stop(1);
}

void
upgrade_ready(void)
{
	if (self.state != UPGRADE_TAKEN || self.channel < 0)
		return;
	(void)!send(self.channel, "R", 1, MSG_NOSIGNAL);
	for (size_t i = 0; i < parent.n_listeners; i++)
		parent.listener[i].given = parent.listener[i].given && !parent.listener[i].own;
	stop_talking();
	self.state = UPGRADE_NONE;
}
