/*
 * model_link - the links of the lattice: which provider an actor's calls of a contract under a link
 * name go to, with values that are that provider's configuration for this actor, and often secret.
 *
 * Two names of one contract are one contract, so a link for wasmcloud:logging serves an actor that
 * asks for wasmcloud:builtin:logging.
 */
#include "host/lattice/contract.h"
#include "host/lattice/model_priv.h"

void
model_link_free(struct model_link *l)
{
	l->values.secret = true;
	pairs_deinit(&l->values);
	free(l->contract);
	free(l->name);
	free(l);
}

const struct model_link *
model_links(const struct model *m)
{
	return m->links;
}

size_t
model_n_links(const struct model *m)
{
	return m->n_links;
}

static struct bytes
name_or_default(struct bytes name)
{
	return name.len != 0 ? name : BYTES_LIT("default");
}

struct model_link *
model_link(struct model *m, struct bytes actor, struct bytes contract, struct bytes name)
{
	struct model_link *l = m->links;

	name = name_or_default(name);
	while (l != NULL && !(bytes_is(actor, l->actor) && bytes_is(name, l->name) &&
				contract_same(contract, bytes_str(l->contract))))
		l = l->next;
	return l;
}

static bool
is_link(const struct body_link *l)
{
	return model_key_ok(l->source, NKEY_MODULE) && model_key_ok(l->target, NKEY_SERVICE) &&
	       model_name_ok(l->contract) && model_name_ok(name_or_default(l->name));
}

/* change() - the same link with another provider or other values. */
static int
change(struct model_link *l, struct bytes provider, struct pairs *values, int64_t now_ms)
{
	bool same = bytes_is(provider, l->provider) && pairs_eq(&l->values, values);

	if (same) {
		pairs_deinit(values);
		return MODEL_SAME;
	}
	memcpy(l->provider, provider.ptr, MODEL_KEY);
	pairs_deinit(&l->values);
	l->values = *values;
	l->status = (struct status){ 0 };
	status_move(&l->status, STATE_STARTING, NULL, now_ms, 0);
	return MODEL_CHANGED;
}

static struct model_link *
make(const struct body_link *from, const char *id, struct pairs *values, int64_t now_ms)
{
	struct model_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->contract = model_copy(from->contract);
	l->name = model_copy(name_or_default(from->name));
	if (l->contract == NULL || l->name == NULL) {
		model_link_free(l);
		return NULL;
	}
	memcpy(l->id, id, strlen(id) + 1);
	memcpy(l->actor, from->source.ptr, MODEL_KEY);
	memcpy(l->provider, from->target.ptr, MODEL_KEY);
	l->values = *values;
	*values = (struct pairs){ 0 };
	status_move(&l->status, STATE_STARTING, NULL, now_ms, 0);
	return l;
}

int
model_link_put(struct model *m, const struct body_link *link, const char *id, int64_t now_ms,
    struct model_link **out)
{
	struct pairs values = { .secret = true };
	struct model_link *l, **end = &m->links;
	int r;

	if (!is_link(link) || !model_id_ok(id))
		return MODEL_BAD;
	r = pairs_from(&values, &link->values);
	if (r != 0)
		return err_pass(r);
	l = model_link(m, link->source, link->contract, link->name);
	if (l != NULL) {
		*out = l;
		return change(l, link->target, &values, now_ms);
	}
	if (m->n_links >= m->limits.links) {
		pairs_deinit(&values);
		return MODEL_FULL;
	}
	l = make(link, id, &values, now_ms);
	pairs_deinit(&values);
	if (l == NULL)
		return err_raise(-ENOMEM);
	while (*end != NULL)
		end = &(*end)->next;
	*end = l;
	m->n_links++;
	*out = l;
	return 0;
}

void
model_link_del(struct model *m, struct model_link *l)
{
	struct model_link **at = &m->links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	m->n_links--;
	model_link_free(l);
}

const char *
model_link_value(const struct model_link *l, const char *key)
{
	const char *v = pairs_get(&l->values, bytes_str(key));

	return v != NULL ? v : "";
}

bool
model_linked(const struct model *m, struct bytes actor, struct bytes provider, struct bytes name)
{
	name = name_or_default(name);
	for (const struct model_link *l = m->links; l != NULL; l = l->next)
		if (bytes_is(actor, l->actor) && bytes_is(provider, l->provider) &&
		    bytes_is(name, l->name))
			return true;
	return false;
}
