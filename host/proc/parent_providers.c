/*
 * parent_providers - the providers that run here, as the lattice sees them: started by reference,
 * linked as the links say, each state of theirs a state in the inventory and an event. What a
 * provider is and may do is host/proc/provider.h; this noun brings links and calls to it and away.
 * Which there are is in parent_kinds.c.
 */
#include <stdio.h>
#include <unistd.h>

#include "host/proc/enclose.h"
#include "host/proc/parent_provider_config.h"
#include "host/proc/parent_providers.h"
#include "host/proc/parent_users.h"

enum { DRAIN_MS = 5000 };

static struct {
	struct providers *all;
	struct provider_run *first;
	uv_timer_t sweep;
	void (*gone)(void);
	bool begun, askers;
} self;

/* ---- which ---- */

struct provider_run *
providers_run(struct bytes key, struct bytes link_name)
{
	for (struct provider_run *p = self.first; p != NULL; p = p->next)
		if (!p->gone && bytes_is(key, p->model->claims.sub) &&
		    bytes_is(link_name, p->model->link_name))
			return p;
	return NULL;
}

/* ---- events ---- */

static void
tell(enum event_kind kind, const struct provider_run *p, const char *reason)
{
	struct event e = { .kind = kind,
		.provider = p->model,
		.ref = p->model->ref,
		.link_name = p->model->link_name,
		.reason = reason };

	events_tell(&e);
}

static void
say(enum log_level level, const char *event, const struct provider_run *p, const char *why)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_word(&l, "provider", p->model->claims.sub);
	log_str(&l, "ref", p->model->ref);
	log_str(&l, "link", p->model->link_name);
	if (why != NULL)
		log_str(&l, "why", why);
	log_end(&l);
}

/* ---- what becomes of it ---- */

static void
forget(struct provider_run *p)
{
	for (struct provider_run **at = &self.first; *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	provider_calls_forget(p);
	rpc_deaf(p->ear);
	model_provider_del(host.model, p->model);
	provider_free(p->provider);
	free(p);
}

/* any() - is one there, of those that ask or of all? */
static bool
any(bool askers)
{
	for (const struct provider_run *p = self.first; p != NULL; p = p->next)
		if (!askers || p->kind->asks)
			return true;
	return false;
}

/* on_sweep() - those that are gone; not from within what they say. */
static void
on_sweep(uv_timer_t *t)
{
	(void)t;
	for (struct provider_run *p = self.first, *next; p != NULL; p = next) {
		next = p->next;
		if (p->gone)
			forget(p);
	}
	if (self.gone != NULL && !any(self.askers)) {
		void (*gone)(void) = self.gone;

		self.gone = NULL;
		gone();
	}
}

static void
sweep(void)
{
	uv_timer_start(&self.sweep, on_sweep, 0, 0);
}

static void
on_up(struct provider_run *p)
{
	if (p->was_up)
		return;
	p->was_up = true;
	say(LOG_INF, "provider_started", p, NULL);
	tell(EVENT_PROVIDER_STARTED, p, NULL);
}

static void
on_broken(struct provider_run *p, const struct provider_status *s)
{
	int64_t retry_ms = s->retry_s * 1000;
	bool new = status_move(&p->model->status, STATE_FAILED, s->why, now_ms(), retry_ms) == 0;

	if (!new)
		return;
	say(LOG_ERR, "provider_failed", p, s->why);
	if (!p->was_up)
		tell(EVENT_PROVIDER_START_FAILED, p, s->why);
	tell(EVENT_PROVIDER_FAILED, p, s->why);
}

static void
on_state(void *ctx, struct provider *provider)
{
	const struct provider_status *s = provider_status(provider);
	struct provider_run *p = provider_ctx(provider);

	(void)ctx;
	p->model->walls = s->walls;
	if (s->walls != 0 && s->namespaces)
		p->model->walls |= UINT32_C(1) << ENCLOSE_NET | UINT32_C(1) << ENCLOSE_IPC | UINT32_C(1) << ENCLOSE_UTS;
	switch (s->state) {
	case PROVIDER_STARTING:
		(void)status_move(&p->model->status, STATE_STARTING, NULL, now_ms(), 0);
		break;
	case PROVIDER_RUNNING:
		(void)status_move(&p->model->status, STATE_RUNNING, NULL, now_ms(), 0);
		on_up(p);
		break;
	case PROVIDER_DEGRADED:
		on_up(p);
		if (status_move(&p->model->status, STATE_DEGRADED, s->why, now_ms(), 0) == 0)
			say(LOG_WRN, "provider_degraded", p, s->why);
		break;
	case PROVIDER_BROKEN:
		on_broken(p, s);
		break;
	case PROVIDER_STOPPED:
		say(LOG_INF, "provider_stopped", p, NULL);
		tell(EVENT_PROVIDER_STOPPED, p, "normal");
		p->gone = true;
		sweep();
		break;
	case PROVIDER_STOPPING:
	default:
		break;
	}
	if (s->state != PROVIDER_STARTING)
		provider_calls_early(p);
}

static void
on_link(void *ctx, struct provider *provider, const struct provider_link_status *s)
{
	const struct provider_run *p = provider_ctx(provider);
	struct log_line l;

	(void)ctx;
	if (s->state == PROVIDER_LINK_GONE)
		return;
	links_state(s->actor, bytes_str(p->model->claims.sub), bytes_str(p->model->link_name),
	    s->state == PROVIDER_LINK_RUNNING  ? STATE_RUNNING
	    : s->state == PROVIDER_LINK_FAILED ? STATE_FAILED
					       : STATE_STARTING,
	    s->why[0] != '\0' ? s->why : "not there", s->retry_s);
	if (s->state == PROVIDER_LINK_WAITING)
		return;
	log_begin(&l, s->state == PROVIDER_LINK_FAILED ? LOG_ERR : LOG_INF,
	    s->state == PROVIDER_LINK_FAILED ? "link_failed" : "link_running");
	log_word(&l, "provider", p->model->claims.sub);
	log_bytes(&l, "actor", s->actor);
	log_str(&l, "address", s->address);
	if (s->state == PROVIDER_LINK_FAILED)
		log_str(&l, "why", s->why);
	log_end(&l);
}

static void
on_log(void *ctx, struct provider *provider, int level, struct bytes actor, struct bytes text)
{
	const struct provider_run *p = provider_ctx(provider);
	struct log_line l;

	(void)ctx;
	log_begin(&l, level >= LOG_ERR && level <= LOG_TRC ? (enum log_level)level : LOG_INF,
	    "provider_log");
	log_str(&l, "ref", p->model->ref);
	if (actor.len > 0)
		log_bytes(&l, "actor", actor);
	log_bytes(&l, "text", text);
	log_end(&l);
}

/* ---- links ---- */

static void
put_link(struct provider_run *p, const struct model_link *l)
{
	struct provider_pairs values = { 0 };
	int r = l->values.n <= PROVIDER_VALUES ? 0 : -E2BIG;

	for (size_t i = 0; r == 0 && i < l->values.n; i++)
		values.pair[values.n++] = (struct provider_pair){ bytes_str(l->values.at[i].key),
			bytes_str(l->values.at[i].value) };
	if (r == 0)
		r = provider_link_put(p->provider, bytes_str(l->actor), &values);
	if (r != 0)
		links_state(bytes_str(l->actor), bytes_str(l->provider), bytes_str(l->name),
		    STATE_FAILED,
		    r == -E2BIG ? "more links, or values in one, than a provider takes"
				: strerror(-r),
		    0);
}

void
providers_link(const struct model_link *l)
{
	struct provider_run *p = providers_run(bytes_str(l->provider), bytes_str(l->name));

	/* an actor that was linked to another provider under this name is not any more */
	for (struct provider_run *o = self.first; o != NULL; o = o->next)
		if (o != p && strcmp(o->model->link_name, l->name) == 0 &&
		    strcmp(o->model->claims.contract, l->contract) == 0)
			(void)!provider_link_del(o->provider, bytes_str(l->actor));
	if (p != NULL)
		put_link(p, l);
}

void
providers_unlink(const struct model_link *l)
{
	struct provider_run *p = providers_run(bytes_str(l->provider), bytes_str(l->name));

	if (p != NULL)
		(void)!provider_link_del(p->provider, bytes_str(l->actor));
}

/* ---- commands ---- */

static void
on_left(void *ctx)
{
	struct provider_run *p = ctx;

	provider_stop(p->provider, DRAIN_MS);
}

/* stop() - calls go to other hosts; those on their way to us are answered; then it ends what it
 * has. */
static void
stop(struct provider_run *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	if (p->ear != NULL)
		rpc_leave(p->ear, on_left, p);
	else
		on_left(p);
}

/* add() - in the model, and its process. Return: 0, MODEL_*, -errno. */
static int
add(const struct kind *k, const char *key, const struct request *q,
    const struct provider_pairs *config)
{
	struct bytes link_name = q->link_name.len > 0 ? q->link_name : BYTES_LIT("default");
	struct provider_run *p = calloc(1, sizeof(*p));
	struct provider_spec spec = { k->name, bytes_str(key), bytes_str(k->contract), link_name,
		*config, p };
	struct model_claims claims = { 0 };
	char id[MODEL_ID + 1];
	int r = p != NULL ? kind_claims(k, key, &claims) : -ENOMEM;

	id_new(id);
	if (r == 0)
		r = model_provider_add(
		    host.model, &claims, q->ref, link_name, id, now_ms(), &p->model);
	if (r != 0) {
		model_claims_deinit(&claims);
		free(p);
		return r;
	}
	r = model_provider_annotate(p->model, q->annotations);
	if (r == 0)
		r = provider_start(self.all, &spec, &p->provider);
	if (r != 0) {
		model_provider_del(host.model, p->model);
		free(p);
		return r;
	}
	p->kind = k;
	p->next = self.first;
	self.first = p;
	p->ear = rpc_listen(&(struct rpc_entity){ bytes_str(p->model->claims.sub),
	    bytes_str(p->model->claims.contract), bytes_str(p->model->link_name) });
	for (const struct model_link *l = model_links(host.model); l != NULL; l = l->next)
		if (providers_run(bytes_str(l->provider), bytes_str(l->name)) == p)
			put_link(p, l);
	return 0;
}

static void
tell_failed(const struct request *q, const char *error)
{
	char ref[MODEL_REF + 1], link[MODEL_NAME + 1];
	struct event e = {
		.kind = EVENT_PROVIDER_START_FAILED, .ref = ref, .link_name = link, .reason = error
	};

	snprintf(ref, sizeof(ref), "%.*s", (int)q->ref.len, (const char *)q->ref.ptr);
	snprintf(link, sizeof(link), "%.*s", (int)q->link_name.len,
	    q->link_name.len > 0 ? (const char *)q->link_name.ptr : "");
	events_tell(&e);
}

static const char *
start(const struct request *q)
{
	static struct provider_config config;
	const struct kind *k = kind_of(q->ref);
	struct bytes link_name = q->link_name.len > 0 ? q->link_name : BYTES_LIT("default");
	char key[NKEY_TEXT_LEN + 1];
	const char *why;
	int r;

	if (k == NULL)
		return kind_named(q->ref) ? "this host has no provider of that name, but builtin:httpserver, builtin:keyvalue, "
					    "builtin:logging, builtin:messaging, or wasmcloud+builtin://NAME"
					  : "this host runs its own providers and no images: builtin:httpserver, builtin:keyvalue, "
					    "builtin:logging, builtin:messaging, or wasmcloud+builtin://NAME";
	kind_key(k, key);
	if (providers_run(bytes_str(key), link_name) != NULL)
		return "Provider with that link name is already running on this host";
	why = provider_config_read(&config, q->configuration);
	if (why == NULL) {
		r = add(k, key, q, &config.pairs);
		why = r == 0 ? NULL
		      : r == -EEXIST
			  ? "Provider with that link name is already running on this host"
		      : r > 0 ? model_why(r)
			      : strerror(-r);
	}
	wipe(&config, sizeof(config));
	return why;
}

const char *
providers_start(const struct request *q)
{
	const char *error = start(q);

	if (error != NULL)
		tell_failed(q, error);
	return error;
}

const char *
providers_stop(const struct request *q)
{
	struct bytes link_name = q->link_name.len > 0 ? q->link_name : BYTES_LIT("default"),
		     key = q->key;
	const struct kind *k = kind_of(q->ref);
	char text[NKEY_TEXT_LEN + 1];
	struct provider_run *p;

	if (key.len == 0 && k != NULL) {
		kind_key(k, text);
		key = bytes_str(text);
	}
	if (key.len == 0)
		key = q->ref;
	p = providers_run(key, link_name);
	if (p == NULL)
		return "no such provider runs on this host under that link name";
	stop(p);
	return NULL;
}

/* ---- beginning and ending ---- */

/* may_reach() - what the machine's owner lets links have. */
static const char *
may_reach(void *ctx, struct provider *p, bool listening, const char *address, uint16_t port)
{
	const struct provider_reaches *list = listening ? &host.conf->listen : &host.conf->connect;

	(void)ctx;
	(void)p;
	if (provider_reaches(list, address, port) || (listening && !list->given && provider_reaches_here(address)))
		return NULL;
	if (!list->given)
		return listening ? "without providers { listen = [HOST:PORT] } in host.conf links listen on 127.0.0.1 and ::1 alone"
				 : "without providers { connect = [HOST:PORT] } in host.conf links dial nobody";
	return listening ? "providers { listen } of this host does not have the address"
			 : "providers { connect } of this host does not have the address";
}

int
providers_begin(void)
{
	struct providers_options o = { .state = host.conf->state,
		.host_id = bytes_str(host.id),
		.lattice = bytes_str(host.conf->lattice),
		.stderr_fd = STDERR_FILENO,
		.minimum = host.conf->walls_minimum,
		.users = user_all(),
		.ops = { .on_state = on_state,
		    .on_link = on_link,
		    .on_invoke = provider_calls_on_invoke,
		    .on_result = provider_calls_on_result,
		    .on_log = on_log,
		    .may_reach = may_reach } };
	struct log_line l;
	int r = providers_new(&self.all, &host.loop, &o);

	uv_timer_init(&host.loop, &self.sweep);
	self.begun = true;
	if (r == 0)
		return 0;
	log_begin(&l, LOG_FTL, "cannot_start");
	log_str(&l, "why", "providers");
	log_errno(&l, r);
	log_end(&l);
	return -1;
}

void
providers_end(bool askers, void (*gone)(void))
{
	if (!self.begun || !any(askers)) {
		gone();
		return;
	}
	self.askers = askers;
	self.gone = gone;
	for (struct provider_run *p = self.first; p != NULL; p = p->next)
		if (!askers || p->kind->asks)
			stop(p);
}

void
providers_kill(void)
{
	for (struct provider_run *p = self.first; p != NULL; p = p->next)
		p->gone = true;
	if (self.begun)
		sweep();
}
