/*
 * link - see link.h.
 *
 * Reads the network and holds no secret: it knows where to connect and shows a token; the signature
 * that goes with the token is asked of the parent, who sees what it signs. Both connections are
 * nats.c's; its threads never touch the channel, they put what they have into a queue that the loop
 * empties. Locked in before the first byte: no file, no process, and TCP to the configured ports
 * alone where the kernel can say so. When the parent goes, so does it.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "host/proc/link_priv.h"
#include "host/proc/lock.h"

enum { OUT_MAX = 4 * 1024 * 1024, RETRY_MS = 2, WATCH_MS = 1000 };

enum { STATE_FRESH = 0, STATE_RUNNING };

static struct {
	uv_loop_t loop;
	struct channel parent;
	struct census census;
	struct wire_conn wire[WIRES];
	struct wire_sub sub[LINK_SUBS];
	uv_timer_t again; /* the channel was full */
	uv_timer_t watch;
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

static struct bytes
body_of(natsMsg *msg)
{
	int n = natsMsg_GetDataLength(msg);

	return bytes_of(natsMsg_GetData(msg), n > 0 ? (size_t)n : 0);
}

/* nobody() - the server's own word that no subscription took the request. */
static bool
nobody(natsMsg *msg)
{
	const char *status = NULL;

	return natsMsg_GetDataLength(msg) == 0 &&
	       natsMsgHeader_Get(msg, "Status", &status) == NATS_OK && strcmp(status, "503") == 0;
}

static void
give_msg(const struct item *it)
{
	struct link_msg m = { .wire = it->wire,
		.id = it->id,
		.subject = bytes_str(natsMsg_GetSubject(it->msg)),
		.reply = bytes_str(natsMsg_GetReply(it->msg)),
		.body = body_of(it->msg) };

	if (link_msg_put(&self.parent, MSG_LINK_MSG, &m) != 0)
		log_event(LOG_WRN, "message_too_large");
}

static void
give(const struct item *it)
{
	struct link_news news = { it->wire, it->state, bytes_str(it->text) };
	struct link_sign sign = { it->wire, it->id, bytes_str(it->text) };
	struct bytes body;

	switch (it->kind) {
	case ITEM_MSG:
		give_msg(it);
		break;
	case ITEM_INBOX:
		body = body_of(it->msg);
		(void)asked_answered(it->id,
		    nobody(it->msg)            ? LINK_NO_RESPONDERS
		    : body.len > LINK_BODY_MAX ? LINK_TIMEOUT
					       : LINK_OK,
		    body.len > LINK_BODY_MAX ? BYTES_NULL : body);
		break;
	case ITEM_STATE:
		if (it->state != LINK_UP)
			asked_away(it->wire);
		(void)link_news_put(&self.parent, MSG_LINK_STATE, &news);
		break;
	case ITEM_ERROR:
		(void)link_news_put(&self.parent, MSG_LINK_ERROR, &news);
		break;
	case ITEM_SIGN:
		(void)link_sign_put(&self.parent, MSG_LINK_SIGN, &sign);
		break;
	}
}

static void
say_dropped(void)
{
	uint64_t n = queue_dropped();
	struct log_line l;

	if (n == 0)
		return;
	log_begin(&l, LOG_WRN, "messages_dropped");
	log_num(&l, "messages", (int64_t)n);
	log_end(&l);
}

/* drain() - as much as the parent has room for. */
static void
drain(void)
{
	struct item *it;

	while (channel_pending(&self.parent) < OUT_MAX && (it = queue_take()) != NULL) {
		give(it);
		item_free(it);
	}
	channel_flush(&self.parent);
	say_dropped();
}

static void
on_again(uv_timer_t *t)
{
	drain();
	if (channel_pending(&self.parent) < OUT_MAX)
		uv_timer_stop(t);
}

static void
on_wake(uv_async_t *a)
{
	(void)a;
	drain();
	if (channel_pending(&self.parent) >= OUT_MAX)
		uv_timer_start(&self.again, on_again, RETRY_MS, RETRY_MS);
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

/* lock_in() - before there are threads. */
static void
lock_in(void)
{
	uint16_t port[WIRES];
	struct lock_needs needs = { .name = "link", .port = port, .threads = true };
	struct lock_got got;

	for (int i = 0; i < WIRES; i++)
		port[needs.n_ports++] = self.wire[i].to.port;
	if (lock_down(&self.census, &needs, &got) != 0)
		fatal(got.why, got.error);
}

static void
on_watch(uv_timer_t *t)
{
	(void)t;
	dial_watch(self.wire, WIRES);
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	int r = 0;

	(void)in;
	(void)fd;
	for (int i = 0; i < WIRES; i++)
		if (!self.wire[i].known)
			return -EBADMSG;
	lock_in();
	c->state = STATE_RUNNING;
	if (nats_Open(-1) != NATS_OK || nats_SetMessageDeliveryPoolSize(1) != NATS_OK)
		fatal("nats.c cannot be started", 0);
	for (int i = 0; r == 0 && i < WIRES; i++)
		r = wire_start(&self.wire[i]);
	if (r != 0)
		fatal("a thread cannot be started", r);
	uv_timer_start(&self.watch, on_watch, WATCH_MS, WATCH_MS);
	return link_bare_put(c, MSG_LINK_READY, -1);
}

static struct wire_sub *
place_of(uint32_t id)
{
	for (size_t i = 0; i < LINK_SUBS; i++)
		if (self.sub[i].id == id)
			return &self.sub[i];
	return NULL;
}

static int
on_sub(struct channel *c, struct cursor *in, int fd)
{
	struct link_sub m;
	struct wire_sub *place;

	(void)c;
	(void)fd;
	if (link_sub_get(in, &m) != 0 || place_of(m.id) != NULL)
		return -EBADMSG;
	place = place_of(0);
	return place != NULL ? subs_put(&self.wire[m.wire], place, &m) : -ENOBUFS;
}

static int
on_unsub(struct channel *c, struct cursor *in, int fd)
{
	struct wire_sub *place;
	uint32_t id;

	(void)c;
	(void)fd;
	if (link_unsub_get(in, &id) != 0 || id == 0 || (place = place_of(id)) == NULL)
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
	login_signed(&self.wire[m.wire], &m);
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

static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	for (int i = 0; c->state == STATE_RUNNING && i < WIRES; i++)
		wire_stop(&self.wire[i]);
	leave(0);
}

static void
parent_gone(struct channel *c, const char *why)
{
	(void)c;
	(void)why;
	_exit(0);
}

int
link_main(void)
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
	for (int i = 0; i < WIRES; i++)
		wire_begin(&self.wire[i], (enum wire)i, self.wire, self.sub);
	if (lock_begin(LINK_CHANNEL_FD) != 0 || uv_loop_init(&self.loop) != 0 ||
	    channel_open(&self.parent, &self.loop, LINK_CHANNEL_FD, "parent", 0, &ops) != 0 ||
	    queue_begin(&self.loop, on_wake) != 0) {
		log_event(LOG_FTL, "no_parent");
		return 2;
	}
	uv_timer_init(&self.loop, &self.again);
	uv_timer_init(&self.loop, &self.watch);
	asked_begin(&self.loop, say_answer);
	if (lock_own(&self.census) != 0)
		fatal("descriptors cannot be counted", 0);
	uv_run(&self.loop, UV_RUN_DEFAULT);
	return 0;
}
