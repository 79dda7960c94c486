/*
 * base64_priv - RFC 4648 section 4 with padding, in its one spelling.
 */
#ifndef POLICY_AUDIT_BASE64_PRIV_H
#define POLICY_AUDIT_BASE64_PRIV_H

#include "policy/core/bytes.h"

/* base64_decode() - @text, not empty, into @out (room @cap). Return: was it the one spelling of
 * that? */
bool base64_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n);

#endif
