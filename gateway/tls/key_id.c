/*
 * key_id - see key_id.h. Ed25519 is refused: OpenSSL signs with it only where the key itself is,
 * since there is no digest that could be handed to another process.
 */
#include "gateway/tls/key_id.h"

#include <openssl/sha.h>
#include <openssl/x509.h>

bool
tls_key_usable(const EVP_PKEY *k, const char **why)
{
	int bits = EVP_PKEY_get_bits(k), id = EVP_PKEY_get_base_id(k);

	if (id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448)
		*why = "the key is Ed25519 or Ed448, which cannot stay in the signer: use ECDSA "
		       "P-256 or RSA";
	else if (id != EVP_PKEY_RSA && id != EVP_PKEY_EC)
		*why = "the key is neither ECDSA nor RSA";
	else if (id == EVP_PKEY_RSA &&
		 (bits < TLS_RSA_BITS_MIN || bits > TLS_RSA_BITS_MAX || bits % 8 != 0))
		*why = "the RSA key has not 2048 to 8192 bits";
	else if (id == EVP_PKEY_EC && bits != 256 && bits != 384 && bits != 521)
		*why = "the key is on none of the curves P-256, P-384, P-521";
	else
		return true;
	return false;
}

bool
tls_key_id(EVP_PKEY *k, uint8_t id[TLS_KEY_ID])
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	if (n <= 0)
		return false;
	SHA256(der, (size_t)n, id);
	OPENSSL_free(der);
	return true;
}
