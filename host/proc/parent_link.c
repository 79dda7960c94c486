/*
 * parent_link - the link process as the parent sees it: started, told, heard, and replaced when it
 * dies. Nothing that runs here notices: subscriptions are told to the next one, requests that were
 * under way end as "away", and what actors and providers do with each other never went through it.
 * Where it connects to is in parent_servers.c.
 *
 * It reads the network, so it is not believed: what it may say is in a table, and a nonce is signed
 * only if a NATS server can have made it, so that the login's key never signs a token.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/proc/link.h"
#include "host/proc/parent_servers.h"
#include "host/proc/parent_through.h"
#include "host/proc/parent_users.h"

enum {
	RESPAWN_STEP_MS = 100,
	RESPAWN_MAX_MS = 10000,
	QUIET_MS = 60000,
	NONCE_CHARS = 64,
};

static struct {
	struct channel channel;
	uv_process_t process;
	uv_timer_t respawn;
	uid_t user; /* of its process alone; 0: none */
	bool alive, leaving, timers;
	unsigned deaths;
	uint64_t born_ms;
	struct {
		enum link_state state;
		char why[LINK_WHY_MAX + 1];
		struct log_room lines; /* the server's words */
	} wire[WIRES];
	void (*gone)(void);
} self;

/* ---- what it says ---- */

static void
say_state(enum wire w, const struct link_news *m)
{
	static const char *const events[LINK_STATES] = { "link_down", "link_up", "link_refused" };
	struct log_line l;

	log_begin(&l,
	    m->state == LINK_UP     ? LOG_INF
	    : m->state == LINK_DOWN ? LOG_WRN
				    : LOG_ERR,
	    events[m->state]);
	log_word(&l, "connection", wire_name(w));
	log_str(&l, "server", host.conf->wire[w].host);
	log_num(&l, "port", host.conf->wire[w].port);
	if (m->state != LINK_UP)
		log_bytes(&l, "why", m->why);
	log_end(&l);
}

static void
status_line(void)
{
	char text[160];

	if (host.state != HOST_RUNNING)
		return;
	snprintf(text, sizeof(text), "control %s, rpc %s", link_up(WIRE_CONTROL) ? "up" : "down",
	    link_up(WIRE_RPC) ? "up" : "down");
	notify_status(text);
}

static int
on_state(struct channel *c, struct cursor *in, int fd)
{
	struct link_news m;

	(void)c;
	(void)fd;
	if (link_news_get(in, &m) != 0)
		return -EBADMSG;
	self.wire[m.wire].state = m.state;
	snprintf(self.wire[m.wire].why, sizeof(self.wire[m.wire].why), "%.*s", (int)m.why.len,
	    m.why.len > 0 ? (const char *)m.why.ptr : "");
	say_state(m.wire, &m);
	if (m.state == LINK_UP) {
		if (m.wire == WIRE_CONTROL)
			control_up();
		parent_ready();
	}
	status_line();
	return 0;
}

/* on_error() - the server's word on a connection that lives: mostly a right that is missing. */
static int
on_error(struct channel *c, struct cursor *in, int fd)
{
	struct bytes quote, text;
	struct link_news m;
	struct log_line l;

	(void)c;
	(void)fd;
	if (link_news_get(in, &m) != 0)
		return -EBADMSG;
	if (!log_may(&self.wire[m.wire].lines, LOG_LINES_S, wire_name(m.wire)))
		return 0;
	text = m.why;
	quote = bytes_from(text, bytes_find(text, '"') + 1);
	log_begin(&l, LOG_ERR, "link_error");
	log_word(&l, "connection", wire_name(m.wire));
	log_bytes(&l, "text", text);
	if (quote.len > 0)
		log_bytes(&l, "subject", bytes_upto(quote, bytes_find(quote, '"')));
	log_end(&l);
	return 0;
}

/* nonce_ok() - base64url and short, as servers make them: no text of anybody's that could mean
 * something. */
static bool
nonce_ok(struct bytes n)
{
	for (size_t i = 0; i < n.len; i++) {
		uint8_t ch = n.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '='))
			return false;
	}
	return n.len > 0 && n.len <= NONCE_CHARS;
}

static void
refuse_nonce(enum wire w)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "nonce_refused");
	log_word(&l, "connection", wire_name(w));
	log_str(&l, "server", host.conf->wire[w].host);
	log_end(&l);
}

static int
on_sign(struct channel *c, struct cursor *in, int fd)
{
	struct link_sign m;
	uint8_t sig[LINK_SIG];

	(void)fd;
	if (link_sign_get(in, &m) != 0)
		return -EBADMSG;
	/* it is the server's, a stranger's: without a signature the login fails, and that is told
	 */
	if (!nonce_ok(m.text) || keys_sign(m.wire, m.text, sig) != 0) {
		refuse_nonce(m.wire);
		return 0;
	}
	m.text = bytes_of(sig, sizeof(sig));
	return link_sign_put(c, MSG_LINK_SIGNED, &m);
}

static int
on_ready(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	c->state = 1;
	return 0;
}

static int
on_fatal(struct channel *c, struct cursor *in, int fd)
{
	struct link_news m;

	(void)c;
	(void)fd;
	/* it has said so in the log itself */
	return link_news_get(in, &m);
}

static void
link_lost(struct channel *c, const char *why)
{
	struct log_line l;

	if (c->refused) {
		log_begin(&l, LOG_ERR, "channel_refused");
		log_word(&l, "peer", "link");
		log_str(&l, "why", why);
		log_end(&l);
	}
	channel_close(c);
	if (self.alive)
		uv_process_kill(&self.process, SIGKILL);
}

/* ---- starting it, and again ---- */

static void on_process_exit(uv_process_t *p, int64_t status, int signal);

/* spawn() - our own program in its role. Return: 0, -errno. */
static int
spawn(void)
{
	static const struct frame_rule rules[] = {
		{ MSG_LINK_READY, 1, true, false, 0, on_ready, "ready" },
		{ MSG_LINK_STATE, 2, false, false, 1024, on_state, "state" },
		{ MSG_LINK_MSG, 2, false, false, FRAME_MAX, through_on_msg, "msg" },
		{ MSG_LINK_ANSWER, 2, false, false, FRAME_MAX, through_on_answer, "answer" },
		{ MSG_LINK_SIGN, 2, false, false, 512, on_sign, "sign" },
		{ MSG_LINK_ERROR, 2, false, false, 1024, on_error, "error" },
		{ MSG_LINK_FATAL, 3, true, false, 1024, on_fatal, "fatal" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		link_lost };
	char name[] = "portcullis-host", flag[] = "--role", role[] = "link", user[16],
	     *argv[] = { name, flag, role, user, NULL };
	char *env[] = { NULL };
	uv_stdio_container_t stdio[4] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD },
	};
	uv_process_options_t o = { .exit_cb = on_process_exit,
		.file = "/proc/self/exe",
		.args = argv,
		.env = env,
		.stdio_count = 4,
		.stdio = stdio };
	int pair[2], r;

	/* the next one has the same: the former is waited for by then */
	r = self.user == 0 ? user_new(&self.user) : 0;
	if (r != 0)
		return err_pass(r);
	snprintf(user, sizeof(user), "%u", (unsigned)self.user);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	stdio[3].data.fd = pair[1];
	memset(&self.process, 0, sizeof(self.process));
	r = uv_spawn(&host.loop, &self.process, &o);
	close(pair[1]);
	if (r != 0) {
		uv_close((uv_handle_t *)&self.process, NULL);
		close(pair[0]);
		return err_raise(r);
	}
	self.alive = true;
	self.born_ms = uv_now(&host.loop);
	return channel_open(&self.channel, &host.loop, pair[0], "link", 0, &ops);
}

/* equip() - where to, as whom, and to what it listens. */
static int
equip(void)
{
	int r = servers_put(&self.channel);

	if (r == 0)
		r = through_tell(&self.channel);
	if (r == 0)
		r = link_bare_put(&self.channel, MSG_LINK_START, -1);
	return err_pass(r);
}

static void
on_respawn(uv_timer_t *t)
{
	int r = spawn();
	struct log_line l;

	if (r == 0)
		r = equip();
	if (r == 0)
		return;
	log_begin(&l, LOG_ERR, "child_not_started");
	log_word(&l, "child", "link");
	log_errno(&l, r);
	log_end(&l);
	if (!self.alive)
		uv_timer_start(t, on_respawn, RESPAWN_MAX_MS, 0);
}

static void
say_ended(int64_t status, int signal)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "child_ended");
	log_word(&l, "child", "link");
	log_num(&l, "status", status);
	log_num(&l, "signal", signal);
	if (signal == SIGSYS)
		log_str(&l, "why", "SIGSYS: it made a system call that its profile does not grant");
	log_end(&l);
}

static void
on_process_exit(uv_process_t *p, int64_t status, int signal)
{
	uint64_t wait = RESPAWN_STEP_MS;

	self.alive = false;
	uv_close((uv_handle_t *)p, NULL);
	if (self.channel.fd >= 0)
		channel_pull(&self.channel);
	if (self.channel.fd >= 0)
		channel_close(&self.channel);
	for (int i = 0; i < WIRES; i++)
		self.wire[i].state = LINK_DOWN;
	through_away();
	status_line();
	if (self.leaving) {
		if (self.gone != NULL)
			self.gone();
		return;
	}
	say_ended(status, signal);
	if (!host.announced && self.deaths >= 3) {
		parent_stop(1);
		return;
	}
	self.deaths = uv_now(&host.loop) - self.born_ms > QUIET_MS ? 1 : self.deaths + 1;
	wait <<= self.deaths < 8 ? self.deaths - 1 : 7;
	/* its handles are still closing: go on when the loop has let go of them */
	uv_timer_start(&self.respawn, on_respawn, wait < RESPAWN_MAX_MS ? wait : RESPAWN_MAX_MS, 0);
}

int
link_begin(void)
{
	int r;

	self.channel.fd = -1;
	uv_timer_init(&host.loop, &self.respawn);
	self.timers = true;
	r = servers_begin();
	if (r == 0)
		r = spawn();
	if (r == 0)
		r = equip();
	if (r == 0)
		servers_watch();
	return err_pass(r);
}

/* ---- for others ---- */

struct channel *
link_channel(void)
{
	return self.alive && self.channel.fd >= 0 ? &self.channel : NULL;
}

bool
link_up(enum wire wire)
{
	return self.wire[wire].state == LINK_UP;
}

enum link_state
link_state(enum wire wire, const char **why)
{
	*why = self.wire[wire].why;
	return self.wire[wire].state;
}

int
link_pid(void)
{
	return self.alive ? self.process.pid : 0;
}

void
link_end(void (*gone)(void))
{
	self.leaving = true;
	self.gone = gone;
	if (self.timers)
		uv_timer_stop(&self.respawn);
	servers_end();
	if (!self.alive) {
		gone();
		return;
	}
	if (self.channel.fd >= 0) {
		(void)link_bare_put(&self.channel, MSG_LINK_STOP, -1);
		channel_flush(&self.channel);
	}
}

void
link_kill(void)
{
	if (self.alive)
		uv_process_kill(&self.process, SIGKILL);
}

void
link_log(void)
{
	if (self.alive && self.channel.fd >= 0)
		(void)link_bare_put(
		    &self.channel, MSG_LINK_LOG, fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
}
