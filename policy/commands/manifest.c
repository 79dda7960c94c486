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

#include "policy/commands/manifest_priv.h"

struct m_root {
	struct body *out;
	struct bytes api_version, kind;
};

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

	return manifest_take_configs(r, at, &l);
}

static int
take_part_secrets(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;
	struct m_lists l = { .out = m->out };

	return manifest_take_secrets(r, at, &l);
}

static const struct field properties[] = {
	M(struct m_component, "image", take_image, FIELD_NULL),
	M(struct m_component, "application", take_application, FIELD_NULL),
	M(struct m_component, "id", take_id, FIELD_NULL),
	M(struct m_component, "config", take_part_configs, 0),
	M(struct m_component, "secrets", take_part_secrets, 0),
};

static int
take_component_name(struct body_read *r, size_t at, void *into)
{
	struct m_component *m = into;

	return body_take_word(r, at, &m->part->name);
}

int
manifest_take_token(struct body_read *r, size_t at, void *into)
{
	(void)r;
	*(size_t *)into = at;
	return 0;
}

/* One component: its type decides how its properties are read, so the tokens are kept until then.
 */
static const struct field component[] = {
	M(struct m_component, "name", take_component_name, FIELD_NEEDED),
	FIELD("type", struct m_component, type, body_take_word, FIELD_NEEDED),
	FIELD("properties", struct m_component, properties, manifest_take_token, FIELD_NEEDED),
	FIELD("traits", struct m_component, traits, manifest_take_token, FIELD_NULL),
};

static int
read_component(struct body_read *r, size_t at, struct m_component *m)
{
	int x = body_read_object(r, at, component, N_FIELDS(component), m);

	if (x != 0)
		return err_pass(x);
	/* once deployed wadm starts it: who may not start such a thing may not write it down either
	 */
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
		x = body_each(r, m.traits, manifest_take_trait, &m);
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
	/* what a backend of secrets is told */
	FIELD("properties", struct m_policy, properties, body_take_secret_map, FIELD_NEEDED),
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
