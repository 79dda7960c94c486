/*
 * flips - decisions that would fall otherwise, counted by who, by which rule was and by which is.
 * At most FLIPS_GROUPS of them; what would need one more is counted together.
 */
#ifndef GATEWAY_CLI_FLIPS_H
#define GATEWAY_CLI_FLIPS_H

#include "policy/audit/record.h"
#include "policy/core/buf.h"

enum { FLIPS_GROUPS = 1024 };

enum flip_kind {
	FLIP_ALLOW_DENY = 0,
	FLIP_DENY_ALLOW,
	FLIP_WOULD_DENY, /* allowed both times, once only because a rule observes */
	FLIP_KINDS
};

/* One decision as it is shown. */
struct flip_side {
	bool allow, would_deny;
	struct bytes rule, reason, field;
};

struct flip_example {
	uint64_t seq;
	int64_t time_ns;
	char verb[64], target[160];
};

struct flip_group {
	enum flip_kind kind;
	bool mismatch; /* the same policy, and yet another decision */
	char account[64], user[64], name[64];
	char was_rule[128], was_reason[32], rule[128], reason[32], field[32];
	uint64_t count;
	struct flip_example first, last;
};

struct flips {
	uint64_t total[FLIP_KINDS], mismatches;
	uint64_t overflow; /* of those without a group of their own */
	size_t n;
	struct flip_group *group; /* FLIPS_GROUPS of them */
	uint16_t *slot;           /* 0: empty, else a group's number and one */
};

/* flips_init() - Return: 0, -ENOMEM. */
int flips_init(struct flips *f) must_check;
void flips_deinit(struct flips *f);
/* flips_add() - compare two decisions on a record. Return: do they differ? */
bool flips_add(struct flips *f, const struct record *r, const struct flip_side *was,
    const struct flip_side *is, bool mismatch);
/* flips_sort() - allow to deny first, then by count. */
void flips_sort(struct flips *f);
/* flips_put_text(), flips_put_json() - the groups; an array. */
void flips_put_text(const struct flips *f, struct buf *out);
void flips_put_json(const struct flips *f, struct buf *out);
/* flip_kind_name() - "allow -> deny". */
const char *flip_kind_name(enum flip_kind k);

#endif
