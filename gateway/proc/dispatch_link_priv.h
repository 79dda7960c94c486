/*
 * dispatch_link_priv - a connection that may command, in its files: dispatch_link.c keeps it and
 * what goes through it, dispatch_login.c is how it comes to be open.
 */
#ifndef GATEWAY_PROC_DISPATCH_LINK_PRIV_H
#define GATEWAY_PROC_DISPATCH_LINK_PRIV_H

#include "gateway/proc/dispatcher_priv.h"

/* link_find() - by its name towards parent and signer; NULL: there is none. */
struct link *link_find(uint64_t token);
/* link_fail() - this connection is of no use: who waits for it is refused, what was sent is
 * uncertain. */
void link_fail(struct link *l, const char *why);
void link_flush(struct link *l);
/* link_opened() - it is logged in: what waited goes. */
void link_opened(struct link *l);

/* link_shake() - the TLS handshake goes on; the login follows it. */
void link_shake(struct link *l);
/* link_secure() - TLS begins; nothing that came in clear is left. */
void link_secure(struct link *l);
/* link_on_login() - an operation before it is open: INFO, then PONG. */
void link_on_login(struct link *l, const struct nats_op *op);

#endif
