/*
 * mint - see mint.h. Members come in the order of the Go library's structs, so that a token says
 * what nsc would have written, and every limit is written out: to the server a missing limit is
 * zero, and zero is none.
 *
 * What a server reads must never be wider than what the caller meant: to it an empty allow list
 * allows everything, so an empty one is written as a deny of ">". (With `resp` it is left out
 * instead: there the server's own reading of a missing list is "replies only".)
 * Source: nats-io/jwt v2 claims.go, account_claims.go, user_claims.go, types.go.
 */
#include "policy/identity/mint.h"

#include <sodium.h>

#include "policy/core/base32.h"
#include "policy/core/utf8.h"
#include "policy/identity/jwt.h"

/* 2^53 ns: longer waits for a reply than 104 days are written as that */
enum { NS_PER_MS = 1000000 };
static const int64_t ttl_most_ms = 9007199254;

/* short_escape() - what stands after the backslash. */
static uint8_t
short_escape(uint8_t c)
{
	static const char from[] = "\n\r\t\b\f", to[] = "nrtbf";
	const char *p = strchr(from, c);

	return p != NULL ? (uint8_t)to[p - from] : c;
}

/* plain() - how many bytes stand in a string as they are. */
static size_t
plain(struct bytes s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x80 && s.ptr[n] != '"' &&
	       s.ptr[n] != '\\' && s.ptr[n] != '<' && s.ptr[n] != '>' && s.ptr[n] != '&')
		n++;
	return n;
}

/* put_string() - as Go's encoder writes it: UTF-8 as it is, and <, >, & as escapes. */
static void
put_string(struct buf *b, struct bytes s)
{
	buf_put_u8(b, '"');
	while (s.len != 0) {
		uint32_t cp;
		size_t n = plain(s);

		if (n > 0) {
			buf_put(b, bytes_upto(s, n));
			s = bytes_from(s, n);
			continue;
		}
		n = utf8_next(s, &cp);
		if (n > 1 && cp != 0x2028 && cp != 0x2029) {
			buf_put(b, bytes_upto(s, n));
		} else if (n == 1 && cp != 0 && strchr("\"\\\n\r\t\b\f", (int)cp) != NULL) {
			buf_put_u8(b, '\\');
			buf_put_u8(b, short_escape((uint8_t)cp));
		} else {
			uint16_t unit = (uint16_t)(n == 0 ? 0xfffd : cp);
			uint8_t be[2] = { (uint8_t)(unit >> 8), (uint8_t)unit };

			buf_put_str(b, "\\u");
			buf_put_hex(b, bytes_of(be, 2));
		}
		s = bytes_from(s, n == 0 ? 1 : n);
	}
	buf_put_u8(b, '"');
}

/* comma() - between members; none after an opening bracket. */
static void
comma(struct buf *b)
{
	if (b->len > 0 && b->ptr[b->len - 1] != '{' && b->ptr[b->len - 1] != '[')
		buf_put_u8(b, ',');
}

static void
member(struct buf *b, const char *name)
{
	comma(b);
	put_string(b, bytes_str(name));
	buf_put_u8(b, ':');
}

static void
member_text(struct buf *b, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	member(b, name);
	put_string(b, bytes_str(value));
}

static void
member_int(struct buf *b, const char *name, int64_t v)
{
	member(b, name);
	buf_put_int(b, v);
}

static void
member_texts(struct buf *b, const char *name, size_t n, const char *const *item)
{
	if (n == 0)
		return;
	member(b, name);
	buf_put_u8(b, '[');
	for (size_t i = 0; i < n; i++) {
		comma(b);
		put_string(b, bytes_str(item[i]));
	}
	buf_put_u8(b, ']');
}

/* put_standard() - the claims outside "nats"; @jti NULL leaves it out. */
static void
put_standard(
    struct buf *b, const struct mint_common *c, const char *jti, const char *iss, const char *sub)
{
	buf_put_u8(b, '{');
	if (c->exp_s != 0)
		member_int(b, "exp", c->exp_s);
	member_text(b, "jti", jti);
	member_int(b, "iat", c->iat_s);
	member_text(b, "iss", iss);
	member_text(b, "name", c->name);
	if (c->nbf_s != 0)
		member_int(b, "nbf", c->nbf_s);
	member_text(b, "sub", sub);
}

/*
 * sha512_256() - SHA-512 begun from the state FIPS 180-4 gives in 5.3.6.2 and cut to 32 bytes.
 * libsodium has no function for it, and OpenSSL's reads a configuration file on first use, which
 * a confined process may not.
 */
static void
sha512_256(struct bytes in, uint8_t out[32])
{
	static const uint64_t first[8] = { 0x22312194FC2BF72C, 0x9F555FA3C84C64C2,
		0x2393B86B6F53B151, 0x963877195940EABD, 0x96283EE2A88EFFE3, 0xBE5E1E2553863992,
		0x2B0199FC2C85B8AA, 0x0EB72DDC81C52CA2 };
	uint8_t whole[crypto_hash_sha512_BYTES];
	crypto_hash_sha512_state s;

	crypto_hash_sha512_init(&s);
	memcpy(s.state, first, sizeof(first));
	crypto_hash_sha512_update(&s, in.ptr, in.len);
	crypto_hash_sha512_final(&s, whole);
	memcpy(out, whole, 32);
}

/* begin() - the claims outside "nats" with their jti, and the opening of "nats". */
static void
begin(struct buf *b, const struct mint_common *c, const struct nkey *iss, const struct nkey *sub)
{
	char iss_text[NKEY_TEXT_LEN + 1], sub_text[NKEY_TEXT_LEN + 1], jti[64];
	uint8_t hash[32];

	nkey_format(iss, iss_text);
	nkey_format(sub, sub_text);
	put_standard(b, c, NULL, iss_text, sub_text);
	buf_put_u8(b, '}');
	if (buf_failed(b))
		return;
	sha512_256(buf_bytes(b), hash);
	base32_encode(bytes_of(hash, sizeof(hash)), jti);
	buf_reset(b);
	put_standard(b, c, jti, iss_text, sub_text);
	member(b, "nats");
	buf_put_u8(b, '{');
}

/* finish() - tags, type and version; then the token into @out. */
static int
finish(struct buf *b, const struct mint_common *c, const char *type, struct buf *out,
    const struct nkey_pair *by)
{
	member_texts(b, "tags", c->n_tags, c->tags);
	member_text(b, "type", type);
	member_int(b, "version", 2);
	buf_put_str(b, "}}");
	if (buf_failed(b))
		out->failed = true;
	else
		jwt_seal(out, buf_bytes(b), by);
	buf_deinit(b);
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

int
mint_operator(struct buf *out, const struct mint_operator *m, const struct nkey_pair *by)
{
	struct buf b;

	buf_init(&b, JWT_MAX);
	begin(&b, &m->c, &by->pub, &by->pub);
	member_texts(&b, "signing_keys", m->n_signing_keys, m->signing_keys);
	member_text(&b, "system_account", m->system_account);
	return finish(&b, &m->c, "operator", out, by);
}

static void
put_account_limits(struct buf *b, const struct mint_account *m)
{
	member(b, "limits");
	buf_put_str(b, "{\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1,"
		       "\"wildcards\":true");
	member_int(b, "conn", m->max_conn);
	member_int(b, "leaf", -1);
	/* a system account with JetStream is refused by servers */
	if (m->jetstream && !m->system)
		buf_put_str(
		    b, ",\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1");
	buf_put_u8(b, '}');
}

static void
put_revocations(struct buf *b, const struct mint_account *m)
{
	if (m->n_revocations == 0)
		return;
	member(b, "revocations");
	buf_put_u8(b, '{');
	for (size_t i = 0; i < m->n_revocations; i++)
		member_int(b, m->revocations[i].key, m->revocations[i].at_s);
	buf_put_u8(b, '}');
}

int
mint_account(struct buf *out, const struct mint_account *m, const struct nkey_pair *by)
{
	struct buf b;

	if (m->n_revocations > MINT_REVOCATIONS_MAX)
		return err_raise(-E2BIG);
	buf_init(&b, JWT_MAX);
	begin(&b, &m->c, &by->pub, m->subject);
	put_account_limits(&b, m);
	member_texts(&b, "signing_keys", m->n_signing_keys, m->signing_keys);
	put_revocations(&b, m);
	member(&b, "default_permissions");
	buf_put_str(&b, "{\"pub\":{},\"sub\":{}}");
	return finish(&b, &m->c, "account", out, by);
}

/* put_list() - a list of subjects, after ">" when @all; nothing for an empty one. */
static void
put_list(struct buf *b, const char *name, const struct subject_list *l, bool all)
{
	if (l->n == 0 && !all)
		return;
	member(b, name);
	buf_put_u8(b, '[');
	if (all)
		put_string(b, BYTES_LIT(">"));
	for (size_t i = 0; i < l->n; i++) {
		comma(b);
		put_string(b, l->item[i]);
	}
	buf_put_u8(b, ']');
}

/* put_permission() - pub or sub; @nothing: allow is meant to be empty and must be said as a deny.
 */
static void
put_permission(struct buf *b, const char *name, const struct subject_list *allow,
    const struct subject_list *deny, bool nothing)
{
	member(b, name);
	buf_put_u8(b, '{');
	put_list(b, "allow", allow, false);
	put_list(b, "deny", deny, nothing);
	buf_put_u8(b, '}');
}

static void
put_resp(struct buf *b, const struct permissions *p)
{
	int64_t ttl_ms = p->resp_ttl_ms < ttl_most_ms ? p->resp_ttl_ms : ttl_most_ms;

	member(b, "resp");
	buf_put_u8(b, '{');
	member_int(b, "max", p->resp_max < 0 ? -1 : p->resp_max);
	member_int(b, "ttl", ttl_ms < 0 ? -1 : ttl_ms * NS_PER_MS);
	buf_put_u8(b, '}');
}

static void
put_permissions(struct buf *b, const struct permissions *p)
{
	static const struct permissions none;
	/* a grant of no reply at all is written as no grant: 0 would be read as the default */
	bool resp, pub_nothing;

	if (p == NULL)
		p = &none;
	resp = p->resp && p->resp_max != 0 && p->resp_ttl_ms != 0;
	pub_nothing = (p->pub_allow.present || p->resp) && p->pub_allow.n == 0 && !resp;
	put_permission(b, "pub", &p->pub_allow, &p->pub_deny, pub_nothing);
	put_permission(
	    b, "sub", &p->sub_allow, &p->sub_deny, p->sub_allow.present && p->sub_allow.n == 0);
	if (resp)
		put_resp(b, p);
}

int
mint_user(struct buf *out, const struct mint_user *m, const struct nkey_pair *by)
{
	/* nothing of its own at all: what a scoped signing key asks of its users */
	bool scoped = m->perms == NULL && m->max_subs == 0 && m->max_payload == 0;
	size_t n_types = 0;
	struct buf b;

	buf_init(&b, JWT_MAX);
	begin(&b, &m->c, &by->pub, m->subject);
	put_permissions(&b, m->perms);
	if (!scoped) {
		member_int(&b, "subs", m->max_subs < 0 ? -1 : m->max_subs);
		member_int(&b, "data", -1);
		member_int(&b, "payload", m->max_payload < 0 ? -1 : m->max_payload);
	}
	while (m->types != NULL && m->types[n_types] != NULL)
		n_types++;
	member_texts(&b, "allowed_connection_types", n_types, m->types);
	member_text(&b, "issuer_account", m->issuer_account);
	return finish(&b, &m->c, "user", out, by);
}
