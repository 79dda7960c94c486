/*
 * signer_tls - the signer's part in TLS handshakes: it signs, for edges and the dispatcher.
 */
#ifndef GATEWAY_PROC_SIGNER_TLS_H
#define GATEWAY_PROC_SIGNER_TLS_H

#include "gateway/proc/child.h"

/* signer_tls_begin() - before anything else of it. */
void signer_tls_begin(struct child *child);
/* signer_tls_file() - "tls_key" or "upstream_tls_key". Return: as tls_private_read(). */
int signer_tls_file(const char *name, struct bytes pem, const char **why) must_check;
/* signer_tls_on_peer() - MSG_TLS_PEER: who will ask. */
int signer_tls_on_peer(struct channel *c, struct cursor *in, int fd);

#endif
