/*
 * parent_kept - what the lattice gives a host to keep, in memory and with a ceiling: logins for
 * registries, and values of configuration. Secrets are wiped when another takes their place.
 */
#include "host/proc/parent_priv.h"

enum { KEPT_REGISTRIES = 256, KEPT_CONFIGS = 1024, KEPT_VALUE = 64 * 1024, KEPT_NAME = 256 };

struct config {
	char entity[KEPT_NAME + 1], key[KEPT_NAME + 1];
	struct secret value;
	bool used;
};

static struct registry registries[KEPT_REGISTRIES];
static size_t n_registries;
static struct config configs[KEPT_CONFIGS];

static bool
name(char *out, struct bytes s)
{
	if (s.len == 0 || s.len > KEPT_NAME || bytes_find(s, 0) != s.len)
		return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* ---- registries ---- */

const struct registry *
registries_of(struct bytes registry)
{
	for (size_t i = 0; i < n_registries; i++)
		if (bytes_is(registry, registries[i].name))
			return &registries[i];
	return NULL;
}

static int
set(struct secret *s, struct bytes value)
{
	secret_deinit(s);
	return value.len > 0 ? secret_new(s, value) : 0;
}

static const char *
put_one(struct bytes registry, const struct body_pair *credential)
{
	struct registry *r = (struct registry *)(uintptr_t)registries_of(registry), fresh = { 0 };
	struct secret *part[] = { &fresh.username, &fresh.password, &fresh.token };
	int err = 0;

	if (!name(fresh.name, registry))
		return "not the name of a registry";
	if (r == NULL && n_registries == KEPT_REGISTRIES)
		return "too many registries";
	for (size_t i = 0; err == 0 && i < 3 && credential != NULL;
	     i++, credential = credential->next)
		err = set(part[i], credential->value);
	if (err != 0) {
		for (size_t i = 0; i < 3; i++)
			secret_deinit(part[i]);
		return "a login of a registry is too long";
	}
	if (r == NULL)
		r = &registries[n_registries++];
	secret_deinit(&r->username);
	secret_deinit(&r->password);
	secret_deinit(&r->token);
	*r = fresh;
	return NULL;
}

const char *
registries_put(const struct request *q)
{
	const struct body_pair *credential = q->credentials->first;
	const char *why = NULL;

	for (const struct body_pair *p = q->registries->first; why == NULL && p != NULL;
	     p = p->next) {
		why = put_one(p->key, credential);
		for (size_t i = 0; i < 3 && credential != NULL; i++)
			credential = credential->next;
	}
	return why;
}

/* ---- configuration ---- */

static struct config *
find(struct bytes entity, struct bytes key)
{
	for (size_t i = 0; i < KEPT_CONFIGS; i++)
		if (configs[i].used && bytes_is(entity, configs[i].entity) &&
		    bytes_is(key, configs[i].key))
			return &configs[i];
	return NULL;
}

const char *
configs_put(struct bytes entity, struct bytes key, struct bytes value)
{
	struct config *c = find(entity, key);

	for (size_t i = 0; c == NULL && i < KEPT_CONFIGS; i++)
		if (!configs[i].used)
			c = &configs[i];
	if (c == NULL)
		return "too many values of configuration";
	if (value.len > KEPT_VALUE || !name(c->entity, entity) || !name(c->key, key))
		return "not a value of configuration";
	if (set(&c->value, value) != 0)
		return "out of memory";
	c->used = true;
	return NULL;
}

const char *
configs_del(struct bytes entity, struct bytes key)
{
	for (size_t i = 0; i < KEPT_CONFIGS; i++) {
		struct config *c = &configs[i];

		if (!c->used || !bytes_is(entity, c->entity) ||
		    (key.len > 0 && !bytes_is(key, c->key)))
			continue;
		secret_deinit(&c->value);
		c->used = false;
	}
	return NULL;
}

bool
configs_get(struct bytes entity, struct bytes key, struct bytes *value)
{
	const struct config *c = find(entity, key);

	if (c == NULL)
		return false;
	*value = secret_bytes(&c->value);
	return true;
}
