/*
 * tls - TLS as a stream's layer.
 */
#ifndef GATEWAY_TLS_TLS_H
#define GATEWAY_TLS_TLS_H

#include "gateway/io/layer.h"
#include "gateway/tls/context.h"

enum { TLS_FIRST_BYTE = 0x16 }; /* of a ClientHello: a handshake record */

/* tls_layer_new() - one connection's; which side it is, the context says. NULL: no memory. */
struct layer *tls_layer_new(struct tls_context *c);

#endif
