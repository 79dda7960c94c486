/*
 * reply_lattice - what a host knows of the lattice: claims and links.
 *
 * Values of links are configuration of providers and often passwords; hosts of the time hand them
 * to whoever asks. Whether this one does is the caller's to say.
 *
 * Sources: wasmcloud-otp v0.63.2 claims/manager.ex, linkdefs/manager.ex; wasmCloud v0.18.2
 * handlers.rs (claims_to_if), ctliface.rs (LinkDefinitionList).
 */
#include "host/lattice/reply.h"
#include "host/lattice/reply_priv.h"

void
reply_put_link(struct buf *b, const struct model_link *l, const bool *values)
{
	struct members o = members_open(b, '{');

	members_text(&o, "id", l->id);
	members_text(&o, "actor_id", l->actor);
	members_text(&o, "provider_id", l->provider);
	members_text(&o, "link_name", l->name);
	members_text(&o, "contract_id", l->contract);
	if (values != NULL) {
		members_name(&o, "values");
		pairs_put_json(b, &l->values, *values);
	}
	members_item(&o);
	status_put_json(b, &l->status);
	members_close(&o, '}');
}

void
reply_links(struct buf *b, const struct model *m, const struct request *q, bool values)
{
	size_t left_off = 0;
	struct members o = members_open(b, '{'), list;

	(void)q; /* A's and B's are alike */
	members_name(&o, "links");
	list = members_open(b, '[');
	for (const struct model_link *l = model_links(m); l != NULL; l = l->next) {
		struct reply_mark mark = reply_mark(&list);

		members_item(&list);
		reply_put_link(b, l, &values);
		reply_cut(&list, &mark, &left_off);
	}
	members_close(&list, ']');
	if (left_off != 0)
		members_int(&o, "left_off", (int64_t)left_off);
	members_close(&o, '}');
}

/* put_rev() - a revision as a text, as all values of claims are. */
static void
put_rev(struct members *o, const struct model_claims *c)
{
	members_name(o, "rev");
	buf_put_u8(o->b, '"');
	buf_put_int(o->b, c->has_rev ? c->rev : 0);
	buf_put_u8(o->b, '"');
}

static void
put_claims_a(struct buf *b, const struct model_claims *c)
{
	struct members o, v;

	o = members_open(b, '{');
	members_name(&o, "values");
	v = members_open(b, '{');
	members_text(&v, "sub", c->sub);
	members_text(&v, "iss", c->iss);
	members_text(&v, "caps", c->caps);
	put_rev(&v, c);
	members_text(&v, "version", c->ver);
	members_close(&v, '}');
	members_close(&o, '}');
}

static void
put_claims_b(struct buf *b, const struct model_claims *c)
{
	struct members o = members_open(b, '{');

	members_text(&o, "call_alias", c->alias);
	members_text(&o, "iss", c->iss);
	members_text(&o, "name", c->name);
	members_text(&o, "caps", c->caps);
	put_rev(&o, c);
	members_text(&o, "tags", c->tags);
	members_text(&o, "version", c->ver);
	members_text(&o, "sub", c->sub);
	members_text(&o, "contract_id", c->contract);
	members_close(&o, '}');
}

static void
put_claims(
    struct members *list, const struct request *q, const struct model_claims *c, size_t *left_off)
{
	struct reply_mark mark = reply_mark(list);

	members_item(list);
	if (q->dialect == DIALECT_A)
		put_claims_a(list->b, c);
	else
		put_claims_b(list->b, c);
	reply_cut(list, &mark, left_off);
}

/* told() - a provider of this key was told already, under another link name. */
static bool
told(const struct model *m, const struct model_provider *p)
{
	const struct model_provider *o = model_providers(m);

	while (o != p && strcmp(o->claims.sub, p->claims.sub) != 0)
		o = o->next;
	return o != p;
}

static bool
runs_here(const struct model *m, const char *key)
{
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		if (strcmp(a->claims.sub, key) == 0)
			return true;
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (strcmp(p->claims.sub, key) == 0)
			return true;
	return false;
}

void
reply_claims(struct buf *b, const struct model *m, const struct request *q)
{
	size_t left_off = 0;
	struct members o = members_open(b, '{'), list;

	members_name(&o, "claims");
	list = members_open(b, '[');
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		put_claims(&list, q, &a->claims, &left_off);
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (q->dialect != DIALECT_A && !told(m, p)) /* A's are of actors alone */
			put_claims(&list, q, &p->claims, &left_off);
	for (const struct model_heard *h = model_heard_all(m); h != NULL; h = h->next)
		if (!runs_here(m, h->claims.sub))
			put_claims(&list, q, &h->claims, &left_off);
	members_close(&list, ']');
	if (left_off != 0)
		members_int(&o, "left_off", (int64_t)left_off);
	members_close(&o, '}');
}
