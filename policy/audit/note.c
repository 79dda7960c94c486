/*
 * note - see note.h. A note is what a stranger may hand to a verifier, so it is taken apart
 * strictly: text and signatures meet at the last empty line, and base64 has one spelling. What a
 * signature of an unknown key says is none of our business, but it has to look like one.
 */
#include "policy/audit/note.h"

#include <sodium.h>

#include "policy/audit/base64_priv.h"
#include "policy/core/utf8.h"

_Static_assert(NOTE_PUB_LEN == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(NOTE_SEED_LEN == crypto_sign_SEEDBYTES, "Ed25519");
_Static_assert(NOTE_SIG_LEN == crypto_sign_BYTES, "Ed25519");

enum { ED25519 = 1, SIGNATURE_MAX = 8 * 1024 };

#define DASH "\xe2\x80\x94 "

/* is_space() - Unicode's White_Space, beyond the control bytes. */
static bool
is_space(uint32_t cp)
{
	return cp == ' ' || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
	       (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
	       cp == 0x205f || cp == 0x3000;
}

bool
note_name_ok(struct bytes name)
{
	if (name.len == 0 || name.len > NOTE_NAME_MAX)
		return false;
	while (name.len != 0) {
		uint32_t cp;
		size_t n = utf8_next(name, &cp);

		if (n == 0 || cp < 0x20 || cp == '+' || is_space(cp))
			return false;
		name = bytes_from(name, n);
	}
	return true;
}

/* lines_ok() - UTF-8, no control byte but the line feed, which stands at the end too? */
static bool
lines_ok(struct bytes s)
{
	if (s.len == 0 || s.len > NOTE_MAX || s.ptr[s.len - 1] != '\n')
		return false;
	while (s.len != 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n == 0 || (cp < 0x20 && cp != '\n'))
			return false;
		s = bytes_from(s, n);
	}
	return true;
}

int
note_key_make(
    struct note_key *k, struct hasher *h, struct bytes name, const uint8_t pub[NOTE_PUB_LEN])
{
	uint8_t room[NOTE_NAME_MAX + 2 + NOTE_PUB_LEN];
	struct buf b = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	struct digest d;

	if (!note_name_ok(name))
		return NOTE_BAD;
	*k = (struct note_key){ 0 };
	memcpy(k->name, name.ptr, name.len);
	memcpy(k->pub, pub, NOTE_PUB_LEN);
	buf_put(&b, name);
	buf_put_u8(&b, '\n');
	buf_put_u8(&b, ED25519);
	buf_put(&b, bytes_of(pub, NOTE_PUB_LEN));
	d = digest_of(h, buf_bytes(&b));
	memcpy(k->id, d.b, sizeof(k->id));
	return 0;
}

int
note_key_parse(struct note_key *k, struct hasher *h, struct bytes text)
{
	size_t name = bytes_find(text, '+'), n = 0;
	struct bytes rest = bytes_from(text, name + 1), id;
	uint8_t raw[1 + NOTE_PUB_LEN];
	struct buf want;
	uint8_t room[8];

	if (rest.len < 9 || rest.ptr[8] != '+')
		return NOTE_BAD;
	id = bytes_upto(rest, 8);
	if (!base64_decode(bytes_from(rest, 9), raw, sizeof(raw), &n) || n != sizeof(raw) ||
	    raw[0] != ED25519)
		return NOTE_BAD;
	if (note_key_make(k, h, bytes_upto(text, name), raw + 1) != 0)
		return NOTE_BAD;
	want = (struct buf){ .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	buf_put_hex(&want, bytes_of(k->id, sizeof(k->id)));
	return bytes_eq(id, buf_bytes(&want)) ? 0 : NOTE_BAD;
}

/* put_base64() - two runs as one text. */
static void
put_base64(struct buf *b, struct bytes first, struct bytes second)
{
	uint8_t raw[4 + NOTE_SIG_LEN];
	char text[sodium_base64_ENCODED_LEN(sizeof(raw), sodium_base64_VARIANT_ORIGINAL)];

	memcpy(raw, first.ptr, first.len);
	memcpy(raw + first.len, second.ptr, second.len);
	sodium_bin2base64(
	    text, sizeof(text), raw, first.len + second.len, sodium_base64_VARIANT_ORIGINAL);
	buf_put_str(b, text);
}

void
note_key_put(struct buf *b, const struct note_key *k)
{
	uint8_t type = ED25519;

	buf_put_str(b, k->name);
	buf_put_u8(b, '+');
	buf_put_hex(b, bytes_of(k->id, sizeof(k->id)));
	buf_put_u8(b, '+');
	put_base64(b, bytes_of(&type, 1), bytes_of(k->pub, NOTE_PUB_LEN));
}

bool
note_key_eq(const struct note_key *a, const struct note_key *b)
{
	return strcmp(a->name, b->name) == 0 && memcmp(a->pub, b->pub, NOTE_PUB_LEN) == 0;
}

int
note_signer_make(
    struct note_signer *s, struct hasher *h, struct bytes name, const struct secret *seed)
{
	uint8_t pub[NOTE_PUB_LEN], sk[crypto_sign_SECRETKEYBYTES];

	if (seed->len != NOTE_SEED_LEN)
		return NOTE_BAD;
	crypto_sign_seed_keypair(pub, sk, seed->ptr);
	wipe(sk, sizeof(sk));
	s->seed = seed;
	return err_pass(note_key_make(&s->key, h, name, pub));
}

static void
sign(const struct note_signer *s, struct bytes text, uint8_t sig[NOTE_SIG_LEN])
{
	uint8_t pub[NOTE_PUB_LEN], sk[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(pub, sk, s->seed->ptr);
	crypto_sign_detached(sig, NULL, text.ptr, text.len, sk);
	wipe(sk, sizeof(sk));
}

int
note_sign(struct buf *out, struct bytes text, const struct note_signer *signer, size_t n)
{
	if (!lines_ok(text) || n == 0 || n > NOTE_SIGNATURES_MAX)
		return NOTE_BAD;
	buf_put(out, text);
	buf_put_u8(out, '\n');
	for (size_t i = 0; i < n; i++) {
		uint8_t sig[NOTE_SIG_LEN];

		sign(&signer[i], text, sig);
		buf_put_str(out, DASH);
		buf_put_str(out, signer[i].key.name);
		buf_put_u8(out, ' ');
		put_base64(out, bytes_of(signer[i].key.id, 4), bytes_of(sig, sizeof(sig)));
		buf_put_u8(out, '\n');
	}
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

struct signature {
	struct bytes name;
	size_t n; /* bytes of ->raw: key id and signature */
	uint8_t raw[SIGNATURE_MAX];
};

/* next_signature() - take a line from the front of *s. */
static bool
next_signature(struct bytes *s, struct signature *sig)
{
	struct bytes line = bytes_upto(*s, bytes_find(*s, '\n'));
	size_t space;

	*s = bytes_from(*s, line.len + 1);
	if (!bytes_starts(line, BYTES_LIT(DASH)))
		return false;
	line = bytes_from(line, sizeof(DASH) - 1);
	space = bytes_find(line, ' ');
	sig->name = bytes_upto(line, space);
	return note_name_ok(sig->name) &&
	       base64_decode(bytes_from(line, space + 1), sig->raw, sizeof(sig->raw), &sig->n) &&
	       sig->n > 4;
}

/* split() - at the last empty line. */
static bool
split(struct bytes note, struct bytes *text, struct bytes *signatures)
{
	if (!lines_ok(note))
		return false;
	for (size_t i = note.len - 1; i >= 2; i--) {
		if (note.ptr[i - 1] == '\n' && note.ptr[i - 2] == '\n') {
			*text = bytes_upto(note, i - 1);
			*signatures = bytes_from(note, i);
			return true;
		}
	}
	return false;
}

int
note_split(struct bytes note, struct note_parts *p)
{
	struct signature sig;
	struct bytes rest;

	*p = (struct note_parts){ 0 };
	if (!split(note, &p->text, &p->signatures))
		return NOTE_BAD;
	rest = p->signatures;
	if (!next_signature(&rest, &sig))
		return NOTE_BAD;
	p->name = sig.name;
	memcpy(p->id, sig.raw, sizeof(p->id));
	return 0;
}

/* known() - index of the key that this signature says it is of, or @n. */
static size_t
known(const struct signature *sig, const struct note_key *key, size_t n)
{
	size_t i = 0;

	while (i < n && !(bytes_is(sig->name, key[i].name) &&
			    memcmp(sig->raw, key[i].id, sizeof(key[i].id)) == 0))
		i++;
	return i;
}

/* check_all() - every signature line; *by: those of keys we know. */
static int
check_all(struct bytes rest, struct bytes text, const struct note_key *key, size_t n, uint64_t *by)
{
	struct signature sig;
	bool forged = false;
	size_t lines = 0;

	while (rest.len != 0) {
		size_t k;

		if (++lines > NOTE_SIGNATURES_MAX || !next_signature(&rest, &sig))
			return NOTE_BAD;
		k = known(&sig, key, n);
		if (k == n)
			continue;
		if ((*by >> k & 1) != 0)
			return NOTE_BAD;
		*by |= UINT64_C(1) << k;
		forged =
		    forged || sig.n != 4 + NOTE_SIG_LEN ||
		    crypto_sign_verify_detached(sig.raw + 4, text.ptr, text.len, key[k].pub) != 0;
	}
	if (forged)
		return NOTE_FORGED;
	return *by != 0 ? 0 : NOTE_STRANGER;
}

int
note_open(struct bytes note, const struct note_key *key, size_t n, struct bytes *text, uint64_t *by)
{
	struct bytes rest;
	int answer;

	*text = BYTES_NULL;
	*by = 0;
	if (n > 64 || !split(note, text, &rest) || rest.len == 0)
		return NOTE_BAD;
	answer = check_all(rest, *text, key, n, by);
	if (answer != 0)
		*by = 0;
	return answer;
}
