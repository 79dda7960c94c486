/*
 * msg_verifier - what edges ask the verifier, and what it tells those who must know who somebody
 * is: the edge, the signer, the dispatcher, the auditor.
 *
 * A connection is named by the edge's number and the edge's own count; which edge it is, the
 * receiver knows from the channel and not from the message.
 */
#ifndef GATEWAY_PROC_MSG_VERIFIER_H
#define GATEWAY_PROC_MSG_VERIFIER_H

#include "gateway/io/frame.h"
#include "gateway/auth/sources.h"
#include "policy/identity/identity.h"

enum {
	NONCE_LEN = 22,
	NONCE_BATCH = 256,
	LOGIN_MAX = 64 * 1024,
	LOGIN_CHAIN_MAX = 32 * 1024, /* PEER_CHAIN_MAX of gateway/tls/peer.h */
	STILL_MAX = 1024,
};

enum msg_verifier {
	MSG_LOGIN = 1, /* edge: a CONNECT to be judged */
	MSG_LEFT,      /* edge: a connection that logged in, or asked to, is gone */
	MSG_WANT_NONCES, /* edge */
	MSG_STILL,       /* edge: connections it has that were admitted, first of all; MSG_END answers for strangers */
	MSG_STILL_END,   /* edge: those were all; only now may it ask for anything */
	MSG_WHO_WANTED,  /* verifier to signer, when it is new: MSG_WHO for each, then MSG_WHO_ALL */
	MSG_NONCES = 32, /* verifier to edge: a batch, each good for one login */
	MSG_ADMIT,       /* verifier to edge: conn, identity */
	MSG_TURN_AWAY,   /* verifier to edge: conn, error for the wire, why */
	MSG_END,         /* verifier to edge: a live connection must end: conn, error, why */
	MSG_WHO,         /* verifier to signer, dispatcher, auditor: edge, conn, identity, upstream rights */
	MSG_WHO_LEFT,    /* verifier to the same: edge, conn */
	MSG_LOGIN_REFUSED, /* verifier to auditor */
	MSG_FAULT,         /* verifier to every edge: a login was refused, and where it came from */
	MSG_WHO_ALL,     /* verifier to signer, dispatcher, auditor; signer to verifier: those were all */
};

struct msg_login {
	uint64_t conn;
	struct bytes nonce, jwt, sig; /* jwt empty: by certificate */
	struct bytes chain;           /* what the client has shown: tls_peer_chain() */
	char source[64];
	uint8_t listener; /* which one accepted it: struct setup */
};

struct msg_end {
	uint64_t conn;
	struct bytes error; /* for the wire; empty: nothing is said */
	struct bytes why;
};

struct msg_who {
	uint32_t edge;
	uint64_t conn;
	struct identity identity;     /* owned by the receiver */
	struct permissions upstream;  /* to the signer: what its upstream login may do; owned by the receiver */
	uint8_t listener;             /* the edge's word */
};

struct msg_refused {
	uint32_t edge;
	uint64_t conn;
	struct bytes code, why, user, account; /* user and account as claimed, unproven */
	char source[64];
	uint8_t listener;
};

int msg_login_put(struct channel *c, const struct msg_login *m);
int msg_login_get(struct cursor *in, struct msg_login *m) must_check;
/* msg_conn: MSG_LEFT */
int msg_conn_put(struct channel *c, uint16_t type, uint64_t conn);
int msg_conn_get(struct cursor *in, uint64_t *conn) must_check;
int msg_want_nonces_put(struct channel *c);
int msg_nonces_put(struct channel *c, const char (*nonce)[NONCE_LEN], size_t n);
/* msg_nonces_get() - borrows: n * NONCE_LEN characters */
int msg_nonces_get(struct cursor *in, struct bytes *all) must_check;
int msg_admit_put(struct channel *c, uint64_t conn, const struct identity *id);
int msg_admit_get(struct cursor *in, uint64_t *conn, struct identity *id) must_check;
/* msg_end: MSG_TURN_AWAY, MSG_END */
int msg_end_put(struct channel *c, uint16_t type, uint64_t conn, const char *error, const char *why);
int msg_end_get(struct cursor *in, struct msg_end *m) must_check;
/* msg_still_put() - @n <= STILL_MAX connections; MSG_STILL_END has no body */
int msg_still_put(struct channel *c, const uint64_t *conn, size_t n);
/* msg_still_get() - Return: 0, -EBADMSG. */
int msg_still_get(struct cursor *in, uint64_t conn[STILL_MAX], size_t *n) must_check;
/* msg_word: MSG_STILL_END, MSG_WHO_WANTED: no body */
int msg_word_put(struct channel *c, enum msg_verifier type);
/* msg_who_all: @lost records of refused logins that nobody could be given */
int msg_who_all_put(struct channel *c, uint64_t lost);
int msg_who_all_get(struct cursor *in, uint64_t *lost) must_check;
/* msg_who_put() - @upstream NULL: none is sent */
int msg_who_put(struct channel *c, uint32_t edge, uint64_t conn, uint8_t listener, const struct identity *id,
    const struct permissions *upstream);
int msg_who_get(struct cursor *in, struct msg_who *m) must_check;
void msg_who_deinit(struct msg_who *m);
int msg_who_left_put(struct channel *c, uint32_t edge, uint64_t conn);
int msg_who_left_get(struct cursor *in, uint32_t *edge, uint64_t *conn) must_check;
int msg_fault_put(struct channel *c, const char *source, enum source_fault fault);
int msg_fault_get(struct cursor *in, char source[64], enum source_fault *fault) must_check;
int msg_refused_put(struct channel *c, const struct msg_refused *m);
int msg_refused_get(struct cursor *in, struct msg_refused *m) must_check;

#endif
