/*
 * policy_clock - which rules are in force now.
 *
 * A snapshot does not change, but what of it counts does: here is one bit a rule, moved only by
 * policy_time(). Nobody here reads a clock. As long as nobody said what time it is, a grant with
 * times is shut and a denial with times holds.
 */
#include <assert.h>
#include <stdlib.h>

#include "policy/rules/policy_priv.h"
#include "policy/rules/view.h"

_Static_assert((int)POLICY_RATE_TEXT == (int)RATE_TEXT, "one room for one text");

struct pol_clock {
	int64_t now_s;
	bool told;
	size_t n_timed;
	uint32_t *timed; /* the rules that have times */
	uint8_t *shut;   /* one bit a rule */
};

void
clock_free(struct pol_clock *c)
{
	if (c == NULL)
		return;
	free(c->timed);
	free(c->shut);
	free(c);
}

static bool
shut(const struct pol_clock *c, uint32_t rule)
{
	return (c->shut[rule / 8] >> (rule % 8) & 1) != 0;
}

/* set_shut() - Return: true when it was otherwise before. */
static bool
set_shut(struct pol_clock *c, uint32_t rule, bool is)
{
	uint8_t bit = (uint8_t)(1U << (rule % 8));

	if (shut(c, rule) == is)
		return false;
	c->shut[rule / 8] ^= bit;
	return true;
}

static bool
in_force(const struct policy *p, const struct pol_rule *rule, int64_t now_s)
{
	if (now_s < (int64_t)pol_u64(rule->from) || now_s >= pol_until(rule))
		return false;
	return rule->during.n == 0 ||
	       window_open(&p->windows[rule->during.first], rule->during.n, now_s);
}

/* move() - every rule with times, by the clock. Return: did one change? */
static bool
move(const struct policy *p, struct pol_clock *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->n_timed; i++) {
		const struct pol_rule *rule = &p->rules[c->timed[i]];

		changed |= set_shut(c, c->timed[i],
		    c->told ? !in_force(p, rule, c->now_s) : (rule->flags & POL_DENY) == 0);
	}
	return changed;
}

int
clock_new(struct policy *p)
{
	struct pol_clock *c;
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules; i++)
		n += pol_timed(&p->rules[i]);
	if (n == 0)
		return 0;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return err_raise(-ENOMEM);
	p->clock = c; /* policy_close() frees it, whatever happens */
	c->timed = calloc(n, sizeof(*c->timed));
	c->shut = calloc(p->n_rules / 8 + 1, 1);
	if (c->timed == NULL || c->shut == NULL)
		return err_raise(-ENOMEM);
	for (uint32_t i = 0; i < p->n_rules; i++) {
		if (!pol_timed(&p->rules[i]))
			continue;
		c->timed[c->n_timed++] = i;
	}
	(void)move(p, c);
	return 0;
}

bool
clock_shut(const struct policy *p, uint32_t rule)
{
	return p->clock != NULL && rule < p->n_rules && shut(p->clock, rule);
}

static int
follow(const struct policy *p)
{
	if (!move(p, p->clock))
		return 0;
	for (struct view *v = *p->views; v != NULL; v = v->next) {
		int r = view_refresh(v);

		if (r != 0)
			return err_pass(r);
	}
	return POLICY_CHANGED;
}

int
policy_time(const struct policy *p, int64_t unix_s)
{
	struct pol_clock *c = p->clock;

	if (c == NULL || (c->told && c->now_s == unix_s))
		return 0;
	c->told = true;
	c->now_s = unix_s;
	return err_pass(follow(p));
}

int
policy_no_time(const struct policy *p)
{
	if (p->clock == NULL || !p->clock->told)
		return 0;
	p->clock->told = false;
	return err_pass(follow(p));
}

/* ---- rules held against each other ---- */

static bool
same_spans(const struct policy *p, struct pol_list a, const struct policy *q, struct pol_list b)
{
	return a.n == b.n && (a.n == 0 || memcmp(&p->windows[a.first], &q->windows[b.first],
					      a.n * sizeof(struct window_span)) == 0);
}

bool
pol_same_times(const struct policy *p, const struct pol_rule *a, const struct policy *q,
    const struct pol_rule *b)
{
	return pol_u64(a->from) == pol_u64(b->from) && pol_u64(a->until) == pol_u64(b->until) &&
	       same_spans(p, a->during, q, b->during);
}

bool
pol_times_cover(const struct policy *p, const struct pol_rule *outer, const struct pol_rule *inner)
{
	static const struct window_span whole = { 0, WINDOW_WEEK_S };
	const struct window_span *span =
	    inner->during.n != 0 ? &p->windows[inner->during.first] : &whole;

	if (pol_u64(outer->from) > pol_u64(inner->from) || pol_until(outer) < pol_until(inner))
		return false;
	return outer->during.n == 0 ||
	       window_covers(&p->windows[outer->during.first], outer->during.n, span,
		   inner->during.n != 0 ? inner->during.n : 1);
}

bool
pol_never(const struct policy *p, const struct pol_rule *rule)
{
	static const struct window_span whole = { 0, WINDOW_WEEK_S };

	return !window_meets(rule->during.n != 0 ? &p->windows[rule->during.first] : &whole,
	    rule->during.n != 0 ? rule->during.n : 1, (int64_t)pol_u64(rule->from),
	    pol_until(rule));
}

/* ---- for people ---- */

const char *
policy_rule_times(const struct policy *p, uint32_t rule)
{
	return rule < p->n_rules ? p->strings + p->rules[rule].times.off : "";
}

const char *
policy_rule_rate(const struct policy *p, uint32_t rule, char out[POLICY_RATE_TEXT])
{
	struct rate rate;

	out[0] = '\0';
	if (rule < p->n_rules && pol_rated(&p->rules[rule])) {
		rate = pol_rate(&p->rules[rule]);
		rate_put(&rate, out);
	}
	return out;
}

uint32_t
policy_rule_sample(const struct policy *p, uint32_t rule)
{
	return rule < p->n_rules && p->rules[rule].sample > 1 ? p->rules[rule].sample : 1;
}

bool
policy_rule_shut(const struct policy *p, uint32_t rule)
{
	return clock_shut(p, rule);
}
