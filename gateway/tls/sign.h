/*
 * sign - what is signed with a TLS key: asked by whoever speaks TLS (key.h), done by whoever holds
 * the key. Sizes and schemes are those of TLS 1.2 and 1.3 handshakes and nothing else: there is no
 * way to ask for the raw operation on chosen bytes, none to decrypt.
 */
#ifndef GATEWAY_TLS_SIGN_H
#define GATEWAY_TLS_SIGN_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	TLS_KEY_ID = 32,       /* SHA-256 of the public key, as in the certificate */
	TLS_SIGNED_MAX = 1024, /* RSA with 8192 bits */
	TLS_SIGN_INPUT_MAX = 1024,
	TLS_KEY_FILE_MAX = 64 * 1024,
	TLS_RSA_BITS_MIN = 2048,
	TLS_RSA_BITS_MAX = 8192,
};

enum tls_scheme {
	TLS_SCHEME_NONE = 0,
	TLS_ECDSA,        /* input: a digest of 32, 48 or 64 bytes */
	TLS_PKCS1_SHA256, /* input: the digest; the padding is made where the key is */
	TLS_PKCS1_SHA384,
	TLS_PKCS1_SHA512,
	TLS_PSS, /* input: a whole block that must be PSS (salt as long as the digest) */
	TLS_SCHEMES,
};

struct tls_sign {
	uint8_t key[TLS_KEY_ID];
	enum tls_scheme scheme;
	struct bytes input;
};

enum tls_sign_answer {
	TLS_SIGN_REFUSED = 1, /* not a thing TLS signs, or not with such a key */
};

/* A private key. */
struct tls_private;

/*
 * tls_private_read() - from PEM, without a passphrase. Return: 0 and *out given, TLS_SIGN_REFUSED
 * with *why a constant text, -ENOMEM.
 */
int tls_private_read(struct tls_private **out, struct bytes pem, const char **why) must_check;
void tls_private_free(struct tls_private *k);
/* tls_private_id() - TLS_KEY_ID bytes, valid as long as the key. */
const uint8_t *tls_private_id(const struct tls_private *k);
/* tls_private_sign() - Return: 0 and *len bytes in @sig, TLS_SIGN_REFUSED. */
int tls_private_sign(struct tls_private *k, const struct tls_sign *what,
    uint8_t sig[TLS_SIGNED_MAX], size_t *len) must_check;

#endif
