/*
 * jwt - the container of NATS' JSON Web Tokens, version 2: three parts, a header of one spelling,
 * an Ed25519 signature over the first two, claims every kind of token has.
 *
 * Refused here: any header but {"typ":"JWT","alg":"ed25519-nkey"}, version 1, unknown top-level
 * claims, numbers that are not integers of 0..2^53, keys that are not exactly keys, and all that
 * the strict JSON and base64url readers refuse. A token is read before it is verified, because the
 * key to verify with is inside; nothing read counts before jwt_verify() has said yes.
 * Source: nats-io/jwt v2 header.go, decoder.go, claims.go.
 */
#ifndef POLICY_IDENTITY_JWT_H
#define POLICY_IDENTITY_JWT_H

#include "policy/core/buf.h"
#include "policy/core/json.h"
#include "policy/identity/nkey.h"

enum { WHY_MAX = 160, JWT_MAX = 1024 * 1024, JWT_STRING_MAX = 1024 };

enum jwt_answer {
	JWT_BAD = 1, /* @why names the field and what is wrong with it */
};

struct jwt {
	struct bytes signed_part; /* header.payload, borrowed from the text */
	uint8_t sig[NKEY_SIG_LEN];
	struct nkey iss, sub;
	int64_t iat_s, exp_s, nbf_s; /* exp and nbf: 0 when absent */
	size_t name;                 /* token of the name, 0 when absent */
	size_t nats;                 /* token of the "nats" object */
	struct json json;            /* the payload; owns payload and json.tok */
	uint8_t *payload;
};

/*
 * jwt_read() - take a token apart; @kind (NKEY_OPERATOR, _ACCOUNT, _USER) is what it must be.
 * Return: 0 with *j owned by the caller, JWT_BAD, -ENOMEM.
 */
int jwt_read(struct jwt *j, struct bytes text, enum nkey_type kind, char why[WHY_MAX]) must_check;
/* jwt_verify() - is it signed by j->iss? Return: 0 or NKEY_BAD_SIGNATURE. */
int jwt_verify(const struct jwt *j) must_check;
/* jwt_deinit() - free what it owns; zeroes it. */
void jwt_deinit(struct jwt *j);
/* jwt_seal() - append the token made of a payload (JSON text) and a signature over it. */
void jwt_seal(struct buf *out, struct bytes payload, const struct nkey_pair *by);
/*
 * jwt_string() - a string of at most JWT_STRING_MAX bytes, unescaped into @room when it must be.
 * Return: 0 or JWT_BAD.
 */
int jwt_string(const struct json *js, size_t at, uint8_t room[JWT_STRING_MAX], struct bytes *s) must_check;
/* jwt_key() - a string that is a public key. Return: 0 or JWT_BAD. */
int jwt_key(const struct json *js, size_t at, struct nkey *k) must_check;
/*
 * jwt_names() - look at the member names of an object: one that equals a known name (@known ends
 * with NULL) but for its case is refused, because other readers would take it for that name; one
 * that is unknown is refused when @closed.
 * Return: 0 or JWT_BAD.
 */
int jwt_names(const struct json *js, size_t obj, const char *const *known, bool closed, char why[WHY_MAX])
    must_check;

#endif
