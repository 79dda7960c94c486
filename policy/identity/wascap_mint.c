/*
 * wascap_mint - see wascap_mint.h. What was written is read back with our own reader before it is
 * given out, so that nothing is signed that could not be admitted.
 */
#include "policy/identity/wascap_mint.h"

#include "policy/core/base64url.h"
#include "policy/identity/why_priv.h"

static const char header[] = "{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}";

static void
put_text(struct buf *b, const char *before, const char *value)
{
	if (value == NULL)
		return;
	buf_put_str(b, before);
	buf_put_json(b, bytes_str(value));
}

static void
put_number(struct buf *b, const char *before, int64_t v)
{
	buf_put_str(b, before);
	buf_put_int(b, v);
}

static void
put_list(struct buf *b, const char *before, size_t n, const char *const *item)
{
	buf_put_str(b, before);
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, i > 0 ? "," : "");
		buf_put_json(b, bytes_str(item[i]));
	}
	buf_put_u8(b, ']');
}

static void
put_wascap(struct buf *b, const struct wascap_mint *m)
{
	put_text(b, ",\"wascap\":{\"name\":", m->name);
	buf_put_str(b, ",\"hash\":\"");
	wascap_hash_put(b, m->hash);
	put_list(b, "\",\"tags\":[", m->n_tags, m->tags);
	put_list(b, ",\"caps\":[", m->n_caps, m->caps);
	if (m->has_rev)
		put_number(b, ",\"rev\":", m->rev);
	put_text(b, ",\"ver\":", m->ver);
	put_text(b, ",\"call_alias\":", m->call_alias);
	buf_put_str(b, ",\"prov\":false}");
}

static void
put_claims(struct buf *b, const struct wascap_mint *m, const struct nkey *iss)
{
	char iss_text[NKEY_TEXT_LEN + 1], sub_text[NKEY_TEXT_LEN + 1];

	nkey_format(iss, iss_text);
	nkey_format(m->sub, sub_text);
	buf_put_u8(b, '{');
	if (m->exp_s != 0) {
		put_number(b, "\"exp\":", m->exp_s);
		buf_put_u8(b, ',');
	}
	put_text(b, "\"jti\":", m->jti);
	put_number(b, ",\"iat\":", m->iat_s);
	put_text(b, ",\"iss\":", iss_text);
	put_text(b, ",\"sub\":", sub_text);
	if (m->nbf_s != 0)
		put_number(b, ",\"nbf\":", m->nbf_s);
	put_wascap(b, m);
	put_number(b, ",\"wascap_revision\":", WASCAP_REVISION);
	buf_put_u8(b, '}');
}

/* seal() - header, claims, signature. */
static void
seal(struct buf *token, struct bytes claims, const struct nkey_pair *by)
{
	uint8_t sig[NKEY_SIG_LEN];

	base64url_put(token, bytes_str(header));
	buf_put_u8(token, '.');
	base64url_put(token, claims);
	if (buf_failed(token))
		return;
	nkey_sign(by, buf_bytes(token), sig);
	buf_put_u8(token, '.');
	base64url_put(token, bytes_of(sig, sizeof(sig)));
}

/* read_back() - is it what our reader takes, and whole? */
static int
read_back(struct bytes token, char *why)
{
	struct wascap w;
	int r = wascap_read(&w, token, WASCAP_ACTOR, why);

	if (r == 0)
		r = wascap_signed(&w, why);
	wascap_deinit(&w);
	return err_pass(r);
}

int
wascap_mint(
    struct buf *out, const struct wascap_mint *m, const struct nkey_pair *by, char why[WHY_MAX])
{
	struct buf claims, token;
	int r;

	why[0] = '\0';
	buf_init(&claims, WASCAP_TOKEN_MAX);
	buf_init(&token, 2 * WASCAP_TOKEN_MAX);
	put_claims(&claims, m, &by->pub);
	if (buf_failed(&claims)) {
		r = why_say(
		    why, WASCAP_BAD_TOKEN, "the claims are over %d bytes", WASCAP_TOKEN_MAX);
	} else {
		seal(&token, buf_bytes(&claims), by);
		r = buf_failed(&token) ? err_raise(-ENOMEM) : read_back(buf_bytes(&token), why);
	}
	if (r == 0)
		buf_put(out, buf_bytes(&token));
	if (r == 0 && buf_failed(out))
		r = err_raise(-ENOMEM);
	buf_deinit(&claims);
	buf_deinit(&token);
	return err_pass(r);
}

bool
wascap_alias_ok(const char *alias)
{
	size_t n = strspn(alias, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && alias[n] == '\0' && n <= JWT_STRING_MAX;
}
