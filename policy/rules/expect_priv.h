/* expect_priv - what the parts of expect share. */
#ifndef POLICY_RULES_EXPECT_PRIV_H
#define POLICY_RULES_EXPECT_PRIV_H

#include "policy/rules/expect.h"

/*
 * expect_ask() - what the line asks, as often as it says, up to the first refusal. Fills all of
 * @got but
 * ->held. Return: 0, -ENOMEM.
 */
int expect_ask(struct expect_got *got, struct rights *r, const struct expect_case *c,
    struct bytes payload) must_check;

#endif
