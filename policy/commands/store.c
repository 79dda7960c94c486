/*
 * store - what stands behind the commands: the key-value buckets that hosts watch.
 *
 * Whoever writes there commands without a command, so a write is decoded like the command it stands
 * for, and ->may_be says which. The key and the value must tell the same story: a LINKDEF_ key is a
 * hash of its link, a CLAIMS_ key is the subject of its claims, a REFMAP_ key is the reference it
 * maps. A deletion is a header; a deletion with a body is two stories.
 *
 * What a bucket's name does not settle is which generation of hosts watches it: CONFIGDATA holds a
 * JSON map per name since 1.0 and one raw value per entity and key in 0.82. Keys tell them apart.
 *
 * Sources: wasmcloud-otp v0.63.2 lattice/{kv_store,lattice_cache_loader}.ex, v0.50.0
 * jetstream/client.ex; wasmCloud v0.82.0 crates/host/src/wasmbus/mod.rs; v1.9.2
 * crates/host/src/nats/store.rs.
 */
#include <sodium.h>
#include <stddef.h>

#include "policy/commands/body_priv.h"
#include "policy/core/base64url.h"

enum { HASH_LEN = crypto_hash_sha256_BYTES };

struct s_link {
	struct body_link *link;
	struct bytes id;
	bool deleted;
};

#define LINK_TAKER(name, member, taker)                                                            \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		struct s_link *s = into;                                                           \
                                                                                                   \
		return taker(r, at, &s->link->member);                                             \
	}

LINK_TAKER(actor, source, body_take_id)
LINK_TAKER(provider, target, body_take_id)
LINK_TAKER(link_name, name, body_take_id)
LINK_TAKER(contract, contract, body_take_word)
LINK_TAKER(values, values, body_take_secret_map)

static const struct field link_fields[] = {
	FIELD("id", struct s_link, id, body_take_word, FIELD_NULL),
	FIELD("actor_id", struct s_link, link, take_actor, FIELD_NEEDED),
	FIELD("provider_id", struct s_link, link, take_provider, FIELD_NEEDED),
	FIELD("link_name", struct s_link, link, take_link_name, FIELD_NEEDED),
	FIELD("contract_id", struct s_link, link, take_contract, FIELD_NEEDED),
	FIELD("values", struct s_link, link, take_values, FIELD_NULL),
	FIELD("deleted", struct s_link, deleted, body_take_bool, 0),
};

static int
read_v0_link(struct body_read *r, struct body *out, bool *deleted)
{
	struct s_link s = { .link = &out->one_link };
	int x;

	body_add_link(out, s.link);
	x = body_read_object(r, 0, link_fields, N_FIELDS(link_fields), &s);
	*deleted = s.deleted;
	return err_pass(x);
}

/* hash_is() - is @hex the upper-case SHA-256 of actor, contract and link name in a row? */
static bool
hash_is(struct bytes hex, const struct body_link *link)
{
	const struct bytes in[] = { link->source, link->contract, link->name };
	crypto_hash_sha256_state state;
	uint8_t hash[HASH_LEN];

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < N_FIELDS(in); i++)
		if (in[i].len != 0)
			crypto_hash_sha256_update(&state, in[i].ptr, in[i].len);
	crypto_hash_sha256_final(&state, hash);
	if (hex.len != 2 * sizeof(hash))
		return false;
	for (size_t i = 0; i < hex.len; i++)
		if (hex.ptr[i] !=
		    (uint8_t) "0123456789ABCDEF"[i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15])
			return false;
	return true;
}

static int
decode_linkdef(struct body_read *r, struct bytes hash, struct body *out)
{
	bool deleted = false;
	int x = read_v0_link(r, out, &deleted);

	if (x == 0 && !hash_is(hash, &out->one_link))
		return body_refuse(r, 0, "key is not the hash of this link");
	return err_pass(x);
}

static int
decode_claims(struct body_read *r, struct bytes key, struct body *out)
{
	size_t sub = json_member(&r->j, 0, "sub");
	struct bytes s = BYTES_NULL;
	int x;

	r->field = BYTES_LIT("sub");
	if (sub == 0)
		return body_refuse(r, 0, "field is missing");
	x = body_take_id(r, sub, &s);
	if (x == 0 && !bytes_eq(s, key))
		return body_refuse(r, sub, "key is not the subject of these claims");
	out->id = key;
	return x != 0 ? err_pass(x) : body_take_map(r, 0, &out->claims);
}

struct s_ref {
	struct bytes url, key;
};

static const struct field refmap[] = {
	FIELD("oci_url", struct s_ref, url, body_take_word, FIELD_NEEDED),
	FIELD("public_key", struct s_ref, key, body_take_id, FIELD_NEEDED),
};

/* decode_refmap() - "this reference is that key": @encoded is base64url, or empty when unknown. */
static int
decode_refmap(struct body_read *r, struct bytes encoded, struct body *out)
{
	struct s_ref ref = { .url = BYTES_NULL };
	const char *why = NULL;
	uint8_t *text;
	size_t len = 0;
	int x = body_read_object(r, 0, refmap, N_FIELDS(refmap), &ref);

	if (x != 0)
		return err_pass(x);
	r->field = BYTES_LIT("oci_url");
	if (encoded.len != 0) {
		text = body_arena_take(r->arena, base64url_size(encoded.len));
		if (text == NULL)
			return body_full(r);
		if (base64url_decode(encoded, text, base64url_size(encoded.len), &len) != 0 ||
		    !bytes_eq(bytes_of(text, len), ref.url))
			return body_refuse(r, 0, "key is not the reference it maps");
	}
	if (image_parse(ref.url, &out->one.image, &why) != 0)
		return body_refuse(r, 0, why);
	out->one.id = ref.key;
	out->one.role = body_key(ref.key, "V") ? PART_PROVIDER : PART_ACTOR;
	body_add_part(out, &out->one);
	return 0;
}

struct s_component {
	struct body *out;
};

static int
take_link(struct body_read *r, size_t at, void *into)
{
	struct s_component *s = into;
	struct body_link *link = body_arena_take(r->arena, sizeof(*link));

	if (link == NULL)
		return body_full(r);
	*link = (struct body_link){ .name = BYTES_NULL };
	body_add_link(s->out, link);
	return body_read_c_link(r, at, link);
}

static int
take_links(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_link, into);
}

BODY_OUT(url, struct s_component, one.image, body_take_image)

static const struct field component[] = {
	FIELD("url", struct s_component, out, take_url, FIELD_NEEDED),
	FIELD("links", struct s_component, out, take_links, FIELD_NEEDED),
};

static int
decode_component(struct body_read *r, struct bytes id, struct body *out)
{
	struct s_component s = { .out = out };
	int x;

	out->one.id = id;
	out->one.role = PART_ACTOR;
	body_add_part(out, &out->one);
	x = body_read_object(r, 0, component, N_FIELDS(component), &s);
	for (const struct body_link *l = out->links; x == 0 && l != NULL; l = l->next)
		if (!bytes_eq(l->source, id))
			return body_refuse(r, 0, "link of another component");
	return err_pass(x);
}

struct s_secret {
	struct bytes name, type, backend, key, field, version, policy;
};

static const struct field secret[] = {
	FIELD("name", struct s_secret, name, body_take_word, FIELD_NEEDED),
	FIELD("type", struct s_secret, type, body_take_word, FIELD_NULL),
	FIELD("backend", struct s_secret, backend, body_take_word, FIELD_NEEDED),
	FIELD("key", struct s_secret, key, body_take_word, FIELD_NEEDED),
	FIELD("field", struct s_secret, field, body_take_word, FIELD_NULL),
	FIELD("version", struct s_secret, version, body_take_word, FIELD_NULL),
	FIELD("policy", struct s_secret, policy, body_take_text, FIELD_NULL),
};

/* decode_config() - CONFIGDATA: M..._key and V..._key raw, SECRET_name a reference, else a map. */
static int
decode_config(struct body_read *r, const struct body_input *in, struct bytes key, struct body *out)
{
	struct s_secret s = { .name = BYTES_NULL };
	int x = body_append(r, &out->config, key, BYTES_NULL, (struct body_span){ 0, 0 });

	if (x != 0)
		return err_pass(x);
	if (key.len > 57 && key.ptr[56] == '_' && body_key(bytes_upto(key, 56), "MV")) {
		out->id = bytes_upto(key, 56);
		return body_secret_payload(r, in->payload);
	}
	x = body_read_json(r, in->payload);
	if (x == 0 && bytes_starts(key, BYTES_LIT("SECRET_"))) {
		x = body_read_object(r, 0, secret, N_FIELDS(secret), &s);
		return x != 0 ? err_pass(x)
			      : body_append(r, &out->secret_refs, s.name, s.backend,
				    (struct body_span){ 0, 0 });
	}
	return x != 0 ? err_pass(x) : body_take_secret_map(r, 0, &out->config_keys);
}

/* What stands behind the keys of LATTICEDATA_L, and behind lc.L. of the first OTP hosts. */
static const struct {
	const char *prefix;
	int (*decode)(struct body_read *r, struct bytes rest, struct body *out);
	uint64_t stands_for;
} keys[] = {
	{ "LINKDEF_", decode_linkdef, VERB_BIT(VERB_LINK_PUT) | VERB_BIT(VERB_LINK_DEL) },
	{ "CLAIMS_", decode_claims, 0 },
	{ "REFMAP_", decode_refmap, VERB_BIT(VERB_ACTOR_UPDATE) },
	{ "COMPONENT_", decode_component,
	    VERB_BIT(VERB_LINK_PUT) | VERB_BIT(VERB_LINK_DEL) | VERB_BIT(VERB_ACTOR_UPDATE) },
};

/* lc.L.{linkdefs,claims,refmap,ocimap}.X: one message per subject, nothing hashed. */
static int
decode_lc(struct body_read *r, struct bytes key, struct body *out)
{
	size_t dot = bytes_find(key, '.');
	struct bytes kind = bytes_upto(key, dot), rest = bytes_from(key, dot + 1);
	bool deleted = false;
	int x;

	if (bytes_is(kind, "linkdefs")) {
		out->may_be |= VERB_BIT(VERB_LINK_PUT) | VERB_BIT(VERB_LINK_DEL);
		x = read_v0_link(r, out, &deleted);
		out->deletes = deleted;
		return err_pass(x);
	}
	if (bytes_is(kind, "claims"))
		return decode_claims(r, rest, out);
	if (bytes_is(kind, "refmap") || bytes_is(kind, "ocimap"))
		return decode_refmap(r, BYTES_NULL, out);
	return body_refuse(r, 0, "key that nobody knows");
}

static int
decode_latticedata(
    struct body_read *r, const struct body_input *in, struct bytes key, struct body *out)
{
	for (size_t i = 0; i < N_FIELDS(keys); i++) {
		struct bytes prefix = bytes_str(keys[i].prefix);
		int x;

		if (!bytes_starts(key, prefix))
			continue;
		out->may_be |= keys[i].stands_for;
		if (out->deletes) {
			out->id = bytes_from(key, prefix.len);
			return 0;
		}
		x = body_read_json(r, in->payload);
		return x != 0 ? err_pass(x) : keys[i].decode(r, bytes_from(key, prefix.len), out);
	}
	return body_refuse_at(&out->fault, BYTES_NULL, 0, "key that nobody knows");
}

/* operation() - what the headers make of the write: a deletion has no body, all else has one. */
static int
operation(const struct body_input *in, struct body *out)
{
	struct bytes op = BYTES_NULL, rollup = BYTES_NULL;
	int x = body_header(in->header, "KV-Operation", &op);

	if (x == 0)
		x = body_header(in->header, "Nats-Rollup", &rollup);
	if (x != 0)
		return body_refuse_at(
		    &out->fault, BYTES_LIT("KV-Operation"), 0, "header that is read in two ways");
	out->deletes = bytes_is(op, "DEL") || bytes_is(op, "PURGE");
	if (op.len != 0 && !out->deletes && !bytes_is(op, "PUT"))
		return body_refuse_at(
		    &out->fault, BYTES_LIT("KV-Operation"), 0, "neither PUT, DEL nor PURGE");
	if (rollup.len != 0 && !(bytes_is(rollup, "sub") && bytes_is(op, "PURGE")))
		return body_refuse_at(
		    &out->fault, BYTES_LIT("Nats-Rollup"), 0, "rolls up more than the purged key");
	if (out->deletes && in->payload.len != 0)
		return body_refuse_at(&out->fault, BYTES_NULL, 0, "a deletion with a body");
	return 0;
}

/* bucket_of() - the token in front of the key. */
static struct bytes
bucket_of(const struct command *c, const struct body_input *in)
{
	size_t end = (size_t)(c->object.ptr - in->subject.ptr) - 1, at = end;

	while (at > 0 && in->subject.ptr[at - 1] != '.')
		at--;
	return bytes_of(in->subject.ptr + at, end - at);
}

int
store_decode(
    const struct command *c, const struct body_input *in, struct body_read *r, struct body *out)
{
	struct bytes bucket = bucket_of(c, in);
	int x = operation(in, out);

	if (x != 0)
		return err_pass(x);
	if (bytes_starts(in->subject, BYTES_LIT("lc."))) {
		if (out->deletes)
			return 0;
		x = body_read_json(r, in->payload);
		return x != 0 ? err_pass(x) : decode_lc(r, c->object, out);
	}
	if (bytes_starts(bucket, BYTES_LIT("LATTICEDATA_")))
		return decode_latticedata(r, in, c->object, out);
	if (bytes_starts(bucket, BYTES_LIT("CONFIGDATA_"))) {
		out->may_be |= VERB_BIT(VERB_CONFIG_PUT) | VERB_BIT(VERB_CONFIG_DEL);
		if (out->deletes)
			return body_append(
			    r, &out->config, c->object, BYTES_NULL, (struct body_span){ 0, 0 });
		return decode_config(r, in, c->object, out);
	}
	out->unread = true; /* wadm's own books: nobody else has a right there */
	out->id = c->object;
	return 0;
}
