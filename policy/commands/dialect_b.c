/*
 * dialect_b - bodies of wasmCloud 0.50 to 0.82, and of 0.18 where the subject is the same.
 *
 * The subjects A and B share carry the same fields, of which 0.18 knows fewer and skips the rest,
 * so one table serves both. Between the hosts of B: the OTP host insists on some fields that the
 * Rust host gives a default; where the default changes what happens, the field is needed here.
 *
 * Sources: wasmcloud-otp v0.50.0 and v0.63.2
 * control_interface/{server,host_server,lattice_server}.ex; wasmCloud v0.82.0
 * crates/control-interface/src/types.rs, crates/host/src/wasmbus/mod.rs; wasmCloud v0.18.2
 * crates/wasmcloud-control-interface/src/generated/ctliface.rs.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

/* What a body of B can hold, before it becomes the value. */
struct b_body {
	struct body *out;
	struct body_number count, timeout;
	struct bytes replicas;
	struct bytes key, value;
	struct bytes configuration;
};

BODY_OUT(host, struct b_body, host_id, body_take_id)
BODY_OUT(annotations, struct b_body, annotations, body_take_map)
BODY_OUT(constraints, struct b_body, labels, body_take_map)
BODY_OUT(image, struct b_body, one.image, body_take_image)
BODY_OUT(ref, struct b_body, one, body_take_ref_or_key)
BODY_OUT(id, struct b_body, one.id, body_take_id)
BODY_OUT(link_name, struct b_body, one_link.name, body_take_id)
BODY_OUT(contract, struct b_body, one_link.contract, body_take_word)

#define B(text, fn, fl) FIELD(text, struct b_body, out, fn, fl)

/* FIELD() hands over the place of b_body.out; the takers above want the b_body, which begins with
 * it. */
_Static_assert(offsetof(struct b_body, out) == 0, "takers are handed the whole b_body");

static const struct field auction_actor[] = {
	B("actor_ref", take_ref, FIELD_NEEDED),
	B("constraints", take_constraints, FIELD_NULL),
};
static const struct field auction_provider[] = {
	B("provider_ref", take_ref, FIELD_NEEDED),
	B("link_name", take_link_name, 0),
	B("constraints", take_constraints, FIELD_NULL),
};
static const struct field start_actor[] = {
	B("actor_ref", take_image, FIELD_NEEDED),
	FIELD("count", struct b_body, count, body_take_u32, 0),
	B("host_id", take_host, 0),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field stop_actor[] = {
	B("actor_ref", take_ref, FIELD_NEEDED),
	FIELD("count", struct b_body, count, body_take_u32, 0),
	B("host_id", take_host, 0),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field scale_actor[] = {
	B("actor_ref", take_image, FIELD_NEEDED),
	B("actor_id", take_id, 0),
	FIELD("count", struct b_body, count, body_take_u32, 0),
	FIELD("replicas", struct b_body, replicas, body_take_text, 0),
	B("host_id", take_host, 0),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field update_actor[] = {
	B("new_actor_ref", take_image, FIELD_NEEDED),
	B("actor_id", take_id, 0),
	B("host_id", take_host, 0),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field start_provider[] = {
	B("provider_ref", take_image, FIELD_NEEDED),
	B("link_name", take_link_name, FIELD_NEEDED),
	B("host_id", take_host, 0),
	FIELD("configuration", struct b_body, configuration, body_take_secret, FIELD_NULL),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field stop_provider[] = {
	B("provider_ref", take_ref, FIELD_NEEDED),
	B("link_name", take_link_name, FIELD_NEEDED),
	B("contract_id", take_contract, 0),
	B("host_id", take_host, 0),
	B("annotations", take_annotations, FIELD_NULL),
};
static const struct field stop_host[] = {
	B("host_id", take_host, 0),
	FIELD("timeout", struct b_body, timeout, body_take_u64, FIELD_NULL),
};
static const struct field put_link[] = {
	FIELD("actor_id", struct body_link, source, body_take_id, FIELD_NEEDED),
	FIELD("provider_id", struct body_link, target, body_take_id, FIELD_NEEDED),
	FIELD("link_name", struct body_link, name, body_take_id, FIELD_NEEDED),
	FIELD("contract_id", struct body_link, contract, body_take_word, FIELD_NEEDED),
	FIELD("values", struct body_link, values, body_take_secret_map, 0),
};
/* The client sends a whole link, its provider and values empty; hosts read three fields of it. */
static const struct field del_link[] = {
	FIELD("actor_id", struct body_link, source, body_take_id, FIELD_NEEDED),
	FIELD("provider_id", struct body_link, target, body_take_id, 0),
	FIELD("values", struct body_link, values, body_take_secret_map, 0),
	FIELD("link_name", struct body_link, name, body_take_id, FIELD_NEEDED),
	FIELD("contract_id", struct body_link, contract, body_take_word, FIELD_NEEDED),
};
static const struct field put_label[] = {
	FIELD("key", struct b_body, key, body_take_word, FIELD_NEEDED),
	FIELD("value", struct b_body, value, body_take_text, FIELD_NEEDED),
};
/* the client of 0.82 sends the type it puts labels with: an empty value stands there */
static const struct field del_label[] = {
	FIELD("key", struct b_body, key, body_take_word, FIELD_NEEDED),
	FIELD("value", struct b_body, value, body_take_text, 0),
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
	TABLE(VERB_ACTOR_AUCTION, auction_actor, PART_ACTOR),
	TABLE(VERB_PROVIDER_AUCTION, auction_provider, PART_PROVIDER),
	TABLE(VERB_ACTOR_START, start_actor, PART_ACTOR),
	TABLE(VERB_ACTOR_STOP, stop_actor, PART_ACTOR),
	TABLE(VERB_ACTOR_SCALE, scale_actor, PART_ACTOR),
	TABLE(VERB_ACTOR_UPDATE, update_actor, PART_ACTOR),
	TABLE(VERB_PROVIDER_START, start_provider, PART_PROVIDER),
	TABLE(VERB_PROVIDER_STOP, stop_provider, PART_PROVIDER),
	TABLE(VERB_HOST_STOP, stop_host, PART_NONE),
	TABLE(VERB_LABEL_PUT, put_label, PART_NONE),
	TABLE(VERB_LABEL_DEL, del_label, PART_NONE),
};

/* decode_config() - config.put.E.K, config.del.E.K, config.clear.E: raw bytes, or none. */
static int
decode_config(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct bytes tail = bytes_from(c->object, c->object.len);
	struct bytes key = BYTES_NULL;
	int x;

	tail.len = (size_t)(in->subject.ptr + in->subject.len - tail.ptr);
	if (tail.len > 1)
		key = bytes_from(tail, 1);
	if (!body_key(c->object, "MV"))
		return body_refuse_at(&out->fault, BYTES_NULL, 0,
		    "config of something that is not an actor's or provider's key");
	out->one.id = c->object;
	x = body_append(r, &out->config, c->object, BYTES_NULL, (struct body_span){ 0, 0 });
	if (x == 0 && key.len != 0)
		x = body_append(r, &out->config_keys, key,
		    c->verb == VERB_CONFIG_PUT ? in->payload : BYTES_NULL,
		    (struct body_span){ 0, (uint32_t)in->payload.len });
	if (x != 0)
		return err_pass(x);
	if (c->verb == VERB_CONFIG_DEL)
		return body_no_payload(in, out);
	return body_secret_payload(r, in->payload);
}

/* One registry's credentials; the same names in B and C. */
struct credential {
	struct bytes type, username, password, token;
};

static const struct field credential[] = {
	FIELD("registryType", struct credential, type, body_take_word, 0),
	FIELD("username", struct credential, username, body_take_secret, FIELD_NULL),
	FIELD("password", struct credential, password, body_take_secret, FIELD_NULL),
	FIELD("token", struct credential, token, body_take_secret, FIELD_NULL),
};

/* keep_credential() - its three texts, for the host that is to use them. */
static int
keep_credential(struct body_read *r, const struct credential *c, struct body *out)
{
	const struct body_span nowhere = { 0, 0 };
	int x = body_append(r, &out->credentials, BYTES_LIT("username"), c->username, nowhere);

	if (x == 0)
		x = body_append(r, &out->credentials, BYTES_LIT("password"), c->password, nowhere);
	if (x == 0)
		x = body_append(r, &out->credentials, BYTES_LIT("token"), c->token, nowhere);
	return err_pass(x);
}

int
body_read_registries(struct body_read *r, struct body *out)
{
	size_t m = json_first(&r->j, 0);

	for (uint32_t i = 0; i < r->j.tok[0].n; i++, m = r->j.tok[m + 1].next) {
		struct credential found = { .type = BYTES_LIT("oci") };
		struct bytes name = BYTES_NULL;
		int x = body_take_word(r, m, &name);

		/* what is refused is told by its field's name: not by one that holds a password */
		r->field = bytes_find(name, '@') < name.len ? BYTES_LIT("registry") : name;
		if (x == 0 && bytes_find(name, '@') < name.len)
			x = body_refuse(r, m, "a login in a registry's name");
		if (x == 0)
			x = body_read_object(r, m + 1, credential, N_FIELDS(credential), &found);
		if (x == 0)
			x = body_append(r, &out->registries, name, found.type, body_where(r, m));
		if (x == 0)
			x = keep_credential(r, &found, out);
		if (x != 0)
			return err_pass(x);
	}
	return 0;
}

/*
 * scale_count() - how many. 0.50 reads "replicas", a text, and nothing else; later hosts read
 * "count" alone. Missing it is a stop to 0.82, no limit to the hosts before it (their client sends
 * null for that) and no command to OTP: three readings, so it has to be there.
 */
static int
scale_count(struct body_read *r, const struct b_body *b, struct body *out)
{
	if (b->replicas.ptr != NULL) {
		r->field = BYTES_LIT("replicas");
		return body_refuse(
		    r, 0, "only 0.50 reads replicas, later hosts would stop the actor");
	}
	if (!b->count.has) {
		r->field = BYTES_LIT("count");
		return body_refuse(r, 0, "missing: a stop to some hosts, no limit to others");
	}
	if (b->count.value == 0) {
		out->effective = VERB_ACTOR_STOP;
		out->may_be = VERB_BIT(VERB_ACTOR_STOP) | VERB_BIT(VERB_ACTOR_SCALE);
	} else {
		out->may_be = VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_START);
	}
	out->one.has_count = true;
	out->one.count = b->count.value;
	return 0;
}

static int
finish(const struct command *c, struct body_read *r, const struct b_body *b, struct body *out)
{
	struct body_part *one = &out->one;

	out->configuration = b->configuration;
	out->has_timeout = b->timeout.has;
	out->timeout = b->timeout.value;
	if (b->key.ptr != NULL)
		return body_append(r, &out->labels, b->key, b->value, (struct body_span){ 0, 0 });
	if (one->role != PART_NONE && one->image.scheme == IMAGE_NONE && one->id.len == 0) {
		r->field = BYTES_LIT("reference");
		return body_refuse(r, 0, "names neither an image nor a key");
	}
	if (c->verb == VERB_ACTOR_SCALE || c->verb == VERB_ACTOR_UPDATE ||
	    c->verb == VERB_ACTOR_START || c->verb == VERB_PROVIDER_START) {
		if (one->image.scheme == IMAGE_NONE)
			return body_refuse(r, 0, "names no image");
	}
	if (out->one_link.name.len != 0 || out->one_link.contract.len != 0)
		body_add_link(out, &out->one_link);
	if (c->verb == VERB_ACTOR_SCALE)
		return scale_count(r, b, out);
	if (c->verb == VERB_ACTOR_START) {
		r->field = BYTES_LIT("count");
		if (b->count.has && b->count.value == 0)
			return body_refuse(r, 0, "no host has a reading for starting none");
		one->has_count = true;
		one->count = b->count.has ? b->count.value : 1;
	}
	if (c->verb == VERB_ACTOR_STOP) {
		one->has_count = b->count.has;
		one->count = b->count.value;
	}
	if (c->verb == VERB_PROVIDER_START) {
		one->has_count = true;
		one->count = 1;
	}
	return 0;
}

static int
decode_link(const struct command *c, struct body_read *r, struct body *out)
{
	bool put = c->verb == VERB_LINK_PUT;

	body_add_link(out, &out->one_link);
	return body_read_object(r, 0, put ? put_link : del_link,
	    put ? N_FIELDS(put_link) : N_FIELDS(del_link), &out->one_link);
}

int
dialect_b_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct b_body b = { .out = out };
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
