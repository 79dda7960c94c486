/*
 * key - see key.h. RSA_METHOD and EC_KEY_METHOD are deprecated in OpenSSL 3 and the one way to have
 * a signature made elsewhere without a provider of our own; they are what OpenSMTPD and relayd use
 * for the same purpose. Of RSA only signing is let through; what would decrypt fails.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* see above */
#include "gateway/tls/key.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "gateway/tls/key_id.h"

struct tls_key {
	EVP_PKEY *pkey;
	EVP_PKEY *pub; /* the same without us: for verifying */
	RSA_METHOD *rsa;
	EC_KEY_METHOD *ec;
	struct tls_signer *signer;
	uint8_t id[TLS_KEY_ID];
};

static int
have_signed(struct tls_key *k, enum tls_scheme scheme, struct bytes input,
    uint8_t sig[TLS_SIGNED_MAX], size_t *len)
{
	struct tls_sign w = { .scheme = scheme, .input = input };

	memcpy(w.key, k->id, sizeof(w.key));
	*len = 0;
	return k->signer->sign(k->signer, &w, sig, len);
}

/* ---- RSA ---- */

/* rsa_sign() - PKCS#1 1.5; type names the digest. */
static int
rsa_sign(int type, const unsigned char *m, unsigned m_len, unsigned char *sig, unsigned *sig_len,
    const RSA *rsa)
{
	struct tls_key *k = RSA_meth_get0_app_data(RSA_get_method(rsa));
	enum tls_scheme scheme = type == NID_sha256   ? TLS_PKCS1_SHA256
				 : type == NID_sha384 ? TLS_PKCS1_SHA384
				 : type == NID_sha512 ? TLS_PKCS1_SHA512
						      : TLS_SCHEME_NONE;
	uint8_t out[TLS_SIGNED_MAX];
	size_t len;

	if (scheme == TLS_SCHEME_NONE ||
	    have_signed(k, scheme, bytes_of(m, m_len), out, &len) != 0 ||
	    len != (size_t)RSA_size(rsa))
		return 0;
	memcpy(sig, out, len);
	*sig_len = (unsigned)len;
	return 1;
}

/* rsa_private() - OpenSSL has padded for PSS and wants the raw operation. */
static int
rsa_private(int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
	struct tls_key *k = RSA_meth_get0_app_data(RSA_get_method(rsa));
	uint8_t out[TLS_SIGNED_MAX];
	size_t len;

	if (padding != RSA_NO_PADDING || n != RSA_size(rsa) || n > TLS_SIGN_INPUT_MAX ||
	    have_signed(k, TLS_PSS, bytes_of(from, (size_t)n), out, &len) != 0 || len != (size_t)n)
		return -1;
	memcpy(to, out, len);
	return n;
}

static int
rsa_decrypt(int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
	(void)n;
	(void)from;
	(void)to;
	(void)rsa;
	(void)padding;
	return -1;
}

static bool
take_rsa(struct tls_key *k)
{
	RSA *rsa = EVP_PKEY_get1_RSA(k->pub), *ours = rsa != NULL ? RSAPublicKey_dup(rsa) : NULL;
	bool ok;

	k->rsa = RSA_meth_dup(RSA_get_default_method());
	ok = ours != NULL && k->rsa != NULL && RSA_meth_set0_app_data(k->rsa, k) == 1 &&
	     RSA_meth_set_sign(k->rsa, rsa_sign) == 1 &&
	     RSA_meth_set_priv_enc(k->rsa, rsa_private) == 1 &&
	     RSA_meth_set_priv_dec(k->rsa, rsa_decrypt) == 1 &&
	     RSA_meth_set_flags(k->rsa, RSA_METHOD_FLAG_NO_CHECK) == 1 &&
	     RSA_set_method(ours, k->rsa) == 1 && EVP_PKEY_set1_RSA(k->pkey, ours) == 1;
	RSA_free(ours);
	RSA_free(rsa);
	return ok;
}

/* ---- ECDSA ---- */

/* of_ec() - EC_KEY_METHOD carries nothing of ours, so the key does. */
static int
ec_slot(void)
{
	static int slot = -1;

	if (slot < 0)
		slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return slot;
}

static int
ec_sign(int type, const unsigned char *digest, int n, unsigned char *sig, unsigned *sig_len,
    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	struct tls_key *k = EC_KEY_get_ex_data(ec, ec_slot());
	uint8_t out[TLS_SIGNED_MAX];
	size_t len;

	(void)type;
	(void)kinv;
	(void)r;
	if (k == NULL || n <= 0 ||
	    have_signed(k, TLS_ECDSA, bytes_of(digest, (size_t)n), out, &len) != 0 || len == 0 ||
	    len > (size_t)ECDSA_size(ec))
		return 0;
	memcpy(sig, out, len);
	*sig_len = (unsigned)len;
	return 1;
}

static bool
take_ec(struct tls_key *k)
{
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(k->pub), *ours = ec != NULL ? EC_KEY_dup(ec) : NULL;
	bool ok;

	k->ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	ok = ours != NULL && k->ec != NULL;
	if (ok)
		EC_KEY_METHOD_set_sign(k->ec, ec_sign, NULL, NULL);
	ok = ok && EC_KEY_set_method(ours, k->ec) == 1 &&
	     EC_KEY_set_ex_data(ours, ec_slot(), k) == 1 &&
	     EVP_PKEY_set1_EC_KEY(k->pkey, ours) == 1;
	EC_KEY_free(ours);
	EC_KEY_free(ec);
	return ok;
}

/* ---- both ---- */

struct tls_key *
tls_key_new(EVP_PKEY *pub, struct tls_signer *s, const char **why)
{
	struct tls_key *k = calloc(1, sizeof(*k));
	bool ok;

	*why = "out of memory";
	if (k == NULL)
		return NULL;
	k->signer = s;
	k->pkey = EVP_PKEY_new();
	k->pub = pub;
	EVP_PKEY_up_ref(pub);
	ok = k->pkey != NULL && tls_key_usable(pub, why) && tls_key_id(pub, k->id);
	ok = ok && (EVP_PKEY_get_base_id(pub) == EVP_PKEY_RSA ? take_rsa(k) : take_ec(k));
	if (ok)
		return k;
	tls_key_free(k);
	return NULL;
}

void
tls_key_free(struct tls_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	EVP_PKEY_free(k->pub);
	RSA_meth_free(k->rsa);
	if (k->ec != NULL) /* it does not take NULL */
		EC_KEY_METHOD_free(k->ec);
	free(k);
}

EVP_PKEY *
tls_key_pkey(struct tls_key *k)
{
	return k->pkey;
}

bool
tls_key_try(struct tls_key *k, const char **why)
{
	bool rsa = EVP_PKEY_get_base_id(k->pub) == EVP_PKEY_RSA, ok;
	static const uint8_t digest[32] = "a handshake that never takes pl";
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pub, NULL);
	uint8_t sig[TLS_SIGNED_MAX];
	size_t len = 0;

	*why = "the signer does not sign for this certificate: is the key another's?";
	ok = ctx != NULL &&
	     have_signed(k, rsa ? TLS_PKCS1_SHA256 : TLS_ECDSA, bytes_of(digest, sizeof(digest)),
		 sig, &len) == 0 &&
	     EVP_PKEY_verify_init(ctx) > 0 &&
	     (!rsa || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
			  EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0)) &&
	     EVP_PKEY_verify(ctx, sig, len, digest, sizeof(digest)) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}
