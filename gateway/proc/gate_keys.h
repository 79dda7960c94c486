/*
 * gate_keys - the public keys of the gates whose stamps are believed besides one's own: in
 * gateway.conf itself, or in files it names.
 */
#ifndef GATEWAY_PROC_GATE_KEYS_H
#define GATEWAY_PROC_GATE_KEYS_H

#include "gateway/proc/config.h"
#include "policy/identity/stamp.h"

/*
 * gate_keys_read() - all of them, or none.
 * @wrong: which file or key could not be taken and why; NULL: not asked
 * Return: 0, TEXT_BAD, -errno of a file that cannot be read.
 */
int gate_keys_read(const struct config *c, struct nkey keys[STAMP_GATES_MAX], size_t *n,
    void (*wrong)(void *ctx, const char *what, const char *why), void *ctx) must_check;

#endif
