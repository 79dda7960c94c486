/*
 * manifest - an application for wadm: what runs, how often, where, linked to what.
 *
 * Read from tokens, which yaml.c and the JSON reader make alike. wadm skips some names it does not
 * know and refuses others; all are refused here. Where its reader prefers one of two ways to say
 * a thing (source over source_config, a target's own list over target_config), only one may be
 * there.
 *
 * Source: wasmCloud/wadm 589e98b crates/wadm-types/src/lib.rs, crates/wadm/src/scaler/convert.rs.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

struct m_component {
	struct body *out;
	struct body_part *part;
	struct bytes type;
	size_t properties, traits; /* tokens; 0 when absent */
	bool has_image, has_application;
};

struct m_trait {
	struct body *out;
	struct bytes type;
	size_t properties;
};

struct m_root {
	struct body *out;
	struct bytes api_version, kind;
};

#define M(type, text, fn, fl) FIELD(text, type, out, fn, fl)

/* config: a name, and perhaps what is to be put under it. */
struct m_config {
	struct bytes name;
	struct body_list values;
};

static const struct field config[] = {
	FIELD("name", struct m_config, name, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_config, values, body_take_secret_map, FIELD_NULL),
};

/* Where the names of configs and secrets go. */
struct m_lists {
	struct body *out;
	struct body_list *names; /* of configs: as well into this list; NULL: nowhere else */
	struct bytes name;       /* target only */
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

static int
take_configs(struct body_read *r, size_t at, void *into)
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

static int
take_secrets(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_secret, into);
}

/* properties of a component or provider */
struct m_shared {
	struct bytes name, component;
};

static const struct field shared[] = {
	FIELD("name", struct m_shared, name, body_take_word, FIELD_NEEDED),
	FIELD("component", struct m_shared, component, body_take_word, FIELD_NEEDED),
};

static int
take_image(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;

	m->has_image = true;
	return body_take_image(r, at, &m->part->image);
}

static int
take_application(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;
	struct m_shared s = { .name = BYTES_NULL };

	m->has_application = true;
	return body_read_object(r, at, shared, N_FIELDS(shared), &s);
}

static int
take_id(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;

	return body_take_id(r, at, &m->part->id);
}

static int
take_part_configs(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;
	struct m_lists l = { .out = m->out };

	return take_configs(r, at, &l);
}

static int
take_part_secrets(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;
	struct m_lists l = { .out = m->out };

	return take_secrets(r, at, &l);
}

static const struct field properties[] = {
	M(struct m_component, "image", take_image, FIELD_NULL),
	M(struct m_component, "application", take_application, FIELD_NULL),
	M(struct m_component, "id", take_id, FIELD_NULL),
	M(struct m_component, "config", take_part_configs, 0),
	M(struct m_component, "secrets", take_part_secrets, 0),
};

/* traits: scalers */
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

/* traits: links */
struct m_link {
	struct body *out;
	struct body_link *link;
	size_t target, target_config, source, source_config; /* tokens; 0 when absent */
};

static int
note_token(struct body_read *r, size_t at, void *into)
{
	(void)r;
	*(size_t *)into = at;
	return 0;
}

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
	FIELD("target", struct m_link, target, note_token, FIELD_NEEDED),
	FIELD("target_config", struct m_link, target_config, note_token, 0),
	FIELD("source", struct m_link, source, note_token, 0),
	FIELD("source_config", struct m_link, source_config, note_token, 0),
};

static const struct field target[] = {
	FIELD("name", struct m_lists, name, body_take_word, FIELD_NEEDED),
	M(struct m_lists, "config", take_configs, 0),
	M(struct m_lists, "secrets", take_secrets, 0),
};

static const struct field source[] = {
	M(struct m_lists, "config", take_configs, 0),
	M(struct m_lists, "secrets", take_secrets, 0),
};

static int
read_target(struct body_read *r, const struct m_link *m)
{
	struct m_lists l = { .out = m->out, .names = &m->link->target_config };
	int x;

	if (r->j.tok[m->target].kind == JSON_STRING) {
		x = body_take_word(r, m->target, &m->link->target);
		if (x == 0 && m->target_config != 0)
			x = take_configs(r, m->target_config, &l);
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
		return take_configs(r, m.source_config, &l);
	r->field = BYTES_LIT("source");
	if (m.source != 0)
		return body_read_object(r, m.source, source, N_FIELDS(source), &l);
	return 0;
}

static const struct field trait[] = {
	FIELD("type", struct m_trait, type, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_trait, properties, note_token, FIELD_NEEDED),
};

static int
take_trait(struct body_read *r, size_t at, void *into)
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

static int
take_component_name(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;

	return body_take_word(r, at, &m->part->name);
}

/* One component: its type decides how its properties are read, so the tokens are kept until then.
 */
static const struct field component[] = {
	M(struct m_component, "name", take_component_name, FIELD_NEEDED),
	FIELD("type", struct m_component, type, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_component, properties, note_token, FIELD_NEEDED),
	FIELD("traits", struct m_component, traits, note_token, FIELD_NULL),
};

static int
read_component(struct body_read *r, size_t at, struct m_component *m)
{
	int x = body_read_object(r, at, component, N_FIELDS(component), m);

	if (x != 0)
		return err_pass(x);
	/* once deployed wadm starts it: who may not start such a thing may not write it down either */
	if (bytes_is(m->type, "component") || bytes_is(m->type, "actor")) {
		m->part->role = PART_ACTOR;
		m->out->may_be |= VERB_BIT(VERB_ACTOR_START);
	} else if (bytes_is(m->type, "capability")) {
		m->part->role = PART_PROVIDER;
		m->out->may_be |= VERB_BIT(VERB_PROVIDER_START);
	}
	r->field = BYTES_LIT("type");
	if (m->part->role == PART_NONE)
		return body_refuse(r, at, "neither a component nor a capability");
	r->field = BYTES_LIT("properties");
	x = body_read_object(r, m->properties, properties, N_FIELDS(properties), m);
	r->field = BYTES_LIT("image");
	if (x == 0 && m->has_image == m->has_application)
		return body_refuse(r, at, "needs either an image or an application");
	if (x == 0 && m->has_image && m->part->image.scheme == IMAGE_NONE)
		return body_refuse(r, at, "names no image");
	return err_pass(x);
}

static int
take_component(struct body_read *r, size_t at, void *into)
{
	struct m_root *root = into;
	struct m_component m = { .out = root->out };
	int x;

	m.part = body_arena_take(r->arena, sizeof(*m.part));
	if (m.part == NULL)
		return body_full(r);
	*m.part = (struct body_part){ .role = PART_NONE };
	body_add_part(root->out, m.part);
	x = read_component(r, at, &m);
	if (x == 0 && m.traits != 0)
		x = body_each(r, m.traits, take_trait, &m);
	if (!m.part->has_count) { /* no scaler is one; what another application runs is none here */
		m.part->has_count = true;
		m.part->count = m.has_image ? 1 : 0;
	}
	return err_pass(x);
}

static int
take_components(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_component, into);
}

struct m_policy {
	struct bytes name, type;
	struct body_list properties;
};

static const struct field policy[] = {
	FIELD("name", struct m_policy, name, body_take_word, FIELD_NEEDED),
	FIELD("type", struct m_policy, type, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_policy, properties, body_take_map, FIELD_NEEDED),
};

static int
take_policy(struct body_read *r, size_t at, void *into)
{
	struct m_root *root = into;
	struct m_policy p = { .name = BYTES_NULL };
	int x = body_read_object(r, at, policy, N_FIELDS(policy), &p);

	if (x == 0)
		x = body_append(r, &root->out->policies, p.name, p.type, body_where(r, at));
	return err_pass(x);
}

static int
take_policies(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_policy, into);
}

static const struct field spec[] = {
	M(struct m_root, "components", take_components, FIELD_NEEDED),
	M(struct m_root, "policies", take_policies, 0),
};

static int
take_spec(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, spec, N_FIELDS(spec), into);
}

BODY_OUT(name, struct m_root, application, body_take_word)
BODY_OUT(annotations, struct m_root, annotations, body_take_map)

/* take_labels() - the manifest's own; a spread's requirements share the list. */
BODY_OUT(labels, struct m_root, labels, body_take_map)

static const struct field metadata[] = {
	M(struct m_root, "name", take_name, FIELD_NEEDED),
	M(struct m_root, "annotations", take_annotations, FIELD_NEEDED),
	M(struct m_root, "labels", take_labels, 0),
};

static int
take_metadata(struct body_read *r, size_t at, void *into)
{
	return body_read_object(r, at, metadata, N_FIELDS(metadata), into);
}

static const struct field root_fields[] = {
	FIELD("apiVersion", struct m_root, api_version, body_take_word, FIELD_NEEDED),
	FIELD("kind", struct m_root, kind, body_take_word, FIELD_NEEDED),
	M(struct m_root, "metadata", take_metadata, FIELD_NEEDED),
	M(struct m_root, "spec", take_spec, FIELD_NEEDED),
};

static bool
is_manifest_name(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.len != 0;
}

int
body_read_manifest(struct body_read *r, struct body *out)
{
	struct m_root root = { .out = out };
	int x = body_read_object(r, 0, root_fields, N_FIELDS(root_fields), &root);

	if (x != 0)
		return err_pass(x);
	r->field = BYTES_LIT("apiVersion");
	if (!bytes_is(root.api_version, "core.oam.dev/v1beta1"))
		return body_refuse(r, 0, "not core.oam.dev/v1beta1");
	r->field = BYTES_LIT("kind");
	if (!bytes_is(root.kind, "Application"))
		return body_refuse(r, 0, "not an Application");
	r->field = BYTES_LIT("name");
	if (!is_manifest_name(out->application))
		return body_refuse(r, 0, "manifest names are letters, digits, '-' and '_'");
	for (const struct body_pair *p = out->annotations.first; p != NULL; p = p->next)
		if (bytes_is(p->key, "version"))
			out->version = p->value;
	return 0;
}
