/*
 * msg_signer - what edges and the dispatcher ask the signer: a login for the upstream.
 *
 * The signer makes the token itself, from the verifier's word; of the asker it takes only which
 * connection it is for and the upstream's nonce. An asker cannot name a right.
 */
#ifndef GATEWAY_PROC_MSG_SIGNER_H
#define GATEWAY_PROC_MSG_SIGNER_H

#include "gateway/io/frame.h"

enum { SIGNER_NONCE_MAX = 128 };

enum msg_signer {
	MSG_SIGN = 1,          /* edge: conn, nonce */
	MSG_SIGN_COMMAND,      /* dispatcher: client account, nonce */
	MSG_SIGNED = 32,       /* conn (or the account's request number), jwt, signature */
	MSG_NOT_SIGNED,        /* conn, why */
};

struct msg_sign {
	uint64_t conn;       /* of an edge; of the dispatcher: its own number */
	struct bytes account;/* dispatcher only: the client account to command in */
	struct bytes nonce;
};

struct msg_signed {
	uint64_t conn;
	struct bytes jwt;
	struct bytes sig; /* 64 bytes; empty in MSG_NOT_SIGNED */
	struct bytes why;
};

int msg_sign_put(struct channel *c, enum msg_signer type, const struct msg_sign *m);
int msg_sign_get(struct cursor *in, struct msg_sign *m) must_check;
int msg_signed_put(struct channel *c, enum msg_signer type, const struct msg_signed *m);
int msg_signed_get(struct cursor *in, struct msg_signed *m) must_check;

#endif
