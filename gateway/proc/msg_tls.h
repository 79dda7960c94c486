/*
 * msg_tls - what is said about TLS: by the parent to whoever speaks it (certificates and rules, as
 * bytes: they open no file), and between those and the signer, which holds the keys.
 *
 * Signatures have a channel of their own, since who asks for one waits for it: nothing else may
 * have to be handled meanwhile.
 */
#ifndef GATEWAY_PROC_MSG_TLS_H
#define GATEWAY_PROC_MSG_TLS_H

#include "gateway/io/frame.h"
#include "gateway/proc/config.h"
#include "gateway/tls/sign.h"

enum {
	MSG_TLS_SIGN = 1,          /* edge, dispatcher to signer: number, key, scheme, input */
	MSG_TLS_SIGNED = 32,       /* signer: number, signature; empty: refused */
	MSG_TLS_MAX = 1024 * 1024, /* certificates and roots of both sides */
	MSG_TLS_PEM = 448 * 1024,  /* of one file */
};

/* One side's. */
struct msg_tls_side {
	bool on, verify, identity, min_1_3;
	enum config_first first;
	struct bytes chain, ca, ciphers, name; /* texts */
};

struct msg_tls {
	struct msg_tls_side clients, upstream;
};

struct msg_tls_sign {
	uint64_t number;
	struct tls_sign what;
};

struct msg_tls_signed {
	uint64_t number;
	struct bytes sig;
};

/* msg_tls_put() - MSG_TLS of msg_parent.h */
int msg_tls_put(struct channel *c, const struct msg_tls *m);
int msg_tls_get(struct cursor *in, struct msg_tls *m) must_check;
int msg_tls_sign_put(struct channel *c, const struct msg_tls_sign *m);
int msg_tls_sign_get(struct cursor *in, struct msg_tls_sign *m) must_check;
int msg_tls_signed_put(struct channel *c, const struct msg_tls_signed *m);
int msg_tls_signed_get(struct cursor *in, struct msg_tls_signed *m) must_check;

#endif
