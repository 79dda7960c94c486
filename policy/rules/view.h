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

/* Who asks a view and remembers what it said. */
struct view_user {
	struct view_user *next, **here;
	void *memory; /* freed and set to NULL when other rules are in force; his */
};

struct view {
	const struct policy *p;
	struct view *next;
	size_t refs;
	uint64_t *roles; /* one bit per role of the policy */
	uint32_t *all;   /* the rules that are for these roles, in order */
	size_t n_all;
	uint32_t *rated; /* those of them with a rate */
	size_t n_rated;
	uint64_t verbs_ever; /* all that they grant somewhere, now or another time */
	struct view_user *users;
	/* what is in force now: */
	uint32_t *rule;
	size_t n_rules;
	uint32_t *verb_rule; /* those of them that hold verbs */
	size_t n_verb_rules;
	struct trie *publish, *deny_publish;
	struct trie *subscribe, *deny_subscribe;
	struct trie *reply;
	struct trie *rated_publish, *rated_subscribe; /* grants with a rate, which are not in the others */
	uint32_t respond_rule; /* the one that gives most answers, or RULE_NONE */
	uint64_t verbs;        /* all that is granted somewhere */
	uint32_t flags;        /* of all rules that grant */
};

/* view_get() - the view of an identity's roles; give it back with view_put(). Return: 0, -ENOMEM. */
int view_get(struct view **out, const struct policy *p, const struct identity *id) must_check;
void view_put(struct view *v);
/* view_watch() - @u wants to know when the rules in force change; until view_unwatch(). */
void view_watch(struct view *v, struct view_user *u);
void view_unwatch(struct view_user *u);
/* view_refresh() - other rules are in force. Return: 0, -ENOMEM (it is as it was). */
int view_refresh(struct view *v) must_check;
/* What is asked about verbs on a lattice. */
struct view_question {
	uint64_t want;   /* an allow needs one of these */
	uint64_t any_of; /* a deny of any of these counts */
	struct bytes lattice;
	const struct where_ask *where; /* the command as a whole; NULL: its body is not known yet */
	uint32_t after;                /* of enforced rules with a rate only those from here on count */
};

struct view_answer {
	struct hit allow, deny;
	struct hit rated; /* allows that have to be paid for; not among the others */
	uint32_t failed; /* the first rule that would allow, were it not for a condition */
	enum policy_field field; /* which */
};

/*
 * view_verbs() - which rules grant and which take away? While the body is not known a rule with
 * conditions may allow, and does not deny yet.
 */
struct view_answer view_verbs(const struct view *v, const struct view_question *q);
/* What is asked about patterns of grants that have a rate. */
struct view_rated {
	const struct words *words;
	struct bytes text, queue; /* the same as text; of a publish no queue */
	bool subscribe;
	unsigned named; /* as for trie_match() */
	uint32_t after; /* of enforced rules only those from here on count */
};

/* view_rated() - which of them grant it? */
struct hit view_rated(const struct view *v, const struct view_rated *q);
/* view_rated_at() - the place of a rule among ->rated, or ->n_rated. */
size_t view_rated_at(const struct view *v, uint32_t rule);
/* view_first_with() - the first enforced rule that grants one of these verbs anywhere, or RULE_NONE. */
uint32_t view_first_with(const struct view *v, uint64_t verbs);
/* view_anywhere() - the first rules that grant one of @verbs on whatever lattice: enforced, and observing. */
struct hit view_anywhere(const struct view *v, uint64_t verbs);
/* view_serve_flag() - does a rule that grants serve on this lattice carry one of these flags? */
bool view_serve_flag(const struct view *v, struct bytes lattice, uint32_t flags);
/* view_flag() - does any rule of these roles carry one of them? */
bool view_flag(const struct view *v, uint32_t flags);
/* view_governs() - does any file of the policy govern this lattice? */
bool view_governs(const struct policy *p, struct bytes lattice);

#endif
