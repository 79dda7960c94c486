/*
 * view - what a set of roles may do under a policy: its rules picked out and made quick to ask.
 *
 * Identities with the same roles share one; a policy lists its views, so that ten thousand hosts cost
 * one. Single-threaded, like everything a snapshot is opened for.
 */
#ifndef POLICY_RULES_VIEW_H
#define POLICY_RULES_VIEW_H

#include "policy/identity/identity.h"
#include "policy/rules/policy_priv.h"
#include "policy/rules/trie.h"

struct where_ask;

struct view {
	const struct policy *p;
	struct view *next;
	size_t refs;
	uint64_t *roles; /* one bit per role of the policy */
	uint32_t *rule;  /* the rules that are for these roles, in order */
	size_t n_rules;
	uint32_t *verb_rule; /* those of them that hold verbs */
	size_t n_verb_rules;
	struct trie *publish, *deny_publish;
	struct trie *subscribe, *deny_subscribe;
	struct trie *reply;
	uint32_t respond_rule; /* the one that gives most answers, or RULE_NONE */
	uint64_t verbs;        /* all that is granted somewhere */
	uint32_t flags;        /* of all rules that grant */
};

/* view_get() - the view of an identity's roles; give it back with view_put(). Return: 0, -ENOMEM. */
int view_get(struct view **out, const struct policy *p, const struct identity *id) must_check;
void view_put(struct view *v);
/* What is asked about verbs on a lattice. */
struct view_question {
	uint64_t want;   /* an allow needs one of these */
	uint64_t any_of; /* a deny of any of these counts */
	struct bytes lattice;
	const struct where_ask *where; /* the command as a whole; NULL: its body is not known yet */
};

struct view_answer {
	struct hit allow, deny;
	uint32_t failed; /* the first rule that would allow, were it not for a condition */
	enum policy_field field; /* which */
};

/*
 * view_verbs() - which rules grant and which take away? While the body is not known a rule with
 * conditions may allow, and does not deny yet.
 */
struct view_answer view_verbs(const struct view *v, const struct view_question *q);
/* view_first_with() - the first enforced rule that grants one of these verbs anywhere, or RULE_NONE. */
uint32_t view_first_with(const struct view *v, uint64_t verbs);
/* view_serve_flag() - does a rule that grants serve on this lattice carry one of these flags? */
bool view_serve_flag(const struct view *v, struct bytes lattice, uint32_t flags);
/* view_flag() - does any rule of these roles carry one of them? */
bool view_flag(const struct view *v, uint32_t flags);
/* view_governs() - does any file of the policy govern this lattice? */
bool view_governs(const struct policy *p, struct bytes lattice);

#endif
