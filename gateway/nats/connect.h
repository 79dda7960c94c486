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

enum {
	CONNECT_JWT_MAX = 12 * 1024, /* bytes of jwt */
	CONNECT_TEXT_MAX = 1024,     /* of sig, nkey, user, pass, auth_token */
	CONNECT_LABEL_MAX = 128,     /* of name, lang, version: cut, not refused */
};

/* Values of a CONNECT. Strings are copied and owned; absent, null and empty are NULL. */
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
	char *name, *lang, *version;    /* UTF-8 as it came: escape it where it is shown */
	const char *why; /* of CONNECT_BAD: constant string */
	size_t at;       /* of CONNECT_BAD: byte offset in the JSON */
};

/*
 * connect_decode() - one flat JSON object, only the members above, each of its own type or null.
 * Return: 0, an answer, -ENOMEM. connect_deinit() in every case.
 */
int connect_decode(struct nats_connect *c, struct bytes json) must_check;
/* connect_deinit() - wipes pass and auth_token, and sig with them. */
void connect_deinit(struct nats_connect *c);

/* What we say upstream for one client. */
struct nats_login {
	struct bytes jwt;  /* minted or from a creds file; empty: left out */
	struct bytes sig;  /* raw 64 bytes; written as base64url; empty: left out */
	struct bytes name; /* for the server's monitoring; escaped by us */
	bool echo;
	bool headers;
	bool no_responders;
};

/* connect_encode() - the JSON: verbose false, pedantic false (docs/adr/0013), protocol 1, lang "c", version ours. */
void connect_encode(struct buf *out, const struct nats_login *l);

#endif
