/* suites - the test cases of policy/rules and what they share. */
#ifndef TESTS_UNIT_POLICY_RULES_SUITES_H
#define TESTS_UNIT_POLICY_RULES_SUITES_H

#include <check.h>

#include "policy/rules/rights.h"

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"
#define OTHER "AABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAE7QF"
#define USER "UAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLL5"
#define HOST "NAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCSXW"
#define HOST2 "NABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAFC7R"

/* A policy compiled from text, and one person under it. */
struct world {
	struct buf snapshot;
	struct policy *policy;
	struct identity id;
	struct rights *rights;
};

/* world_policy() - compile and open; the test fails with the report when it does not compile. */
void world_policy(struct world *w, const char *file, struct bytes text);
/* world_person() - somebody of an account with tags, NULL-terminated; not judged before world_login(). */
void world_person(struct world *w, const char *account, ...);
/* world_allow() - add to one of the lists of the credential. */
void world_list(struct subject_list *l, const char *item);
void world_login(struct world *w);
void world_logout(struct world *w);
void world_end(struct world *w);

/* Rule name of a decision, for messages. */
#define RULE(w, d) policy_rule_name((w)->policy, (d).rule)

TCase *subject_tests(void);
TCase *glob_tests(void);
TCase *trie_tests(void);
TCase *compile_tests(void);
TCase *guard_tests(void);
TCase *vars_tests(void);
TCase *snapshot_tests(void);
TCase *rights_tests(void);
TCase *grant_tests(void);
TCase *narrow_tests(void);
TCase *upstream_tests(void);
TCase *vector_tests(void);
TCase *docs_tests(void);
TCase *where_tests(void);
TCase *expect_tests(void);
TCase *rate_tests(void);
TCase *window_tests(void);
TCase *bounds_tests(void);
TCase *explain_tests(void);
TCase *lint_tests(void);
TCase *diff_tests(void);
TCase *agree_tests(void);

#endif
