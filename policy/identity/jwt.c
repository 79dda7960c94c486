/*
 * jwt - see jwt.h. Other readers of these tokens take "alg" in any case, an older algorithm name
 * whose signature leaves the header out, member names in any case, and the last of two equal
 * names; each of these lets one token mean two things to two programs. This reader knows one
 * spelling of each and refuses the rest, also where the rest is harmless.
 */
#include "policy/identity/jwt.h"

#include <stdarg.h>
#include <stdio.h>

#include "policy/core/base64url.h"
#include "policy/identity/why_priv.h"

/* base64url of {"typ":"JWT","alg":"ed25519-nkey"} */
static const char header_text[] = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ";

enum {
	HEADER_MAX = 256,
	HEADER_TOKENS = 16,
	FIRST_TOKENS = 128,
	MEMBER_MIN = 5,       /* bytes of the shortest member: "":0, */
	ACCOUNT_SLOTS = 32768 /* for 16384 members: an account's revocations are one object */
};

int
why_say(char *why, int answer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_MAX, fmt, ap);
	va_end(ap);
	return answer;
}

/* split() - exactly three parts, none empty. */
static bool
split(struct bytes text, struct bytes part[3])
{
	for (size_t i = 0; i < 3; i++) {
		size_t dot = bytes_find(text, '.');

		if (dot == 0 || (dot == text.len) != (i == 2))
			return false;
		part[i] = bytes_upto(text, dot);
		text = bytes_from(text, dot + 1);
	}
	return true;
}

/* check_header() - the one header there is, in either order of its two members. */
static int
check_header(struct bytes text, char *why)
{
	struct json_tok tok[HEADER_TOKENS];
	struct json js = { .tok = tok, .cap = HEADER_TOKENS };
	uint8_t raw[HEADER_MAX];
	size_t n;

	if (bytes_is(text, header_text))
		return 0;
	if (base64url_decode(text, raw, sizeof(raw), &n) != 0)
		return why_say(why, JWT_BAD, "header: not base64url, or too long");
	js.text = bytes_of(raw, n);
	if (json_read(&js) != 0 || tok[0].kind != JSON_OBJECT)
		return why_say(why, JWT_BAD, "header: not a JSON object");
	if (!json_is(&js, json_member(&js, 0, "typ"), "JWT"))
		return why_say(why, JWT_BAD, "header: typ is not \"JWT\"");
	if (!json_is(&js, json_member(&js, 0, "alg"), "ed25519-nkey"))
		return why_say(why, JWT_BAD, "header: alg is not \"ed25519-nkey\"");
	if (tok[0].n != 2)
		return why_say(why, JWT_BAD, "header: members besides typ and alg");
	return 0;
}

/* read_tokens() - with as many as it takes, growing; never more than the text can hold. */
static int
read_tokens(struct json *js, char *why)
{
	size_t most = js->text.len / 2 + 2;

	for (size_t cap = FIRST_TOKENS;; cap *= 4) {
		int r;

		free(js->tok);
		js->cap = cap < most ? cap : most;
		js->tok = calloc(js->cap, sizeof(*js->tok));
		if (js->tok == NULL)
			return err_raise(-ENOMEM);
		r = json_read(js);
		if (r == 0)
			return 0;
		if (r == JSON_BAD)
			return why_say(why, JWT_BAD, "payload: %s at byte %zu", js->why, js->at);
		if (js->cap == most)
			return why_say(why, JWT_BAD, "payload: too many values");
	}
}

/* read_json() - only what an operator signed, an account, may have large objects. */
static int
read_json(struct json *js, enum nkey_type kind, char *why)
{
	int r;

	if (kind == NKEY_ACCOUNT && js->text.len > JSON_MEMBERS * MEMBER_MIN) {
		js->slot = malloc(ACCOUNT_SLOTS * sizeof(*js->slot));
		if (js->slot == NULL)
			return err_raise(-ENOMEM);
		js->n_slots = ACCOUNT_SLOTS;
	}
	r = read_tokens(js, why);
	free(js->slot);
	js->slot = NULL;
	js->n_slots = 0;
	return err_pass(r);
}

/* read_payload() - decode and read the middle part. */
static int
read_payload(struct jwt *j, struct bytes text, enum nkey_type kind, char *why)
{
	size_t n, cap = base64url_size(text.len);
	int r;

	j->payload = malloc(cap + 1);
	if (j->payload == NULL)
		return err_raise(-ENOMEM);
	if (base64url_decode(text, j->payload, cap, &n) != 0)
		return why_say(why, JWT_BAD, "payload: not base64url");
	j->json.text = bytes_of(j->payload, n);
	r = read_json(&j->json, kind, why);
	if (r != 0)
		return err_pass(r);
	if (j->json.tok[0].kind != JSON_OBJECT)
		return why_say(why, JWT_BAD, "payload: not an object");
	return 0;
}

/* read_time() - a time claim; absent leaves *v alone unless it must be there. */
static int
read_time(const struct jwt *j, const char *name, bool must, int64_t *v, char *why)
{
	size_t at = json_member(&j->json, 0, name);

	if (at == 0)
		return must ? why_say(why, JWT_BAD, "%s: missing", name) : 0;
	if (json_int(&j->json, at, v) != 0 || *v < 0)
		return why_say(why, JWT_BAD, "%s: not an integer of 0..2^53", name);
	return 0;
}

static int
read_times(struct jwt *j, char *why)
{
	int r = read_time(j, "iat", true, &j->iat_s, why);

	if (r == 0)
		r = read_time(j, "nbf", false, &j->nbf_s, why);
	if (r == 0)
		r = read_time(j, "exp", false, &j->exp_s, why);
	/* to some readers 0 is "never", to others 1970: it is neither here */
	if (r == 0 && j->exp_s == 0 && json_member(&j->json, 0, "exp") != 0)
		return why_say(why, JWT_BAD, "exp: 0 is no time; leave it out for none");
	return err_pass(r);
}

/* read_kind() - nats.type and nats.version. */
static int
read_kind(struct jwt *j, enum nkey_type kind, char *why)
{
	const char *want = kind == NKEY_OPERATOR  ? "operator"
			   : kind == NKEY_ACCOUNT ? "account"
						  : "user";
	int64_t version;

	j->nats = json_member(&j->json, 0, "nats");
	if (j->nats == 0 || j->json.tok[j->nats].kind != JSON_OBJECT)
		return why_say(why, JWT_BAD, "nats: missing or not an object");
	if (!json_is(&j->json, json_member(&j->json, j->nats, "type"), want))
		return why_say(why, JWT_BAD, "nats.type: not \"%s\"", want);
	if (json_int(&j->json, json_member(&j->json, j->nats, "version"), &version) != 0 ||
	    version != 2)
		return why_say(why, JWT_BAD, "nats.version: not 2");
	return 0;
}

/* read_claims() - what every kind of token has. */
static int
read_claims(struct jwt *j, enum nkey_type kind, char *why)
{
	static const char *const known[] = { "aud", "exp", "jti", "iat", "iss", "name", "nbf",
		"sub", "nats", NULL };
	uint8_t room[JWT_STRING_MAX];
	struct bytes name;
	int r = jwt_names(&j->json, 0, known, true, why);

	if (r == 0)
		r = read_kind(j, kind, why);
	if (r == 0)
		r = read_times(j, why);
	if (r != 0)
		return err_pass(r);
	if (jwt_key(&j->json, json_member(&j->json, 0, "iss"), &j->iss) != 0)
		return why_say(why, JWT_BAD, "iss: not a public key");
	if (jwt_key(&j->json, json_member(&j->json, 0, "sub"), &j->sub) != 0 || j->sub.type != kind)
		return why_say(why, JWT_BAD, "sub: not a public key of this kind of token");
	j->name = json_member(&j->json, 0, "name");
	if (j->name != 0 && jwt_string(&j->json, j->name, room, &name) != 0)
		return why_say(why, JWT_BAD, "name: not a string of at most 1024 bytes");
	return 0;
}

/* read_parts() - the three parts; what it built stays in @j also when it fails. */
static int
read_parts(struct jwt *j, struct bytes text, enum nkey_type kind, char *why)
{
	struct bytes part[3];
	size_t n;
	int r;

	if (text.len > JWT_MAX)
		return why_say(why, JWT_BAD, "over 1 MiB");
	if (!split(text, part))
		return why_say(why, JWT_BAD, "not three parts with dots between");
	j->signed_part = bytes_upto(text, part[0].len + 1 + part[1].len);
	if (base64url_decode(part[2], j->sig, sizeof(j->sig), &n) != 0 || n != sizeof(j->sig))
		return why_say(why, JWT_BAD, "signature: not 64 bytes of base64url");
	r = check_header(part[0], why);
	if (r == 0)
		r = read_payload(j, part[1], kind, why);
	if (r == 0)
		r = read_claims(j, kind, why);
	return err_pass(r);
}

int
jwt_read(struct jwt *j, struct bytes text, enum nkey_type kind, char why[WHY_MAX])
{
	int r;

	*j = (struct jwt){ 0 };
	why[0] = '\0';
	r = read_parts(j, text, kind, why);
	if (r != 0)
		jwt_deinit(j);
	return r;
}

int
jwt_verify(const struct jwt *j)
{
	return nkey_verify(&j->iss, j->signed_part, bytes_of(j->sig, sizeof(j->sig)));
}

void
jwt_deinit(struct jwt *j)
{
	if (j == NULL)
		return;
	free(j->payload);
	free(j->json.tok);
	*j = (struct jwt){ 0 };
}

void
jwt_seal(struct buf *out, struct bytes payload, const struct nkey_pair *by)
{
	uint8_t sig[NKEY_SIG_LEN];
	size_t start = out->len;

	buf_put_str(out, header_text);
	buf_put_u8(out, '.');
	base64url_put(out, payload);
	if (buf_failed(out))
		return;
	nkey_sign(by, bytes_of(out->ptr + start, out->len - start), sig);
	buf_put_u8(out, '.');
	base64url_put(out, bytes_of(sig, sizeof(sig)));
}

int
jwt_string(const struct json *js, size_t at, uint8_t room[JWT_STRING_MAX], struct bytes *s)
{
	if (at == 0 || json_text(js, at, room, JWT_STRING_MAX, s) != 0 || s->len > JWT_STRING_MAX)
		return JWT_BAD;
	return 0;
}

int
jwt_key(const struct json *js, size_t at, struct nkey *k)
{
	*k = (struct nkey){ 0 };
	/* written without escapes by everyone; json_raw() of anything else is no key */
	if (at == 0 || js->tok[at].kind != JSON_STRING || nkey_parse(k, json_raw(js, at)) != 0)
		return JWT_BAD;
	return 0;
}

/* folded() - the next byte of a name with case folded, as lenient readers compare names. */
static int
folded(struct bytes *s)
{
	int c;

	if (bytes_starts(*s, BYTES_LIT("\xe2\x84\xaa"))) { /* KELVIN SIGN */
		*s = bytes_from(*s, 3);
		return 'k';
	}
	if (bytes_starts(*s, BYTES_LIT("\xc5\xbf"))) { /* LATIN SMALL LETTER LONG S */
		*s = bytes_from(*s, 2);
		return 's';
	}
	c = s->ptr[0];
	*s = bytes_from(*s, 1);
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool
equal_folded(struct bytes name, const char *known)
{
	while (name.len > 0 && *known != '\0')
		if (folded(&name) != *known++)
			return false;
	return name.len == 0 && *known == '\0';
}

int
jwt_names(
    const struct json *js, size_t obj, const char *const *known, bool closed, char why[WHY_MAX])
{
	size_t at = json_first(js, obj);
	uint8_t room[JWT_STRING_MAX];
	struct bytes name;

	for (uint32_t i = 0; i < js->tok[obj].n; i++, at = js->tok[at + 1].next) {
		size_t k = 0;

		if (jwt_string(js, at, room, &name) != 0)
			return why_say(why, JWT_BAD, "a member name over 1024 bytes");
		while (known[k] != NULL && !equal_folded(name, known[k]))
			k++;
		if (known[k] != NULL && !bytes_is(name, known[k]))
			return why_say(why, JWT_BAD, "%s: written in another case", known[k]);
		if (known[k] == NULL && closed)
			return why_say(
			    why, JWT_BAD, "a claim at the top that version 2 does not know");
	}
	return 0;
}
