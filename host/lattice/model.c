/*
 * model - see model.h: the tables, labels, bids. What is put in comes from commands, so names are
 * held against what a name may be before they are copied, and every table has its ceiling.
 */
#include "host/lattice/model_priv.h"

#include "host/lattice/contract.h"

static const char reserved[] = "hostcore.";

struct model_limits
model_limits_default(void)
{
	return (struct model_limits){
		.actors = 1024,
		.instances = 1024,
		.providers = 256,
		.links = 8192,
		.claims = 4096,
		.labels = 128,
	};
}

char *
model_copy(struct bytes s)
{
	char *p = malloc(s.len + 1);

	if (p == NULL)
		return NULL;
	if (s.len != 0)
		memcpy(p, s.ptr, s.len);
	p[s.len] = 0;
	return p;
}

bool
model_key_ok(struct bytes s, enum nkey_type type)
{
	struct nkey k;

	return nkey_parse(&k, s) == 0 && k.type == type;
}

bool
model_name_ok(struct bytes s)
{
	if (s.len == 0 || s.len > MODEL_NAME)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	return true;
}

bool
model_id_ok(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!((id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'z') ||
			(id[i] >= 'A' && id[i] <= 'Z') || id[i] == '-'))
			return false;
	return n != 0 && n <= MODEL_ID;
}

int
model_new(struct model **out, const struct model_limits *limits, const char *host,
    const char *issuer, const char *name)
{
	autofree(model_freep) struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return err_raise(-ENOMEM);
	if (!model_key_ok(bytes_str(host), NKEY_SERVER) || !model_name_ok(bytes_str(name)) ||
	    strlen(issuer) > MODEL_KEY)
		return MODEL_BAD;
	m->limits = *limits;
	memcpy(m->host, host, strlen(host) + 1);
	memcpy(m->issuer, issuer, strlen(issuer) + 1);
	m->name = model_copy(bytes_str(name));
	if (m->name == NULL)
		return err_raise(-ENOMEM);
	*out = take(m);
	return 0;
}

void
model_free(struct model *m)
{
	if (m == NULL)
		return;
	while (m->actors != NULL)
		model_actor_del(m, m->actors);
	while (m->providers != NULL)
		model_provider_del(m, m->providers);
	while (m->links != NULL)
		model_link_del(m, m->links);
	while (m->heard != NULL) {
		struct model_heard *h = m->heard;

		m->heard = h->next;
		model_claims_deinit(&h->claims);
		free(h);
	}
	pairs_deinit(&m->labels);
	free(m->name);
	free(m);
}

void
model_freep(struct model **m)
{
	model_free(*m);
	*m = NULL;
}

const char *
model_host(const struct model *m)
{
	return m->host;
}

const char *
model_issuer(const struct model *m)
{
	return m->issuer;
}

const char *
model_name(const struct model *m)
{
	return m->name;
}

const struct pairs *
model_labels(const struct model *m)
{
	return &m->labels;
}

static int
put_label(struct model *m, struct bytes key, struct bytes value)
{
	if (m->labels.n >= m->limits.labels && pairs_get(&m->labels, key) == NULL)
		return MODEL_FULL;
	return err_pass(pairs_put(&m->labels, key, value));
}

int
model_label_core(struct model *m, const char *key, const char *value)
{
	if (!bytes_starts(bytes_str(key), bytes_str(reserved)))
		return MODEL_RESERVED;
	return put_label(m, bytes_str(key), bytes_str(value));
}

int
model_label_put(struct model *m, struct bytes key, struct bytes value)
{
	if (bytes_starts(key, bytes_str(reserved)))
		return MODEL_RESERVED;
	return put_label(m, key, value);
}

int
model_label_del(struct model *m, struct bytes key)
{
	if (bytes_starts(key, bytes_str(reserved)))
		return MODEL_RESERVED;
	return pairs_del(&m->labels, key) ? 0 : MODEL_NOT_THERE;
}

bool
model_meets(const struct model *m, const struct body_list *constraints)
{
	for (const struct body_pair *c = constraints->first; c != NULL; c = c->next) {
		const char *has = pairs_get(&m->labels, c->key);

		if (has == NULL || !bytes_is(c->value, has))
			return false;
	}
	return true;
}

bool
model_bids_actor(
    const struct model *m, struct bytes ref_or_key, const struct body_list *constraints)
{
	for (const struct model_actor *a = m->actors; a != NULL; a = a->next)
		if (bytes_is(ref_or_key, a->claims.sub) || bytes_is(ref_or_key, a->ref))
			return false;
	return m->n_actors < m->limits.actors && model_meets(m, constraints);
}

bool
model_bids_provider(const struct model *m, struct bytes ref_or_key, struct bytes link_name,
    const struct body_list *constraints)
{
	if (link_name.len == 0)
		link_name = BYTES_LIT("default");
	for (const struct model_provider *p = m->providers; p != NULL; p = p->next)
		if (bytes_is(link_name, p->link_name) &&
		    (bytes_is(ref_or_key, p->claims.sub) || bytes_is(ref_or_key, p->ref)))
			return false;
	return m->n_providers < m->limits.providers && model_meets(m, constraints);
}
