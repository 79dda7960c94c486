/* claims - pieces the two halves of the decoder share: fields in claims_grant.c, tokens in claims.c. */
#ifndef POLICY_IDENTITY_CLAIMS_PRIV_H
#define POLICY_IDENTITY_CLAIMS_PRIV_H

#include "policy/identity/claims.h"

/*
 * Readers of one optional member of @obj; absent leaves *out as it was. @why names the member.
 * Return: 0, JWT_BAD, -ENOMEM.
 */
int claims_bool(const struct json *js, size_t obj, const char *name, bool *out, char *why) must_check;
int claims_limit(const struct json *js, size_t obj, const char *name, int64_t *out, char *why) must_check;
/* claims_child() - an object or array member: *at is its token, 0 when absent. */
int claims_child(const struct json *js, size_t obj, const char *name, enum json_kind kind, size_t *at,
    char *why) must_check;
/* claims_permissions() - {pub, sub, resp} of @obj; templates may hold {{...}}. */
int claims_permissions(struct permissions *p, const struct json *js, size_t obj, bool templates, char *why)
    must_check;
/* claims_permissions_say() - do they say anything a server would not take for nothing? */
bool claims_permissions_say(const struct permissions *p);
/* claims_grant() - everything of struct claims_grant that stands in @obj. */
int claims_grant(struct claims_grant *g, const struct json *js, size_t obj, bool templates, char *why)
    must_check;

#endif
