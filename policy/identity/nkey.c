/*
 * nkey - see nkey.h. Text to key and back, signatures, and nothing else.
 *
 * A key is base32 of prefix (1 byte), Ed25519 public key (32) and CRC-16 (2, little endian); a
 * seed has two prefix bytes, "S" and the type of the key it makes. Lengths are exact before any
 * byte is looked at: a key of 31 bytes with a good checksum once brought servers down.
 *
 * Verification is libsodium's, which refuses small-order and non-canonical keys, small-order R,
 * and S >= L: a small-order key would verify one constant signature for every nonce.
 * Source: nats-io/nkeys strkey.go, crc16.go, xkeys.go; wasmCloud/nkeys src/lib.rs (M, V).
 */
#include "policy/identity/nkey.h"

#include <assert.h>
#include <sodium.h>

#include "policy/core/base32.h"

enum {
	KEY_RAW = 35,
	SEED_RAW = 36,
	PREFIX_SEED = 18 << 3,
};

static const struct {
	enum nkey_type type;
	uint8_t prefix;
} prefixes[] = {
	{ NKEY_OPERATOR, 14 << 3 }, /* O */
	{ NKEY_ACCOUNT, 0 },        /* A */
	{ NKEY_USER, 20 << 3 },     /* U */
	{ NKEY_SERVER, 13 << 3 },   /* N */
	{ NKEY_CLUSTER, 2 << 3 },   /* C */
	{ NKEY_CURVE, 23 << 3 },    /* X */
	{ NKEY_MODULE, 12 << 3 },   /* M */
	{ NKEY_SERVICE, 21 << 3 },  /* V */
};

enum { N_PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]) };

static enum nkey_type
type_of(uint8_t prefix)
{
	for (size_t i = 0; i < N_PREFIXES; i++)
		if (prefixes[i].prefix == prefix)
			return prefixes[i].type;
	return NKEY_NONE;
}

static uint8_t
prefix_of(enum nkey_type type)
{
	size_t i = 0;

	while (i < N_PREFIXES && prefixes[i].type != type)
		i++;
	assert(i < N_PREFIXES); /* a key without a type is never written */
	return prefixes[i].prefix;
}

/* crc16() - CRC-16/XMODEM: polynomial 0x1021, from 0, not reflected; four bits at a time. */
static uint16_t
crc16(const uint8_t *p, size_t n)
{
	static const uint16_t of[16] = { 0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6,
		0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef };
	unsigned crc = 0;

	for (size_t i = 0; i < n; i++) {
		crc = (crc << 4 & 0xffff) ^ of[crc >> 12 ^ p[i] >> 4];
		crc = (crc << 4 & 0xffff) ^ of[crc >> 12 ^ (p[i] & 15)];
	}
	return (uint16_t)crc;
}

static void
crc_write(uint8_t *raw, size_t n)
{
	uint16_t crc = crc16(raw, n);

	raw[n] = (uint8_t)crc;
	raw[n + 1] = (uint8_t)(crc >> 8);
}

static bool
crc_ok(const uint8_t *raw, size_t n)
{
	uint16_t crc = crc16(raw, n);

	return raw[n] == (uint8_t)crc && raw[n + 1] == (uint8_t)(crc >> 8);
}

/* decode() - text of one exact length to checked bytes. */
static int
decode(struct bytes text, size_t text_len, uint8_t *raw, size_t raw_len)
{
	size_t n = 0;

	if (text.len != text_len)
		return NKEY_BAD_LENGTH;
	if (base32_decode(text, raw, raw_len, &n) != 0 || n != raw_len)
		return NKEY_BAD_ALPHABET;
	if (!crc_ok(raw, raw_len - 2))
		return NKEY_BAD_CHECKSUM;
	return 0;
}

int
nkey_parse(struct nkey *k, struct bytes text)
{
	uint8_t raw[KEY_RAW];
	int r;

	*k = (struct nkey){ 0 };
	r = decode(text, NKEY_TEXT_LEN, raw, sizeof(raw));
	if (r != 0)
		return r;
	if (type_of(raw[0]) == NKEY_NONE)
		return NKEY_BAD_PREFIX;
	k->type = type_of(raw[0]);
	memcpy(k->pub, raw + 1, sizeof(k->pub));
	return 0;
}

void
nkey_format(const struct nkey *k, char out[NKEY_TEXT_LEN + 1])
{
	uint8_t raw[KEY_RAW];

	raw[0] = prefix_of(k->type);
	memcpy(raw + 1, k->pub, sizeof(k->pub));
	crc_write(raw, sizeof(raw) - 2);
	base32_encode(bytes_of(raw, sizeof(raw)), out);
}

void
nkey_front(const struct nkey *k, char out[NKEY_FRONT_LEN + 1])
{
	uint8_t raw[8]; /* the checksum is behind it */
	char text[14];

	_Static_assert(sizeof(raw) * 8 >= NKEY_FRONT_LEN * 5, "five bits a character");
	raw[0] = prefix_of(k->type);
	memcpy(raw + 1, k->pub, sizeof(raw) - 1);
	base32_encode(bytes_of(raw, sizeof(raw)), text);
	memcpy(out, text, NKEY_FRONT_LEN);
	out[NKEY_FRONT_LEN] = '\0';
}

bool
nkey_eq(const struct nkey *a, const struct nkey *b)
{
	return a->type == b->type && memcmp(a->pub, b->pub, sizeof(a->pub)) == 0;
}

int
nkey_verify(const struct nkey *k, struct bytes msg, struct bytes sig)
{
	if (k->type == NKEY_NONE || k->type == NKEY_CURVE || sig.len != NKEY_SIG_LEN)
		return NKEY_BAD_SIGNATURE;
	if (crypto_sign_verify_detached(sig.ptr, msg.ptr, msg.len, k->pub) != 0)
		return NKEY_BAD_SIGNATURE;
	return 0;
}

/* derive() - the public half of p->seed. */
static void
derive(struct nkey_pair *p, enum nkey_type type)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	p->pub.type = type;
	if (type == NKEY_CURVE) {
		crypto_scalarmult_base(p->pub.pub, p->seed.ptr);
		return;
	}
	crypto_sign_seed_keypair(p->pub.pub, sk, p->seed.ptr);
	wipe(sk, sizeof(sk));
}

int
nkey_pair_new(struct nkey_pair *p, enum nkey_type type)
{
	int r;

	*p = (struct nkey_pair){ 0 };
	r = secret_random(&p->seed, crypto_sign_SEEDBYTES);
	if (r != 0)
		return err_pass(r);
	derive(p, type);
	return 0;
}

int
nkey_pair_renew(struct nkey_pair *p, enum nkey_type type)
{
	int r = secret_renew(&p->seed, crypto_sign_SEEDBYTES);

	if (r != 0)
		return err_pass(r);
	derive(p, type);
	return 0;
}

void
nkey_pair_clear(struct nkey_pair *p)
{
	secret_clear(&p->seed);
	p->pub = (struct nkey){ 0 };
}

int
nkey_pair_parse(struct nkey_pair *p, struct bytes text)
{
	uint8_t raw[SEED_RAW] = { 0 };
	enum nkey_type type;
	int r;

	*p = (struct nkey_pair){ 0 };
	r = decode(text, NKEY_SEED_LEN, raw, sizeof(raw));
	/* five bits say "seed", eight the type, three must be zero */
	type = type_of((uint8_t)((raw[0] & 7) << 5 | raw[1] >> 3));
	if (r == 0 && ((raw[0] & 0xf8) != PREFIX_SEED || (raw[1] & 7) != 0 || type == NKEY_NONE))
		r = NKEY_BAD_PREFIX;
	if (r == 0)
		r = secret_new(&p->seed, bytes_of(raw + 2, crypto_sign_SEEDBYTES));
	if (r == 0)
		derive(p, type);
	wipe(raw, sizeof(raw));
	return r;
}

int
nkey_pair_raw(struct nkey_pair *p, enum nkey_type type, struct bytes seed)
{
	int r;

	*p = (struct nkey_pair){ 0 };
	if (seed.len != crypto_sign_SEEDBYTES)
		return NKEY_BAD_LENGTH;
	r = secret_new(&p->seed, seed);
	if (r == 0)
		derive(p, type);
	return err_pass(r);
}

void
nkey_pair_seed(const struct nkey_pair *p, char out[NKEY_SEED_LEN + 1])
{
	uint8_t prefix = prefix_of(p->pub.type);
	uint8_t raw[SEED_RAW];

	raw[0] = (uint8_t)(PREFIX_SEED | prefix >> 5);
	raw[1] = (uint8_t)((prefix & 31) << 3);
	memcpy(raw + 2, p->seed.ptr, crypto_sign_SEEDBYTES);
	crc_write(raw, sizeof(raw) - 2);
	base32_encode(bytes_of(raw, sizeof(raw)), out);
	wipe(raw, sizeof(raw));
}

void
nkey_sign(const struct nkey_pair *p, struct bytes msg, uint8_t sig[NKEY_SIG_LEN])
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	assert(p->seed.ptr != NULL && p->pub.type != NKEY_NONE && p->pub.type != NKEY_CURVE);
	memcpy(sk, p->seed.ptr, crypto_sign_SEEDBYTES);
	memcpy(sk + crypto_sign_SEEDBYTES, p->pub.pub, sizeof(p->pub.pub));
	crypto_sign_detached(sig, NULL, msg.ptr, msg.len, sk);
	wipe(sk, sizeof(sk));
}

void
nkey_pair_deinit(struct nkey_pair *p)
{
	if (p == NULL)
		return;
	secret_deinit(&p->seed);
	*p = (struct nkey_pair){ 0 };
}

const char *
nkey_why(int answer)
{
	switch (answer) {
	case 0:
		return "no error";
	case NKEY_BAD_LENGTH:
		return "a key has 56 characters, a seed 58";
	case NKEY_BAD_ALPHABET:
		return "not upper-case base32";
	case NKEY_BAD_CHECKSUM:
		return "checksum does not match";
	case NKEY_BAD_PREFIX:
		return "not a kind of key this program knows";
	case NKEY_BAD_SIGNATURE:
		return "signature does not match";
	default:
		return "out of memory";
	}
}
