/*
 * nonces - challenges handed to one edge and not yet answered. Each is good for one login; the
 * oldest is forgotten when there are too many.
 */
#ifndef GATEWAY_PROC_NONCES_H
#define GATEWAY_PROC_NONCES_H

#include "gateway/proc/msg_verifier.h"

enum { NONCES_MAX = 1 << 17 };

struct nonces {
	char (*ring)[NONCE_LEN]; /* NONCES_MAX; allocated as it fills */
	uint32_t *bucket;        /* index + 1 into ring; the others of a bucket by slots behind */
	size_t cap;              /* of ring */
	size_t next;             /* the slot to be used next */
	size_t n;                /* outstanding */
};

/* nonces_make() - @n fresh ones, remembered. Return: 0, -ENOMEM. */
int nonces_make(struct nonces *t, char (*out)[NONCE_LEN], size_t n) must_check;
/* nonces_take() - was it handed out and not used? If so it is used now. Constant time in the content. */
bool nonces_take(struct nonces *t, struct bytes nonce);
void nonces_deinit(struct nonces *t);

#endif
