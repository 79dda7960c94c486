/*
 * connect - the CONNECT object: what a client said (strictly read), what we say upstream.
 * Source: nats-server client.go ClientOpts; docs/PROTOCOL.md for what we refuse.
 */
#ifndef GATEWAY_NATS_CONNECT_H
#define GATEWAY_NATS_CONNECT_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum connect_answer {
	CONNECT_BAD = 1,       /* not the one JSON object we read; ->why and ->at say what and where */
	CONNECT_PROTOCOL,      /* protocol is neither 0 nor 1: 'invalid client protocol' */
	CONNECT_NO_RESPONDERS, /* no_responders without headers */
};

/* Values of a CONNECT. Strings are copied and owned; absent and null are NULL. */
struct nats_connect {
	bool verbose;       /* default true, as the server's */
	bool pedantic;      /* default true */
	bool echo;          /* default true */
	bool headers;       /* default false */
	bool no_responders; /* default false */
	bool tls_required;
	int protocol;       /* 0 or 1 */
	char *jwt, *sig, *nkey;
	char *user, *pass, *auth_token; /* read so that the refusal can say why; never used */
	char *name, *lang, *version;
	const char *why; /* of CONNECT_BAD: constant string */
	size_t at;
};

/* connect_decode() - Return: 0, an answer, -ENOMEM. connect_deinit() in every case. */
int connect_decode(struct nats_connect *c, struct bytes json) must_check;
/* connect_deinit() - wipes pass and auth_token. */
void connect_deinit(struct nats_connect *c);

/* What we say upstream for one client. */
struct nats_login {
	struct bytes jwt;  /* minted or from a creds file */
	struct bytes sig;  /* raw 64 bytes; written as base64url */
	struct bytes name; /* for the server's monitoring; escaped by us */
	bool echo;
	bool headers;
	bool no_responders;
};

/* connect_encode() - the JSON: verbose false, pedantic true, protocol 1, lang "c", version ours. */
void connect_encode(struct buf *out, const struct nats_login *l);

#endif
