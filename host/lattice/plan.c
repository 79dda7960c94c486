/*
 * plan - see plan.h: what there is to do. An actor is looked for by its key, and by its reference
 * only while no key is known; a host that runs it from elsewhere runs it all the same.
 *
 * Where an actor runs on several hosts and their sum is not what is asked for, nobody here guesses
 * which of them is meant: that is a step that cannot be done, and says what to add.
 */
#include "host/lattice/plan.h"

#include <stdlib.h>

#include "host/lattice/contract.h"
#include "host/lattice/plan_priv.h"

/* ---- what is seen ---- */

static void *
grow(void *list, size_t *n, size_t size)
{
	char *more = *n < PLAN_SEEN ? realloc(*(void **)list, (*n + 1) * size) : NULL;

	if (more == NULL)
		return NULL;
	*(void **)list = more;
	memset(more + *n * size, 0, size);
	return more + (*n)++ * size;
}

struct plan_actor *
plan_see_actor(struct plan_seen *s)
{
	return grow(&s->actor, &s->n_actors, sizeof(*s->actor));
}

struct plan_provider *
plan_see_provider(struct plan_seen *s)
{
	return grow(&s->provider, &s->n_providers, sizeof(*s->provider));
}

struct plan_link *
plan_see_link(struct plan_seen *s)
{
	struct plan_link *l = grow(&s->link, &s->n_links, sizeof(*s->link));

	if (l != NULL)
		l->values.secret = true;
	return l;
}

void
plan_seen_deinit(struct plan_seen *s)
{
	for (size_t i = 0; i < s->n_links; i++)
		pairs_deinit(&s->link[i].values);
	free(s->actor);
	free(s->provider);
	free(s->link);
	*s = (struct plan_seen){ 0 };
}

/* ---- what is meant ---- */

/* builtin_name() - of one of a host's own providers, however that is written; NULL: another. */
static const char *
builtin_name(const char *ref)
{
	static const char *const prefixes[] = { "builtin:", "wasmcloud+builtin://" };

	for (size_t i = 0; i < 2; i++)
		if (strncmp(ref, prefixes[i], strlen(prefixes[i])) == 0)
			return ref + strlen(prefixes[i]);
	return NULL;
}

static bool
same_ref(const char *a, const char *b)
{
	const char *x = builtin_name(a), *y = builtin_name(b);

	return x != NULL && y != NULL ? strcmp(x, y) == 0 : strcmp(a, b) == 0;
}

bool
plan_is_actor(const struct manifest_actor *a, const struct plan_actor *s, const char *host)
{
	if (host != NULL && strcmp(s->host, host) != 0)
		return false;
	return a->key[0] != 0 ? strcmp(a->key, s->key) == 0 : strcmp(a->ref, s->ref) == 0;
}

bool
plan_is_provider(const struct manifest_provider *p, const struct plan_provider *s, const char *host)
{
	if ((host != NULL && strcmp(s->host, host) != 0) || strcmp(p->link_name, s->link_name) != 0)
		return false;
	return same_ref(p->ref, s->ref) || (p->key[0] != 0 && strcmp(p->key, s->key) == 0);
}

const char *
plan_contract(const struct manifest_link *l, const struct plan_seen *s)
{
	const char *provider = manifest_link_provider(l);

	for (size_t i = 0; l->contract[0] == 0 && i < s->n_providers; i++)
		if (provider[0] != 0 && strcmp(s->provider[i].key, provider) == 0)
			return s->provider[i].contract;
	return l->contract;
}

const struct plan_link *
plan_link_seen(const struct manifest_link *l, const struct plan_seen *s)
{
	struct bytes contract = bytes_str(plan_contract(l, s));

	for (size_t i = 0; i < s->n_links; i++) {
		const struct plan_link *k = &s->link[i];

		if (strcmp(k->actor, manifest_link_actor(l)) == 0 && strcmp(k->name, l->name) == 0 &&
		    contract_same(contract, bytes_str(k->contract)))
			return k;
	}
	return NULL;
}

/* ---- keys ---- */

static int
resolve_actor(struct manifest_actor *a, const struct lock_item *found,
    const struct lock_item *pinned, const struct plan_seen *s, const char *there)
{
	const char *key = found != NULL ? found->key : NULL;

	for (size_t i = 0; key == NULL && i < s->n_actors; i++)
		if (strcmp(s->actor[i].ref, there) == 0)
			key = s->actor[i].key;
	if (key == NULL && pinned != NULL)
		key = pinned->key;
	if (key == NULL || a->key[0] != 0)
		return 0;
	/* one that is no key stays unresolved, and what needs it says so */
	return manifest_actor_is(a, key) < 0 ? err_raise(-ENOMEM) : 0;
}

static int
resolve_provider(struct manifest_provider *p, const struct plan_seen *s)
{
	for (size_t i = 0; p->key[0] == 0 && i < s->n_providers; i++)
		if (plan_is_provider(p, &s->provider[i], NULL) &&
		    manifest_provider_is(p, s->provider[i].key) < 0)
			return err_raise(-ENOMEM);
	return 0;
}

int
plan_resolve(struct manifest *m, const struct lock *found, const struct lock *pinned,
    const struct plan_seen *s, plan_ref *refs, void *ctx)
{
	struct buf there;
	int r = 0;

	buf_init(&there, MODEL_REF + 1);
	for (size_t i = 0; r == 0 && i < m->n_actors; i++) {
		struct manifest_actor *a = &m->actor[i];
		bool other;

		buf_reset(&there);
		other = refs != NULL && refs(ctx, a->ref, &there);
		buf_put_u8(&there, '\0');
		r = resolve_actor(a, found != NULL ? lock_find(found, LOCK_ACTOR, a->ref) : NULL,
		    pinned != NULL ? lock_find(pinned, LOCK_ACTOR, a->ref) : NULL, s,
		    other && !buf_failed(&there) ? (const char *)there.ptr : a->ref);
	}
	for (size_t i = 0; r == 0 && i < m->n_providers; i++)
		r = resolve_provider(&m->provider[i], s);
	buf_deinit(&there);
	return r;
}

/* ---- steps ---- */

struct planning {
	struct plan *p;
	const struct plan_seen *s;
	const struct lock *found;
	const char *host;
	bool failed;
};

static struct plan_step *
step(struct planning *g, enum plan_do what)
{
	struct plan *p = g->p;
	struct plan_step *more = realloc(p->step, (p->n + 1) * sizeof(*more));

	g->failed = g->failed || more == NULL;
	if (more == NULL)
		return NULL;
	p->step = more;
	more[p->n] = (struct plan_step){ .what = what };
	if (g->host != NULL)
		snprintf(more[p->n].host, sizeof(more[p->n].host), "%s", g->host);
	p->cannot += what == PLAN_CANNOT;
	return &more[p->n++];
}

static void
actor_step(struct planning *g, enum plan_do what, const struct manifest_actor *a, const char *host,
    int64_t from, int64_t to, const char *why)
{
	struct plan_step *t = step(g, what);

	if (t == NULL)
		return;
	t->actor = a;
	t->from = from;
	t->to = to;
	t->why = why;
	if (host != NULL)
		snprintf(t->host, sizeof(t->host), "%s", host);
}

/* revise() - on one host: is it the revision that was found? */
static void
revise(struct planning *g, const struct manifest_actor *a, const struct plan_actor *s)
{
	const struct lock_item *f = g->found != NULL ? lock_find(g->found, LOCK_ACTOR, a->ref) : NULL;

	if (f == NULL || !s->has_revision || f->revision == s->revision)
		return;
	if (f->revision > s->revision)
		actor_step(g, PLAN_UPDATE_ACTOR, a, s->host, s->revision, f->revision, NULL);
	else
		actor_step(g, PLAN_CANNOT, a, s->host, s->revision, f->revision,
		    "a higher revision runs: stop it first to go back");
}

static void
plan_actor(struct planning *g, const struct manifest_actor *a)
{
	const struct plan_actor *one = NULL;
	uint64_t sum = 0;
	size_t hosts = 0;

	for (size_t i = 0; i < g->s->n_actors; i++) {
		if (!plan_is_actor(a, &g->s->actor[i], g->host))
			continue;
		one = &g->s->actor[i];
		sum += one->wanted;
		hosts++;
		revise(g, a, one);
	}
	if (sum == a->count)
		return;
	if (hosts == 0)
		actor_step(g, PLAN_START_ACTOR, a, NULL, 0, a->count, NULL);
	else if (hosts == 1)
		actor_step(g, PLAN_SCALE_ACTOR, a, one->host, (int64_t)sum, a->count, NULL);
	else
		actor_step(g, PLAN_CANNOT, a, NULL, (int64_t)sum, a->count,
		    "it runs on several hosts: say with --host which one is meant");
}

static void
plan_provider(struct planning *g, const struct manifest_provider *p)
{
	struct plan_step *t;

	for (size_t i = 0; i < g->s->n_providers; i++)
		if (plan_is_provider(p, &g->s->provider[i], g->host))
			return;
	t = step(g, PLAN_START_PROVIDER);
	if (t != NULL)
		t->provider = p;
}

static void
plan_link(struct planning *g, const struct manifest_link *l)
{
	const struct plan_link *k = plan_link_seen(l, g->s);
	struct plan_step *t;

	if (k != NULL && strcmp(k->provider, manifest_link_provider(l)) == 0 &&
	    pairs_eq(&k->values, &l->values))
		return;
	t = step(g, k != NULL ? PLAN_CHANGE_LINK : PLAN_PUT_LINK);
	if (t != NULL) {
		t->link = l;
		t->host[0] = '\0';
	}
}

int
plan_make(struct plan *p, const struct manifest *m, const struct lock *found,
    const struct plan_seen *s, const char *host)
{
	struct planning g = { p, s, found, host, false };

	*p = (struct plan){ 0 };
	for (size_t i = 0; i < m->n_actors; i++)
		plan_actor(&g, &m->actor[i]);
	for (size_t i = 0; i < m->n_providers; i++)
		plan_provider(&g, &m->provider[i]);
	for (size_t i = 0; i < m->n_links; i++)
		plan_link(&g, &m->link[i]);
	if (!g.failed)
		return 0;
	plan_deinit(p);
	return err_raise(-ENOMEM);
}

void
plan_deinit(struct plan *p)
{
	free(p->step);
	*p = (struct plan){ 0 };
}
