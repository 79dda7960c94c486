/*
 * explain - why a message is allowed or denied: what each rule says of it, which one decides, and
 * the smallest rule that would let it through.
 *
 * Each rule is asked alone, by the code that decides for the gate, so that an explanation cannot
 * disagree with the gate. Slow, for people; nothing on the data path asks here.
 */
#ifndef POLICY_RULES_EXPLAIN_H
#define POLICY_RULES_EXPLAIN_H

#include "policy/rules/rights.h"

enum explain_op {
	EXPLAIN_PUB = 1,
	EXPLAIN_SUB,
};

struct explain_question {
	enum explain_op op;
	struct bytes subject; /* or pattern */
	struct bytes other;   /* PUB: the reply, SUB: the queue; may be empty */
	const struct bytes
	    *payload; /* of a command; NULL: only its subject is judged, as a first look */
};

enum explain_says {
	EXPLAIN_SILENT = 0, /* does not name it */
	EXPLAIN_ALLOWS,
	EXPLAIN_DENIES,
};

/* What one rule says. */
struct explain_rule {
	uint32_t rule;
	enum explain_says says;
	enum reason why; /* of a silent one: what would be answered if it were the only rule */
	enum policy_field
	    field; /* of its condition that does not hold (REASON_WHERE), or decides */
	bool observes;
	bool shut; /* out of force now: ->says is what it would say at another time */
	bool decides;
};

/* One question to the rules: the subject, and then the reply when there is one. */
struct explain_step {
	struct bytes subject;
	struct decision d;
	struct decision unnarrowed; /* what the rules say without the credential's own lists */
	size_t n;
	struct explain_rule *rule; /* of the identity's roles, in order */
};

struct explanation {
	struct decision d; /* of all together */
	bool is_command;
	struct command command; /* slices of the question */
	enum verb verb;         /* what it turned out to be, with its payload read */
	bool refused;           /* the payload cannot be read: */
	struct body_fault fault;
	void *memory; /* what the fault names */
	size_t n_roles;
	uint32_t *role; /* the roles the identity has; see explain_role_name() */
	size_t n_steps;
	struct explain_step step[2];
	/* of a deny: what would allow it */
	char *remedy; /* text of a policy, to be added to ->remedy_file; NULL: no rule can */
	const char *remedy_file;
	bool govern; /* ->command's or the pattern's lattice must be added to `lattices` too */
	struct bytes lattice;
	const char *advice; /* when no rule can: why, and what else; a constant. Else NULL */
};

/*
 * explain() - @id and @q as the gate would see them. Borrows both, and @p, until
 * explanation_deinit(). Return: 0, -EINVAL (a zeroed identity, a list nobody can read), -ENOMEM;
 * *out is the caller's after each.
 */
int explain(struct explanation *out, const struct policy *p, const struct identity *id,
    const struct explain_question *q) must_check;
void explanation_deinit(struct explanation *e);
/*
 * explain_extras() - what a rule says that no single message shows: "unstamped, host_id pinned, rpc",
 * whole streams, how many answers. Appends nothing for most.
 */
void explain_extras(const struct policy *p, uint32_t rule, struct buf *b);
/* explain_role_name(), explain_role_file() - of a role by number. */
const char *explain_role_name(const struct policy *p, uint32_t role);
const char *explain_role_file(const struct policy *p, uint32_t role);

#endif
