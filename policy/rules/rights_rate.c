/*
 * rights_rate - paying for what a rule with a rate allowed.
 *
 * Rules are paid in the order of the files: the first that has something left is the one that
 * allows. When all of them are spent, a rule that observes may still let it through; otherwise the
 * refusal names the first of them. A bucket is looked for when it is first needed and kept as long
 * as the rights live, because one identity has few rules with a rate and uses fewer.
 */
#include "policy/rules/meters.h"
#include "policy/rules/rights_priv.h"

void
rights_meter(struct rights *r, struct meters *t)
{
	for (size_t i = 0; r->meter != NULL && i < r->view->n_rated; i++)
		meters_put(r->meters, r->meter[i]);
	free(r->meter);
	r->meter = NULL;
	r->meters = t;
}

/* meter_of() - the bucket of a rule. Return: NULL when there is no memory, or no table. */
static struct meter *
meter_of(struct rights *r, uint32_t rule, uint64_t now_ms)
{
	size_t at = view_rated_at(r->view, rule);
	struct meter_key key = { .account = r->account, .user = r->name };
	struct rate rate;

	if (r->meters == NULL || at == r->view->n_rated)
		return NULL;
	if (r->meter == NULL) {
		r->meter = calloc(r->view->n_rated, sizeof(struct meter *));
		if (r->meter == NULL)
			return NULL;
	}
	if (r->meter[at] == NULL) {
		rate = pol_rate(&r->p->rules[rule]);
		key.rule = pol_bytes(r->p, r->p->rules[rule].name);
		r->meter[at] = meters_get(r->meters, &key, &rate, now_ms);
	}
	return r->meter[at];
}

/* A question that may have to be asked again. */
struct asked {
	enum { PAY_PUBLISH, PAY_SUBSCRIBE, PAY_COMMAND } what;
	struct bytes subject, queue;
	const struct command *c;
	const struct body *b;
};

static struct decision
again(const struct rights *r, const struct asked *a, uint32_t after)
{
	switch (a->what) {
	case PAY_PUBLISH:
		return judge_publish(r, a->subject, after);
	case PAY_SUBSCRIBE:
		return judge_subscribe(r, a->subject, a->queue, after);
	case PAY_COMMAND:
		return judge_body(r, a->subject, a->c, a->b, after);
	}
	return judge_deny(REASON_NO_RULE);
}

static struct decision
pay(struct rights *r, const struct asked *a, struct decision d, uint64_t now_ms)
{
	uint32_t spent = RULE_NONE;

	while (d.rated != 0) {
		uint32_t rule = d.rated - 1;
		struct meter *m = meter_of(r, rule, now_ms);

		if (m != NULL && meter_take(m, now_ms))
			return d;
		spent = spent == RULE_NONE ? rule : spent;
		if ((r->p->rules[rule].flags & POL_OBSERVE) != 0) {
			d.rule = rule;
			d.reason = REASON_RATE;
			return d;
		}
		d = again(r, a, d.rated);
	}
	if (d.verdict == VERDICT_ALLOW || spent == RULE_NONE)
		return d;
	d = judge_deny(REASON_RATE);
	d.rule = spent;
	return d;
}

struct decision
rights_pay_publish(struct rights *r, struct bytes subject, struct decision d, uint64_t now_ms)
{
	return pay(r, &(struct asked){ .what = PAY_PUBLISH, .subject = subject }, d, now_ms);
}

struct decision
rights_pay_subscribe(
    struct rights *r, struct bytes pattern, struct bytes queue, struct decision d, uint64_t now_ms)
{
	return pay(r, &(struct asked){ .what = PAY_SUBSCRIBE, .subject = pattern, .queue = queue },
	    d, now_ms);
}

struct decision
rights_pay_command(struct rights *r, struct bytes subject, const struct command *c,
    const struct body *b, struct decision d, uint64_t now_ms)
{
	return pay(r, &(struct asked){ .what = PAY_COMMAND, .subject = subject, .c = c, .b = b }, d,
	    now_ms);
}

struct decision
rights_unpaid(struct decision d)
{
	uint32_t rule = d.rated - 1;

	if (d.rated == 0)
		return d;
	d = judge_deny(REASON_RATE);
	d.rule = rule;
	return d;
}

uint64_t
rights_wait_ms(const struct rights *r, uint32_t rule, uint64_t now_ms)
{
	size_t at = rule != RULE_NONE ? view_rated_at(r->view, rule) : r->view->n_rated;

	if (r->meter == NULL || at == r->view->n_rated || r->meter[at] == NULL)
		return 0;
	return meter_wait_ms(r->meter[at], now_ms);
}
