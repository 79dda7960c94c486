/*
 * manifest_trait - traits of a component: scalers say how many of it there are to be and where,
 * links what it is linked to and under what configs. A trait that wadm does not know is refused.
 */
#include <stddef.h>

#include "policy/commands/manifest_priv.h"

/* ---- scalers ---- */

struct m_scaler {
	struct body *out;
	struct body_number instances;
	size_t spread;
};

struct m_spread {
	struct body *out;
	struct bytes name;
	struct body_number weight;
};

BODY_OUT(requirements, struct m_spread, labels, body_take_map)

static const struct field spread[] = {
	FIELD("name", struct m_spread, name, body_take_word, FIELD_NEEDED),
	M(struct m_spread, "requirements", take_requirements, 0),
	FIELD("weight", struct m_spread, weight, body_take_u32, FIELD_NULL),
};

static int
take_spread(struct body_read *r, size_t at, void *into)
{
	struct m_scaler *scaler = into;
	struct m_spread s = { .out = scaler->out };

	return body_read_object(r, at, spread, N_FIELDS(spread), &s);
}

static int
take_spreads(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_spread, into);
}

static const struct field scaler[] = {
	FIELD("instances", struct m_scaler, instances, body_take_u32, FIELD_NEEDED),
	FIELD("replicas", struct m_scaler, instances, body_take_u32, FIELD_ALIAS),
	M(struct m_scaler, "spread", take_spreads, 0),
};

static int
read_scaler(struct body_read *r, size_t at, struct m_component *m, bool daemon)
{
	struct m_scaler s = { .out = m->out };
	int x = body_read_object(r, at, scaler, N_FIELDS(scaler), &s);

	/* two scalers of one component both run: never less than their sum (32-bit each) */
	m->part->count += s.instances.value;
	m->part->has_count = true;
	m->part->every_host |= daemon;
	return err_pass(x);
}

/* ---- links ---- */

struct m_link {
	struct body *out;
	struct body_link *link;
	size_t target, target_config, source, source_config; /* tokens; 0 when absent */
};

#define LINK_TAKER(name, member, taker)                                                            \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		struct m_link *m = into;                                                           \
                                                                                                   \
		return taker(r, at, &m->link->member);                                             \
	}

LINK_TAKER(wit_namespace, wit_namespace, body_take_word)
LINK_TAKER(wit_package, wit_package, body_take_word)
LINK_TAKER(interfaces, interfaces, body_take_names)
LINK_TAKER(link_name, name, body_take_word)

static const struct field link_fields[] = {
	M(struct m_link, "namespace", take_wit_namespace, FIELD_NEEDED),
	M(struct m_link, "package", take_wit_package, FIELD_NEEDED),
	M(struct m_link, "interfaces", take_interfaces, FIELD_NEEDED),
	M(struct m_link, "name", take_link_name, 0),
	FIELD("target", struct m_link, target, manifest_take_token, FIELD_NEEDED),
	FIELD("target_config", struct m_link, target_config, manifest_take_token, 0),
	FIELD("source", struct m_link, source, manifest_take_token, 0),
	FIELD("source_config", struct m_link, source_config, manifest_take_token, 0),
};

static const struct field target[] = {
	FIELD("name", struct m_lists, name, body_take_word, FIELD_NEEDED),
	M(struct m_lists, "config", manifest_take_configs, 0),
	M(struct m_lists, "secrets", manifest_take_secrets, 0),
};

static const struct field source[] = {
	M(struct m_lists, "config", manifest_take_configs, 0),
	M(struct m_lists, "secrets", manifest_take_secrets, 0),
};

static int
read_target(struct body_read *r, const struct m_link *m)
{
	struct m_lists l = { .out = m->out, .names = &m->link->target_config };
	int x;

	if (r->j.tok[m->target].kind == JSON_STRING) {
		x = body_take_word(r, m->target, &m->link->target);
		if (x == 0 && m->target_config != 0)
			x = manifest_take_configs(r, m->target_config, &l);
		return err_pass(x);
	}
	r->field = BYTES_LIT("target_config");
	if (m->target_config != 0)
		return body_refuse(r, m->target_config, "a target's config in two places");
	r->field = BYTES_LIT("target");
	x = body_read_object(r, m->target, target, N_FIELDS(target), &l);
	m->link->target = l.name;
	return err_pass(x);
}

static int
read_link(struct body_read *r, size_t at, struct m_component *part)
{
	struct m_link m = { .out = part->out };
	struct m_lists l = { .out = part->out };
	int x;

	m.link = body_arena_take(r->arena, sizeof(*m.link));
	if (m.link == NULL)
		return body_full(r);
	*m.link = (struct body_link){ .source = part->part->name, .name = BYTES_LIT("default") };
	body_add_link(part->out, m.link);
	x = body_read_object(r, at, link_fields, N_FIELDS(link_fields), &m);
	if (x == 0)
		x = read_target(r, &m);
	if (x != 0)
		return err_pass(x);
	l.names = &m.link->source_config;
	r->field = BYTES_LIT("source_config");
	if (m.source != 0 && m.source_config != 0)
		return body_refuse(r, m.source_config, "a source's config in two places");
	if (m.source_config != 0)
		return manifest_take_configs(r, m.source_config, &l);
	r->field = BYTES_LIT("source");
	if (m.source != 0)
		return body_read_object(r, m.source, source, N_FIELDS(source), &l);
	return 0;
}

struct m_trait {
	struct body *out;
	struct bytes type;
	size_t properties;
};

static const struct field trait[] = {
	FIELD("type", struct m_trait, type, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_trait, properties, manifest_take_token, FIELD_NEEDED),
};

int
manifest_take_trait(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;
	struct m_trait t = { .out = m->out };
	int x = body_read_object(r, at, trait, N_FIELDS(trait), &t);

	if (x != 0)
		return err_pass(x);
	r->field = BYTES_LIT("properties");
	if (bytes_is(t.type, "link"))
		return read_link(r, t.properties, m);
	if (bytes_is(t.type, "spreadscaler"))
		return read_scaler(r, t.properties, m, false);
	if (bytes_is(t.type, "daemonscaler"))
		return read_scaler(r, t.properties, m, true);
	r->field = BYTES_LIT("type");
	return body_refuse(r, at, "trait that wadm does not know");
}
