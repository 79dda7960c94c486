/*
 * wadm - requests to the application manager, and the commands it takes off its own queue.
 *
 * wadm tries YAML and then JSON when no Content-Type says which, so a manifest that begins with a
 * brace has two readers. Here it is read as strict JSON, and the three characters that end a line
 * in YAML and not in JSON are refused: what is left means the same to both. Whatever lands on
 * wadm.cmd.L is done with wadm's own rights, so each of its commands is decoded like the host's
 * own.
 *
 * Source: wasmCloud/wadm 589e98b crates/wadm/src/server/{parser,handlers}.rs,
 * crates/wadm/src/commands/mod.rs, crates/wadm-types/src/api.rs.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

struct w_body {
	struct body *out;
	struct body_number count;
	struct bytes config_name;
	bool has_config;
};

BODY_OUT(version, struct w_body, version, body_take_word)
BODY_OUT(model, struct w_body, application, body_take_word)
BODY_OUT(host, struct w_body, host_id, body_take_id)
BODY_OUT(annotations, struct w_body, annotations, body_take_map)
BODY_OUT(id, struct w_body, one.id, body_take_id)
BODY_OUT(image, struct w_body, one.image, body_take_image)
BODY_OUT(config, struct w_body, config, body_take_names)
BODY_OUT(config_values, struct w_body, config_keys, body_take_secret_map)
BODY_OUT(source, struct w_body, one_link.source, body_take_id)
BODY_OUT(target, struct w_body, one_link.target, body_take_id)
BODY_OUT(link_name, struct w_body, one_link.name, body_take_word)
BODY_OUT(wit_namespace, struct w_body, one_link.wit_namespace, body_take_word)
BODY_OUT(wit_package, struct w_body, one_link.wit_package, body_take_word)
BODY_OUT(interfaces, struct w_body, one_link.interfaces, body_take_names)
BODY_OUT(source_config, struct w_body, one_link.source_config, body_take_names)
BODY_OUT(target_config, struct w_body, one_link.target_config, body_take_names)

#define W(text, fn, fl) FIELD(text, struct w_body, out, fn, fl)

static const struct field by_version[] = {
	W("version", take_version, FIELD_NULL),
};
static const struct field scale[] = {
	W("component_id", take_id, FIELD_NEEDED),
	W("host_id", take_host, FIELD_NEEDED),
	FIELD("count", struct w_body, count, body_take_u32, FIELD_NEEDED),
	W("reference", take_image, FIELD_NEEDED),
	W("model_name", take_model, FIELD_NEEDED),
	W("annotations", take_annotations, FIELD_NEEDED),
	W("config", take_config, 0),
};
static const struct field start_provider[] = {
	W("reference", take_image, FIELD_NEEDED),
	W("provider_id", take_id, FIELD_NEEDED),
	W("host_id", take_host, FIELD_NEEDED),
	W("model_name", take_model, FIELD_NEEDED),
	W("config", take_config, 0),
	W("annotations", take_annotations, FIELD_NEEDED),
};
static const struct field stop_provider[] = {
	W("provider_id", take_id, FIELD_NEEDED),
	W("host_id", take_host, FIELD_NEEDED),
	W("model_name", take_model, FIELD_NEEDED),
	W("annotations", take_annotations, FIELD_NEEDED),
};
static const struct field put_link[] = {
	W("source_id", take_source, FIELD_NEEDED),
	W("target", take_target, FIELD_NEEDED),
	W("name", take_link_name, FIELD_NEEDED),
	W("wit_namespace", take_wit_namespace, FIELD_NEEDED),
	W("wit_package", take_wit_package, FIELD_NEEDED),
	W("interfaces", take_interfaces, FIELD_NEEDED),
	W("source_config", take_source_config, 0),
	W("target_config", take_target_config, 0),
	W("model_name", take_model, FIELD_NEEDED),
};
static const struct field del_link[] = {
	W("source_id", take_source, FIELD_NEEDED),
	W("wit_namespace", take_wit_namespace, FIELD_NEEDED),
	W("wit_package", take_wit_package, FIELD_NEEDED),
	W("link_name", take_link_name, FIELD_NEEDED),
	W("model_name", take_model, FIELD_NEEDED),
};
static const struct field put_config[] = {
	FIELD("config_name", struct w_body, config_name, body_take_word, FIELD_NEEDED),
	W("config", take_config_values, FIELD_NEEDED),
};
static const struct field del_config[] = {
	FIELD("config_name", struct w_body, config_name, body_take_word, FIELD_NEEDED),
};

#define KIND(text, t, v, r, l)                                                                     \
	{                                                                                          \
		text, t, N_FIELDS(t), v, r, l                                                      \
	}
static const struct {
	const char *name;
	const struct field *fields;
	size_t n;
	enum verb verb;
	enum part_role role;
	bool link;
} kinds[] = {
	KIND("ScaleComponent", scale, VERB_ACTOR_SCALE, PART_ACTOR, false),
	KIND("StartProvider", start_provider, VERB_PROVIDER_START, PART_PROVIDER, false),
	KIND("StopProvider", stop_provider, VERB_PROVIDER_STOP, PART_PROVIDER, false),
	KIND("PutLink", put_link, VERB_LINK_PUT, PART_NONE, true),
	KIND("DeleteLink", del_link, VERB_LINK_DEL, PART_NONE, true),
	KIND("PutConfig", put_config, VERB_CONFIG_PUT, PART_NONE, false),
	KIND("DeleteConfig", del_config, VERB_CONFIG_DEL, PART_NONE, false),
};

static int
finish_part(struct body_read *r, const struct w_body *b, enum verb verb, struct body *out)
{
	out->one.has_count = verb != VERB_PROVIDER_STOP;
	out->one.count = verb == VERB_ACTOR_SCALE ? b->count.value : 1;
	if (verb == VERB_ACTOR_SCALE && b->count.value == 0)
		out->may_be |= VERB_BIT(VERB_ACTOR_STOP);
	else if (verb == VERB_ACTOR_SCALE)
		out->may_be |= VERB_BIT(VERB_ACTOR_START);
	if (out->one.id.len == 0 || out->host_id.len == 0)
		return body_refuse(r, 0, "id is empty");
	if (verb != VERB_PROVIDER_STOP && out->one.image.scheme == IMAGE_NONE &&
	    out->one.count != 0)
		return body_refuse(r, 0, "names no image");
	return 0;
}

/* wadm.cmd.L: {"StartProvider": {...}}. */
static int
decode_command(struct body_read *r, struct body *out)
{
	struct w_body b = { .out = out };
	size_t i, name = json_first(&r->j, 0);
	int x;

	if (r->j.tok[0].n != 1)
		return body_refuse(r, 0, "not an object with one command in it");
	for (i = 0; i < N_FIELDS(kinds) && !json_is(&r->j, name, kinds[i].name); i++)
		;
	if (i == N_FIELDS(kinds))
		return body_refuse(r, name, "command that nobody knows");
	out->may_be |= VERB_BIT(kinds[i].verb);
	out->one.role = kinds[i].role;
	if (kinds[i].role != PART_NONE)
		body_add_part(out, &out->one);
	if (kinds[i].link)
		body_add_link(out, &out->one_link);
	x = body_read_object(r, name + 1, kinds[i].fields, kinds[i].n, &b);
	if (x != 0)
		return err_pass(x);
	if (b.config_name.ptr != NULL)
		return body_append(
		    r, &out->config, b.config_name, BYTES_NULL, (struct body_span){ 0, 0 });
	return kinds[i].role != PART_NONE ? finish_part(r, &b, kinds[i].verb, out) : 0;
}

/* yaml_ends_line() - U+0085, U+2028, U+2029: line ends to YAML, plain characters to JSON. */
static size_t
yaml_ends_line(struct bytes s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.ptr[i] == 0xc2 && s.ptr[i + 1] == 0x85)
			return i;
		if (i + 2 < s.len && s.ptr[i] == 0xe2 && s.ptr[i + 1] == 0x80 &&
		    (s.ptr[i + 2] == 0xa8 || s.ptr[i + 2] == 0xa9))
			return i;
	}
	return s.len;
}

static int
decode_manifest(const struct body_input *in, struct body_read *r, struct body *out)
{
	struct bytes type = BYTES_NULL, rest = in->payload;
	size_t at = yaml_ends_line(in->payload);
	bool json;
	int x = body_header(in->header, "Content-Type", &type);

	r->field = BYTES_LIT("Content-Type");
	if (x != 0)
		return body_refuse(r, 0, "header that is read in two ways");
	if (type.len != 0 && !bytes_is(type, "application/json") &&
	    !bytes_is(type, "application/yaml"))
		return body_refuse(r, 0, "neither application/json nor application/yaml");
	r->field = BYTES_NULL;
	if (at < in->payload.len)
		return body_refuse_at(&out->fault, BYTES_NULL, at, "line end of YAML's own");
	while (rest.len != 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\n' || rest.ptr[0] == '\r' ||
				    rest.ptr[0] == '\t'))
		rest = bytes_from(rest, 1);
	json = type.len != 0 ? bytes_is(type, "application/json")
			     : rest.len != 0 && rest.ptr[0] == '{';
	x = json ? body_read_json(r, in->payload) : yaml_read(r, in->payload);
	return x != 0 ? err_pass(x) : body_read_manifest(r, out);
}

int
wadm_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct w_body b = { .out = out };
	int x;

	if (c->verb == VERB_MANIFEST_PUT)
		return decode_manifest(in, r, out);
	out->application = c->object;
	if (c->verb != VERB_WADM_COMMAND && in->payload.len == 0)
		return 0;
	x = body_read_json(r, in->payload);
	if (x != 0)
		return err_pass(x);
	if (c->verb == VERB_WADM_COMMAND)
		return decode_command(r, out);
	if (c->verb == VERB_MANIFEST_UNDEPLOY)
		return body_read_object(r, 0, NULL, 0, &b);
	return body_read_object(r, 0, by_version, N_FIELDS(by_version), &b);
}
