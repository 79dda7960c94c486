/*
 * upstream - what the login that is minted for an identity towards the upstream server may not do.
 *
 * A second wall behind the gate's own judgement: an edge that was taken over speaks with these
 * logins. None of them may command; and the reserved spaces are shut unless a rule opens them.
 */
#ifndef POLICY_RULES_UPSTREAM_H
#define POLICY_RULES_UPSTREAM_H

#include "policy/rules/rights.h"

/*
 * upstream_permissions() - deny lists for the minted login of this identity; no allow lists.
 * @out: given; end it with upstream_permissions_deinit().
 *
 * Publish: every command subject (command_deny_under), what is obeyed without being one (guarded.h),
 * `$SYS`, `$JS.API` (also with a domain), `$KV`, `$O`. Subscribe: command subjects and `$SYS` for an
 * identity that neither serves nor watches. Where a rule of the
 * identity names one of the spaces the denial of that space is left out; for `$KV` the buckets of
 * the lattices the policy names literally stay denied. Residual: where lattices are only globs and
 * `$KV` is granted, the edge alone keeps such an identity off the lattices' buckets.
 *
 * Return: 0, -ENOMEM.
 */
int upstream_permissions(const struct rights *r, struct permissions *out) must_check;
void upstream_permissions_deinit(struct permissions *p);
/* policy_upstream_permissions() - the same, by the name other rooms know. */
static inline int
policy_upstream_permissions(const struct rights *r, struct permissions *out)
{
	return upstream_permissions(r, out);
}

#endif
