/*
 * role - who has which role of a policy.
 */
#ifndef POLICY_RULES_ROLE_H
#define POLICY_RULES_ROLE_H

#include "policy/identity/identity.h"
#include "policy/rules/policy_priv.h"

enum { ROLE_CERTIFICATE_MAX = 1000 };

/* role_has() - is everything true that the role asks for? */
bool role_has(const struct policy *p, const struct pol_role *role, const struct identity *id);
/* role_certificate_ok() - can this stand in `certificates`? */
bool role_certificate_ok(struct bytes text);
/* role_certificate_fits() - does a name of a certificate fit one of them? */
bool role_certificate_fits(struct bytes listed, struct bytes name);

#endif
