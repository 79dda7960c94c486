/*
 * stamp - see stamp.h. The text comes from whoever can write to the leaf, so it is read strictly, and
 * nothing but the signature makes it true. What is signed is laid out with lengths before texts: a
 * reply cannot become a part of the subject.
 */
#include "policy/identity/stamp_batch.h"

#include <sodium.h>

#include "policy/core/base64url.h"

static const char domain[] = "portcullis stamp v2";

enum { TIME_DIGITS_MAX = 15, PLACE_DIGITS_MAX = 2, STAMP_PATH_MAX = STAMP_DEPTH_MAX * STAMP_DIGEST_LEN };

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

static void
put_sized(crypto_hash_sha256_state *h, struct bytes s)
{
	put_u32(h, s.len);
	if (s.len > 0)
		crypto_hash_sha256_update(h, s.ptr, s.len);
}

static bool
fits(const struct stamp_what *what)
{
	return what->subject.len > 0 && what->subject.len <= STAMP_SUBJECT_MAX && what->reply.len <= STAMP_SUBJECT_MAX;
}

int
stamp_leaf(const struct stamp *s, const struct stamp_what *what, uint8_t out[STAMP_DIGEST_LEN])
{
	static const uint8_t leaf = 0;
	crypto_hash_sha256_state h;
	uint8_t time[8];

	if (!fits(what) || s->time_ms <= 0)
		return STAMP_MALFORMED;
	for (size_t i = 0; i < sizeof(time); i++)
		time[i] = (uint8_t)((uint64_t)s->time_ms >> (8 * i));
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, &leaf, 1);
	crypto_hash_sha256_update(&h, (const uint8_t *)domain, sizeof(domain)); /* with its zero byte */
	crypto_hash_sha256_update(&h, time, sizeof(time));
	crypto_hash_sha256_update(&h, s->id, STAMP_ID_LEN);
	put_sized(&h, what->subject);
	put_sized(&h, what->reply);
	crypto_hash_sha256_update(&h, what->digest, STAMP_DIGEST_LEN);
	crypto_hash_sha256_final(&h, out);
	return 0;
}

void
stamp_key_id(const struct nkey *k, char out[STAMP_KEYID_LEN + 1])
{
	_Static_assert((size_t)STAMP_KEYID_LEN == (size_t)NKEY_FRONT_LEN, "it is the key's front");
	nkey_front(k, out);
}

int
stamp_make(struct stamp *s, const struct nkey_pair *by, const struct stamp_what *what, int64_t time_ms,
    const uint8_t id[STAMP_ID_LEN])
{
	struct stamp_batch b;
	int r;

	stamp_batch_begin(&b, time_ms);
	r = stamp_batch_add(&b, what, id);
	if (r != 0)
		return err_pass(r);
	stamp_batch_sign(&b, by);
	*s = b.stamp[0];
	return 0;
}

void
stamp_put(struct buf *out, const struct stamp *s)
{
	buf_put_str(out, "v2.");
	buf_put_str(out, s->key);
	buf_put_u8(out, '.');
	buf_put_dec(out, (uint64_t)s->time_ms);
	buf_put_u8(out, '.');
	base64url_put(out, bytes_of(s->id, sizeof(s->id)));
	buf_put_u8(out, '.');
	buf_put_dec(out, s->place);
	buf_put_u8(out, '.');
	base64url_put(out, bytes_of(s->path, s->depth * sizeof(s->path[0])));
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

/* read_place() - a leaf's number, plain decimal, and the way from it: whole hashes, not too many, no more leaves. */
static bool
read_place(struct stamp *s, struct bytes place, struct bytes path)
{
	size_t depth = 0;
	unsigned v = 0;

	if (place.len == 0 || place.len > PLACE_DIGITS_MAX || (place.len > 1 && place.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < place.len; i++) {
		if (place.ptr[i] < '0' || place.ptr[i] > '9')
			return false;
		v = v * 10 + (unsigned)(place.ptr[i] - '0');
	}
	while (depth < STAMP_DEPTH_MAX && base64url_len(depth * STAMP_DIGEST_LEN) < path.len)
		depth++;
	s->depth = (uint8_t)depth;
	s->place = (uint8_t)v;
	return v < 1U << depth && read_raw(path, s->path[0], depth * STAMP_DIGEST_LEN);
}

int
stamp_parse(struct stamp *s, struct bytes text)
{
	struct bytes rest = text, key, time, id, place, path;

	*s = (struct stamp){ 0 };
	if (text.len == 0)
		return STAMP_MISSING;
	if (text.len > STAMP_TEXT_MAX || !bytes_is(part(&rest), "v2"))
		return STAMP_MALFORMED;
	key = part(&rest);
	time = part(&rest);
	id = part(&rest);
	place = part(&rest);
	path = part(&rest);
	/* the rest is the signature to its end: a dot in it is none of its letters */
	if (!read_key(key, s->key) || !read_time(time, &s->time_ms) || !read_raw(id, s->id, sizeof(s->id)) ||
	    !read_place(s, place, path) || !read_raw(rest, s->sig, sizeof(s->sig)))
		return STAMP_MALFORMED;
	return 0;
}

int
stamp_verify(const struct stamp *s, const struct stamp_what *what, const struct nkey *keys, size_t n,
    int64_t now_ms, struct stamp_roots *roots, size_t *which)
{
	int answer = STAMP_UNKNOWN_KEY;
	char id[STAMP_KEYID_LEN + 1];
	uint8_t root[STAMP_DIGEST_LEN];

	if (stamp_leaf(s, what, root) != 0)
		return STAMP_MISMATCH;
	stamp_climb(s, root);
	for (size_t i = 0; i < n && answer != 0; i++) {
		if (keys[i].type == NKEY_NONE)
			continue;
		stamp_key_id(&keys[i], id);
		if (memcmp(id, s->key, sizeof(id)) != 0)
			continue;
		answer = STAMP_MISMATCH;
		if (!stamp_root_signed(s, root, &keys[i], roots))
			continue;
		answer = 0;
		if (which != NULL)
			*which = i;
	}
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
