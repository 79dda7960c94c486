/*
 * lint_where - conditions: which of two rules says more, and which of one rule exclude each other.
 *
 * Sets of values are compared element by element: a value is covered when one glob of the other
 * side covers it whole. So a yes is certain and a no is not, which is right for warnings.
 */
#include "policy/commands/command.h"
#include "policy/rules/glob.h"
#include "policy/rules/lint_priv.h"
#include "policy/rules/where.h"

static const struct pol_cond *
cond_of(const struct policy *p, const struct pol_rule *rule, enum policy_field field)
{
	for (uint32_t i = 0; i < rule->where.n; i++)
		if (p->conds[rule->where.first + i].field == (uint32_t)field)
			return &p->conds[rule->where.first + i];
	return NULL;
}

static struct bytes
text_of(const struct lint *l, const struct pol_cond *c, uint32_t i)
{
	return pol_bytes(l->p, l->p->items[c->values.first + i].text);
}

static bool
has_scheme(struct bytes head)
{
	return memmem(head.ptr, head.len, "://", 3) != NULL;
}

/* ---- one condition against another of the same field ---- */

static bool
number_covered(struct lint *l, const struct pol_cond *wide, const struct pol_range *in)
{
	for (uint32_t i = 0; i < wide->values.n && lint_step(l); i++) {
		const struct pol_range *out = &l->p->ranges[wide->values.first + i];

		if (pol_u64(out->min) <= pol_u64(in->min) && pol_u64(out->max) >= pol_u64(in->max))
			return true;
	}
	return false;
}

/* An image's two halves stand apart, and a scheme is matched by a scheme only. */
static bool
text_covered(struct lint *l, const struct pol_cond *wide, const struct pol_item *in)
{
	struct bytes head = pol_bytes(l->p, in->text), rest = pol_bytes(l->p, in->queue);

	for (uint32_t i = 0; i < wide->values.n && lint_step(l); i++) {
		const struct pol_item *by = &l->p->items[wide->values.first + i];
		struct bytes first = pol_bytes(l->p, by->text), second = pol_bytes(l->p, by->queue);

		if (where_row((enum policy_field)wide->field)->type != WHERE_IMAGES) {
			if (glob_match(first, head))
				return true;
		} else if (second.len == 0) {
			return true; /* every image */
		} else if (rest.len != 0 && has_scheme(first) == has_scheme(head) &&
			   glob_match(first, head) && glob_match(second, rest)) {
			return true;
		}
	}
	return false;
}

/* values_covered() - is each value of @narrow among those of @wide? */
static bool
values_covered(struct lint *l, const struct pol_cond *narrow, const struct pol_cond *wide)
{
	bool numbers = where_row((enum policy_field)narrow->field)->type == WHERE_NUMBERS;

	if ((narrow->flags & ~wide->flags & POL_COND_OWN) != 0)
		return false;
	for (uint32_t i = 0; i < narrow->values.n; i++)
		if (numbers ? !number_covered(l, wide, &l->p->ranges[narrow->values.first + i])
			    : !text_covered(l, wide, &l->p->items[narrow->values.first + i]))
			return false;
	return true;
}

/* cond_implies() - does @wide hold for every value that @narrow holds for? */
static bool
cond_implies(struct lint *l, const struct pol_cond *narrow, const struct pol_cond *wide)
{
	bool narrow_not = (narrow->flags & POL_COND_NOT) != 0,
	     wide_not = (wide->flags & POL_COND_NOT) != 0;

	if (narrow_not && wide_not)
		return values_covered(l, wide, narrow);
	if (narrow_not)
		return false;
	if (wide_not) /* only "is there" is sure */
		return wide->values.n == 0 && (wide->flags & POL_COND_OWN) == 0 &&
		       (narrow->flags & POL_COND_NONE) == 0;
	return (narrow->flags & ~wide->flags & POL_COND_NONE) == 0 &&
	       values_covered(l, narrow, wide);
}

bool
lint_conds_imply(struct lint *l, const struct pol_rule *narrow, const struct pol_rule *wide)
{
	for (uint32_t i = 0; i < wide->where.n; i++) {
		const struct pol_cond *w = &l->p->conds[wide->where.first + i];
		const struct pol_cond *n = cond_of(l->p, narrow, (enum policy_field)w->field);

		if (n == NULL || !cond_implies(l, n, w))
			return false;
	}
	return l->steps != 0;
}

/* ---- conditions of one rule ---- */

/* A condition that lists what has to be there, and nothing else. */
static const struct pol_cond *
listing(const struct lint *l, const struct pol_rule *rule, enum policy_field field)
{
	const struct pol_cond *c = cond_of(l->p, rule, field);

	return c != NULL && c->flags == 0 && c->values.n != 0 ? c : NULL;
}

static void
excludes(struct lint *l, const struct pol_rule *rule, enum policy_field a, const char *b)
{
	WARN(l, rule, "rule %s can never %s: what its %s lists is nothing that its %s %s",
	    NAME(l, rule), (rule->flags & POL_DENY) != 0 ? "deny" : "allow", policy_field_name(a),
	    b, strcmp(b, "file") == 0 ? "governs" : "lists");
}

/* Could a registry of one of the images be one of those listed? */
static bool
registries_meet(struct lint *l, const struct pol_cond *image, const struct pol_cond *registry)
{
	for (uint32_t i = 0; i < image->values.n; i++) {
		struct bytes head = text_of(l, image, i);

		if (has_scheme(head))
			continue; /* has no registry, or a URL's host */
		for (uint32_t k = 0; k < registry->values.n; k++)
			if (!lint_step(l) || glob_overlap(head, text_of(l, registry, k)))
				return true;
	}
	return false;
}

static struct bytes
scheme_of(struct bytes head)
{
	if (!has_scheme(head))
		return where_scheme_word(IMAGE_OCI);
	if (bytes_starts(head, BYTES_LIT("http")))
		return where_scheme_word(IMAGE_URL);
	return where_scheme_word(bytes_starts(head, BYTES_LIT("file"))     ? IMAGE_FILE
				 : bytes_starts(head, BYTES_LIT("bindle")) ? IMAGE_BINDLE
									   : IMAGE_BUILTIN);
}

static bool
schemes_meet(struct lint *l, const struct pol_cond *image, const struct pol_cond *scheme)
{
	for (uint32_t i = 0; i < image->values.n; i++) {
		struct bytes head = text_of(l, image, i);

		for (uint32_t k = 0; k < scheme->values.n; k++)
			if (!lint_step(l) || bytes_is(head, "*") ||
			    bytes_eq(scheme_of(head), text_of(l, scheme, k)))
				return true;
	}
	return false;
}

/* Could a host that is listed have one of the labels? */
static bool
hosts_meet(struct lint *l, const struct pol_cond *host, const struct pol_cond *label)
{
	for (uint32_t i = 0; i < host->values.n; i++) {
		struct bytes id = text_of(l, host, i);
		const struct pol_host *h = policy_host(l->p, id);

		if (bytes_find(id, '*') != id.len)
			return true;
		for (uint32_t k = 0; h != NULL && k < h->labels.n; k++)
			if (!lint_step(l) ||
			    text_covered(l, label, &l->p->items[h->labels.first + k]))
				return true;
	}
	return false;
}

static bool
lattices_meet(struct lint *l, const struct pol_cond *c, struct pol_list governed)
{
	for (uint32_t i = 0; i < c->values.n; i++)
		for (uint32_t k = 0; k < governed.n; k++)
			if (!lint_step(l) ||
			    glob_overlap(text_of(l, c, i),
				pol_bytes(l->p, l->p->items[governed.first + k].text)))
				return true;
	return false;
}

/* Scales to nothing are stops. */
static bool
only_zero(const struct lint *l, const struct pol_cond *count)
{
	for (uint32_t i = 0; i < count->values.n; i++)
		if (pol_u64(l->p->ranges[count->values.first + i].max) != 0)
			return false;
	return true;
}

/* An allow needs each value of a command in both lists; a deny looks at parts one by one. */
static void
lists_of_an_allow(struct lint *l, const struct pol_rule *rule)
{
	const struct pol_cond *image = listing(l, rule, POLICY_FIELD_IMAGE);
	const struct pol_cond *registry = listing(l, rule, POLICY_FIELD_REGISTRY);
	const struct pol_cond *scheme = listing(l, rule, POLICY_FIELD_SCHEME);
	const struct pol_cond *count = listing(l, rule, POLICY_FIELD_COUNT_OF);
	bool url = false;

	for (uint32_t i = 0; image != NULL && i < image->values.n; i++)
		url |= bytes_starts(text_of(l, image, i), BYTES_LIT("http"));
	if (image != NULL && registry != NULL && !url && !registries_meet(l, image, registry))
		excludes(l, rule, POLICY_FIELD_IMAGE, "registry");
	if (image != NULL && scheme != NULL && !schemes_meet(l, image, scheme))
		excludes(l, rule, POLICY_FIELD_IMAGE, "scheme");
	if (count != NULL && only_zero(l, count) &&
	    (pol_verbs(rule) & ~(VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_START))) == 0)
		WARN(l, rule, "rule %s can never allow: what scales to 0 is actor.stop",
		    NAME(l, rule));
}

/* A star at the edge of a registry's name takes in names that anybody can register. */
static void
loose_images(struct lint *l, const struct pol_rule *rule)
{
	const struct pol_cond *image = cond_of(l->p, rule, POLICY_FIELD_IMAGE);

	if (image == NULL || (image->flags & POL_COND_NOT) != 0)
		return;
	for (uint32_t i = 0; i < image->values.n; i++) {
		struct bytes head = text_of(l, image, i);
		const char *rest = l->p->strings + l->p->items[image->values.first + i].queue.off;

		if (bytes_is(head, "*") || has_scheme(head) || bytes_find(head, '*') == head.len)
			continue;
		if ((head.ptr[0] == '*' && head.ptr[1] != '.') || head.ptr[head.len - 1] == '*')
			WARN(l, rule,
			    "rule %s: image \"%.*s/%s\" also means registries of other owners: a "
			    "star "
			    "in a registry is safe only as \"*.\" at its front",
			    NAME(l, rule), TEXT_ARG(head), rest);
	}
}

void
lint_conds(struct lint *l, const struct pol_rule *rule)
{
	const struct pol_cond *lattice = listing(l, rule, POLICY_FIELD_LATTICE);
	const struct pol_cond *host = listing(l, rule, POLICY_FIELD_HOST);
	const struct pol_cond *label = listing(l, rule, POLICY_FIELD_HOST_LABEL);

	if (rule->where.n == 0)
		return;
	if (lattice != NULL && !lattices_meet(l, lattice, l->p->files[rule->file].lattices))
		excludes(l, rule, POLICY_FIELD_LATTICE, "file");
	if (host != NULL && label != NULL && !hosts_meet(l, host, label))
		excludes(l, rule, POLICY_FIELD_HOST, "host.label");
	if ((rule->flags & POL_DENY) != 0)
		return;
	lists_of_an_allow(l, rule);
	loose_images(l, rule);
}
