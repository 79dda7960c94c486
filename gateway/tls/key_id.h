/*
 * key_id - which keys TLS is spoken with here, and what one is called by the two sides that know
 * it: who has the certificate, and who has the private half.
 */
#ifndef GATEWAY_TLS_KEY_ID_H
#define GATEWAY_TLS_KEY_ID_H

#include <openssl/evp.h>

#include "gateway/tls/sign.h"

/* tls_key_usable() - RSA of 2048 bits or more, or ECDSA on a NIST curve; else *why says so. */
bool tls_key_usable(const EVP_PKEY *k, const char **why);
/* tls_key_id() - SHA-256 of its SubjectPublicKeyInfo. */
bool tls_key_id(EVP_PKEY *k, uint8_t id[TLS_KEY_ID]);

#endif
