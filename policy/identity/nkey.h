/*
 * nkey - NKeys: Ed25519 keys with a type, written in base32 with a checksum.
 *
 * Strict: exact length, upper-case alphabet, spare bits zero, CRC, known prefix. Verification
 * refuses small-order and non-canonical points and S >= L.
 * Source: nats-io/nkeys strkey.go, crc16.go; wasmCloud/nkeys (prefixes M and V).
 */
#ifndef POLICY_IDENTITY_NKEY_H
#define POLICY_IDENTITY_NKEY_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/core/wipe.h"

enum nkey_type {
	NKEY_NONE = 0,
	NKEY_OPERATOR,
	NKEY_ACCOUNT,
	NKEY_USER,
	NKEY_SERVER,
	NKEY_CLUSTER,
	NKEY_CURVE,
	NKEY_MODULE,
	NKEY_SERVICE,
};

enum { NKEY_TEXT_LEN = 56, NKEY_FRONT_LEN = 12, NKEY_SEED_LEN = 58, NKEY_SIG_LEN = 64 };

enum nkey_answer {
	NKEY_BAD_LENGTH = 1,
	NKEY_BAD_ALPHABET,
	NKEY_BAD_CHECKSUM,
	NKEY_BAD_PREFIX,
	NKEY_BAD_SIGNATURE,
};

/* A public key. */
struct nkey {
	enum nkey_type type;
	uint8_t pub[32];
};

/* A private key: the 32-byte seed and its public half. Wiped by nkey_pair_deinit(). */
struct nkey_pair {
	struct nkey pub;
	struct secret seed;
};

/* nkey_parse() - public key text (56 characters). Return: 0 or an answer. */
int nkey_parse(struct nkey *k, struct bytes text) must_check;
/* nkey_format() - write 56 characters and a NUL. */
void nkey_format(const struct nkey *k, char out[NKEY_TEXT_LEN + 1]);
/* nkey_front() - write the first 12 of them and a NUL, for a tenth of the work. */
void nkey_front(const struct nkey *k, char out[NKEY_FRONT_LEN + 1]);
/* nkey_eq() - same type and key. */
bool nkey_eq(const struct nkey *a, const struct nkey *b);
/* nkey_verify() - is @sig (64 bytes) @k's signature over @msg? Return: 0 or NKEY_BAD_SIGNATURE. */
int nkey_verify(const struct nkey *k, struct bytes msg, struct bytes sig) must_check;
/* nkey_pair_new() - a fresh pair of a type. Return: 0, -ENOMEM. */
int nkey_pair_new(struct nkey_pair *p, enum nkey_type type) must_check;
/*
 * nkey_pair_renew() - another fresh pair in the guarded memory of @p, a zeroed one or one that was made by
 * nkey_pair_new(). Return: 0, -ENOMEM.
 */
int nkey_pair_renew(struct nkey_pair *p, enum nkey_type type) must_check;
/* nkey_pair_clear() - wipe it and keep the memory; it can sign no more until nkey_pair_renew(). */
void nkey_pair_clear(struct nkey_pair *p);
/* nkey_pair_parse() - from seed text (58 characters). Return: 0, an answer, -ENOMEM. */
int nkey_pair_parse(struct nkey_pair *p, struct bytes text) must_check;
/* nkey_pair_raw() - from the 32 bytes of a seed. Return: 0, NKEY_BAD_LENGTH, -ENOMEM. */
int nkey_pair_raw(struct nkey_pair *p, enum nkey_type type, struct bytes seed) must_check;
/* nkey_pair_seed() - the seed text, 58 characters and a NUL; the caller wipes it. */
void nkey_pair_seed(const struct nkey_pair *p, char out[NKEY_SEED_LEN + 1]);
/* nkey_sign() - Ed25519 over @msg. */
void nkey_sign(const struct nkey_pair *p, struct bytes msg, uint8_t sig[NKEY_SIG_LEN]);
void nkey_pair_deinit(struct nkey_pair *p);
/* nkey_why() - an answer in words, e.g. "checksum does not match". */
const char *nkey_why(int answer);

#endif
