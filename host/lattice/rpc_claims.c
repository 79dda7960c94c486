/*
 * rpc_claims - the token in an invocation: who made it, for whom, about which bytes.
 *
 * It binds origin, target, operation and body by a digest over their concatenation. That is safe
 * because all but the body are compared by themselves first, so no byte can move from one to the
 * next; and because a lattice takes one form only: in the other the operation is not digested, and
 * a body that begins with it would pass for another body.
 *
 * Hosts of the time skip the digest when the body is empty (it may lie elsewhere), know no age and
 * keep no memory of what they saw. Here all three are checked.
 *
 * Sources: wasmCloud v0.18.2 wasmcloud-host/src/generated/core.rs, dispatch.rs; wasmcloud-otp
 * v0.63.2 native/hostcore_wasmcloud_native/src/inv.rs; weld rpc-rs/src/rpc_client.rs; wascap
 * src/jwt.rs.
 */
#include <sodium.h>

#include "host/lattice/rpc.h"
#include "policy/core/base64url.h"
#include "policy/core/json.h"

enum { TOKENS = 64, HEADER_TOKENS = 8, HASH = 32, REVISION = 3 };

static const char header[] = "{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}";

static void
put_target_url(struct buf *b, const struct rpc_invocation *inv)
{
	rpc_url(b, &inv->target);
	buf_put_u8(b, '/');
	buf_put(b, inv->operation);
}

static void
add(crypto_hash_sha256_state *h, struct bytes s)
{
	crypto_hash_sha256_update(h, s.ptr, s.len);
}

/* digest_of() - upper-case hexadecimal, as it stands in the claims. */
static void
digest_of(const struct rpc_invocation *inv, struct bytes origin_url, struct bytes target_url,
    char out[HASH * 2 + 1])
{
	static const char hex[] = "0123456789ABCDEF";
	crypto_hash_sha256_state h;
	uint8_t raw[HASH];

	crypto_hash_sha256_init(&h);
	add(&h, origin_url);
	add(&h, target_url);
	if (inv->form == RPC_OTP)
		add(&h, inv->operation);
	add(&h, inv->msg);
	crypto_hash_sha256_final(&h, raw);
	for (size_t i = 0; i < HASH; i++) {
		out[2 * i] = hex[raw[i] >> 4];
		out[2 * i + 1] = hex[raw[i] & 15];
	}
	out[2 * HASH] = 0;
}

static void
put_claims(struct buf *b, const struct rpc_invocation *inv, int64_t iat_s, const char *jti,
    const struct nkey *by)
{
	char iss[NKEY_TEXT_LEN + 1], hash[HASH * 2 + 1];
	struct buf origin, target;

	buf_init(&origin, RPC_URL);
	buf_init(&target, RPC_URL);
	rpc_url(&origin, &inv->origin);
	put_target_url(&target, inv);
	digest_of(inv, buf_bytes(&origin), buf_bytes(&target), hash);
	nkey_format(by, iss);
	buf_put_str(b, "{\"jti\":");
	buf_put_json(b, bytes_str(jti));
	buf_put_str(b, ",\"iat\":");
	buf_put_int(b, iat_s);
	buf_put_str(b, ",\"iss\":\"");
	buf_put_str(b, iss);
	buf_put_str(b, "\",\"sub\":");
	buf_put_json(b, inv->id);
	buf_put_str(b, ",\"wascap\":{\"target_url\":");
	buf_put_json(b, buf_bytes(&target));
	buf_put_str(b, ",\"origin_url\":");
	buf_put_json(b, buf_bytes(&origin));
	buf_put_str(b, ",\"hash\":\"");
	buf_put_str(b, hash);
	buf_put_str(b, "\"},\"wascap_revision\":");
	buf_put_int(b, REVISION);
	buf_put_u8(b, '}');
	b->failed |= buf_failed(&origin) || buf_failed(&target);
	buf_deinit(&target);
	buf_deinit(&origin);
}

void
rpc_claims_put(struct buf *b, const struct rpc_invocation *inv, int64_t iat_s, const char *jti,
    const struct nkey_pair *by)
{
	struct buf claims, token;
	uint8_t sig[NKEY_SIG_LEN];

	buf_init(&claims, RPC_CLAIMS);
	buf_init(&token, RPC_CLAIMS);
	put_claims(&claims, inv, iat_s, jti, &by->pub);
	base64url_put(&token, bytes_of(header, sizeof(header) - 1));
	buf_put_u8(&token, '.');
	base64url_put(&token, buf_bytes(&claims));
	if (buf_failed(&claims) || buf_failed(&token)) {
		b->failed = true;
	} else {
		nkey_sign(by, buf_bytes(&token), sig);
		buf_put(b, buf_bytes(&token));
		buf_put_u8(b, '.');
		base64url_put(b, bytes_of(sig, sizeof(sig)));
	}
	buf_deinit(&token);
	buf_deinit(&claims);
}

/* A token taken apart. */
struct token {
	struct bytes signed_part;
	uint8_t sig[NKEY_SIG_LEN];
	uint8_t raw[RPC_CLAIMS];
	struct json_tok tok[TOKENS];
	struct json js;
	struct nkey iss;
	int64_t iat_s;
	size_t wascap;
};

static bool
cut(struct bytes *rest, struct bytes *part)
{
	size_t dot = bytes_find(*rest, '.');

	*part = bytes_upto(*rest, dot);
	*rest = dot < rest->len ? bytes_from(*rest, dot + 1) : BYTES_NULL;
	return part->len != 0;
}

static bool
header_ok(struct bytes text)
{
	uint8_t raw[128];
	struct json_tok tok[HEADER_TOKENS] = { { .kind = JSON_NONE } };
	struct json js = { .tok = tok, .cap = HEADER_TOKENS };
	size_t n = 0;

	if (base64url_decode(text, raw, sizeof(raw), &n) != 0)
		return false;
	js.text = bytes_of(raw, n);
	return json_read(&js) == 0 && tok[0].kind == JSON_OBJECT && tok[0].n == 2 &&
	       json_is(&js, json_member(&js, 0, "typ"), "jwt") &&
	       json_is(&js, json_member(&js, 0, "alg"), "Ed25519");
}

static bool
take_apart(struct token *t, struct bytes text)
{
	struct bytes rest = text, head, claims;
	size_t n = 0, at;

	if (!cut(&rest, &head) || !cut(&rest, &claims) || !header_ok(head) ||
	    base64url_decode(rest, t->sig, sizeof(t->sig), &n) != 0 || n != sizeof(t->sig))
		return false;
	t->signed_part = bytes_upto(text, head.len + 1 + claims.len);
	if (base64url_decode(claims, t->raw, sizeof(t->raw), &n) != 0)
		return false;
	t->js = (struct json){ .text = bytes_of(t->raw, n), .tok = t->tok, .cap = TOKENS };
	if (json_read(&t->js) != 0)
		return false;
	at = json_member(&t->js, 0, "iss");
	if (at == 0 || t->tok[at].kind != JSON_STRING ||
	    nkey_parse(&t->iss, json_raw(&t->js, at)) != 0)
		return false;
	at = json_member(&t->js, 0, "iat");
	if (at == 0 || json_int(&t->js, at, &t->iat_s) != 0 || t->iat_s < 0)
		return false;
	t->wascap = json_member(&t->js, 0, "wascap");
	return t->wascap != 0 && t->tok[t->wascap].kind == JSON_OBJECT;
}

static bool
believed(const struct rpc_trust *t, const struct nkey *iss)
{
	for (size_t i = 0; i < t->n; i++)
		if (nkey_eq(&t->issuer[i], iss))
			return true;
	return false;
}

/* same_text() - a member of @obj that is exactly this text. */
static bool
same_text(const struct json *j, size_t obj, const char *name, struct bytes want)
{
	uint8_t room[RPC_URL];
	struct bytes s = BYTES_NULL;
	size_t at = json_member(j, obj, name);

	return at != 0 && json_text(j, at, room, sizeof(room), &s) == 0 && bytes_eq(s, want);
}

/* timely() - as old as it may be; exp and nbf count when they are there. */
static int
timely(const struct token *t, int64_t now_s)
{
	size_t exp = json_member(&t->js, 0, "exp"), nbf = json_member(&t->js, 0, "nbf");
	int64_t v = 0;

	if (t->iat_s > now_s + RPC_AHEAD_S)
		return RPC_AHEAD;
	if (now_s - t->iat_s > RPC_AGE_S)
		return RPC_STALE;
	if (exp != 0 && t->tok[exp].kind != JSON_NULL &&
	    (json_int(&t->js, exp, &v) != 0 || now_s >= v))
		return RPC_STALE;
	if (nbf != 0 && t->tok[nbf].kind != JSON_NULL &&
	    (json_int(&t->js, nbf, &v) != 0 || now_s < v))
		return RPC_AHEAD;
	return 0;
}

/* speaks_of() - is the token about this invocation and no other? */
static int
speaks_of(const struct token *t, const struct rpc_invocation *inv)
{
	char hash[HASH * 2 + 1];
	struct buf origin, target;
	int r = 0;

	buf_init(&origin, RPC_URL);
	buf_init(&target, RPC_URL);
	rpc_url(&origin, &inv->origin);
	put_target_url(&target, inv);
	digest_of(inv, buf_bytes(&origin), buf_bytes(&target), hash);
	if (buf_failed(&origin) || buf_failed(&target) || !same_text(&t->js, 0, "sub", inv->id) ||
	    !same_text(&t->js, t->wascap, "origin_url", buf_bytes(&origin)) ||
	    !same_text(&t->js, t->wascap, "target_url", buf_bytes(&target)))
		r = RPC_OTHER_ADDRESS;
	else if (!same_text(&t->js, t->wascap, "hash", bytes_str(hash)))
		r = RPC_OTHER_BODY;
	buf_deinit(&target);
	buf_deinit(&origin);
	return r;
}

static int
first_time(const struct token *t, struct rpc_trust *trust)
{
	uint8_t id[HASH];

	crypto_hash_sha256(id, t->signed_part.ptr, t->signed_part.len);
	switch (rpc_seen_take(trust->seen, id, t->iat_s, trust->now_s)) {
	case 0:
		return 0;
	case RPC_SEEN_BEFORE:
		return RPC_REPLAYED;
	default:
		return RPC_STALE;
	}
}

static int
judge(const struct rpc_invocation *inv, struct rpc_trust *trust)
{
	struct token t;
	int r;

	if (inv->form != trust->form)
		return RPC_OTHER_FORM;
	if (trust->seen == NULL || !take_apart(&t, inv->claims))
		return RPC_UNSIGNED;
	if (!believed(trust, &t.iss))
		return RPC_ISSUER;
	r = timely(&t, trust->now_s);
	if (r == 0)
		r = speaks_of(&t, inv);
	if (r == 0 && nkey_verify(&t.iss, t.signed_part, bytes_of(t.sig, sizeof(t.sig))) != 0)
		r = RPC_UNSIGNED;
	return r != 0 ? r : first_time(&t, trust);
}

int
rpc_judge(const struct rpc_invocation *inv, struct rpc_trust *t, const char **why)
{
	static const char *const say[RPC_ANSWERS] = {
		[0] = "",
		[RPC_BAD] = "not an invocation",
		[RPC_CHUNKED] = "its body is elsewhere",
		[RPC_OTHER_FORM] = "an invocation of the other dialect",
		[RPC_ISSUER] = "signed by a key this host does not believe",
		[RPC_UNSIGNED] = "its claims are missing, malformed or not signed by who they name",
		[RPC_OTHER_ADDRESS] =
		    "its claims are about another origin, target, operation or id",
		[RPC_OTHER_BODY] = "its claims are about another body",
		[RPC_STALE] = "made too long ago, or before this host remembers",
		[RPC_AHEAD] = "made in the future, by this host's clock",
		[RPC_REPLAYED] = "it was seen before",
	};
	int r = judge(inv, t);

	*why = say[r];
	return r;
}
