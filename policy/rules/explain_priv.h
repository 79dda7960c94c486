/* explain_priv - what the two halves of an explanation share. */
#ifndef POLICY_RULES_EXPLAIN_PRIV_H
#define POLICY_RULES_EXPLAIN_PRIV_H

#include "policy/rules/explain.h"
#include "policy/rules/policy_priv.h"
#include "policy/rules/rights_priv.h"

/*
 * explain_remedy() - the last step of @e was denied: what would allow it. Fills remedy, advice,
 * govern and lattice. Return: 0, -ENOMEM.
 */
int explain_remedy(struct explanation *e, const struct rights *r, const struct identity *id,
    const struct explain_question *q) must_check;

#endif
