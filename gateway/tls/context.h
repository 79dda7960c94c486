/*
 * context - how TLS is spoken on one side of the gate: our certificate, whom we believe, what we
 * accept. Made from bytes; no file is opened here.
 *
 * The rules are not all to be configured: TLS 1.2 with ECDHE and an AEAD, or 1.3; no compression,
 * no renegotiation, no tickets and no session cache, so that no key of ours lives longer than a
 * connection, and no early data.
 */
#ifndef GATEWAY_TLS_CONTEXT_H
#define GATEWAY_TLS_CONTEXT_H

#include "gateway/tls/key.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	TLS_WHY = 256,
	TLS_CHAIN_MAX = 10, /* certificates of ours, and of a peer */
};

enum tls_answer {
	TLS_UNUSABLE = 1, /* with a text that says why */
};

enum tls_min {
	TLS_MIN_1_2 = 0,
	TLS_MIN_1_3,
};

struct tls_options {
	struct bytes
	    chain; /* PEM: our certificate, then those that lead to the root; empty: none */
	struct tls_signer *signer; /* for its key */
	struct bytes ca;           /* PEM: whom we believe; empty: nobody */
	enum tls_min min;
	const char *ciphers; /* of TLS 1.2, in OpenSSL's words; NULL or empty: ours */
	bool verify;         /* server: a client must show a certificate */
	bool ask;            /* server: a client may show one */
	const char *name;    /* client: whom the server must prove to be: a name or an address */
};

struct tls_context;

/* tls_begin() - OpenSSL, without its configuration file. Before anything else, and before
 * confinement. */
void tls_begin(void);
/* tls_server_new(), tls_client_new() - Return: 0 and *out given, TLS_UNUSABLE and @why, -ENOMEM. */
int tls_server_new(
    struct tls_context **out, const struct tls_options *o, char why[TLS_WHY]) must_check;
int tls_client_new(
    struct tls_context **out, const struct tls_options *o, char why[TLS_WHY]) must_check;
/* tls_context_try() - does whoever signs for us have the right key? Return: 0, TLS_UNUSABLE and
 * @why. */
int tls_context_try(struct tls_context *c, char why[TLS_WHY]) must_check;
/* tls_cert_times() - of the first certificate of a PEM text: from and until when, unix. Return: is there one? */
bool tls_cert_times(struct bytes pem, int64_t *from_s, int64_t *until_s);
/* tls_context_free() - connections made with it live on; NULL is fine. */
void tls_context_free(struct tls_context *c);

#endif
