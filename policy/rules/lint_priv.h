/*
 * lint_priv - what the files of lint share: where a warning belongs, and how much work is left.
 */
#ifndef POLICY_RULES_LINT_PRIV_H
#define POLICY_RULES_LINT_PRIV_H

#include "policy/rules/lint.h"
#include "policy/rules/policy_priv.h"

struct lint {
	const struct policy *p;
	struct text_report *report;
	size_t steps; /* left */
};

#define WARN(l, rule, ...)                                                                         \
	do {                                                                                       \
		char file_[512];                                                                   \
		struct text_node at_ = { .col = 1 };                                               \
                                                                                                   \
		at_.line = lint_place((l)->p, (rule), file_);                                      \
		text_warn((l)->report, &(const struct text){ .file = file_ }, &at_, __VA_ARGS__);  \
	} while (0)

#define NAME(l, rule) ((l)->p->strings + (rule)->name.off)

/* lint_place() - the file a rule stands in. Return: its line. */
uint32_t lint_place(const struct policy *p, const struct pol_rule *rule, char file[512]);
/* lint_step() - one comparison; false when all are spent. */
bool lint_step(struct lint *l);

/*
 * lint_conds_imply() - does every condition of @wide hold wherever those of @narrow do? A deny that
 * is @wide is then always met by what an allow that is @narrow would let through.
 */
bool lint_conds_imply(struct lint *l, const struct pol_rule *narrow, const struct pol_rule *wide);
/* lint_conds() - conditions of one rule that cannot hold together, and globs wider than they look.
 */
void lint_conds(struct lint *l, const struct pol_rule *rule);
/* lint_files() - lattices that two files claim half, and roles nobody uses. */
void lint_files(struct lint *l);

#endif
