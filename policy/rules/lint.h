/*
 * lint - what is written in a policy but cannot be meant: rules that never decide, and grants wider
 * than anybody wants. Only warnings; what they name is correct and does what it says.
 */
#ifndef POLICY_RULES_LINT_H
#define POLICY_RULES_LINT_H

#include "policy/rules/policy.h"

/*
 * policy_lint() - warnings about a compiled policy, each at the line of its rule:
 * - a pattern, or all verbs, of a grant that an enforced deny for the same roles covers;
 * - a rule that an earlier one for the same roles says already;
 * - reads that two rules allow, one in so many on record by one of them: which of the two counts;
 * - a pattern in the own inbox, which is everybody's;
 * - for everybody ("*"): whole subject trees, reserved spaces, headers by a wildcard, commands that
 *   change something.
 * Every pair is looked at once, with a ceiling on the work; past it the report says so.
 */
void policy_lint(const struct policy *p, struct text_report *report);

#endif
