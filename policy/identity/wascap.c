/*
 * wascap - see wascap.h. The library this form comes from reads more than it checks: it takes any
 * algorithm's claims before it looks at the header, any key as issuer, the last of two equal
 * members, and a module's hash only when the token says its form is recent. Here one token has one
 * reading, and what it says counts only with a signature of somebody trusted. Members at the top
 * are a closed set; inside "wascap" unknown ones are left alone, unless they differ from a known
 * one only in case. null stands for an optional member that is absent, as that library reads it.
 * Source: wasmCloud/wascap src/jwt.rs (Claims, Actor, CapabilityProvider, validate_token).
 */
#include "policy/identity/wascap.h"

#include "policy/core/base64url.h"
#include "policy/identity/list_priv.h"
#include "policy/identity/why_priv.h"

enum { HEADER_MAX = 256, HEADER_TOKENS = 16, PAYLOAD_TOKENS = 4096 };

/* What is read from, while it is read. */
struct reading {
	struct json js;
	size_t in; /* the object "wascap" */
	char *why;
};

bool
wascap_hash_parse(struct bytes text, uint8_t hash[WASCAP_HASH_LEN])
{
	static const char digits[] = "0123456789ABCDEF";

	if (text.len != (size_t)2 * WASCAP_HASH_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *p = memchr(digits, text.ptr[i], 16);

		if (p == NULL)
			return false;
		if (i % 2 == 0)
			hash[i / 2] = (uint8_t)((p - digits) << 4);
		else
			hash[i / 2] = (uint8_t)(hash[i / 2] | (p - digits));
	}
	return true;
}

void
wascap_hash_put(struct buf *b, const uint8_t hash[WASCAP_HASH_LEN])
{
	for (size_t i = 0; i < WASCAP_HASH_LEN; i++) {
		buf_put_u8(b, (uint8_t) "0123456789ABCDEF"[hash[i] >> 4]);
		buf_put_u8(b, (uint8_t) "0123456789ABCDEF"[hash[i] & 15]);
	}
}

/* check_header() - exactly its two members, in either order. */
static int
check_header(struct bytes text, char *why)
{
	struct json_tok tok[HEADER_TOKENS] = { 0 };
	struct json js = { .tok = tok, .cap = HEADER_TOKENS };
	uint8_t raw[HEADER_MAX];
	size_t n;

	if (base64url_decode(text, raw, sizeof(raw), &n) != 0)
		return why_say(why, WASCAP_BAD_TOKEN, "header: not base64url, or too long");
	js.text = bytes_of(raw, n);
	if (json_read(&js) != 0 || tok[0].kind != JSON_OBJECT)
		return why_say(why, WASCAP_BAD_TOKEN, "header: not a JSON object");
	if (!json_is(&js, json_member(&js, 0, "typ"), "jwt"))
		return why_say(why, WASCAP_BAD_TOKEN, "header: typ is not \"jwt\"");
	if (!json_is(&js, json_member(&js, 0, "alg"), "Ed25519"))
		return why_say(why, WASCAP_BAD_TOKEN, "header: alg is not \"Ed25519\"");
	if (tok[0].n != 2)
		return why_say(why, WASCAP_BAD_TOKEN, "header: members besides typ and alg");
	return 0;
}

/* member() - of "wascap"; 0 when absent or null. */
static size_t
member(const struct reading *rd, const char *name)
{
	size_t at = json_member(&rd->js, rd->in, name);

	return at != 0 && rd->js.tok[at].kind == JSON_NULL ? 0 : at;
}

/* keep() - an owned copy of the string at @at. */
static int
keep(const struct reading *rd, size_t at, const char *name, char **out)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes s;

	if (jwt_string(&rd->js, at, room, &s) != 0)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "%s: not a string of at most %d bytes",
		    name, JWT_STRING_MAX);
	*out = malloc(s.len + 1);
	if (*out == NULL)
		return err_raise(-ENOMEM);
	if (s.len > 0)
		memcpy(*out, s.ptr, s.len);
	(*out)[s.len] = '\0'; /* the reader of JSON refuses U+0000 */
	return 0;
}

static int
read_text(const struct reading *rd, const char *name, bool must, char **out)
{
	size_t at = member(rd, name);

	if (at == 0 && must)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "wascap.%s: missing", name);
	return at == 0 ? 0 : keep(rd, at, name, out);
}

static int
read_list(const struct reading *rd, const char *name, struct subject_list *out)
{
	size_t at = member(rd, name), e;
	int r = 0;

	if (at == 0)
		return 0;
	if (rd->js.tok[at].kind != JSON_ARRAY || rd->js.tok[at].n > WASCAP_ITEMS_MAX)
		return why_say(rd->why, WASCAP_BAD_TOKEN,
		    "wascap.%s: not a list of at most %d strings", name, WASCAP_ITEMS_MAX);
	e = json_first(&rd->js, at);
	for (uint32_t i = 0; r == 0 && i < rd->js.tok[at].n; i++, e = rd->js.tok[e].next) {
		char *s = NULL;

		r = keep(rd, e, name, &s);
		if (r == 0)
			r = list_add(out, bytes_str(s));
		free(s);
	}
	return err_pass(r);
}

static int
read_hash(const struct reading *rd, size_t at, const char *name, uint8_t hash[WASCAP_HASH_LEN])
{
	if (at == 0)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "%s: missing", name);
	/* written without escapes by everyone */
	if (rd->js.tok[at].kind != JSON_STRING || !wascap_hash_parse(json_raw(&rd->js, at), hash))
		return why_say(
		    rd->why, WASCAP_BAD_TOKEN, "%s: not 64 upper-case hexadecimal digits", name);
	return 0;
}

static int
read_rev(const struct reading *rd, struct wascap *w)
{
	size_t at = member(rd, "rev");
	int64_t v;

	if (at == 0)
		return 0;
	if (json_int(&rd->js, at, &v) != 0 || v < INT32_MIN || v > INT32_MAX)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "wascap.rev: not an integer of 32 bits");
	w->has_rev = true;
	w->rev = (int32_t)v;
	return 0;
}

static int
read_actor(const struct reading *rd, struct wascap *w)
{
	static const char *const known[] = { "name", "hash", "tags", "caps", "rev", "ver",
		"call_alias", "prov", NULL };
	size_t prov;
	int r = jwt_names(&rd->js, rd->in, known, false, rd->why);

	if (r != 0)
		return WASCAP_BAD_TOKEN;
	prov = member(rd, "prov");
	if (prov != 0 && rd->js.tok[prov].kind != JSON_TRUE && rd->js.tok[prov].kind != JSON_FALSE)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "wascap.prov: not true or false");
	w->prov = prov != 0 && rd->js.tok[prov].kind == JSON_TRUE;
	r = read_hash(rd, member(rd, "hash"), "wascap.hash", w->hash);
	if (r == 0)
		r = read_text(rd, "name", false, &w->name);
	if (r == 0)
		r = read_text(rd, "ver", false, &w->ver);
	if (r == 0)
		r = read_text(rd, "call_alias", false, &w->call_alias);
	if (r == 0)
		r = read_list(rd, "tags", &w->tags);
	if (r == 0)
		r = read_list(rd, "caps", &w->caps);
	return err_pass(r == 0 ? read_rev(rd, w) : r);
}

/* read_targets() - {"x86_64-linux": HASH, ...}; at least one. */
static int
read_targets(const struct reading *rd, struct wascap *w)
{
	size_t at = member(rd, "target_hashes"), e;
	const struct json_tok *tok = rd->js.tok;
	int r = 0;

	if (at == 0 || tok[at].kind != JSON_OBJECT || tok[at].n == 0 ||
	    tok[at].n > WASCAP_ITEMS_MAX)
		return why_say(rd->why, WASCAP_BAD_TOKEN,
		    "wascap.target_hashes: not an object of 1 to %d members", WASCAP_ITEMS_MAX);
	w->target = calloc(tok[at].n, sizeof(*w->target));
	if (w->target == NULL)
		return err_raise(-ENOMEM);
	e = json_first(&rd->js, at);
	for (uint32_t i = 0; r == 0 && i < tok[at].n; i++, e = tok[e + 1].next) {
		struct wascap_target *t = &w->target[w->n_targets++];

		r = keep(rd, e, "a target's name", &t->name);
		if (r == 0)
			r = read_hash(rd, e + 1, "a target's hash", t->hash);
	}
	return err_pass(r);
}

static int
read_provider(const struct reading *rd, struct wascap *w)
{
	static const char *const known[] = { "name", "capid", "vendor", "rev", "ver",
		"target_hashes", "config_schema", NULL };
	int r = jwt_names(&rd->js, rd->in, known, false, rd->why);

	if (r != 0)
		return WASCAP_BAD_TOKEN;
	w->has_schema = member(rd, "config_schema") != 0;
	r = read_text(rd, "name", false, &w->name);
	if (r == 0)
		r = read_text(rd, "ver", false, &w->ver);
	if (r == 0)
		r = read_text(rd, "capid", true, &w->capid);
	if (r == 0)
		r = read_text(rd, "vendor", true, &w->vendor);
	if (r == 0)
		r = read_rev(rd, w);
	return err_pass(r == 0 ? read_targets(rd, w) : r);
}

static int
read_number(const struct reading *rd, const char *name, bool must, int64_t *v)
{
	size_t at = json_member(&rd->js, 0, name);

	if (at == 0)
		return must ? why_say(rd->why, WASCAP_BAD_TOKEN, "%s: missing", name) : 0;
	if (json_int(&rd->js, at, v) != 0 || *v < 0)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "%s: not an integer of 0..2^53", name);
	return 0;
}

static int
read_times(const struct reading *rd, struct wascap *w)
{
	int r = read_number(rd, "iat", true, &w->iat_s);

	if (r == 0)
		r = read_number(rd, "nbf", false, &w->nbf_s);
	if (r == 0)
		r = read_number(rd, "exp", false, &w->exp_s);
	if (r == 0)
		r = read_number(rd, "wascap_revision", false, &w->revision);
	/* 0 would be "never" here and 1970 elsewhere */
	if (r == 0 && w->exp_s == 0 && json_member(&rd->js, 0, "exp") != 0)
		return why_say(
		    rd->why, WASCAP_BAD_TOKEN, "exp: 0 is no time; leave it out for none");
	return err_pass(r);
}

static int
read_keys(const struct reading *rd, struct wascap *w)
{
	bool actor = w->kind == WASCAP_ACTOR;

	if (jwt_key(&rd->js, json_member(&rd->js, 0, "iss"), &w->iss) != 0 ||
	    w->iss.type != NKEY_ACCOUNT)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "iss: not the key of an account (A...)");
	if (jwt_key(&rd->js, json_member(&rd->js, 0, "sub"), &w->sub) != 0 ||
	    w->sub.type != (actor ? NKEY_MODULE : NKEY_SERVICE))
		return why_say(rd->why, WASCAP_BAD_TOKEN, "sub: not the key of a %s",
		    actor ? "module (M...)" : "provider (V...)");
	return 0;
}

static int
read_claims(struct reading *rd, struct wascap *w)
{
	static const char *const known[] = { "exp", "jti", "iat", "iss", "sub", "nbf", "wascap",
		"wascap_revision", NULL };
	size_t jti = json_member(&rd->js, 0, "jti");
	int r = jwt_names(&rd->js, 0, known, true, rd->why);

	if (r != 0)
		return why_say(rd->why, WASCAP_BAD_TOKEN,
		    "a claim at the top that is unknown, or written in another case");
	r = read_keys(rd, w);
	if (r == 0)
		r = read_times(rd, w);
	if (r == 0 && jti != 0)
		r = keep(rd, jti, "jti", &w->jti);
	if (r != 0)
		return err_pass(r);
	rd->in = json_member(&rd->js, 0, "wascap");
	if (rd->in == 0 || rd->js.tok[rd->in].kind != JSON_OBJECT)
		return why_say(rd->why, WASCAP_BAD_TOKEN, "wascap: missing or not an object");
	return w->kind == WASCAP_ACTOR ? read_actor(rd, w) : read_provider(rd, w);
}

/* read_payload() - the middle part; what was built for the reading goes again. */
static int
read_payload(struct wascap *w, struct bytes text, char *why)
{
	size_t n = 0, cap = base64url_size(text.len);
	autofree(mem_freep) uint8_t *raw = malloc(cap + 1);
	autofree(mem_freep) struct json_tok *tok = calloc(PAYLOAD_TOKENS, sizeof(*tok));
	struct reading rd = { .js = { .tok = tok, .cap = PAYLOAD_TOKENS }, .why = why };
	int r;

	if (raw == NULL || tok == NULL)
		return err_raise(-ENOMEM);
	if (base64url_decode(text, raw, cap, &n) != 0)
		return why_say(why, WASCAP_BAD_TOKEN, "claims: not base64url");
	rd.js.text = bytes_of(raw, n);
	r = json_read(&rd.js);
	if (r == JSON_TOO_MANY)
		return why_say(why, WASCAP_BAD_TOKEN, "claims: over %d values", PAYLOAD_TOKENS);
	if (r != 0)
		return why_say(
		    why, WASCAP_BAD_TOKEN, "claims: %s at byte %zu", rd.js.why, rd.js.at);
	if (tok[0].kind != JSON_OBJECT)
		return why_say(why, WASCAP_BAD_TOKEN, "claims: not a JSON object");
	return err_pass(read_claims(&rd, w));
}

static int
read_parts(struct wascap *w, struct bytes token, char *why)
{
	size_t a = bytes_find(token, '.'), b, n;
	struct bytes rest = bytes_from(token, a + 1);
	int r;

	if (token.len > WASCAP_TOKEN_MAX)
		return why_say(why, WASCAP_BAD_TOKEN, "over %d bytes", WASCAP_TOKEN_MAX);
	b = bytes_find(rest, '.');
	if (a == token.len || b == rest.len)
		return why_say(why, WASCAP_BAD_TOKEN, "not three parts with dots between");
	if (base64url_decode(bytes_from(rest, b + 1), w->sig, sizeof(w->sig), &n) != 0 ||
	    n != sizeof(w->sig))
		return why_say(why, WASCAP_BAD_TOKEN, "signature: not 64 bytes of base64url");
	buf_put(&w->signed_part, bytes_upto(token, a + 1 + b));
	if (buf_failed(&w->signed_part))
		return err_raise(-ENOMEM);
	r = check_header(bytes_upto(token, a), why);
	return err_pass(r == 0 ? read_payload(w, bytes_upto(rest, b), why) : r);
}

int
wascap_read(struct wascap *w, struct bytes token, enum wascap_kind kind, char why[WHY_MAX])
{
	int r;

	*w = (struct wascap){ .kind = kind };
	buf_init(&w->signed_part, WASCAP_TOKEN_MAX);
	why[0] = '\0';
	r = read_parts(w, token, why);
	if (r != 0)
		wascap_deinit(w);
	return err_pass(r);
}

void
wascap_deinit(struct wascap *w)
{
	if (w == NULL)
		return;
	free(w->jti);
	free(w->name);
	free(w->ver);
	free(w->call_alias);
	free(w->capid);
	free(w->vendor);
	list_deinit(&w->caps);
	list_deinit(&w->tags);
	for (size_t i = 0; i < w->n_targets; i++)
		free(w->target[i].name);
	free(w->target);
	buf_deinit(&w->signed_part);
	*w = (struct wascap){ 0 };
}
