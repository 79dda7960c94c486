/*
 * diff_found - one difference while it is looked for: who, which rules, and what is said of it.
 */
#ifndef POLICY_RULES_DIFF_FOUND_H
#define POLICY_RULES_DIFF_FOUND_H

#include "policy/rules/diff_priv.h"
#include "policy/rules/expect.h"

struct diff_found {
	enum diff_kind kind;
	enum diff_op op;
	enum verb verb;
	struct diff_said said[2];
	const char *who;
	struct bytes expect[2], own;
	size_t n_from;
	uint32_t from[DIFF_ROLES];
	struct bytes subject, other, payload; /* the example */
	bool has_payload;
	uint32_t dialects; /* a bit each */
	bool *differs;     /* of the allowing rule's patterns: which */
	size_t n_except;
	struct bytes *except; /* patterns that take away from them */
	const char *beyond;   /* of a command: what was allowed before, or stays denied */
};

/* diff_found_begin() - what can be said while @who is there. */
void diff_found_begin(struct diff *d, struct diff_found *f, const struct diff_person *who);
/* diff_found_more() - a case of it. */
void diff_found_more(struct diff *d, struct diff_found *f, const struct diff_case *c);
/* diff_found_side() - the side that allows it, whose rule is described. */
static inline int
diff_found_side(const struct diff_found *f)
{
	return f->kind == DIFF_LESS ? OLD : NEW;
}
/* diff_found_what() - all that differs in this way, as text. */
void diff_found_what(struct buf *b, const struct diff *d, const struct diff_found *f);

#endif
