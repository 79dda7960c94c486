/*
 * msg_signer - what edges and the dispatcher ask the signer: a login for the upstream, and the stamp
 * on a command.
 *
 * The signer makes the token itself, from the verifier's word; of the asker it takes only which
 * connection it is for and the upstream's nonce. An asker cannot name a right. Nor can it name what a
 * stamp is a signature over: that is laid out here, by policy/identity/stamp.c, with the signer's own
 * time and number, and made with a key that signs nothing else.
 */
#ifndef GATEWAY_PROC_MSG_SIGNER_H
#define GATEWAY_PROC_MSG_SIGNER_H

#include "gateway/io/frame.h"
#include "policy/commands/prefix.h"
#include "policy/identity/stamp.h"

enum { SIGNER_NONCE_MAX = 128 };

enum msg_signer {
	MSG_SIGN = 1,          /* edge: conn, nonce */
	MSG_SIGN_COMMAND,      /* dispatcher: client account, nonce, control prefixes */
	MSG_STAMP,             /* dispatcher: its job, what the receiver will see */
	MSG_SIGNED = 32,       /* conn (or the account's request number), jwt, signature */
	MSG_NOT_SIGNED,        /* conn, why */
	MSG_STAMPED,           /* to the dispatcher: job, the header's value; empty: no stamp for that */
	MSG_GATE_KEY,          /* to edges: the public half of this gate's key; before any login */
};

struct msg_sign {
	uint64_t conn;       /* of an edge; of the dispatcher: its own number */
	struct bytes account;/* dispatcher only: the client account to command in */
	struct bytes nonce;
	struct bytes prefixes; /* dispatcher only: prefix_join() of the policy's control prefixes */
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


struct msg_stamp {
	uint64_t job;
	struct stamp_what what;
};

struct msg_stamped {
	uint64_t job;
	struct bytes text;
};

int msg_stamp_put(struct channel *c, const struct msg_stamp *m);
int msg_stamp_get(struct cursor *in, struct msg_stamp *m) must_check;
int msg_stamped_put(struct channel *c, const struct msg_stamped *m);
int msg_stamped_get(struct cursor *in, struct msg_stamped *m) must_check;
int msg_gate_key_put(struct channel *c, const struct nkey *k);
int msg_gate_key_get(struct cursor *in, struct nkey *k) must_check;

#endif
