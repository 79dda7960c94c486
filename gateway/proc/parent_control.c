/*
 * parent_control - what is asked over the control socket, and how it comes to an answer.
 *
 * Children are asked for what they know and have PARENT_ANSWER_MS; who says nothing by then is shown as
 * silent. What they say is shown, never acted on. Questions that come while one is being answered get
 * its answer. A reload is answered when its outcome is known.
 */
#include <stdlib.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"
#include "policy/core/members.h"

enum {
	PARENT_ANSWER_MS = 5000, /* who is only slow, on a machine that is busy, is not called silent */
	PARENT_RELOAD_MS = 30000,
	PARENT_ROTATE_MS = 10000,
	PARENT_LIVE_EACH = 1000, /* connections told per edge */
	PARENT_LIVE_MAX = 4 << 20,
	PARENT_STATUS_MAX = 1 << 20,
};

/* what a peer waits for: control_peer.ticket; a reload's is above all of these */
enum { FOR_STATUS = 1, FOR_CONNS, FOR_ROTATE, FOR_UPGRADE, FOR_RELOAD };

static struct {
	struct control control;
	bool asking_status, asking_conns;
	uint64_t token;
	struct buf live; /* connections told so far */
	uint64_t n_live, all_live;
	uv_timer_t status_timer, conns_timer, reload_timer, rotate_timer;
} self = { .control.socket.fd = -1 };

/* ---- acts ---- */

void
act_tell(enum act_kind kind, const char *what, struct bytes detail, const char *by)
{
	struct kid *k = kid_of(ROLE_AUDITOR, 0);
	struct msg_act m = { .kind = kind, .what = bytes_str(what), .detail = detail, .by = bytes_str(by) };

	if (k != NULL && k->alive && k->channel.fd >= 0 && k->channel.state != 0) {
		(void)msg_act_put(&k->channel, &m);
		channel_flush(&k->channel); /* before who asked is answered, and looks for it */
	} else if (parent.announced) {
		acts_keep(&m);
	}
}

/* ---- answering ---- */

/* answer_all() - to everybody who waits for it. */
static void
answer_all(uint64_t ticket, struct bytes json)
{
	struct control_peer *p = self.control.peers, *next;

	for (; p != NULL; p = next) {
		next = p->next;
		if (p->ticket != ticket)
			continue;
		p->ticket = 0;
		control_answer(p, json);
	}
}

static void
status_done(void)
{
	struct buf b;

	if (!self.asking_status)
		return;
	self.asking_status = false;
	uv_timer_stop(&self.status_timer);
	buf_init(&b, PARENT_STATUS_MAX);
	status_put(&b);
	answer_all(FOR_STATUS, buf_failed(&b) ? BYTES_LIT("{\"error\":\"out of memory\"}") : buf_bytes(&b));
	buf_deinit(&b);
	metrics_numbers();
}

static void
conns_done(void)
{
	struct buf b;

	if (!self.asking_conns)
		return;
	self.asking_conns = false;
	uv_timer_stop(&self.conns_timer);
	buf_init(&b, PARENT_LIVE_MAX + 256);
	buf_put_str(&b, "{\"connections\":[");
	buf_put(&b, buf_bytes(&self.live));
	buf_put_str(&b, "],\"shown\":");
	buf_put_dec(&b, self.n_live);
	buf_put_str(&b, ",\"all\":");
	buf_put_dec(&b, self.all_live > self.n_live ? self.all_live : self.n_live);
	buf_put_u8(&b, '}');
	answer_all(FOR_CONNS, buf_bytes(&b));
	buf_deinit(&b);
	buf_deinit(&self.live);
}

static void
on_status_late(uv_timer_t *t)
{
	(void)t;
	status_done();
}

static void
on_conns_late(uv_timer_t *t)
{
	(void)t;
	conns_done();
}

/* all_said() - has everybody who was asked answered? */
static bool
all_said(bool conns)
{
	for (size_t i = 0; i < parent.n_kids; i++) {
		const struct kid *k = &parent.kid[i];

		if (k->alive && (conns ? k->owes_conns : k->owes_stats && !k->silent))
			return false;
	}
	return true;
}

static bool
ask(struct kid *k)
{
	return k->alive && k->channel.fd >= 0 && k->ready;
}

void
control_ask(void)
{
	if (self.asking_status)
		return;
	self.asking_status = true;
	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];
		bool has = k->role == ROLE_EDGE || k->role == ROLE_DISPATCHER || k->role == ROLE_AUDITOR ||
			   k->role == ROLE_VERIFIER || k->role == ROLE_SIGNER;

		/* who has not answered the last question is not asked another, nor waited for again */
		k->silent = k->owes_stats && ask(k);
		if (!k->silent)
			k->owes_stats = has && ask(k) && msg_bare_put(&k->channel, MSG_STATS_WANTED, -1) == 0;
	}
	uv_timer_start(&self.status_timer, on_status_late, PARENT_ANSWER_MS, 0);
	if (all_said(false))
		status_done();
}

static void
ask_conns(void)
{
	if (self.asking_conns)
		return;
	self.asking_conns = true;
	self.token++;
	self.n_live = self.all_live = 0;
	buf_init(&self.live, PARENT_LIVE_MAX);
	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];

		k->owes_conns = k->role == ROLE_EDGE && ask(k) &&
				msg_live_count_put(&k->channel, MSG_LIVE_WANTED, self.token, PARENT_LIVE_EACH) == 0;
	}
	uv_timer_start(&self.conns_timer, on_conns_late, PARENT_ANSWER_MS, 0);
	if (all_said(true))
		conns_done();
}

/* ---- what children say ---- */

int
control_on_stats(struct channel *c, struct cursor *in, int fd)
{
	struct kid *k = (struct kid *)c;

	(void)fd;
	if (msg_stats_get(in, &k->stats) != 0)
		return -EBADMSG;
	k->owes_stats = false;
	if (all_said(false))
		status_done();
	return 0;
}

int
control_on_audit_state(struct channel *c, struct cursor *in, int fd)
{
	struct kid *k = (struct kid *)c;
	struct msg_audit_state m;

	(void)fd;
	if (k->role != ROLE_AUDITOR || msg_audit_state_get(in, &m) != 0)
		return -EBADMSG;
	k->owes_stats = false;
	status_audit(&m);
	if (all_said(false))
		status_done();
	return 0;
}

static void
put_live(struct buf *b, unsigned edge, const struct msg_live *m)
{
	buf_put_str(b, b->len > 0 ? ",{\"edge\":" : "{\"edge\":");
	buf_put_dec(b, edge);
	members_dec(b, "client", m->client);
	members_dec(b, "since", m->since_s > 0 ? (uint64_t)m->since_s : 0);
	members_bytes(b, "source", m->source);
	members_bytes(b, "account", m->account);
	members_bytes(b, "user", m->user);
	members_bytes(b, "name", m->name);
	members_bytes(b, "tags", m->tags);
	members_dec(b, "subs", m->subs);
	members_dec(b, "in_msgs", m->in_msgs);
	members_dec(b, "out_msgs", m->out_msgs);
	members_dec(b, "in_bytes", m->in_bytes);
	members_dec(b, "out_bytes", m->out_bytes);
	members_dec(b, "denied", m->denied);
	buf_put_u8(b, '}');
}

int
control_on_live(struct channel *c, struct cursor *in, int fd)
{
	struct kid *k = (struct kid *)c;
	size_t whole = self.live.len;
	struct msg_live m;

	(void)fd;
	if (k->role != ROLE_EDGE || msg_live_get(in, &m) != 0)
		return -EBADMSG;
	if (!self.asking_conns || m.token != self.token || buf_failed(&self.live))
		return 0;
	put_live(&self.live, k->index, &m);
	if (buf_failed(&self.live))
		self.live.len = whole; /* what does not fit is told as a number */
	else
		self.n_live++;
	return 0;
}

int
control_on_live_end(struct channel *c, struct cursor *in, int fd)
{
	struct kid *k = (struct kid *)c;
	uint64_t token, all;

	(void)fd;
	if (k->role != ROLE_EDGE || msg_live_count_get(in, &token, &all) != 0)
		return -EBADMSG;
	if (!self.asking_conns || token != self.token)
		return 0;
	k->owes_conns = false;
	self.all_live += all;
	if (all_said(true))
		conns_done();
	return 0;
}

/* ---- reload ---- */

static void
on_reload_late(uv_timer_t *t)
{
	(void)t;
	for (uint64_t ticket = FOR_RELOAD; ticket <= FOR_RELOAD + parent.reload.wanted; ticket++)
		answer_all(ticket, BYTES_LIT("{\"error\":\"the reload has not ended yet: look at the log\"}"));
}

void
control_reloaded(uint64_t of, struct bytes json)
{
	struct control_peer *p = self.control.peers, *next;

	for (; p != NULL; p = next) {
		next = p->next;
		if (p->ticket < FOR_RELOAD || p->ticket > FOR_RELOAD + of)
			continue;
		p->ticket = 0;
		control_answer(p, json);
	}
}

static void
ask_reload(struct control_peer *p)
{
	if (parent.state != PARENT_RUNNING && parent.state != PARENT_LAME_DUCK) {
		control_no(p, "the gateway is not running: it is starting or ending");
		return;
	}
	/* its outcome may be known before the call returns */
	p->ticket = FOR_RELOAD + parent.reload.wanted + 1;
	parent_reload(p->by);
	uv_timer_start(&self.reload_timer, on_reload_late, PARENT_RELOAD_MS, 0);
}

/* ---- the audit's key ---- */

static void
on_rotate_late(uv_timer_t *t)
{
	(void)t;
	control_rotated(BYTES_LIT("{\"error\":\"the new key has not taken over yet: the log cannot be written\"}"));
}

void
control_rotated(struct bytes json)
{
	uv_timer_stop(&self.rotate_timer);
	answer_all(FOR_ROTATE, json);
}

static void
ask_rotate(struct control_peer *p)
{
	p->ticket = FOR_ROTATE;
	act_tell(ACT_ADMIN, "rotate", BYTES_NULL, p->by);
	if (rotate_key() == 0)
		uv_timer_start(&self.rotate_timer, on_rotate_late, PARENT_ROTATE_MS, 0);
	else
		control_rotated(BYTES_LIT("{\"error\":\"the key could not be given to the auditor: look at the log\"}"));
}

/* ---- upgrade ---- */

static void
ask_upgrade(struct control_peer *p)
{
	const char *why = upgrade_begin(p->by);

	if (why != NULL)
		control_no(p, why);
	else
		p->ticket = FOR_UPGRADE;
}

void
control_upgraded(int pid, const char *why)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_put_str(&b, pid > 0 ? "{\"ok\":true,\"pid\":" : "{\"ok\":false,\"why\":");
	if (pid > 0)
		buf_put_dec(&b, (uint64_t)pid);
	else
		buf_put_json(&b, bytes_str(why));
	buf_put_u8(&b, '}');
	answer_all(FOR_UPGRADE, buf_bytes(&b));
	buf_deinit(&b);
}

/* ---- requests ---- */

static void
on_request(struct control_peer *p, const struct control_request *r)
{
	switch (r->verb) {
	case CONTROL_STATUS:
		p->ticket = FOR_STATUS;
		control_ask();
		return;
	case CONTROL_CONNS:
		p->ticket = FOR_CONNS;
		ask_conns();
		return;
	case CONTROL_RELOAD:
		ask_reload(p);
		return;
	case CONTROL_UPGRADE:
		ask_upgrade(p);
		return;
	case CONTROL_ROTATE:
		ask_rotate(p);
		return;
	case CONTROL_REOPEN:
		act_tell(ACT_ADMIN, "reopen", BYTES_NULL, p->by);
		if (files_log_open(true) == 0)
			control_answer(p, BYTES_LIT("{\"ok\":true}"));
		else
			control_no(p, "the log cannot be opened: what was open stays in use");
		return;
	case CONTROL_READ: {
		char what[CONTROL_WHAT_MAX + 1];

		snprintf(what, sizeof(what), "%.*s", (int)r->what.len, (const char *)r->what.ptr);
		act_tell(ACT_READ, what, r->detail, p->by);
		control_answer(p, BYTES_LIT("{\"ok\":true}"));
		return;
	}
	default:
		control_no(p, "not a request");
	}
}

int
control_begin(void)
{
	const char *path = parent.config->control;
	int r = control_open(&self.control, &parent.loop, path);
	bool fatal = parent.config->control_asked || r == -EADDRINUSE;
	struct log_line l;

	uv_timer_init(&parent.loop, &self.status_timer);
	uv_timer_init(&parent.loop, &self.conns_timer);
	uv_timer_init(&parent.loop, &self.reload_timer);
	uv_timer_init(&parent.loop, &self.rotate_timer);
	self.control.on_request = on_request;
	if (r == 0)
		return 0;
	log_begin(&l, fatal ? LOG_FTL : LOG_WRN, "no_control_socket");
	log_str(&l, "file", path);
	log_str(&l, "why", control_why(r));
	log_end(&l);
	return fatal ? err_raise(r) : 0;
}

void
control_end(void)
{
	control_close(&self.control);
}
