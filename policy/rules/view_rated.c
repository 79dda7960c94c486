/*
 * view_rated - grants with a rate: which rule is the first to be paid, and which the next when that
 * one has nothing left.
 *
 * The trie knows the first rule only. The next one is looked for among the few rules with a rate,
 * one by one; that is asked only by who has spent what the first gave.
 */
#include "policy/rules/subject.h"
#include "policy/rules/view.h"

/* spelt_out() - is none of the first @named tokens a wildcard? */
static bool
spelt_out(struct bytes pattern, unsigned named)
{
	for (unsigned i = 0; i < named; i++) {
		struct bytes token = subject_token(pattern, i);

		if (token.len == 0 || bytes_is(token, "*") || bytes_is(token, ">"))
			return false;
	}
	return true;
}

/* names() - a pattern of a rule that grants it? */
static bool
names(const struct view *v, const struct pol_rule *rule, const struct view_rated *q)
{
	struct pol_list l = q->subscribe ? rule->subscribe : rule->publish;

	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_item *item = &v->p->items[l.first + i];
		struct bytes pattern = pol_bytes(v->p, item->text), queue = pol_bytes(v->p, item->queue);

		if (!spelt_out(pattern, q->named))
			continue;
		if (queue.len != 0 && (q->queue.len == 0 || !subject_subset(q->queue, queue)))
			continue;
		if (subject_subset(q->text, pattern))
			return true;
	}
	return false;
}

struct hit
view_rated(const struct view *v, const struct view_rated *q)
{
	struct hit h;

	if (v->n_rated == 0)
		return HIT_NONE;
	h = trie_covers(
	    q->subscribe ? v->rated_subscribe : v->rated_publish, q->words, q->queue, q->named);
	if (h.enforced == RULE_NONE || h.enforced >= q->after)
		return h;
	h.enforced = RULE_NONE;
	for (size_t i = 0; i < v->n_rated && h.enforced == RULE_NONE; i++) {
		const struct pol_rule *rule = &v->p->rules[v->rated[i]];

		if (v->rated[i] < q->after || (rule->flags & POL_OBSERVE) != 0 ||
		    clock_shut(v->p, v->rated[i]))
			continue;
		if (names(v, rule, q))
			h.enforced = v->rated[i];
	}
	return h;
}

size_t
view_rated_at(const struct view *v, uint32_t rule)
{
	size_t lo = 0, hi = v->n_rated;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->rated[mid] < rule)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < v->n_rated && v->rated[lo] == rule ? lo : v->n_rated;
}
