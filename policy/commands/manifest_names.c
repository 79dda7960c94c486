/*
 * manifest_names - what a manifest names of the lattice's configs and secrets: their names, which
 * may have to be put there first, and where a secret comes from.
 */
#include <stddef.h>

#include "policy/commands/manifest_priv.h"

/* config: a name, and perhaps what is to be put under it. */
struct m_config {
	struct bytes name;
	struct body_list values;
};

static const struct field config[] = {
	FIELD("name", struct m_config, name, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_config, values, body_take_secret_map, FIELD_NULL),
};

static int
take_config(struct body_read *r, size_t at, void *into)
{
	struct m_lists *l = into;
	struct m_config c = { .name = BYTES_NULL };
	struct body_span where = body_where(r, at);
	int x = body_read_object(r, at, config, N_FIELDS(config), &c);

	if (x == 0)
		x = body_append(r, &l->out->config, c.name, BYTES_NULL, where);
	if (x == 0 && l->names != NULL)
		x = body_append(r, l->names, c.name, BYTES_NULL, where);
	for (const struct body_pair *p = c.values.first; x == 0 && p != NULL; p = p->next)
		x = body_append(r, &l->out->config_keys, p->key, p->value, p->where);
	return err_pass(x);
}

int
manifest_take_configs(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_config, into);
}

struct m_secret {
	struct bytes name, policy, key, field, version;
};

static const struct field secret_source[] = {
	FIELD("policy", struct m_secret, policy, body_take_word, FIELD_NEEDED),
	FIELD("key", struct m_secret, key, body_take_word, FIELD_NEEDED),
	FIELD("field", struct m_secret, field, body_take_word, FIELD_NULL),
	FIELD("version", struct m_secret, version, body_take_word, FIELD_NULL),
};

static int
take_secret_source(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, secret_source, N_FIELDS(secret_source), into);
}

/* name is the first member: at its place the taker of properties finds the whole struct */
static const struct field secret[] = {
	FIELD("name", struct m_secret, name, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_secret, name, take_secret_source, FIELD_NEEDED),
};

static int
take_secret(struct body_read *r, size_t at, void *into)
{
	struct m_lists *l = into;
	struct m_secret s = { .name = BYTES_NULL };
	int x = body_read_object(r, at, secret, N_FIELDS(secret), &s);

	if (x == 0)
		x = body_append(r, &l->out->secret_refs, s.name, s.policy, body_where(r, at));
	return err_pass(x);
}

int
manifest_take_secrets(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_secret, into);
}
