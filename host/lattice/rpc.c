/*
 * rpc - invocations and responses, read and written. Both encodings are maps of names; they differ
 * in how an entity and the bytes of a body are written. A name twice, a body of other length than
 * is said, an address that is no key: no invocation.
 */
#include "host/lattice/rpc.h"

#include "host/pack/pack.h"
#include "policy/core/shown.h"

static const char *const words[RPC_ANSWERS] = { "ok", "malformed", "chunked", "other_form",
	"issuer", "unsigned", "other_address", "other_body", "stale", "ahead", "replayed" };

const char *
rpc_word(int answer)
{
	if (answer < 0)
		return "accident";
	return answer < RPC_ANSWERS ? words[answer] : "unknown";
}

/* is_word() - 1 to @max printable characters of ASCII without blanks. */
static bool
is_word(struct bytes s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
			return false;
	return s.len != 0 && s.len <= max;
}

/* check_entity() - an actor with nothing else, or a provider with contract and link name. */
static void
check_entity(struct pack *p, const struct rpc_entity *e)
{
	struct nkey k;

	if (nkey_parse(&k, e->key) != 0 || (k.type != NKEY_MODULE && k.type != NKEY_SERVICE))
		pack_fail(p, "an address that is no key of an actor or provider");
	else if (k.type == NKEY_SERVICE &&
		 (!is_word(e->contract, RPC_NAME) || !is_word(e->link, RPC_NAME) ||
		     bytes_find(e->link, '.') < e->link.len ||
		     bytes_find(e->link, '*') < e->link.len ||
		     bytes_find(e->link, '>') < e->link.len))
		pack_fail(p, "a provider's address without contract or link name");
}

static void
read_names(struct pack *p, const char *key, struct rpc_entity *e)
{
	const struct pack_field fields[] = {
		{ key, PACK_T_TEXT, PACK_NEEDED, offsetof(struct rpc_entity, key) },
		PACK_FIELD("contract_id", struct rpc_entity, contract, PACK_T_TEXT, PACK_NILS),
		PACK_FIELD("link_name", struct rpc_entity, link, PACK_T_TEXT, PACK_NILS),
	};

	pack_object(p, fields, sizeof(fields) / sizeof(fields[0]), e);
}

/* read_variant() - {0: KEY} or {1: {id, contract_id, link_name}}, the variant by index or name. */
static void
read_variant(struct pack *p, struct rpc_entity *e)
{
	bool provider;

	pack_map(p, 1);
	if (pack_peek(p) == PACK_STR) {
		struct bytes name = pack_text(p, RPC_NAME);

		provider = bytes_is(name, "Capability");
		if (!provider && !bytes_is(name, "Actor"))
			pack_fail(p, "an address of no known kind");
	} else {
		provider = pack_uint(p, 1) == 1;
	}
	if (!provider) {
		e->key = pack_text(p, RPC_NAME);
	} else if (pack_peek(p) == PACK_ARRAY) {
		if (pack_array(p, 3) != 3)
			pack_fail(p, "an address that is not whole");
		e->key = pack_text(p, RPC_NAME);
		e->contract = pack_text(p, RPC_NAME);
		e->link = pack_text(p, RPC_NAME);
	} else {
		read_names(p, "id", e);
	}
}

/* is_variant() - a map of one member is 2021's enum; the later one has three. */
static bool
is_variant(struct bytes raw)
{
	struct pack look = pack_of(raw);

	return pack_map(&look, PACK_MEMBERS) == 1;
}

static bool
read_entity(struct pack *outer, struct bytes raw, struct rpc_entity *e)
{
	struct pack p = pack_of(raw);
	bool variant = is_variant(raw);

	if (variant)
		read_variant(&p, e);
	else
		read_names(&p, "public_key", e);
	if (pack_done(&p))
		check_entity(&p, e);
	if (p.why != NULL)
		pack_fail(outer, p.why);
	return variant;
}

/* read_body() - the bytes of a body, against the length that was told. Return: 0, RPC_CHUNKED. */
static int
read_body(struct pack *outer, struct bytes raw, bool has_length, uint64_t length, struct buf *room,
    struct bytes *msg)
{
	struct pack p = pack_of(raw);

	*msg = BYTES_NULL;
	if (raw.len != 0 && pack_peek(&p) != PACK_NIL)
		*msg = pack_data_into(&p, RPC_MAX, room);
	else if (raw.len != 0)
		pack_nil(&p);
	if (p.why != NULL) {
		pack_fail(outer, p.why);
		return RPC_BAD;
	}
	if (has_length && length > msg->len)
		return RPC_CHUNKED;
	if (has_length && length != 0 && length != msg->len)
		pack_fail(outer, "a body of another length than is said");
	return 0;
}

struct raw_invocation {
	struct bytes origin, target, msg;
	struct rpc_invocation *inv;
};

static const struct pack_field entity_fields[] = {
	PACK_FIELD("origin", struct raw_invocation, origin, PACK_T_RAW, PACK_NEEDED),
	PACK_FIELD("target", struct raw_invocation, target, PACK_T_RAW, PACK_NEEDED),
	PACK_FIELD("msg", struct raw_invocation, msg, PACK_T_RAW, 0),
};

static const struct pack_field invocation_fields[] = {
	PACK_FIELD("operation", struct rpc_invocation, operation, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("id", struct rpc_invocation, id, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("encoded_claims", struct rpc_invocation, claims, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("host_id", struct rpc_invocation, host, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("content_length", struct rpc_invocation, length, PACK_T_U64, PACK_NILS),
};
enum { LENGTH_AT = 4 }; /* place of content_length */

static void
check_words(struct pack *p, const struct rpc_invocation *inv)
{
	struct nkey host;

	if (!is_word(inv->operation, RPC_NAME))
		pack_fail(p, "an operation without a name");
	else if (!is_word(inv->id, RPC_ID))
		pack_fail(p, "an invocation without an id");
	else if (inv->claims.len > RPC_CLAIMS)
		pack_fail(p, "claims that are too long");
	else if (nkey_parse(&host, inv->host) != 0 || host.type != NKEY_SERVER)
		pack_fail(p, "a host id that is no key of a host");
}

int
rpc_invocation_read(struct rpc_invocation *inv, struct bytes in, struct buf *room, const char **why)
{
	struct raw_invocation raw = { .inv = inv };
	struct pack p = pack_of(in), again = pack_of(in);
	uint32_t seen;
	bool a, b;
	int r = 0;

	*inv = (struct rpc_invocation){ 0 };
	if (in.len > RPC_MAX)
		pack_fail(&p, "longer than an invocation may be");
	/* twice over the same map: slices first, then what is a value by itself */
	pack_object(&p, entity_fields, sizeof(entity_fields) / sizeof(entity_fields[0]), &raw);
	pack_done(&p);
	seen = p.why == NULL ? pack_object(&again, invocation_fields,
				   sizeof(invocation_fields) / sizeof(invocation_fields[0]), inv)
			     : 0;
	if (again.why != NULL)
		pack_fail(&p, again.why);
	if (p.why == NULL) {
		a = read_entity(&p, raw.origin, &inv->origin);
		b = read_entity(&p, raw.target, &inv->target);
		inv->form = a ? RPC_R18 : RPC_OTP;
		if (a != b)
			pack_fail(&p, "two addresses in two encodings");
	}
	if (p.why == NULL)
		check_words(&p, inv);
	inv->has_length = (seen >> LENGTH_AT & 1) != 0;
	if (p.why == NULL)
		r = read_body(&p, raw.msg, inv->has_length, inv->length, room, &inv->msg);
	*why = r == RPC_CHUNKED
		   ? "its body is in the lattice's object store, which this host does not read"
		   : p.why;
	return p.why != NULL ? RPC_BAD : r;
}

static void
put_named(struct buf *b, const char *name, struct bytes value)
{
	pack_put_str(b, name);
	pack_put_text(b, value);
}

static void
put_entity(struct buf *b, enum rpc_form form, const struct rpc_entity *e)
{
	bool provider = e->contract.len != 0 || e->link.len != 0;

	if (form == RPC_OTP) {
		pack_put_map(b, 3);
		put_named(b, "public_key", e->key);
		put_named(b, "contract_id", e->contract);
		put_named(b, "link_name", e->link);
		return;
	}
	pack_put_map(b, 1);
	pack_put_uint(b, provider);
	if (!provider) {
		pack_put_text(b, e->key);
		return;
	}
	pack_put_map(b, 3);
	put_named(b, "id", e->key);
	put_named(b, "contract_id", e->contract);
	put_named(b, "link_name", e->link);
}

static void
put_msg(struct buf *b, enum rpc_form form, struct bytes msg)
{
	pack_put_str(b, "msg");
	if (form == RPC_R18)
		pack_put_ints(b, msg);
	else
		pack_put_bin(b, msg);
}

void
rpc_invocation_put(struct buf *b, const struct rpc_invocation *inv)
{
	bool later = inv->form == RPC_OTP;

	pack_put_map(b, later ? 8 : 7);
	pack_put_str(b, "origin");
	put_entity(b, inv->form, &inv->origin);
	pack_put_str(b, "target");
	put_entity(b, inv->form, &inv->target);
	put_named(b, "operation", inv->operation);
	put_msg(b, inv->form, inv->msg);
	put_named(b, "id", inv->id);
	put_named(b, "encoded_claims", inv->claims);
	put_named(b, "host_id", inv->host);
	if (later) {
		pack_put_str(b, "content_length");
		pack_put_uint(b, inv->msg.len);
	}
}

struct raw_response {
	struct bytes msg, id, error;
	uint64_t length;
};

static const struct pack_field response_fields[] = {
	PACK_FIELD("msg", struct raw_response, msg, PACK_T_RAW, 0),
	PACK_FIELD("invocation_id", struct raw_response, id, PACK_T_TEXT, PACK_NEEDED),
	PACK_FIELD("error", struct raw_response, error, PACK_T_TEXT, PACK_NILS),
	PACK_FIELD("content_length", struct raw_response, length, PACK_T_U64, PACK_NILS),
};
enum { ERROR_AT = 2, RESPONSE_LENGTH_AT = 3 };

int
rpc_response_read(struct rpc_response *res, struct bytes in, struct buf *room, const char **why)
{
	struct raw_response raw = { .length = 0 };
	struct pack p = pack_of(in);
	uint32_t seen;
	int r = 0;

	*res = (struct rpc_response){ 0 };
	if (in.len > RPC_MAX)
		pack_fail(&p, "longer than a response may be");
	seen = pack_object(
	    &p, response_fields, sizeof(response_fields) / sizeof(response_fields[0]), &raw);
	if (pack_done(&p) && !is_word(raw.id, RPC_ID))
		pack_fail(&p, "a response to no invocation");
	res->id = raw.id;
	res->failed = (seen >> ERROR_AT & 1) != 0;
	res->error = raw.error;
	res->has_length = (seen >> RESPONSE_LENGTH_AT & 1) != 0;
	res->length = raw.length;
	if (p.why == NULL)
		r = read_body(
		    &p, raw.msg, res->has_length && !res->failed, raw.length, room, &res->msg);
	*why = r == RPC_CHUNKED
		   ? "its body is in the lattice's object store, which this host does not read"
		   : p.why;
	return p.why != NULL ? RPC_BAD : r;
}

/* put_error() - somebody's words, cut; bytes that are no text are shown as what they are. */
static void
put_error(struct buf *b, struct bytes said)
{
	struct buf text;

	buf_init(&text, RPC_ERROR * 6);
	buf_put_shown(&text, bytes_upto(said, RPC_ERROR));
	put_named(b, "error", buf_bytes(&text));
	b->failed |= buf_failed(&text);
	buf_deinit(&text);
}

void
rpc_response_put(struct buf *b, const struct rpc_response *res)
{
	bool later = res->form == RPC_OTP;

	pack_put_map(b, later ? (res->failed ? 4 : 3) : 3);
	put_msg(b, res->form, res->msg);
	if (res->failed) {
		put_error(b, res->error);
	} else if (!later) {
		pack_put_str(b, "error");
		pack_put_nil(b);
	}
	put_named(b, "invocation_id", res->id);
	if (later) {
		pack_put_str(b, "content_length");
		pack_put_uint(b, res->msg.len);
	}
}
