/*
 * parent_control - the control interface: what a message asks is read by host/lattice, done by the
 * nouns beside this one, and answered here. Nobody is asked whether he may: that was the gate's to
 * decide, and its rights keep others from writing to these subjects at all.
 *
 * When it starts it listens to what is for every host and to its own commands; only when it has
 * learned the links that were there before it joins those who answer for the lattice.
 */
#include <sys/utsname.h>

#include "host/proc/enclose.h"
#include "host/proc/parent_control_priv.h"

enum { LEARN_MS = 2000, ECHO_MS = 10000 };

struct waiting {
	char *subject, *queue;
	struct waiting *next;
};

static struct {
	struct request_self who;
	struct body_arena arena;
	struct request q;
	struct buf out, issuers;
	char ctl_host[LINK_NAME_MAX + 16], rpc_host[LINK_NAME_MAX + 16];
	struct waiting *groups; /* joined when the links are known */
	bool learned, leaving;
} self;

void
control_about(struct reply_host *h)
{
	*h = (struct reply_host){ .uptime_s = (int64_t)((uv_now(&host.loop) - host.born_ms) / 1000),
		.version = PORTCULLIS_VERSION,
		.cluster_issuers = (const char *)self.issuers.ptr,
		.ctl_host = self.ctl_host,
		.rpc_host = self.rpc_host,
		.lattice = host.conf->lattice,
		.wall = enclose_any };
}

/* ---- hearing ---- */

static void
refused(const struct request *q)
{
	static struct log_room room;
	struct log_line l;

	if (!log_may(&room, LOG_STRANGERS_S, "command_refused"))
		return;
	log_begin(&l, LOG_WRN, "command_refused");
	log_word(&l, "verb", command_verb_name(q->verb));
	log_str(&l, "why", q->why);
	log_end(&l);
}

void
control_answer(const struct link_msg *m)
{
	if (m->reply.len > 0 && self.out.len > 0 && !buf_failed(&self.out))
		(void)link_pub(m->wire, m->reply, BYTES_NULL, buf_bytes(&self.out));
}

static int
read_it(const struct link_msg *m)
{
	self.arena.used = 0;
	buf_reset(&self.out);
	return request_read(&self.q, &self.who, m->subject, BYTES_NULL, m->body, &self.arena);
}

const struct request *
control_again(const struct link_msg *m, struct buf **out)
{
	*out = &self.out;
	return read_it(m) == 0 ? &self.q : NULL;
}

void
control_hear(const struct link_msg *m, bool pulled)
{
	struct request *q = &self.q;
	int r = read_it(m);
	const struct command_row *row = r == 0 ? commands_row(q->verb) : NULL;
	const char *why;

	if (r == REQUEST_REFUSED) {
		refused(q);
		if (reply_refused(&self.out, host.model, q))
			control_answer(m);
	}
	if (row == NULL)
		return;
	if (row->changes && self.leaving) {
		reply_ack(&self.out, host.model, q, "this host is stopping");
	} else if (!pulled && held_wants(q)) {
		why = held_put(q, m);
		if (why == NULL)
			return;
		commands_ack(q, &self.out, why);
	} else {
		row->on(q, &self.out);
	}
	control_answer(m);
}

static void
on_message(void *ctx, const struct link_msg *m)
{
	(void)ctx;
	control_hear(m, false);
}

/* on_learn() - the same message a host of the group answers: here it only teaches. */
static void
on_learn(void *ctx, const struct link_msg *m)
{
	struct request *q = &self.q;

	(void)ctx;
	self.arena.used = 0;
	if (request_read(q, &self.who, m->subject, BYTES_NULL, m->body, &self.arena) != 0 ||
	    q->link == NULL)
		return;
	if (q->verb == VERB_LINK_PUT)
		(void)links_put(q->link, false);
	else if (q->verb == VERB_LINK_DEL)
		(void)links_del(q->link, false);
}

/* ---- beginning ---- */

/* later() - a group is joined when we know what it is asked about. */
static void
later(const char *subject, const char *queue)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->subject = strdup(subject)) == NULL ||
	    (w->queue = strdup(queue)) == NULL) {
		log_event(LOG_ERR, "out_of_memory");
		if (w != NULL)
			free(w->subject);
		free(w);
		return;
	}
	w->next = self.groups;
	self.groups = w;
}

/* teaches() - is it heard besides a group that answers? */
static bool
teaches(const char *subject)
{
	static const char tail[] = ".linkdefs.*";
	size_t n = strlen(subject);

	return n > sizeof(tail) && strcmp(subject + n - (sizeof(tail) - 1), tail) == 0;
}

static void
listen_to(void *ctx, struct bytes subject, struct bytes queue)
{
	const enum wire *wire = ctx;
	char s[LINK_SUBJECT_MAX + 1], g[LINK_SUBJECT_MAX + 1];

	snprintf(s, sizeof(s), "%.*s", (int)subject.len, (const char *)subject.ptr);
	snprintf(
	    g, sizeof(g), "%.*s", (int)queue.len, queue.len > 0 ? (const char *)queue.ptr : "");
	if (queue.len > 0)
		later(s, g);
	else if (link_sub(*wire, s, NULL, teaches(s) ? on_learn : on_message, NULL) == 0)
		log_event(LOG_ERR, "not_subscribed");
}

static int
core_labels(void)
{
	struct utsname u;
	int r = uname(&u) == 0 ? 0 : -errno;

	if (r == 0)
		r = model_label_core(host.model, "hostcore.arch", u.machine);
	if (r == 0)
		r = model_label_core(host.model, "hostcore.os", "linux");
	if (r == 0)
		r = model_label_core(host.model, "hostcore.osfamily", "unix");
	for (size_t i = 0; r == 0 && i < host.conf->n_labels; i++) {
		const struct hostconf_label *l = &host.conf->label[i];

		r = model_label_put(host.model, bytes_str(l->key), bytes_str(l->value));
		if (r == MODEL_SAME || r == MODEL_CHANGED)
			r = 0;
	}
	return r;
}

static void
cluster_issuers(void)
{
	char key[NKEY_TEXT_LEN + 1];

	buf_init(&self.issuers, 8192);
	buf_put_str(&self.issuers, host.cluster_id);
	for (size_t i = 0; i < host.conf->n_clusters; i++) {
		nkey_format(&host.conf->cluster[i], key);
		buf_put_str(&self.issuers, ",");
		buf_put_str(&self.issuers, key);
	}
	buf_put_u8(&self.issuers, '\0');
}

static int
begin(void)
{
	struct model_limits limits = model_limits_default();
	int r = model_new(&host.model, &limits, host.id, host.cluster_id, host.name);

	self.arena = (struct body_arena){ malloc(BODY_ARENA), BODY_ARENA, 0 };
	buf_init(&self.out, REPLY_MAX);
	cluster_issuers();
	if (r == 0 && (self.arena.mem == NULL || buf_failed(&self.issuers)))
		r = -ENOMEM;
	return r != 0 ? r : core_labels();
}

int
control_begin(void)
{
	enum wire control = WIRE_CONTROL, rpc = WIRE_RPC;
	struct log_line l;
	int r = begin();

	if (r != 0) {
		log_begin(&l, LOG_FTL, "cannot_start");
		log_str(&l, "why", r > 0 ? model_why(r) : strerror(-r));
		log_end(&l);
		return -1;
	}
	commands_begin();
	host.dialect = host.conf->dialect == 'a' ? DIALECT_A : DIALECT_B;
	self.who = (struct request_self){ host.dialect, bytes_str(host.conf->lattice),
		bytes_str(host.id), NULL };
	snprintf(self.ctl_host, sizeof(self.ctl_host), "%s", host.conf->wire[WIRE_CONTROL].host);
	snprintf(self.rpc_host, sizeof(self.rpc_host), "%s", host.conf->wire[WIRE_RPC].host);
	request_subjects(&self.who, listen_to, &control);
	request_subjects_rpc(&self.who, listen_to, &rpc);
	return 0;
}

/* on_echo() - all subscriptions before it are at the server. */
static void
on_echo(void *ctx, enum link_outcome outcome, struct bytes body)
{
	(void)ctx;
	(void)body;
	self.learned = outcome == LINK_OK;
	if (self.learned)
		parent_ready();
}

static void
on_links_told(void *ctx, enum link_outcome outcome, struct bytes body)
{
	(void)ctx;
	if (outcome == LINK_AWAY)
		return; /* again, when it is up */
	if (outcome == LINK_OK)
		links_learn(body);
	for (struct waiting *w = self.groups; w != NULL; w = self.groups) {
		if (link_sub(WIRE_CONTROL, w->subject, w->queue, on_message, NULL) == 0)
			log_event(LOG_ERR, "not_subscribed");
		self.groups = w->next;
		free(w->subject);
		free(w->queue);
		free(w);
	}
	(void)!link_ask(WIRE_CONTROL, BYTES_NULL, BYTES_NULL, ECHO_MS, on_echo, NULL);
}

void
control_up(void)
{
	char subject[LINK_SUBJECT_MAX];

	if (self.learned)
		return;
	snprintf(subject, sizeof(subject), "wasmbus.ctl.%s.get.links", host.conf->lattice);
	(void)!link_ask(
	    WIRE_CONTROL, bytes_str(subject), BYTES_NULL, LEARN_MS, on_links_told, NULL);
}

bool
control_ready(void)
{
	return self.learned;
}

void
control_end(void)
{
	self.leaving = true;
}
