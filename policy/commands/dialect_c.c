/*
 * dialect_c - bodies of wasmCloud 1.x.
 *
 * serde reads them: names byte for byte, fields in no table skipped (here: refused on changes), a
 * default for most of what is missing. The default that matters is count: a scale without one is a
 * scale to 0, which is how a component is stopped. "max_instances", which the published documents
 * show, is in no table of the hosts': it would stop the component, and is refused.
 *
 * Source: wasmCloud v1.0.0 and v1.9.2 crates/control-interface/src/types/{ctl,link,registry}.rs,
 * crates/host/src/wasmbus/ctl.rs.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

struct c_body {
	struct body *out;
	struct body_number count, timeout, memory;
	bool allow_update;
	struct bytes key, value;
};

BODY_OUT(host, struct c_body, host_id, body_take_id)
BODY_OUT(annotations, struct c_body, annotations, body_take_map)
BODY_OUT(constraints, struct c_body, labels, body_take_map)
BODY_OUT(config, struct c_body, config, body_take_names)
BODY_OUT(id, struct c_body, one.id, body_take_id)
BODY_OUT(image, struct c_body, one.image, body_take_image)

/* take_limits() - what an instance may use; hosts differ in the names, none of them decides. */
static int
take_limits(struct body_read *r, size_t at, void *into)
{
	(void)into;
	return r->j.tok[at].kind == JSON_OBJECT ? 0 : body_refuse(r, at, "not an object");
}

static int
take_max_instances(struct body_read *r, size_t at, void *into)
{
	(void)into;
	return body_refuse(r, at, "hosts read count and would stop the component");
}

#define C(text, fn, fl) FIELD(text, struct c_body, out, fn, fl)
_Static_assert(offsetof(struct c_body, out) == 0, "takers are handed the whole c_body");

static const struct field auction_component[] = {
	C("component_ref", take_image, FIELD_NEEDED),
	C("component_id", take_id, 0),
	C("constraints", take_constraints, 0),
};
static const struct field auction_provider[] = {
	C("provider_ref", take_image, FIELD_NEEDED),
	C("provider_id", take_id, 0),
	C("constraints", take_constraints, 0),
};
static const struct field scale[] = {
	C("component_ref", take_image, 0),
	C("component_id", take_id, FIELD_NEEDED),
	FIELD("count", struct c_body, count, body_take_u32, 0),
	C("host_id", take_host, 0),
	C("config", take_config, 0),
	FIELD("allow_update", struct c_body, allow_update, body_take_bool, 0),
	C("annotations", take_annotations, FIELD_NULL),
	C("component_limits", take_limits, FIELD_NULL),
	FIELD("max_linear_memory", struct c_body, memory, body_take_u64, FIELD_NULL),
	C("max_instances", take_max_instances, 0),
};
static const struct field update[] = {
	C("component_id", take_id, FIELD_NEEDED),
	C("new_component_ref", take_image, FIELD_NEEDED),
	C("host_id", take_host, 0),
	C("annotations", take_annotations, FIELD_NULL),
};
static const struct field start_provider[] = {
	C("provider_id", take_id, FIELD_NEEDED),
	C("provider_ref", take_image, FIELD_NEEDED),
	C("host_id", take_host, 0),
	C("config", take_config, 0),
	C("annotations", take_annotations, FIELD_NULL),
};
static const struct field stop_provider[] = {
	C("provider_id", take_id, FIELD_NEEDED),
	C("provider_ref", take_id, FIELD_ALIAS),
	C("host_id", take_host, 0),
};
static const struct field stop_host[] = {
	C("host_id", take_host, 0),
	FIELD("timeout", struct c_body, timeout, body_take_u64, FIELD_NULL),
};
static const struct field put_link[] = {
	FIELD("source_id", struct body_link, source, body_take_id, FIELD_NEEDED),
	FIELD("target", struct body_link, target, body_take_id, FIELD_NEEDED),
	FIELD("name", struct body_link, name, body_take_word, 0),
	FIELD("wit_namespace", struct body_link, wit_namespace, body_take_word, FIELD_NEEDED),
	FIELD("wit_package", struct body_link, wit_package, body_take_word, FIELD_NEEDED),
	FIELD("interfaces", struct body_link, interfaces, body_take_names, FIELD_NEEDED),
	FIELD("source_config", struct body_link, source_config, body_take_names, 0),
	FIELD("target_config", struct body_link, target_config, body_take_names, 0),
};
static const struct field del_link[] = {
	FIELD("source_id", struct body_link, source, body_take_id, FIELD_NEEDED),
	FIELD("name", struct body_link, name, body_take_word, 0),
	FIELD("wit_namespace", struct body_link, wit_namespace, body_take_word, FIELD_NEEDED),
	FIELD("wit_package", struct body_link, wit_package, body_take_word, FIELD_NEEDED),
};
static const struct field put_label[] = {
	FIELD("key", struct c_body, key, body_take_word, FIELD_NEEDED),
	FIELD("value", struct c_body, value, body_take_text, FIELD_NEEDED),
};
static const struct field del_label[] = {
	FIELD("key", struct c_body, key, body_take_word, FIELD_NEEDED),
	FIELD("value", struct c_body, value, body_take_text, 0),
};

struct table {
	enum verb verb;
	const struct field *fields;
	size_t n;
	enum part_role role;
};

#define TABLE(v, t, role)                                                                          \
	{                                                                                          \
		v, t, N_FIELDS(t), role                                                            \
	}
static const struct table tables[] = {
	TABLE(VERB_ACTOR_SCALE, scale, PART_ACTOR),
	TABLE(VERB_ACTOR_UPDATE, update, PART_ACTOR),
	TABLE(VERB_PROVIDER_START, start_provider, PART_PROVIDER),
	TABLE(VERB_PROVIDER_STOP, stop_provider, PART_PROVIDER),
	TABLE(VERB_ACTOR_AUCTION, auction_component, PART_ACTOR),
	TABLE(VERB_PROVIDER_AUCTION, auction_provider, PART_PROVIDER),
	TABLE(VERB_HOST_STOP, stop_host, PART_NONE),
	TABLE(VERB_LABEL_PUT, put_label, PART_NONE),
	TABLE(VERB_LABEL_DEL, del_label, PART_NONE),
};

/* body_read_c_link() - also the link inside a COMPONENT_ record (store.c). */
int
body_read_c_link(struct body_read *r, size_t at, struct body_link *link)
{
	int x;

	link->name = BYTES_LIT("default");
	x = body_read_object(r, at, put_link, N_FIELDS(put_link), link);
	if (x == 0 && (link->source.len == 0 || link->target.len == 0))
		return body_refuse(r, at, "link without a source or a target");
	return err_pass(x);
}

static int
decode_link(const struct command *c, struct body_read *r, struct body *out)
{
	struct body_link *link = &out->one_link;

	body_add_link(out, link);
	if (c->verb == VERB_LINK_PUT)
		return body_read_c_link(r, 0, link);
	link->name = BYTES_LIT("default");
	return body_read_object(r, 0, del_link, N_FIELDS(del_link), link);
}

static int
decode_config(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	int x = body_append(r, &out->config, c->object, BYTES_NULL, (struct body_span){ 0, 0 });

	if (x == 0)
		x = c->verb == VERB_CONFIG_DEL ? body_no_payload(in, out)
					       : body_read_json(r, in->payload);
	if (x == 0 && c->verb == VERB_CONFIG_PUT)
		x = body_take_secret_map(r, 0, &out->config_keys);
	return err_pass(x);
}

/* finish_scale() - 0 stops; anything else starts what is not there, and updates if it may. */
static int
finish_scale(struct body_read *r, const struct c_body *b, struct body *out)
{
	out->one.has_count = true;
	out->one.count = b->count.value;
	out->allow_update = b->allow_update;
	if (b->count.value == 0) {
		out->effective = VERB_ACTOR_STOP;
		out->may_be = VERB_BIT(VERB_ACTOR_STOP) | VERB_BIT(VERB_ACTOR_SCALE);
		return 0;
	}
	out->may_be = VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_START);
	if (b->allow_update)
		out->may_be |= VERB_BIT(VERB_ACTOR_UPDATE);
	r->field = BYTES_LIT("component_ref");
	if (out->one.image.scheme == IMAGE_NONE)
		return body_refuse(r, 0, "names no image");
	return 0;
}

static int
finish(const struct command *c, struct body_read *r, const struct c_body *b, struct body *out)
{
	out->has_timeout = b->timeout.has;
	out->timeout = b->timeout.value;
	if (b->key.ptr != NULL)
		return body_append(r, &out->labels, b->key, b->value, (struct body_span){ 0, 0 });
	if (c->mutating && out->one.role != PART_NONE && out->one.id.len == 0)
		return body_refuse(r, 0, "id is empty");
	if (c->verb == VERB_ACTOR_SCALE)
		return finish_scale(r, b, out);
	if (c->verb == VERB_ACTOR_UPDATE || c->verb == VERB_PROVIDER_START) {
		if (out->one.image.scheme == IMAGE_NONE)
			return body_refuse(r, 0, "names no image");
	}
	if (c->verb == VERB_PROVIDER_START) {
		out->one.has_count = true;
		out->one.count = 1;
	}
	return 0;
}

int
dialect_c_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct c_body b = { .out = out };
	int x;

	if (c->verb == VERB_CONFIG_PUT || c->verb == VERB_CONFIG_DEL)
		return decode_config(c, in, r, out);
	x = body_read_json(r, in->payload);
	if (x != 0)
		return err_pass(x);
	if (c->verb == VERB_LINK_PUT || c->verb == VERB_LINK_DEL)
		return decode_link(c, r, out);
	if (c->verb == VERB_REGISTRY_PUT)
		return body_read_registries(r, out);
	for (size_t i = 0; i < N_FIELDS(tables); i++) {
		if (tables[i].verb != c->verb)
			continue;
		out->one.role = tables[i].role;
		if (out->one.role != PART_NONE)
			body_add_part(out, &out->one);
		x = body_read_object(r, 0, tables[i].fields, tables[i].n, &b);
		return x != 0 ? err_pass(x) : finish(c, r, &b, out);
	}
	return body_refuse(r, 0, "nobody understands this command");
}
