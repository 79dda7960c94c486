/*
 * tls_side - TLS as a process speaks it: what it accepts with, what it connects with, and the way
 * to the keys for both. Of an edge and of the dispatcher.
 */
#ifndef GATEWAY_PROC_TLS_SIDE_H
#define GATEWAY_PROC_TLS_SIDE_H

#include "gateway/proc/child.h"
#include "gateway/proc/tls_hop.h"
#include "gateway/tls/peer.h"
#include "gateway/tls/tls.h"

struct tls_side {
	struct tls_hop hop;
	struct tls_context *clients, *upstream; /* NULL: in clear */
	enum config_first clients_first, upstream_first;
	bool verify, identity;
};

/*
 * tls_side_take() - what the parent says, in place of what there was; connections that stand keep
 * what they began with. Return: 0, TLS_UNUSABLE with @why and everything as it was, -errno.
 */
int tls_side_take(struct tls_side *t, const struct msg_tls *m, char why[TLS_WHY]) must_check;
/* The parent's MSG_TLS_PEER and MSG_TLS, for the handlers of a process. Return: as those. */
int tls_side_on_peer(struct tls_side *t, struct cursor *in, int fd);
int tls_side_on_tls(struct tls_side *t, struct child *child, struct cursor *in);
/* tls_side_layer() - for one connection; NULL: none can be had. */
struct layer *tls_side_layer(struct tls_side *t, bool upstream);

#endif
