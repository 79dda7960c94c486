/*
 * parent_control - the control interface: what a message asks is read by host/lattice, done by the
 * nouns beside this one, and answered here. Nobody is asked whether he may: that was the gate's to
 * decide, and its rights keep others from writing to these subjects at all.
 *
 * When it starts it listens to what is for every host and to its own commands; only when it has
 * learned the links that were there before it joins those who answer for the lattice.
 */
#include <sys/utsname.h>

#include "host/proc/parent_priv.h"
#include "host/proc/parent_pull.h"

enum {
	LEARN_MS = 2000,
	ECHO_MS = 10000,
	STOP_PRESET_MS = 500,
	PATIENCE_MS = 1500,
	CONFIGS = 1024,
	CONFIG_MAX = 64 * 1024
};

struct waiting {
	char *subject, *queue;
	struct waiting *next;
};

static struct {
	struct request_self who;
	struct body_arena arena, arena_learn;
	struct request q;
	struct buf out, issuers;
	char ctl_host[LINK_NAME_MAX + 16], rpc_host[LINK_NAME_MAX + 16];
	struct waiting *groups; /* joined when the links are known */
	bool learned, leaving;
	uv_timer_t stop;
} self;

/* ---- what is answered at once ---- */

void
control_about(struct reply_host *h)
{
	*h = (struct reply_host){ .uptime_s = (int64_t)((uv_now(&host.loop) - host.born_ms) / 1000),
		.version = PORTCULLIS_VERSION,
		.cluster_issuers = (const char *)self.issuers.ptr,
		.ctl_host = self.ctl_host,
		.rpc_host = self.rpc_host,
		.lattice = host.conf->lattice };
}

static void
on_ping(const struct request *q)
{
	struct reply_host about;

	control_about(&about);
	reply_ping(&self.out, host.model, q, &about);
}

static void
on_inventory(const struct request *q)
{
	struct reply_host about;

	control_about(&about);
	reply_inventory(&self.out, host.model, q, &about);
}

static void
on_claims(const struct request *q)
{
	reply_claims(&self.out, host.model, q);
}

static void
on_links(const struct request *q)
{
	reply_links(&self.out, host.model, q, true);
}

static void
on_auction(const struct request *q)
{
	struct bytes what = q->ref.len > 0 ? q->ref : q->key;
	bool bid = q->verb == VERB_ACTOR_AUCTION
		       ? model_bids_actor(host.model, what, q->labels)
		       : model_bids_provider(host.model, what, q->link_name, q->labels);

	if (bid)
		reply_bid(&self.out, host.model, q);
}

/* ---- what is done ---- */

static void
ack(const struct request *q, const char *error)
{
	struct log_line l;

	log_begin(
	    &l, error == NULL ? LOG_INF : LOG_WRN, error == NULL ? "command" : "command_failed");
	log_word(&l, "verb", command_verb_name(q->verb));
	if (q->ref.len > 0)
		log_bytes(&l, "ref", q->ref);
	if (q->key.len > 0)
		log_bytes(&l, "key", q->key);
	if (error != NULL)
		log_str(&l, "why", error);
	log_end(&l);
	reply_ack(&self.out, host.model, q, error);
}

static void
on_actor(const struct request *q)
{
	const char *error = q->verb == VERB_ACTOR_START   ? actors_start(q)
			    : q->verb == VERB_ACTOR_STOP  ? actors_stop(q)
			    : q->verb == VERB_ACTOR_SCALE ? actors_scale(q)
							  : actors_update(q);

	ack(q, error);
}

static void
on_provider(const struct request *q)
{
	ack(q, q->verb == VERB_PROVIDER_START ? providers_start(q) : providers_stop(q));
}

static void
on_link(const struct request *q)
{
	const char *error = q->link == NULL            ? "there is no link in it"
			    : q->verb == VERB_LINK_PUT ? links_put(q->link, true)
						       : links_del(q->link, true);

	ack(q, error);
}

static void
on_label(const struct request *q)
{
	const struct body_pair *p = q->labels->first;
	int r = p == NULL                   ? MODEL_BAD
		: q->verb == VERB_LABEL_PUT ? model_label_put(host.model, p->key, p->value)
					    : model_label_del(host.model, p->key);

	ack(q, r == 0 || r == MODEL_SAME || r == MODEL_CHANGED ? NULL
	       : r > 0                                         ? model_why(r)
							       : "out of memory");
}

static void
on_stop_due(uv_timer_t *t)
{
	(void)t;
	parent_stop(0);
}

static void
on_stop(const struct request *q)
{
	ack(q, NULL);
	/* the answer goes first */
	uv_timer_start(&self.stop, on_stop_due, 1, 0);
}

/* on_registry() - kept in memory, for whoever fetches images. Nothing of it is ever shown. */
static void
on_registry(const struct request *q)
{
	ack(q, registries_put(q));
}

static void
on_config(const struct request *q)
{
	struct bytes value;

	if (q->verb == VERB_CONFIG_GET)
		reply_config(&self.out, configs_get(q->key, q->config_key, &value) ? &value : NULL);
	else
		ack(q, q->verb == VERB_CONFIG_PUT
			   ? configs_put(q->key, q->config_key, q->config_value)
			   : configs_del(q->key, q->config_key));
}

static const struct {
	enum verb verb;
	bool changes;
	void (*on)(const struct request *q);
} handlers[] = {
	{ VERB_HOST_LIST, false, on_ping },
	{ VERB_HOST_INVENTORY, false, on_inventory },
	{ VERB_CLAIMS_GET, false, on_claims },
	{ VERB_LINK_GET, false, on_links },
	{ VERB_CONFIG_GET, false, on_config },
	{ VERB_ACTOR_AUCTION, false, on_auction },
	{ VERB_PROVIDER_AUCTION, false, on_auction },
	{ VERB_ACTOR_START, true, on_actor },
	{ VERB_ACTOR_STOP, true, on_actor },
	{ VERB_ACTOR_SCALE, true, on_actor },
	{ VERB_ACTOR_UPDATE, true, on_actor },
	{ VERB_PROVIDER_START, true, on_provider },
	{ VERB_PROVIDER_STOP, true, on_provider },
	{ VERB_LINK_PUT, true, on_link },
	{ VERB_LINK_DEL, true, on_link },
	{ VERB_HOST_STOP, true, on_stop },
	{ VERB_LABEL_PUT, true, on_label },
	{ VERB_LABEL_DEL, true, on_label },
	{ VERB_REGISTRY_PUT, true, on_registry },
	{ VERB_CONFIG_PUT, true, on_config },
	{ VERB_CONFIG_DEL, true, on_config },
};

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

/* answer() - to the one who asked, if he said where; a command without an inbox is done all the
 * same. */
static void
answer(const struct link_msg *m)
{
	if (m->reply.len > 0 && self.out.len > 0 && !buf_failed(&self.out))
		(void)link_pub(m->wire, m->reply, BYTES_NULL, buf_bytes(&self.out));
}

/* ---- commands that wait for a registry ---- */

/* A command whose artifact is on its way; done as if it came when that is there. */
struct held {
	struct link_msg m; /* slices of ->text */
	uv_timer_t timer;
	bool due; /* its asker was told already */
	uint8_t *text;
};

static void hear(const struct link_msg *m, bool pulled);

static void
on_held_closed(uv_handle_t *h)
{
	struct held *w = h->data;

	free(w->text);
	free(w);
}

/* read_held() - the command again, into self.q. */
static bool
read_held(const struct held *w)
{
	self.arena.used = 0;
	buf_reset(&self.out);
	return request_read(&self.q, &self.who, w->m.subject, BYTES_NULL, w->m.body, &self.arena) == 0;
}

static void
on_pulled(void *ctx, const char *why)
{
	struct held *w = ctx;
	char kept[REQUEST_ERROR];

	uv_timer_stop(&w->timer);
	if (why == NULL) {
		hear(&w->m, true);
	} else if (read_held(w)) {
		snprintf(kept, sizeof(kept), "%s", why);
		if (self.q.verb != VERB_ACTOR_UPDATE)
			actors_not_started(&self.q, kept);
		ack(&self.q, kept);
		answer(&w->m);
	}
	uv_close((uv_handle_t *)&w->timer, on_held_closed);
}

/* on_patience() - tools of the time wait two seconds: taken, and what comes of it is told by events. */
static void
on_patience(uv_timer_t *t)
{
	struct held *w = t->data;

	if (!read_held(w))
		return;
	reply_ack(&self.out, host.model, &self.q, NULL);
	answer(&w->m);
	w->m.reply = BYTES_NULL;
}

/* hold() - Return: is it held? Else it was answered. */
static bool
hold(const struct link_msg *m)
{
	struct held *w = calloc(1, sizeof(*w));
	size_t n = m->subject.len + m->reply.len + m->body.len;
	const char *why = "out of memory";
	uint8_t *at = w != NULL ? malloc(n + 1) : NULL;

	if (at != NULL) {
		struct bytes *part[] = { &w->m.subject, &w->m.reply, &w->m.body };

		w->m = *m;
		w->text = at;
		for (size_t i = 0; i < 3; i++) {
			if (part[i]->len > 0)
				memcpy(at, part[i]->ptr, part[i]->len);
			part[i]->ptr = at;
			at += part[i]->len;
		}
		uv_timer_init(&host.loop, &w->timer);
		w->timer.data = w;
		uv_timer_start(&w->timer, on_patience, PATIENCE_MS, 0);
		why = pull_begin(&self.q.image, on_pulled, w);
		if (why == NULL)
			return true;
		uv_close((uv_handle_t *)&w->timer, on_held_closed);
	} else {
		free(w);
	}
	ack(&self.q, why);
	return false;
}

/* far() - does it name an artifact of a registry that is needed for it? */
static bool
far(const struct request *q)
{
	if (q->image.scheme != IMAGE_OCI ||
	    (q->verb != VERB_ACTOR_START && q->verb != VERB_ACTOR_SCALE && q->verb != VERB_ACTOR_UPDATE))
		return false;
	return q->verb == VERB_ACTOR_UPDATE || q->verb == VERB_ACTOR_START || model_actor_of(host.model, q->ref) == NULL;
}

static void
on_message(void *ctx, const struct link_msg *m)
{
	(void)ctx;
	hear(m, false);
}

/* hear() - @pulled: what it names has just been fetched. */
static void
hear(const struct link_msg *m, bool pulled)
{
	struct request *q = &self.q;
	int r;

	self.arena.used = 0;
	buf_reset(&self.out);
	r = request_read(q, &self.who, m->subject, BYTES_NULL, m->body, &self.arena);
	if (r == REQUEST_REFUSED) {
		refused(q);
		if (reply_refused(&self.out, host.model, q))
			answer(m);
	}
	for (size_t i = 0; r == 0 && i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].verb != q->verb)
			continue;
		if (handlers[i].changes && self.leaving)
			reply_ack(&self.out, host.model, q, "this host is stopping");
		else if (!pulled && far(q) && hold(m))
			return;
		else if (self.out.len == 0)
			handlers[i].on(q);
		answer(m);
		return;
	}
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
	uv_timer_init(&host.loop, &self.stop);
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
