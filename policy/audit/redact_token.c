/*
 * redact_token - a token by issuer, subject and id, never by its text. Nothing is verified: this is
 * for somebody who reads a record. Values are shown only when they are made of what keys, names and
 * ids are made of, so that no value can look like the end of the mark.
 */
#include "policy/audit/redact_priv.h"
#include "policy/core/base64url.h"
#include "policy/core/json.h"

enum { CLAIMS_MAX = 16 * 1024, CLAIMS_TOKENS = 1024, VALUE_MAX = 128 };

struct claims {
	uint8_t text[CLAIMS_MAX];
	struct json_tok tok[CLAIMS_TOKENS];
	struct json json;
};

static bool
shown(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    memchr("-_.:/@", c, 6) == NULL)
			return false;
	}
	return s.len != 0 && s.len <= VALUE_MAX;
}

static void
put_claim(struct buf *b, const struct claims *c, const char *name)
{
	size_t at = json_member(&c->json, 0, name);
	struct bytes v = json_raw(&c->json, at);

	buf_put_str(b, name);
	buf_put_u8(b, '=');
	if (at != 0 && c->json.tok[at].kind == JSON_STRING)
		buf_put(b, shown(v) ? v : BYTES_LIT("?"));
}

/* read_claims() - the middle part. */
static bool
read_claims(struct claims *c, struct bytes token)
{
	struct bytes part = bytes_from(token, bytes_find(token, '.') + 1);
	size_t n = 0;

	part = bytes_upto(part, bytes_find(part, '.'));
	if (base64url_size(part.len) > sizeof(c->text) ||
	    base64url_decode(part, c->text, sizeof(c->text), &n) != 0)
		return false;
	c->json = (struct json){ .text = bytes_of(c->text, n),
		.tok = c->tok,
		.cap = CLAIMS_TOKENS,
		.allow_fraction = true };
	return json_read(&c->json) == 0 && c->tok[0].kind == JSON_OBJECT;
}

void
redact_token(struct buf *b, struct bytes token)
{
	autofree(mem_freep) struct claims *c = calloc(1, sizeof(*c));

	if (c == NULL || !read_claims(c, token)) {
		buf_put_str(b, "jwt:unreadable");
		return;
	}
	buf_put_str(b, "jwt:");
	put_claim(b, c, "iss");
	buf_put_u8(b, ',');
	put_claim(b, c, "sub");
	buf_put_u8(b, ',');
	put_claim(b, c, "jti");
}
