/*
 * stamp - see stamp.h. The text comes from whoever can write to the leaf, so it is read strictly, and
 * nothing but the signature makes it true. What is signed is laid out with lengths before texts: a
 * reply cannot become a part of the subject.
 */
#include "policy/identity/stamp.h"

#include <sodium.h>

#include "policy/core/base64url.h"

static const char domain[] = "portcullis stamp v1";

enum { STAMP_SIGNED_MAX = 128 + 2 * STAMP_SUBJECT_MAX, TIME_DIGITS_MAX = 15 };

static void
put_u32(crypto_hash_sha256_state *h, size_t n)
{
	const uint8_t le[4] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24) };

	crypto_hash_sha256_update(h, le, sizeof(le));
}

void
stamp_digest(struct bytes header, struct bytes payload, uint8_t out[STAMP_DIGEST_LEN])
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	put_u32(&h, header.len);
	crypto_hash_sha256_update(&h, header.ptr, header.len);
	crypto_hash_sha256_update(&h, payload.ptr, payload.len);
	crypto_hash_sha256_final(&h, out);
}

/* put_signed() - the bytes a signature is over; the name's zero byte is one of them. */
static void
put_signed(struct buf *b, const struct stamp_what *what, int64_t time_ms, const uint8_t id[STAMP_ID_LEN])
{
	buf_put(b, bytes_of(domain, sizeof(domain)));
	buf_put_u64(b, (uint64_t)time_ms);
	buf_put(b, bytes_of(id, STAMP_ID_LEN));
	buf_put_sized(b, what->subject);
	buf_put_sized(b, what->reply);
	buf_put(b, bytes_of(what->digest, STAMP_DIGEST_LEN));
}

static bool
fits(const struct stamp_what *what)
{
	return what->subject.len > 0 && what->subject.len <= STAMP_SUBJECT_MAX && what->reply.len <= STAMP_SUBJECT_MAX;
}

static void
key_id(const struct nkey *k, char out[STAMP_KEYID_LEN + 1])
{
	char text[NKEY_TEXT_LEN + 1];

	nkey_format(k, text);
	memcpy(out, text, STAMP_KEYID_LEN);
	out[STAMP_KEYID_LEN] = '\0';
}

int
stamp_make(struct stamp *s, const struct nkey_pair *by, const struct stamp_what *what, int64_t time_ms,
    const uint8_t id[STAMP_ID_LEN])
{
	struct buf b;
	bool failed;

	if (!fits(what) || time_ms <= 0)
		return STAMP_MALFORMED;
	buf_init(&b, STAMP_SIGNED_MAX);
	put_signed(&b, what, time_ms, id);
	key_id(&by->pub, s->key);
	s->time_ms = time_ms;
	memcpy(s->id, id, STAMP_ID_LEN);
	failed = buf_failed(&b);
	if (!failed)
		nkey_sign(by, buf_bytes(&b), s->sig);
	buf_deinit(&b);
	return failed ? STAMP_MALFORMED : 0;
}

void
stamp_put(struct buf *out, const struct stamp *s)
{
	buf_put_str(out, "v1.");
	buf_put_str(out, s->key);
	buf_put_u8(out, '.');
	buf_put_dec(out, (uint64_t)s->time_ms);
	buf_put_u8(out, '.');
	base64url_put(out, bytes_of(s->id, sizeof(s->id)));
	buf_put_u8(out, '.');
	base64url_put(out, bytes_of(s->sig, sizeof(s->sig)));
}

/* part() - the next one of parts parted by dots. */
static struct bytes
part(struct bytes *rest)
{
	size_t dot = bytes_find(*rest, '.');
	struct bytes p = bytes_upto(*rest, dot);

	*rest = dot < rest->len ? bytes_from(*rest, dot + 1) : BYTES_NULL;
	return p;
}

static bool
read_key(struct bytes s, char out[STAMP_KEYID_LEN + 1])
{
	if (s.len != STAMP_KEYID_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (s.ptr[i] >= '2' && s.ptr[i] <= '7')))
			return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* read_time() - plain decimal: no sign, no leading zero. */
static bool
read_time(struct bytes s, int64_t *out)
{
	int64_t v = 0;

	if (s.len == 0 || s.len > TIME_DIGITS_MAX || s.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (s.ptr[i] - '0');
	}
	*out = v;
	return true;
}

static bool
read_raw(struct bytes s, uint8_t *out, size_t len)
{
	size_t got = 0;

	return s.len == base64url_len(len) && base64url_decode(s, out, len, &got) == 0 && got == len;
}

int
stamp_parse(struct stamp *s, struct bytes text)
{
	struct bytes rest = text, key, time, id;

	*s = (struct stamp){ 0 };
	if (text.len == 0)
		return STAMP_MISSING;
	if (text.len > STAMP_TEXT_MAX || !bytes_is(part(&rest), "v1"))
		return STAMP_MALFORMED;
	key = part(&rest);
	time = part(&rest);
	id = part(&rest);
	/* the rest is the signature to its end: a dot in it is none of its letters */
	if (!read_key(key, s->key) || !read_time(time, &s->time_ms) || !read_raw(id, s->id, sizeof(s->id)) ||
	    !read_raw(rest, s->sig, sizeof(s->sig)))
		return STAMP_MALFORMED;
	return 0;
}

int
stamp_verify(const struct stamp *s, const struct stamp_what *what, const struct nkey *keys, size_t n,
    int64_t now_ms, size_t *which)
{
	int answer = STAMP_UNKNOWN_KEY;
	char id[STAMP_KEYID_LEN + 1];
	struct buf b;

	if (!fits(what))
		return STAMP_MISMATCH;
	buf_init(&b, STAMP_SIGNED_MAX);
	put_signed(&b, what, s->time_ms, s->id);
	for (size_t i = 0; i < n && answer != 0; i++) {
		if (keys[i].type == NKEY_NONE)
			continue;
		key_id(&keys[i], id);
		if (memcmp(id, s->key, sizeof(id)) != 0)
			continue;
		answer = STAMP_MISMATCH;
		if (buf_failed(&b) || nkey_verify(&keys[i], buf_bytes(&b), bytes_of(s->sig, sizeof(s->sig))) != 0)
			continue;
		answer = 0;
		if (which != NULL)
			*which = i;
	}
	buf_deinit(&b);
	if (answer != 0)
		return answer;
	if (s->time_ms < now_ms - STAMP_FRESH_MS)
		return STAMP_STALE;
	return s->time_ms > now_ms + STAMP_AHEAD_MS ? STAMP_AHEAD : 0;
}

const char *
stamp_word(int answer)
{
	switch (answer) {
	case 0:
		return "good";
	case STAMP_MISSING:
		return "missing";
	case STAMP_MALFORMED:
		return "malformed";
	case STAMP_UNKNOWN_KEY:
		return "unknown_key";
	case STAMP_MISMATCH:
		return "mismatch";
	case STAMP_STALE:
		return "stale";
	case STAMP_AHEAD:
		return "ahead";
	case STAMP_REPLAYED:
		return "replayed";
	default:
		return "not_checked";
	}
}

static struct bytes
without_line_end(struct bytes s)
{
	if (s.len > 0 && s.ptr[s.len - 1] == '\n')
		s.len--;
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

int
stamp_key_read(struct nkey_pair *p, struct bytes text)
{
	uint8_t raw[32];
	size_t got = 0;
	int r = STAMP_MALFORMED;

	*p = (struct nkey_pair){ 0 };
	text = without_line_end(text);
	if (text.len == 2 * sizeof(raw) &&
	    sodium_hex2bin(raw, sizeof(raw), (const char *)text.ptr, text.len, NULL, &got, NULL) == 0 &&
	    got == sizeof(raw))
		r = nkey_pair_raw(p, NKEY_CLUSTER, bytes_of(raw, sizeof(raw)));
	wipe(raw, sizeof(raw));
	return r;
}

int
stamp_pub_read(struct nkey *k, struct bytes text)
{
	int r = nkey_parse(k, without_line_end(text));

	return r == 0 && k->type != NKEY_CLUSTER ? NKEY_BAD_PREFIX : r;
}
