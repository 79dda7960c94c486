/*
 * plan_say - steps and failures for people. Values of links and configurations of providers may be
 * secrets: only names of values are told. What another host says is shown without what a terminal
 * acts on.
 */
#include "host/lattice/plan_priv.h"
#include "policy/core/shown.h"

const char *
plan_do_name(enum plan_do what)
{
	static const char *const names[] = { "none", "start", "update", "scale", "start", "link",
		"relink", "cannot" };

	return (size_t)what < sizeof(names) / sizeof(names[0]) ? names[what] : "none";
}

const char *
plan_kind_name(const struct plan_step *t)
{
	return t->actor != NULL ? "actor" : t->provider != NULL ? "provider" : "link";
}

static void
put_shown(struct buf *b, const char *s)
{
	buf_put_shown(b, bytes_str(s));
}

static void
put_range(struct buf *b, const char *what, int64_t from, int64_t to)
{
	buf_put_str(b, what);
	buf_put_int(b, from);
	buf_put_str(b, " -> ");
	buf_put_int(b, to);
}

static void
put_actor(struct buf *b, const struct plan_step *t)
{
	buf_put_str(b, "actor ");
	put_shown(b, t->actor->ref);
	if (t->what == PLAN_START_ACTOR) {
		buf_put_str(b, " x");
		buf_put_int(b, t->to);
	} else if (t->what == PLAN_UPDATE_ACTOR) {
		put_range(b, " revision ", t->from, t->to);
	} else if (t->what == PLAN_SCALE_ACTOR) {
		put_range(b, " instances ", t->from, t->to);
	}
	if (t->actor->key[0] != 0 && strcmp(t->actor->key, t->actor->ref) != 0) {
		buf_put_str(b, " (");
		put_shown(b, t->actor->key);
		buf_put_u8(b, ')');
	}
}

static void
put_link(struct buf *b, const struct manifest_link *l)
{
	buf_put_str(b, "link ");
	put_shown(b, l->actor);
	buf_put_str(b, " -> ");
	put_shown(b, l->provider);
	if (l->contract[0] != 0) {
		buf_put_u8(b, ' ');
		put_shown(b, l->contract);
	}
	if (strcmp(l->name, "default") != 0) {
		buf_put_str(b, " as ");
		put_shown(b, l->name);
	}
	for (size_t i = 0; i < l->values.n; i++) {
		buf_put_str(b, i == 0 ? " with " : ", ");
		put_shown(b, l->values.at[i].key);
	}
}

static void
put_provider(struct buf *b, const struct manifest_provider *p)
{
	buf_put_str(b, "provider ");
	put_shown(b, p->ref);
	if (strcmp(p->link_name, "default") != 0) {
		buf_put_str(b, " as ");
		put_shown(b, p->link_name);
	}
}

void
plan_step_put(struct buf *b, const struct plan_step *t)
{
	bool new = t->what == PLAN_START_ACTOR || t->what == PLAN_START_PROVIDER ||
		   t->what == PLAN_PUT_LINK;

	buf_put_str(b, t->what == PLAN_CANNOT ? "! " : new ? "+ " : "~ ");
	if (t->actor != NULL)
		put_actor(b, t);
	else if (t->provider != NULL)
		put_provider(b, t->provider);
	else
		put_link(b, t->link);
	if (t->host[0] != 0) {
		buf_put_str(b, " on ");
		put_shown(b, t->host);
	}
	if (t->why != NULL) {
		buf_put_str(b, ": ");
		buf_put_str(b, t->why);
	}
}

/* ---- what is not there yet ---- */

struct waits {
	size_t n;
	struct buf *failed;
	size_t *n_failed;
};

static void
put_failed(struct waits *w, const char *what, const char *name, const char *reason)
{
	(*w->n_failed)++;
	buf_put_str(w->failed, what);
	buf_put_u8(w->failed, ' ');
	put_shown(w->failed, name);
	buf_put_str(w->failed, ": ");
	put_shown(w->failed, reason[0] != 0 ? reason : "its host says no reason");
	buf_put_u8(w->failed, '\n');
}

static void
wait_actor(struct waits *w, const struct manifest_actor *a, const struct lock *found,
    const struct plan_seen *s, const char *host)
{
	const struct lock_item *f = found != NULL ? lock_find(found, LOCK_ACTOR, a->ref) : NULL;
	const struct plan_actor *failed = NULL;
	uint64_t running = 0;
	bool old = false;

	for (size_t i = 0; i < s->n_actors; i++) {
		const struct plan_actor *k = &s->actor[i];

		if (!plan_is_actor(a, k, host))
			continue;
		running += k->running;
		old = old || (f != NULL && k->has_revision && k->revision < f->revision);
		if (k->state == STATE_FAILED)
			failed = k;
	}
	if (failed != NULL)
		put_failed(w, "actor", a->ref, failed->reason);
	else
		w->n += running != a->count || old;
}

static void
wait_provider(struct waits *w, const struct manifest_provider *p, const struct plan_seen *s,
    const char *host)
{
	bool there = false;

	for (size_t i = 0; i < s->n_providers; i++) {
		const struct plan_provider *k = &s->provider[i];

		if (!plan_is_provider(p, k, host))
			continue;
		if (k->state == STATE_FAILED)
			put_failed(w, "provider", p->ref, k->reason);
		there = there || k->state == STATE_RUNNING || k->state == STATE_DEGRADED ||
			k->state == STATE_FAILED;
	}
	w->n += !there;
}

static void
wait_link(struct waits *w, const struct manifest_link *l, const struct plan_seen *s)
{
	const struct plan_link *k = plan_link_seen(l, s);
	struct buf name;

	if (k == NULL || k->state == STATE_STARTING) {
		w->n++;
		return;
	}
	if (k->state != STATE_FAILED)
		return;
	buf_init(&name, 4096);
	buf_put_str(&name, l->actor);
	buf_put_str(&name, " -> ");
	buf_put_str(&name, l->provider);
	buf_put_u8(&name, '\0');
	put_failed(w, "link", buf_failed(&name) ? l->actor : (const char *)name.ptr, k->reason);
	buf_deinit(&name);
}

size_t
plan_waits(const struct manifest *m, const struct lock *found, const struct plan_seen *s,
    const char *host, struct buf *failed, size_t *n_failed)
{
	struct waits w = { 0, failed, n_failed };

	*n_failed = 0;
	for (size_t i = 0; i < m->n_actors; i++)
		wait_actor(&w, &m->actor[i], found, s, host);
	for (size_t i = 0; i < m->n_providers; i++)
		wait_provider(&w, &m->provider[i], s, host);
	for (size_t i = 0; i < m->n_links; i++)
		wait_link(&w, &m->link[i], s);
	return w.n;
}
