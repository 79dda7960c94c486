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
	buf_put_u8(b, '{');
	members_text(b, "id", l->id);
	members_text(b, "actor_id", l->actor);
	members_text(b, "provider_id", l->provider);
	members_text(b, "link_name", l->name);
	members_text(b, "contract_id", l->contract);
	if (values != NULL) {
		members_name(b, "values");
		pairs_put_json(b, &l->values, *values);
	}
	members_item(b);
	status_put_json(b, &l->status);
	members_end_object(b);
}

void
reply_links(struct buf *b, const struct model *m, const struct request *q, bool values)
{
	size_t left_off = 0;

	(void)q; /* A's and B's are alike */
	buf_put_u8(b, '{');
	members_array(b, "links");
	for (const struct model_link *l = model_links(m); l != NULL; l = l->next) {
		struct reply_mark mark = reply_mark(b);

		members_item(b);
		reply_put_link(b, l, &values);
		reply_cut(b, &mark, &left_off);
	}
	members_end_array(b);
	if (left_off != 0)
		members_int(b, "left_off", (int64_t)left_off);
	members_end_object(b);
}

/* put_rev() - a revision as a text, as all values of claims are. */
static void
put_rev(struct buf *b, const struct model_claims *c)
{
	members_name(b, "rev");
	buf_put_u8(b, '"');
	buf_put_int(b, c->has_rev ? c->rev : 0);
	buf_put_u8(b, '"');
}

static void
put_claims_a(struct buf *b, const struct model_claims *c)
{
	buf_put_u8(b, '{');
	members_object(b, "values");
	members_text(b, "sub", c->sub);
	members_text(b, "iss", c->iss);
	members_text(b, "caps", c->caps);
	put_rev(b, c);
	members_text(b, "version", c->ver);
	members_end_object(b);
	members_end_object(b);
}

static void
put_claims_b(struct buf *b, const struct model_claims *c)
{
	buf_put_u8(b, '{');
	members_text(b, "call_alias", c->alias);
	members_text(b, "iss", c->iss);
	members_text(b, "name", c->name);
	members_text(b, "caps", c->caps);
	put_rev(b, c);
	members_text(b, "tags", c->tags);
	members_text(b, "version", c->ver);
	members_text(b, "sub", c->sub);
	members_text(b, "contract_id", c->contract);
	members_end_object(b);
}

static void
put_claims(
    struct buf *b, const struct request *q, const struct model_claims *c, size_t *left_off)
{
	struct reply_mark mark = reply_mark(b);

	members_item(b);
	if (q->dialect == DIALECT_A)
		put_claims_a(b, c);
	else
		put_claims_b(b, c);
	reply_cut(b, &mark, left_off);
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

	buf_put_u8(b, '{');
	members_array(b, "claims");
	for (const struct model_actor *a = model_actors(m); a != NULL; a = a->next)
		put_claims(b, q, &a->claims, &left_off);
	for (const struct model_provider *p = model_providers(m); p != NULL; p = p->next)
		if (q->dialect != DIALECT_A && !told(m, p)) /* A's are of actors alone */
			put_claims(b, q, &p->claims, &left_off);
	for (const struct model_heard *h = model_heard_all(m); h != NULL; h = h->next)
		if (!runs_here(m, h->claims.sub))
			put_claims(b, q, &h->claims, &left_off);
	members_end_array(b);
	if (left_off != 0)
		members_int(b, "left_off", (int64_t)left_off);
	members_end_object(b);
}
