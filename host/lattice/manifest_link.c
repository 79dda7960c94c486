/*
 * manifest_link - what the links of a manifest refer to, and things that stand in it twice.
 *
 * A link names its ends by key, by the name given to an actor or provider of the file, or by the
 * same reference; "./a.wasm" and "a.wasm" are one. A name that nothing has is an error here and not
 * a link that silently leads nowhere.
 */
#include "host/lattice/contract.h"
#include "host/lattice/manifest_priv.h"

static bool
is_key(const char *s, enum nkey_type type)
{
	struct nkey k;

	return nkey_parse(&k, bytes_str(s)) == 0 && k.type == type;
}

static bool
same_ref(const char *a, const char *b)
{
	if (strncmp(a, "./", 2) == 0)
		a += 2;
	if (strncmp(b, "./", 2) == 0)
		b += 2;
	return strcmp(a, b) == 0;
}

static void
actors_once(struct manifest_reading *rd)
{
	struct manifest *m = rd->m;

	for (size_t i = 0; i < m->n_actors; i++) {
		const struct manifest_actor *a = &m->actor[i];

		for (size_t k = 0; k < i; k++) {
			if (same_ref(m->actor[k].ref, a->ref))
				manifest_error(rd, a->at, "%s is here already, in line %u", a->ref,
				    m->actor[k].at.line);
			if (a->name[0] != 0 && strcmp(m->actor[k].name, a->name) == 0)
				manifest_error(rd, a->at, "the name %s is taken, in line %u",
				    a->name, m->actor[k].at.line);
		}
	}
}

static void
providers_once(struct manifest_reading *rd)
{
	struct manifest *m = rd->m;

	for (size_t i = 0; i < m->n_providers; i++) {
		const struct manifest_provider *p = &m->provider[i];

		for (size_t k = 0; k < i; k++) {
			if (same_ref(m->provider[k].ref, p->ref) &&
			    strcmp(m->provider[k].link_name, p->link_name) == 0)
				manifest_error(rd, p->at,
				    "%s is here already under this link name, in line %u", p->ref,
				    m->provider[k].at.line);
			if (p->name[0] != 0 && strcmp(m->provider[k].name, p->name) == 0)
				manifest_error(rd, p->at, "the name %s is taken, in line %u",
				    p->name, m->provider[k].at.line);
		}
	}
}

static void
find_actor(struct manifest_reading *rd, struct manifest_link *l)
{
	struct manifest *m = rd->m;

	for (size_t i = 0; i < m->n_actors && l->actor_of == NULL; i++)
		if (same_ref(l->actor, m->actor[i].ref) ||
		    (m->actor[i].name[0] != 0 && strcmp(l->actor, m->actor[i].name) == 0))
			l->actor_of = &m->actor[i];
	if (l->actor_of == NULL && !is_key(l->actor, NKEY_MODULE))
		manifest_error(
		    rd, l->at, "%s is neither an actor of this file nor an actor's key", l->actor);
}

/* find_provider() - of several of one reference the one under the link's own name. */
static void
find_provider(struct manifest_reading *rd, struct manifest_link *l)
{
	struct manifest *m = rd->m;
	struct manifest_provider *any = NULL;

	for (size_t i = 0; i < m->n_providers; i++) {
		struct manifest_provider *p = &m->provider[i];

		if (!same_ref(l->provider, p->ref) &&
		    (p->name[0] == 0 || strcmp(l->provider, p->name) != 0))
			continue;
		any = p;
		if (strcmp(p->link_name, l->name) == 0)
			l->provider_of = p;
	}
	if (l->provider_of != NULL)
		return;
	if (any != NULL)
		manifest_error(rd, l->at,
		    "%s runs under the link name \"%s\", this link is named \"%s\"", l->provider,
		    any->link_name, l->name);
	else if (!is_key(l->provider, NKEY_SERVICE))
		manifest_error(rd, l->at,
		    "%s is neither a provider of this file nor a provider's key", l->provider);
}

static bool
same_link(const struct manifest_link *a, const struct manifest_link *b)
{
	bool actor =
	    a->actor_of != NULL ? a->actor_of == b->actor_of : strcmp(a->actor, b->actor) == 0;
	bool contract = a->contract[0] != 0 || b->contract[0] != 0
			    ? contract_same(bytes_str(a->contract), bytes_str(b->contract))
			    : a->provider_of == b->provider_of && a->provider_of != NULL;

	return actor && contract && strcmp(a->name, b->name) == 0;
}

void
manifest_resolve(struct manifest_reading *rd)
{
	struct manifest *m = rd->m;

	actors_once(rd);
	providers_once(rd);
	for (size_t i = 0; i < m->n_links && rd->errors < MANIFEST_ERRORS; i++) {
		find_actor(rd, &m->link[i]);
		find_provider(rd, &m->link[i]);
		for (size_t k = 0; k < i; k++)
			if (same_link(&m->link[k], &m->link[i]))
				manifest_error(rd, m->link[i].at,
				    "this actor has a link for this contract and name already, in "
				    "line %u",
				    m->link[k].at.line);
		if (m->link[i].contract[0] == 0 && m->link[i].provider_of == NULL)
			manifest_error(rd, m->link[i].at, "contract_id is missing");
	}
}

const char *
manifest_link_actor(const struct manifest_link *l)
{
	return l->actor_of != NULL ? l->actor_of->key : l->actor;
}

const char *
manifest_link_provider(const struct manifest_link *l)
{
	return l->provider_of != NULL ? l->provider_of->key : l->provider;
}
