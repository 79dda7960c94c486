/*
 * model_provider - providers: one of a key may run once under each link name.
 */
#include "host/lattice/model_priv.h"

void
model_provider_free(struct model_provider *p)
{
	model_claims_deinit(&p->claims);
	pairs_deinit(&p->annotations);
	free(p->ref);
	free(p->link_name);
	free(p);
}

const struct model_provider *
model_providers(const struct model *m)
{
	return m->providers;
}

size_t
model_n_providers(const struct model *m)
{
	return m->n_providers;
}

struct model_provider *
model_provider(struct model *m, struct bytes key, struct bytes link_name)
{
	struct model_provider *p = m->providers;

	while (p != NULL && !(bytes_is(key, p->claims.sub) && bytes_is(link_name, p->link_name)))
		p = p->next;
	return p;
}

struct model_provider *
model_provider_by_ref(struct model *m, struct bytes ref, struct bytes link_name)
{
	struct model_provider *p = m->providers;

	while (p != NULL && !(bytes_is(ref, p->ref) && bytes_is(link_name, p->link_name)))
		p = p->next;
	return p;
}

int
model_provider_add(struct model *m, struct model_claims *claims, struct bytes ref,
    struct bytes link_name, const char *id, int64_t now_ms, struct model_provider **out)
{
	struct model_provider *p, **end = &m->providers;

	if (!model_key_ok(bytes_str(claims->sub), NKEY_SERVICE) || ref.len == 0 ||
	    ref.len > MODEL_REF || !model_name_ok(link_name) || !model_id_ok(id))
		return MODEL_BAD;
	if (model_provider(m, bytes_str(claims->sub), link_name) != NULL)
		return MODEL_THERE;
	if (m->n_providers >= m->limits.providers)
		return MODEL_FULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return err_raise(-ENOMEM);
	p->ref = model_copy(ref);
	p->link_name = model_copy(link_name);
	if (p->ref == NULL || p->link_name == NULL) {
		model_provider_free(p);
		return err_raise(-ENOMEM);
	}
	p->claims = *claims;
	*claims = (struct model_claims){ 0 };
	memcpy(p->id, id, strlen(id) + 1);
	status_move(&p->status, STATE_STARTING, NULL, now_ms, 0);
	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	m->n_providers++;
	*out = p;
	return 0;
}

void
model_provider_del(struct model *m, struct model_provider *p)
{
	struct model_provider **at = &m->providers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	m->n_providers--;
	model_provider_free(p);
}

int
model_provider_annotate(struct model_provider *p, const struct body_list *annotations)
{
	struct pairs fresh = { 0 };
	int r = pairs_from(&fresh, annotations);

	if (r != 0)
		return err_pass(r);
	pairs_deinit(&p->annotations);
	p->annotations = fresh;
	return 0;
}
