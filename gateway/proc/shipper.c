/*
 * shipper - the log, or its checkpoints, to places elsewhere: so that who takes this machine has
 * not the only copy, and a witness knows how long the log was.
 *
 * Reads the log's folder and never writes in it; speaks with servers outside, with logins that are
 * good for nothing else. It is told by the auditor how far the log is durable, and answers nobody:
 * whether it is slow, stuck or dead is noticed by no command. When it dies the parent starts
 * another, which goes on from the places this one kept.
 */
#include <fcntl.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/child.h"
#include "gateway/proc/lock.h"
#include "gateway/proc/ship.h"

enum { SHOW_MS = 500, STOP_MS = 4000, STOP_STEP_MS = 10 };

static struct shipper {
	struct child child;
	struct channel auditor;
	struct ship_feed feed;
	struct ship *ship[SINK_MAX];
	size_t n;
	int log, state; /* folders */
	uv_timer_t stop, show;
	unsigned stop_steps;
} self;

/* ---- the auditor ---- */

static int
on_audit_at(struct channel *c, struct cursor *in, int fd)
{
	struct msg_audit_at m;

	(void)c;
	(void)fd;
	if (msg_audit_at_get(in, &m) != 0)
		return -EBADMSG;
	pthread_mutex_lock(&self.feed.lock);
	self.feed.upto = m;
	pthread_cond_broadcast(&self.feed.news);
	pthread_mutex_unlock(&self.feed.lock);
	return 0;
}

static void
auditor_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c); /* what is durable stays so */
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_AUDIT_AT, CHILD_IN(0), false, false, 24, on_audit_at, "audit_at" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		auditor_gone };
	enum role role;
	uint64_t since;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index, &since) == 0 && role == ROLE_AUDITOR && self.auditor.fd < 0)
		return channel_open(&self.auditor, &self.child.loop, fd, "auditor", 0, &ops);
	close(fd);
	return -EBADMSG;
}

/* ---- sinks ---- */

/* moved() - a sink that is away has other addresses; nothing else of it is ever changed. */
static int
moved(struct cursor *in)
{
	struct sink m = { 0 };

	if (msg_sink_get(in, &m) != 0)
		return -EBADMSG;
	for (size_t i = 0; i < self.n; i++) {
		if (strcmp(self.ship[i]->conf.name, m.name) != 0)
			continue;
		pthread_mutex_lock(&self.feed.lock);
		self.ship[i]->moved = m;
		self.ship[i]->has_moved = true;
		pthread_mutex_unlock(&self.feed.lock);
		return 0;
	}
	return -EBADMSG;
}

static int
on_sink(struct channel *c, struct cursor *in, int fd)
{
	struct ship *s;

	(void)fd;
	if (c->state == CHILD_RUNNING)
		return moved(in);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	if (self.n == SINK_MAX || msg_sink_get(in, &s->conf) != 0) {
		free(s);
		return -EBADMSG;
	}
	s->dir = -1;
	self.ship[self.n++] = s;
	return 0;
}

/* refused() - what is no such file is said, and the server will refuse. */
static void
refused(const struct ship *s, enum ship_part p, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "sink_creds_refused");
	log_str(&l, "sink", s->conf.name);
	log_word(&l, "file", ship_part_name(p) + strlen("sink_"));
	log_str(&l, "why", why);
	log_end(&l);
}

/* take_login() - a part of it; of the sink named last, or, while they work, of the one in the name. */
static int
take_login(const char *name, int fd, bool running)
{
	struct ship_login fresh = { 0 };
	size_t at = self.n - 1;
	struct ship *s;
	enum ship_part p = PART_CREDS;
	const char *why, *rest = "";

	for (; p < SHIP_PARTS; p++) {
		rest = name + strlen(ship_part_name(p));
		if (strncmp(name, ship_part_name(p), strlen(ship_part_name(p))) == 0 && rest[0] == (running ? '_' : '\0'))
			break;
	}
	if (running && p < SHIP_PARTS)
		at = rest[1] >= '0' && rest[1] <= '9' && rest[2] == '\0' ? (size_t)(rest[1] - '0') : SINK_MAX;
	if (p == SHIP_PARTS || at >= self.n) {
		close(fd);
		return -EBADMSG;
	}
	s = self.ship[at];
	why = ship_login_read(&fresh, p, fd);
	close(fd);
	if (why != NULL)
		refused(s, p, why);
	pthread_mutex_lock(&self.feed.lock);
	/* the same again is no reason to connect anew */
	if ((s->renewed.has & 1U << p) != 0 || !ship_login_same(&s->login, &fresh, p))
		ship_login_move(running ? &s->renewed : &s->login, &fresh);
	pthread_cond_broadcast(&self.feed.news);
	pthread_mutex_unlock(&self.feed.lock);
	ship_login_deinit(&fresh);
	return 0;
}

static int
on_file(struct channel *c, struct cursor *in, int fd)
{
	struct ship *s = self.n > 0 ? self.ship[self.n - 1] : NULL;
	bool fresh = c->state == CHILD_SET;
	char name[32];

	if (msg_file_get(in, name) == 0) {
		if (fresh && strcmp(name, "audit_dir") == 0 && self.log < 0) {
			self.log = fd;
			return 0;
		}
		if (fresh && strcmp(name, "sink_state") == 0 && self.state < 0) {
			self.state = fd;
			return 0;
		}
		if (fresh && strcmp(name, "sink_dir") == 0 && s != NULL && s->dir < 0) {
			s->dir = fd;
			return 0;
		}
		if (s != NULL && strncmp(name, "sink_", 5) == 0 && strcmp(name, "sink_state") != 0 &&
		    strcmp(name, "sink_dir") != 0)
			return take_login(name, fd, c->state == CHILD_RUNNING);
	}
	close(fd);
	return -EBADMSG;
}

/* ---- the parent ---- */

/* on_show() - what has changed, for `status`. */
static void
on_show(uv_timer_t *t)
{
	(void)t;
	pthread_mutex_lock(&self.feed.lock);
	for (size_t i = 0; i < self.n; i++) {
		struct ship *s = self.ship[i];
		struct msg_sink_state m = { (uint8_t)i, s->shown.up, s->shown.after,
			s->shown.waiting, bytes_str(s->shown.why) };

		if (memcmp(&s->shown, &s->said, sizeof(s->said)) != 0 &&
		    msg_sink_state_put(&self.child.parent, &m) == 0)
			memcpy(&s->said, &s->shown, sizeof(s->said));
	}
	pthread_mutex_unlock(&self.feed.lock);
}

/* ---- beginning and ending ---- */

/* lock_in() - before there are threads: from here on, its folders and the ports of its sinks. */
static void
lock_in(void)
{
	struct landlock_folder folder[SINK_MAX + 2] = { { self.state, true }, { self.log, false } };
	uint16_t port[SINK_MAX];
	int fd[SINK_MAX + 3] = { self.state, self.log, self.auditor.fd };
	struct lock_needs needs = { .folder = folder, .n_folders = 2, .port = port, .fd = fd, .n_fds = 3 };

	for (size_t i = 0; i < self.n; i++) {
		const struct ship *s = self.ship[i];

		folder[needs.n_folders++] = (struct landlock_folder){ s->dir, true };
		fd[needs.n_fds++] = s->dir;
		if (s->conf.type == SINK_NATS || s->conf.type == SINK_JETSTREAM)
			port[needs.n_ports++] = s->conf.port;
	}
	lock_down(&self.child, &needs);
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (self.log < 0 || self.state < 0)
		return -EBADMSG;
	lock_in();
	c->state = CHILD_RUNNING;
	for (size_t i = 0; i < self.n; i++) {
		struct ship *s = self.ship[i];
		int r;

		s->feed = &self.feed;
		s->state = self.state;
		r = ship_start(s, self.log);
		if (r != 0)
			child_fatal(&self.child, "a sink cannot be started", r);
	}
	uv_timer_start(&self.show, on_show, SHOW_MS, SHOW_MS);
	return msg_bare_put(c, MSG_READY, -1);
}

/* when_sent() - what was durable when we were told to stop is sent, for a moment. */
static void
when_sent(uv_timer_t *t)
{
	bool running = false;

	(void)t;
	pthread_mutex_lock(&self.feed.lock);
	for (size_t i = 0; i < self.n; i++)
		running = running || self.ship[i]->running;
	pthread_mutex_unlock(&self.feed.lock);
	if (!running || ++self.stop_steps >= STOP_MS / STOP_STEP_MS)
		child_exit(&self.child, 0);
}

static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	/* the auditor's last word may lie unread */
	if (self.auditor.fd >= 0)
		channel_pull(&self.auditor);
	pthread_mutex_lock(&self.feed.lock);
	self.feed.stopping = true;
	pthread_cond_broadcast(&self.feed.news);
	pthread_mutex_unlock(&self.feed.lock);
	uv_timer_start(&self.stop, when_sent, 0, STOP_STEP_MS);
	return 0;
}

int
shipper_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_SINK, CHILD_ALIVE, false, false, 16 * 1024, on_sink, "sink" },
		{ MSG_FILE, CHILD_ALIVE, false, true, 64, on_file, "file" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		child_parent_gone };
	pthread_condattr_t attr;

	self.auditor.fd = self.log = self.state = -1;
	pthread_mutex_init(&self.feed.lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&self.feed.news, &attr);
	pthread_condattr_destroy(&attr);
	child_begin(&self.child, ROLE_SHIPPER, &ops);
	uv_timer_init(&self.child.loop, &self.stop);
	uv_timer_init(&self.child.loop, &self.show);
	child_run(&self.child);
}
