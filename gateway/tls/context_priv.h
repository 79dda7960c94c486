/*
 * context_priv - what context.c makes and tls.c speaks with.
 */
#ifndef GATEWAY_TLS_CONTEXT_PRIV_H
#define GATEWAY_TLS_CONTEXT_PRIV_H

#include <openssl/ssl.h>

#include "gateway/tls/context.h"

struct tls_context {
	unsigned refs; /* the owner's and one for each connection: they need the key */
	SSL_CTX *ssl;
	struct tls_key *key;
	bool client;
	bool named; /* client: ->name is a host name, not an address */
	char name[256];
};

#endif
