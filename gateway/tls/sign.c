/*
 * sign - see sign.h. The holder of the key believes nothing of whoever asks: a digest must have the
 * size of one, PKCS#1 padding is made here, and a PSS block, which the asker's library has padded,
 * is taken apart again before it is signed. A block that is not PSS is refused, so that the
 * operation cannot be used on bytes of somebody's choice, as raw RSA could: of what an RSA key
 * might be asked to decrypt, next to nothing has that form (its last byte, and some 150 zero bytes
 * under a mask that depends on the rest).
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* PKCS1_MGF1() has no successor that is public */
#include "gateway/tls/sign.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "gateway/tls/key_id.h"

struct tls_private {
	EVP_PKEY *pkey;
	uint8_t id[TLS_KEY_ID];
};

/* no_passphrase() - a key that wants one is refused: nobody is here to be asked. */
static int
no_passphrase(char *buf, int size, int rw, void *u)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)u;
	return -1;
}

int
tls_private_read(struct tls_private **out, struct bytes pem, const char **why)
{
	struct tls_private *k = calloc(1, sizeof(*k));
	BIO *in;

	if (pem.len == 0)
		pem = BYTES_LIT(" "); /* OpenSSL takes nothing for no memory */
	in = BIO_new_mem_buf(
	    pem.ptr, (int)(pem.len < TLS_KEY_FILE_MAX ? pem.len : TLS_KEY_FILE_MAX));
	*why = "not a private key in PEM without a passphrase";
	if (in == NULL || k == NULL) {
		BIO_free(in);
		free(k);
		return err_raise(-ENOMEM);
	}
	k->pkey = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	BIO_free(in);
	if (k->pkey != NULL && tls_key_usable(k->pkey, why) && tls_key_id(k->pkey, k->id)) {
		*out = k;
		return 0;
	}
	tls_private_free(k);
	return TLS_SIGN_REFUSED;
}

void
tls_private_free(struct tls_private *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey); /* wipes */
	free(k);
}

const uint8_t *
tls_private_id(const struct tls_private *k)
{
	return k->id;
}

/* pss_under() - is @block PSS with @md and a salt as long as its digest? RFC 8017, 9.1.2, without
 * M'. */
static bool
pss_under(struct bytes block, int bits, const EVP_MD *md)
{
	size_t h = (size_t)EVP_MD_get_size(md), db = block.len - h - 1, zeros;
	uint8_t mask[TLS_SIGN_INPUT_MAX];
	uint8_t top = (uint8_t)(0xff >> (8 * (int)block.len - (bits - 1)));
	bool ok = true;

	if (block.len < 2 * h + 2 || block.ptr[block.len - 1] != 0xbc || (block.ptr[0] & ~top) != 0)
		return false;
	if (PKCS1_MGF1(mask, (long)db, block.ptr + db, (long)h, md) != 0)
		return false;
	for (size_t i = 0; i < db; i++)
		mask[i] ^= block.ptr[i];
	mask[0] &= top;
	zeros = db - h - 1;
	for (size_t i = 0; i < zeros; i++)
		ok = ok && mask[i] == 0;
	return ok && mask[zeros] == 1;
}

static bool
is_pss(struct bytes block, int bits)
{
	/* a modulus of 8n+1 bits would put the block one byte further in: no such key is taken */
	return block.len == (size_t)(bits + 7) / 8 && bits % 8 == 0 &&
	       (pss_under(block, bits, EVP_sha256()) || pss_under(block, bits, EVP_sha384()) ||
		   pss_under(block, bits, EVP_sha512()));
}

static const EVP_MD *
digest_of(enum tls_scheme scheme)
{
	return scheme == TLS_PKCS1_SHA256   ? EVP_sha256()
	       : scheme == TLS_PKCS1_SHA384 ? EVP_sha384()
					    : EVP_sha512();
}

/* rsa_ready() - set @ctx up for this scheme, if the input is of its form. */
static bool
rsa_ready(EVP_PKEY_CTX *ctx, const struct tls_sign *w, int bits)
{
	const EVP_MD *md = digest_of(w->scheme);

	if (w->scheme == TLS_PSS)
		return is_pss(w->input, bits) &&
		       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0;
	if (w->scheme < TLS_PKCS1_SHA256 || w->scheme > TLS_PKCS1_SHA512)
		return false;
	return w->input.len == (size_t)EVP_MD_get_size(md) &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, md) > 0;
}

static bool
ec_ready(const struct tls_sign *w)
{
	return w->scheme == TLS_ECDSA &&
	       (w->input.len == 32 || w->input.len == 48 || w->input.len == 64);
}

int
tls_private_sign(
    struct tls_private *k, const struct tls_sign *w, uint8_t sig[TLS_SIGNED_MAX], size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	bool rsa = EVP_PKEY_get_base_id(k->pkey) == EVP_PKEY_RSA, done;

	*len = TLS_SIGNED_MAX;
	done = ctx != NULL && EVP_PKEY_sign_init(ctx) > 0 &&
	       (rsa ? rsa_ready(ctx, w, EVP_PKEY_get_bits(k->pkey)) : ec_ready(w)) &&
	       EVP_PKEY_sign(ctx, sig, len, w->input.ptr, w->input.len) > 0;
	EVP_PKEY_CTX_free(ctx);
	return done ? 0 : TLS_SIGN_REFUSED;
}
