/*
 * handshake - how a connection comes to be, from INFO to the first PONG, as a state machine without
 * sockets: operations and answers in, one order out.
 *
 *   client                gate                        verifier, parent, signer, upstream
 *          <- INFO nonce
 *   CONNECT ->            judge its grammar
 *                         VERIFY                      chain and signature
 *                         DIAL                        a descriptor
 *                         (upstream INFO)
 *                         SECURE                      where TLS follows INFO
 *                         SIGN                        a login for the upstream's nonce
 *                         LOGIN                       CONNECT + PING, PONG comes back
 *                         OPEN: what the client said next is read from here on
 *
 * Only CONNECT may come first, once. Every refusal of a login is the same 'Authorization
 * Violation'; the reason goes to the log and the audit, never to the wire.
 */
#ifndef GATEWAY_AUTH_HANDSHAKE_H
#define GATEWAY_AUTH_HANDSHAKE_H

#include "gateway/nats/connect.h"
#include "gateway/nats/info.h"
#include "gateway/nats/op.h"
#include "policy/core/err.h"

enum handshake_state {
	HANDSHAKE_NEW = 0,   /* the client may speak: CONNECT and nothing else */
	HANDSHAKE_VERIFYING, /* nobody may speak: the verifier is asked */
	HANDSHAKE_DIALLING,  /* nobody: the parent connects */
	HANDSHAKE_GREETING,  /* the upstream: INFO */
	HANDSHAKE_SECURING,  /* nobody: TLS to the upstream begins */
	HANDSHAKE_SIGNING,   /* nobody: the signer is asked */
	HANDSHAKE_LOGGING_IN,/* the upstream: PONG, or -ERR */
	HANDSHAKE_OPEN,      /* both */
	HANDSHAKE_OVER,      /* refused or ended */
};

/* What the caller has to do next. */
enum handshake_order {
	HANDSHAKE_WAIT = 0,
	HANDSHAKE_VERIFY, /* ask the verifier about ->connect and ->nonce */
	HANDSHAKE_DIAL,   /* ask for an upstream connection */
	HANDSHAKE_SECURE, /* begin TLS with the upstream; what it said in clear must end with INFO */
	HANDSHAKE_SIGN,   /* ask the signer about ->upstream.nonce */
	HANDSHAKE_LOGIN,  /* send CONNECT and PING upstream */
	HANDSHAKE_READY,  /* open: start relaying */
	HANDSHAKE_REFUSE, /* ->error to the client (NULL: nothing), ->why to the log, then close */
};

struct handshake {
	enum handshake_state state;
	char nonce[32];             /* what we gave this client */
	struct nats_connect connect;/* what it said; owned */
	bool certified;             /* without a token its certificate says who it is; set once */
	bool upstream_tls;          /* it must be spoken to under TLS; set once, after handshake_init() */
	bool upstream_secured;
	struct nats_info upstream;  /* what its upstream said */
	const char *error;          /* of REFUSE: text of the -ERR, or NULL */
	const char *why;            /* of REFUSE: a constant word for the log */
};

/* handshake_init() - @nonce as sent in INFO (copied). */
void handshake_init(struct handshake *h, const char *nonce);
void handshake_deinit(struct handshake *h);
/* handshake_on_client() - an operation of the client before OPEN. */
enum handshake_order handshake_on_client(struct handshake *h, const struct nats_op *op);
/* handshake_on_verdict() - the verifier's word. @error: see REFUSE; ignored when admitted. */
enum handshake_order handshake_on_verdict(struct handshake *h, bool admitted, const char *error, const char *why);
/* handshake_on_dialled() - the parent's word. */
enum handshake_order handshake_on_dialled(struct handshake *h, bool connected);
/* handshake_on_secured() - TLS with the upstream stands, or does not; also when it came before INFO. */
enum handshake_order handshake_on_secured(struct handshake *h, bool secured);
/* handshake_on_upstream() - an operation of the upstream before OPEN. */
enum handshake_order handshake_on_upstream(struct handshake *h, const struct nats_op *op);
/* handshake_on_signed() - the signer's word. */
enum handshake_order handshake_on_signed(struct handshake *h, bool given);
/* handshake_on_timeout() - too slow, whoever it waits for. */
enum handshake_order handshake_on_timeout(struct handshake *h);
/* handshake_login() - the CONNECT object to send upstream for this client. */
void handshake_login(const struct handshake *h, struct buf *out, struct bytes jwt, struct bytes sig,
    struct bytes name);

#endif
