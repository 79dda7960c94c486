/*
 * diff - what one policy allows that another does not, and the reverse, with an example each.
 *
 * Whoever asks and whatever is asked falls into classes that neither policy can tell apart. One of
 * each class is put to both by the code that decides for the gate, so that a difference that is
 * reported is one. Exact over subjects, queues, replies, verbs, dialects, lattices, identities,
 * and conditions on images, globs and numbers; docs/POLICY-TOOLS.md names the bounds. Work is
 * counted: what the budget does not reach is said in ->open, never left out.
 */
#ifndef POLICY_RULES_DIFF_H
#define POLICY_RULES_DIFF_H

#include "policy/rules/rights.h"

enum diff_kind {
	DIFF_MORE = 0, /* the new policy allows it, the old one does not */
	DIFF_LESS,     /* the reverse */
	DIFF_OTHER,    /* both allow it, differently: observed, another limit */
	DIFF_KINDS
};

enum diff_op {
	DIFF_PUBLISH = 1,
	DIFF_SUBSCRIBE,
	DIFF_REPLY,
	DIFF_ANSWER,
	DIFF_HEADER,
	DIFF_COMMAND,
	DIFF_STREAM,    /* reading a stream whole */
	DIFF_EVERYBODY, /* no question: a control prefix, the labels of a host */
	DIFF_LIMIT,     /* how it may answer, how often it may ask ... */
};

/* One side's word on the example. */
struct diff_said {
	enum verdict verdict;
	enum reason reason;
	uint32_t rule; /* of that side's policy */
	enum policy_field field;
	bool would_deny;
	const char *also; /* of a header or a limit: what it says; else NULL */
};

/* Strings belong to the result. */
struct diff_line {
	enum diff_kind kind;
	enum diff_op op;
	const char *who;          /* the smallest identity it is true of */
	const char *what;         /* all of what differs in this way */
	struct diff_said said[2]; /* old, new */
	const char *example;      /* a line of an *.expect file that the new policy keeps, or "" */
	const char *payload;      /* what stands in the file the example names, or NULL */
	const char *file;         /* that file */
};

struct diff_result {
	size_t n;
	struct diff_line *line;
	size_t count[DIFF_KINDS];
	size_t n_open;
	const char **open; /* what was not decided */
	void *memory;
};

/* What a diff may cost. A step is about a tenth of a microsecond. */
struct diff_budget {
	uint64_t steps;
	size_t lines; /* more differences than that are counted, not listed */
};

#define DIFF_BUDGET ((struct diff_budget){ UINT64_C(100000000), 2000 })

/*
 * policy_diff() - Return: 0, -ENOMEM. diff_deinit() after each. Two policies are the same when
 * there is neither a line nor anything open.
 */
int policy_diff(struct diff_result *out, const struct policy *old, const struct policy *new,
    struct diff_budget budget) must_check;
void diff_deinit(struct diff_result *r);
/* diff_put_line() - one difference as text, ends with a newline; @example: and another line with
 * that. */
void diff_put_line(
    struct buf *b, const struct diff_line *l, const struct policy *const p[2], bool example);
/* diff_put_json() - all of it as one object. */
void diff_put_json(struct buf *b, const struct diff_result *r, const struct policy *const p[2]);

#endif
