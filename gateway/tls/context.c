/*
 * context - see context.h. What OpenSSL would look for on the disk by itself (its configuration, a
 * folder of roots) it is kept from: a process that speaks TLS here can open no file.
 */
#include "gateway/tls/context_priv.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static const char ciphers_1_2[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char ciphers_1_3[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384";
/* what we sign with, and what others may have signed with: no SHA-1, no DSA */
static const char ours[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";
static const char theirs[] =
    "ed25519:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:"
    "RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

void
tls_begin(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
			     OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
	    NULL);
	/* providers, digests and ciphers are fetched once, now */
	ERR_clear_error();
}

/* unusable() - with our words, or with OpenSSL's. */
static int
unusable(char why[TLS_WHY], const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;

	snprintf(
	    why, TLS_WHY, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
	ERR_clear_error();
	return TLS_UNUSABLE;
}

/* ---- certificates ---- */

/* next_cert() - the next of a PEM text, or NULL. */
static X509 *
next_cert(BIO *in)
{
	X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);

	ERR_clear_error(); /* the end of the text is an error, to it */
	return x;
}

static int
take_chain(struct tls_context *c, const struct tls_options *o, char why[TLS_WHY])
{
	BIO *in = BIO_new_mem_buf(o->chain.ptr, (int)o->chain.len);
	X509 *leaf = in != NULL ? next_cert(in) : NULL, *x;
	const char *text = "";
	int r = 0, n = 1;

	if (leaf == NULL || SSL_CTX_use_certificate(c->ssl, leaf) != 1) {
		r = unusable(why, "the certificate cannot be used");
	} else {
		c->key = tls_key_new(X509_get0_pubkey(leaf), o->signer, &text);
		if (c->key == NULL)
			r = unusable(why, text);
		else if (SSL_CTX_use_PrivateKey(c->ssl, tls_key_pkey(c->key)) != 1)
			r = unusable(why, "the certificate's key cannot be used");
	}
	while (r == 0 && (x = next_cert(in)) != NULL) {
		if (++n > TLS_CHAIN_MAX || SSL_CTX_add1_chain_cert(c->ssl, x) != 1)
			r = unusable(why, "the chain of the certificate is too long");
		X509_free(x);
	}
	X509_free(leaf);
	BIO_free(in);
	return r;
}

/* take_roots() - whom to believe; of a server also the names it tells clients. */
static int
take_roots(struct tls_context *c, struct bytes pem, char why[TLS_WHY])
{
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
	size_t n = 0;
	X509 *x;

	while (in != NULL && (x = next_cert(in)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1 &&
		     (c->client || SSL_CTX_add_client_CA(c->ssl, x) == 1);
		X509_free(x);
	}
	BIO_free(in);
	return n > 0 ? 0 : unusable(why, "the CA file holds no certificate");
}

/* ---- rules ---- */

/* forward_secret() - is everything in the list ECDHE with an AEAD? */
static bool
forward_secret(SSL_CTX *ssl)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ssl);

	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *x = sk_SSL_CIPHER_value(all, i);
		int kx = SSL_CIPHER_get_kx_nid(x);

		if (SSL_CIPHER_is_aead(x) != 1 || (kx != NID_kx_ecdhe && kx != NID_kx_any))
			return false;
	}
	return sk_SSL_CIPHER_num(all) > 0;
}

static int
set_rules(struct tls_context *c, const struct tls_options *o, char why[TLS_WHY])
{
	bool own = o->ciphers != NULL && o->ciphers[0] != '\0';
	SSL_CTX *s = c->ssl;

	SSL_CTX_set_options(s, SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(s, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(s, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* one record at a time: who sends only what is for OpenSSL keeps nobody else waiting */
	SSL_CTX_clear_mode(s, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_max_cert_list(s, 64 * 1024);
	SSL_CTX_set_verify_depth(s, TLS_CHAIN_MAX);
	if (SSL_CTX_set_min_proto_version(
		s, o->min == TLS_MIN_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(s, 0) != 1 || SSL_CTX_set1_groups_list(s, groups) != 1 ||
	    SSL_CTX_set_ciphersuites(s, ciphers_1_3) != 1 ||
	    SSL_CTX_set1_sigalgs_list(s, c->client ? theirs : ours) != 1 ||
	    SSL_CTX_set1_client_sigalgs_list(s, c->client ? ours : theirs) != 1)
		return unusable(why, "OpenSSL does not take the rules of TLS");
	if (SSL_CTX_set_cipher_list(s, own ? o->ciphers : ciphers_1_2) != 1)
		return unusable(why, "the list of ciphers names none");
	if (!forward_secret(s))
		return unusable(
		    why, "the list of ciphers holds one that is not ECDHE with an AEAD");
	return 0;
}

/* ---- making ---- */

static int
make(struct tls_context **out, const struct tls_options *o, bool client, char why[TLS_WHY])
{
	struct tls_context *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return err_raise(-ENOMEM);
	c->refs = 1;
	c->client = client;
	c->ssl = SSL_CTX_new(client ? TLS_client_method() : TLS_server_method());
	r = c->ssl == NULL ? -ENOMEM : set_rules(c, o, why);
	if (r == 0 && o->chain.len > 0)
		r = take_chain(c, o, why);
	if (r == 0 && o->ca.len > 0)
		r = take_roots(c, o->ca, why);
	if (r != 0) {
		tls_context_free(c);
		return err_pass(r);
	}
	*out = c;
	return 0;
}

int
tls_server_new(struct tls_context **out, const struct tls_options *o, char why[TLS_WHY])
{
	int r = make(out, o, false, why),
	    mode = SSL_VERIFY_PEER | (o->verify ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

	if (r == 0 && (o->verify || o->ask))
		SSL_CTX_set_verify((*out)->ssl, mode, NULL);
	return err_pass(r);
}

int
tls_client_new(struct tls_context **out, const struct tls_options *o, char why[TLS_WHY])
{
	uint8_t address[sizeof(struct in6_addr)];
	int r = make(out, o, true, why);

	if (r != 0)
		return err_pass(r);
	snprintf((*out)->name, sizeof((*out)->name), "%s", o->name);
	(*out)->named =
	    inet_pton(AF_INET, o->name, address) != 1 && inet_pton(AF_INET6, o->name, address) != 1;
	SSL_CTX_set_verify((*out)->ssl, SSL_VERIFY_PEER, NULL);
	return 0;
}

int
tls_context_try(struct tls_context *c, char why[TLS_WHY])
{
	const char *text;

	return c->key == NULL || tls_key_try(c->key, &text) ? 0 : unusable(why, text);
}

/* unix_time() - Return: could it be told? */
static bool
unix_time(const ASN1_TIME *t, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	if (ok)
		*out = (int64_t)days * 24 * 3600 + seconds;
	return ok;
}

bool
tls_cert_times(struct bytes pem, int64_t *from_s, int64_t *until_s)
{
	BIO *in = pem.len > 0 ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	X509 *x = in != NULL ? next_cert(in) : NULL;
	bool ok = x != NULL && unix_time(X509_get0_notBefore(x), from_s) &&
		  unix_time(X509_get0_notAfter(x), until_s);

	X509_free(x);
	BIO_free(in);
	return ok;
}

void
tls_context_free(struct tls_context *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	SSL_CTX_free(c->ssl);
	tls_key_free(c->key);
	free(c);
}
