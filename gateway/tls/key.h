/*
 * key - a private key that is elsewhere, as OpenSSL wants one: public half here, each signature
 * asked of whoever holds the other.
 */
#ifndef GATEWAY_TLS_KEY_H
#define GATEWAY_TLS_KEY_H

#include <openssl/evp.h>

#include "gateway/tls/sign.h"

/* Who can have something signed. It outlives every context made with it. */
struct tls_signer {
	/* sign() - may wait, a bounded time. Return: 0 and *len bytes in @sig, TLS_SIGN_REFUSED,
	 * -errno. */
	int (*sign)(struct tls_signer *s, const struct tls_sign *what, uint8_t sig[TLS_SIGNED_MAX],
	    size_t *len);
};

struct tls_key;

/* tls_key_new() - the public key @pub, taken by nobody, as one that @s signs for. NULL: *why says
 * so. */
struct tls_key *tls_key_new(EVP_PKEY *pub, struct tls_signer *s, const char **why);
void tls_key_free(struct tls_key *k);
/* tls_key_pkey() - what to give to OpenSSL; valid as long as the key. */
EVP_PKEY *tls_key_pkey(struct tls_key *k);
/* tls_key_try() - have something signed and verify it: is the right key behind it? */
bool tls_key_try(struct tls_key *k, const char **why);

#endif
