/*
 * tls - TLS as a stream's layer.
 */
#ifndef GATEWAY_TLS_TLS_H
#define GATEWAY_TLS_TLS_H

#include "gateway/io/layer.h"
#include "gateway/tls/context.h"
#include "policy/core/buf.h"

enum { TLS_FIRST_BYTE = 0x16 }; /* of a ClientHello: a handshake record */

/*
 * tls_peer_chain() - to the end of @out: the certificates a client has shown, its own first, each with its
 * length before it. Nothing when it has shown none; @out fails when there is no room.
 */
void tls_peer_chain(struct layer *l, struct buf *out);
/* tls_layer_new() - one connection's; which side it is, the context says. NULL: no memory. */
struct layer *tls_layer_new(struct tls_context *c);

#endif
