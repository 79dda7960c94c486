/*
 * link - see link.h.
 *
 * Reads the network and holds no secret: it knows where to connect and shows a token; the signature
 * that goes with the token is asked of the parent, who sees what it signs. One loop without threads
 * reads both connections and the parent; what is said to any of them in a turn leaves with one
 * system call. Locked in before the first byte: no file, no process, and TCP to the configured
 * ports alone where the kernel can say so. When the parent goes, so does it.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "host/proc/link_priv.h"
#include "host/proc/lock.h"

/* what the parent does not take is kept up to here; a flood beyond it is dropped, and counted */
enum { OUT_MAX = 32 * 1024 * 1024, TICK_MS = 1000, STOP_MS = 500 };

enum { STATE_FRESH = 0, STATE_RUNNING };

static struct {
	uv_loop_t loop;
	struct channel parent;
	struct census census;
	uid_t user; /* to become */
	struct wire_conn wire[WIRES];
	struct wire_sub sub[LINK_SUBS];
	uv_timer_t tick, stop;
	uv_prepare_t flush; /* before the loop sleeps */
	uint64_t dropped;
} self;

static void __attribute__((noreturn)) leave(int status)
{
	if (self.parent.fd >= 0)
		(void)!channel_flush_all(&self.parent, 1000);
	_exit(status);
}

static void __attribute__((noreturn)) fatal(const char *why, int error)
{
	struct link_news m = { .why = bytes_str(why) };
	struct log_line l;

	log_begin(&l, LOG_FTL, "fatal");
	log_str(&l, "why", why);
	if (error != 0)
		log_errno(&l, error);
	log_end(&l);
	(void)link_news_put(&self.parent, MSG_LINK_FATAL, &m);
	leave(1);
}

/* ---- from the network to the parent ---- */

static void
say_answer(uint32_t id, enum link_outcome outcome, struct bytes body)
{
	struct link_answer m = { id, outcome, body };

	if (link_answer_put(&self.parent, &m) == 0)
		return;
	/* too large for us to carry: the asker must not wait */
	m.outcome = LINK_TIMEOUT;
	m.body = BYTES_NULL;
	(void)link_answer_put(&self.parent, &m);
}

void
link_say_msg(enum wire w, uint32_t id, struct bytes subject, struct bytes reply, struct bytes body)
{
	struct link_msg m = {
		.wire = w, .id = id, .subject = subject, .reply = reply, .body = body
	};

	if (channel_pending(&self.parent) >= OUT_MAX)
		self.dropped++;
	else if (link_msg_put(&self.parent, MSG_LINK_MSG, &m) != 0)
		log_event(LOG_WRN, "message_too_large");
}

void
link_say_state(enum wire w, enum link_state state, const char *why)
{
	struct link_news news = { w, state, bytes_str(why) };

	if (state != LINK_UP)
		asked_away(w);
	(void)link_news_put(&self.parent, MSG_LINK_STATE, &news);
}

void
link_say_error(enum wire w, struct bytes text)
{
	struct link_news news = { .wire = w, .why = text };

	/* as many as the server likes: they wait with the messages */
	if (channel_pending(&self.parent) < OUT_MAX)
		(void)link_news_put(&self.parent, MSG_LINK_ERROR, &news);
}

void
link_say_nonce(enum wire w, uint32_t id, struct bytes nonce)
{
	struct link_sign sign = { w, id, nonce };

	(void)link_sign_put(&self.parent, MSG_LINK_SIGN, &sign);
}

static void
say_dropped(void)
{
	struct log_line l;

	if (self.dropped == 0)
		return;
	log_begin(&l, LOG_WRN, "messages_dropped");
	log_num(&l, "messages", (int64_t)self.dropped);
	log_end(&l);
	self.dropped = 0;
}

static void
on_tick(uv_timer_t *t)
{
	(void)t;
	for (int i = 0; i < WIRES; i++)
		wire_tick(&self.wire[i]);
	say_dropped();
}

/* on_flush() - the loop is about to sleep. */
static void
on_flush(uv_prepare_t *p)
{
	(void)p;
	for (int i = 0; i < WIRES; i++)
		wire_flush(&self.wire[i]);
}

/* ---- from the parent ---- */

static int
on_wire(struct channel *c, struct cursor *in, int fd)
{
	struct link_wire m = { 0 };

	(void)c;
	(void)fd;
	if (link_wire_get(in, &m) != 0)
		return -EBADMSG;
	return wire_set(&self.wire[m.wire], &m);
}

static void
lock_in(void)
{
	uint16_t port[WIRES];
	struct lock_needs needs = { .name = "link", .port = port, .user = self.user };
	struct lock_got got;

	for (int i = 0; i < WIRES; i++)
		port[needs.n_ports++] = self.wire[i].to.port;
	if (lock_down(&self.census, &needs, &got) != 0)
		fatal(got.why, got.error);
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	for (int i = 0; i < WIRES; i++)
		if (!self.wire[i].known)
			return -EBADMSG;
	lock_in();
	c->state = STATE_RUNNING;
	for (int i = 0; i < WIRES; i++)
		wire_start(&self.wire[i]);
	uv_timer_start(&self.tick, on_tick, TICK_MS, TICK_MS);
	uv_prepare_start(&self.flush, on_flush);
	return link_bare_put(c, MSG_LINK_READY, -1);
}

static int
on_sub(struct channel *c, struct cursor *in, int fd)
{
	struct link_sub m;
	struct wire_sub *place;

	(void)c;
	(void)fd;
	if (link_sub_get(in, &m) != 0)
		return -EBADMSG;
	place = sub_at(self.sub, m.id);
	if (place->id != 0 && !place->leaving)
		return -EBADMSG;
	return subs_put(&self.wire[m.wire], place, &m);
}

static int
on_unsub(struct channel *c, struct cursor *in, int fd)
{
	struct wire_sub *place;
	uint32_t id;

	(void)c;
	(void)fd;
	if (link_unsub_get(in, &id) != 0 || id == 0)
		return -EBADMSG;
	place = sub_at(self.sub, id);
	if (place->id != id || place->leaving)
		return -EBADMSG;
	subs_del(&self.wire[place->wire], place);
	return 0;
}

static int
on_pub(struct channel *c, struct cursor *in, int fd)
{
	struct link_msg m;

	(void)c;
	(void)fd;
	if (link_msg_get(in, &m) != 0 || m.subject.len == 0)
		return -EBADMSG;
	/* what is published while it is down is lost, as on any NATS connection */
	(void)wire_pub(&self.wire[m.wire], &m, m.reply);
	return 0;
}

static int
on_request(struct channel *c, struct cursor *in, int fd)
{
	struct link_msg m;

	(void)c;
	(void)fd;
	if (link_msg_get(in, &m) != 0 || m.id == 0)
		return -EBADMSG;
	if (asked_add(m.id, m.wire, m.timeout_ms) != 0)
		say_answer(m.id, LINK_TIMEOUT, BYTES_NULL);
	else if (!wire_ask(&self.wire[m.wire], &m))
		(void)asked_answered(m.id, LINK_AWAY, BYTES_NULL);
	return 0;
}

static int
on_signed(struct channel *c, struct cursor *in, int fd)
{
	struct link_sign m;

	(void)c;
	(void)fd;
	if (link_sign_get(in, &m) != 0)
		return -EBADMSG;
	server_signed(&self.wire[m.wire], &m);
	return 0;
}

static int
on_log(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

static void
on_stop_time(uv_timer_t *t)
{
	(void)t;
	leave(0);
}

void
link_said_all(void)
{
	for (int i = 0; i < WIRES; i++) {
		const struct wire_conn *w = &self.wire[i];

		if (!w->stopping || (w->state == WIRE_UP && !wire_heard(w, w->stop_pong)))
			return;
	}
	leave(0);
}

static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	bool waits = false;

	(void)in;
	(void)fd;
	for (int i = 0; c->state == STATE_RUNNING && i < WIRES; i++)
		waits = wire_stop(&self.wire[i]) || waits;
	if (!waits)
		leave(0);
	uv_timer_start(&self.stop, on_stop_time, STOP_MS, 0);
	return 0;
}

static void
parent_gone(struct channel *c, const char *why)
{
	(void)c;
	(void)why;
	_exit(0);
}

int
link_main(uid_t user)
{
	static const uint32_t any = 1U << STATE_FRESH | 1U << STATE_RUNNING;
	static const struct frame_rule rules[] = {
		{ MSG_LINK_WIRE, any, false, false, 512 * 1024, on_wire, "wire" },
		{ MSG_LINK_START, 1U << STATE_FRESH, true, false, 0, on_start, "start" },
		{ MSG_LINK_SUB, any, false, false, 4096, on_sub, "sub" },
		{ MSG_LINK_UNSUB, any, false, false, 4, on_unsub, "unsub" },
		{ MSG_LINK_PUB, 1U << STATE_RUNNING, false, false, FRAME_MAX, on_pub, "pub" },
		{ MSG_LINK_REQUEST, 1U << STATE_RUNNING, false, false, FRAME_MAX, on_request,
		    "request" },
		{ MSG_LINK_SIGNED, 1U << STATE_RUNNING, false, false, 512, on_signed, "signed" },
		{ MSG_LINK_LOG, any, false, true, 0, on_log, "log" },
		{ MSG_LINK_STOP, any, false, false, 0, on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		parent_gone };
	static const int ours_not[] = { SIGINT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE };

	for (size_t i = 0; i < sizeof(ours_not) / sizeof(ours_not[0]); i++)
		signal(ours_not[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	log_setup(LOG_INF, "link");
	self.parent.fd = -1;
	self.user = user;
	if (lock_begin(LINK_CHANNEL_FD) != 0 || uv_loop_init(&self.loop) != 0 ||
	    channel_open(&self.parent, &self.loop, LINK_CHANNEL_FD, "parent", 0, &ops) != 0) {
		log_event(LOG_FTL, "no_parent");
		return 2;
	}
	for (int i = 0; i < WIRES; i++)
		wire_begin(&self.wire[i], (enum wire)i, &self.loop, self.sub);
	uv_timer_init(&self.loop, &self.tick);
	uv_timer_init(&self.loop, &self.stop);
	uv_prepare_init(&self.loop, &self.flush);
	tls_begin();
	asked_begin(&self.loop, say_answer);
	if (lock_own(&self.census) != 0)
		fatal("descriptors cannot be counted", 0);
	uv_run(&self.loop, UV_RUN_DEFAULT);
	return 0;
}
