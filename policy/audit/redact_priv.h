/*
 * redact_priv - what is left of a token.
 */
#ifndef POLICY_AUDIT_REDACT_PRIV_H
#define POLICY_AUDIT_REDACT_PRIV_H

#include "policy/core/buf.h"

enum { REDACT_TOKEN_MAX = 512 };

/*
 * redact_token() - append jwt:iss=..,sub=..,jti=.. of a JWT (its shape was checked);
 * "jwt:unreadable" when it is none after all. At most 3 * 128 bytes and the words.
 */
void redact_token(struct buf *b, struct bytes token);

#endif
