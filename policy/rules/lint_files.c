/*
 * lint_files - what only several files, or a file as a whole, show: lattices that two files claim
 * in part, and roles that nothing is for.
 */
#include "policy/rules/glob.h"
#include "policy/rules/lint_priv.h"

/* first_grant() - the first rule of a file that gives verbs, or NULL. */
static const struct pol_rule *
first_grant(const struct policy *p, uint32_t file)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].file == file &&
		    (p->rules[i].flags & (POL_DENY | POL_OBSERVE)) == 0 &&
		    pol_verbs(&p->rules[i]) != 0)
			return &p->rules[i];
	return NULL;
}

/* half_claimed() - two globs that share some names, and each has names of its own. */
static bool
half_claimed(struct lint *l, struct pol_list a, struct pol_list b, struct bytes *x, struct bytes *y)
{
	for (uint32_t i = 0; i < a.n; i++) {
		for (uint32_t k = 0; k < b.n && lint_step(l); k++) {
			*x = pol_bytes(l->p, l->p->items[a.first + i].text);
			*y = pol_bytes(l->p, l->p->items[b.first + k].text);
			if (!glob_match(*x, *y) && !glob_match(*y, *x) && glob_overlap(*x, *y))
				return true;
		}
	}
	return false;
}

/* lattices() - files that grant on lattices they share by accident. */
static void
lattices(struct lint *l)
{
	const struct pol_rule **grant = calloc(l->p->n_files + 1, sizeof(struct pol_rule *));

	if (grant == NULL)
		return; /* a warning less */
	for (uint32_t i = 0; i < l->p->n_files; i++)
		grant[i] = first_grant(l->p, i);
	for (uint32_t i = 0; i < l->p->n_files; i++) {
		for (uint32_t k = 0; k < i; k++) {
			struct bytes x, y;

			if (grant[i] == NULL || grant[k] == NULL ||
			    !half_claimed(
				l, l->p->files[i].lattices, l->p->files[k].lattices, &x, &y))
				continue;
			WARN(l, grant[i],
			    "lattices \"%.*s\" of this file and \"%.*s\" of %s have names in "
			    "common: both "
			    "files grant on those",
			    TEXT_ARG(x), TEXT_ARG(y), l->p->strings + l->p->files[k].name.off);
		}
	}
	free(grant);
}

/* unused() - roles that no rule is for. */
static void
unused(struct lint *l)
{
	bool *used = calloc(l->p->n_roles + 1, sizeof(*used));

	if (used == NULL)
		return;
	for (size_t i = 0; i < l->p->n_rules; i++)
		for (uint32_t k = 0; k < l->p->rules[i].to.n; k++)
			used[l->p->to[l->p->rules[i].to.first + k]] = true;
	for (size_t i = 0; i < l->p->n_roles; i++) {
		const struct pol_role *role = &l->p->roles[i];
		struct text_node at = { .line = role->place.line, .col = role->place.col };

		if (!used[i])
			text_warn(l->report,
			    &(const struct text){
				.file = (char *)(uintptr_t)(l->p->strings +
							    l->p->files[role->file].name.off) },
			    &at, "no rule is for role %s", l->p->strings + role->name.off);
	}
	free(used);
}

void
lint_files(struct lint *l)
{
	lattices(l);
	unused(l);
}
