/*
 * rule_bounds - the keys of a rule that say how often and when it holds: `rate` and `burst`,
 * `during` and `zone`, `from` and `until`; and `sample`, how often it is told.
 *
 * They are read when all of the rule is known, because a zone may stand below the hours it is meant
 * for. The zone is taken off here: a snapshot knows UTC only.
 */
#include "policy/commands/command.h"
#include "policy/rules/parse_priv.h"

#define NO_COMMANDS VERBS_NO_COMMAND

void
rule_rate(struct rule_place *rp, struct text_node *e)
{
	rp->rate = e;
}

void
rule_burst(struct rule_place *rp, struct text_node *e)
{
	rp->burst = e;
}

void
rule_sample(struct rule_place *rp, struct text_node *e)
{
	rp->sample = e;
}

void
rule_during(struct rule_place *rp, struct text_node *e)
{
	rp->during = e;
}

void
rule_zone(struct rule_place *rp, struct text_node *e)
{
	rp->zone = e;
}

void
rule_from(struct rule_place *rp, struct text_node *e)
{
	rp->from = e;
}

void
rule_until(struct rule_place *rp, struct text_node *e)
{
	rp->until = e;
}

/* ---- how often ---- */

/* What is granted by being there, or counted by a key of its own, has no rate. */
static void
countable(struct rule_place *rp)
{
	struct pol_rule *rule = &rp->rule;

	if (rp->denies)
		COMPLAIN(rp->at, rp->rate,
		    "a rate belongs to a rule that grants: a denial has no measure");
	if (rp->unconditional != 0)
		COMPLAIN(rp->at, rp->rate,
		    "serve and control.watch are no messages that could be counted: give them a "
		    "rule "
		    "without a rate");
	if (rule->reply.n != 0 || rule->headers.n != 0 || rule->strip.n != 0 ||
	    rule->streams.n != 0 || rule->respond != 0)
		COMPLAIN(rp->at, rp->rate,
		    "a rate counts commands, publishes and subscriptions: give reply, respond, "
		    "headers, "
		    "strip_headers and streams a rule of their own");
	rule->verbs[0] &= (uint32_t)~NO_COMMANDS;
	rule->verbs[1] &= (uint32_t)(~NO_COMMANDS >> 32);
}

static void
read_rate(struct rule_place *rp)
{
	struct text_report *report = rp->at->d->report;
	struct bytes s = BYTES_NULL;
	struct rate rate;
	uint64_t burst;

	if (rp->rate == NULL) {
		if (rp->burst != NULL)
			COMPLAIN(rp->at, rp->burst, "burst needs rate = \"10/s\"");
		return;
	}
	countable(rp);
	if (text_get_string(rp->at->t, rp->rate, &s, report) != 0)
		return;
	if (!rate_parse(s, &rate)) {
		COMPLAIN(rp->at, rp->rate,
		    "'%.*s' is no rate: 1 to %d a second, minute or hour: 10/s, 10/m, 10/h",
		    TEXT_ARG(s), RATE_MAX);
		return;
	}
	burst = rate.burst;
	if (text_get_number(rp->at->t, rp->burst, 1, RATE_MAX, &burst, report) != 0)
		return;
	rp->rule.rate = rate.n;
	rp->rule.rate_ms = (uint32_t)rate.period_ms;
	rp->rule.burst = (uint32_t)burst;
}

/* ---- how often it is told ---- */

/* sample_parse() - "1 in 10". Return: 0 when it is not that. */
static uint32_t
sample_parse(struct bytes s)
{
	static const struct bytes begin = BYTES_LIT("1 in ");
	uint32_t n = 0;

	if (!bytes_starts(s, begin) || s.len == begin.len || s.len > begin.len + 7 || s.ptr[begin.len] == '0')
		return 0;
	for (size_t i = begin.len; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	return n <= POLICY_SAMPLE_MAX ? n : 0;
}

/* read_sample() - nothing that changes something goes without a record, so it is a mistake beside such a verb. */
static void
read_sample(struct rule_place *rp)
{
	uint64_t verbs = pol_verbs(&rp->rule);
	struct bytes s = BYTES_NULL;

	if (rp->sample == NULL || text_get_string(rp->at->t, rp->sample, &s, rp->at->d->report) != 0)
		return;
	if (rp->denies)
		COMPLAIN(rp->at, rp->sample,
		    "sample belongs to a rule that allows: every denial is on record");
	else if (command_verbs_mutate(verbs) || (verbs & VERBS_NO_COMMAND) != 0)
		COMPLAIN(rp->at, rp->sample,
		    "sample is for commands that only read: give the other verbs a rule of their "
		    "own");
	else if (verbs == 0)
		COMPLAIN(rp->at, rp->sample,
		    "sample needs allow = [verbs]: nothing else is on record one by one");
	rp->rule.sample = sample_parse(s);
	if (rp->rule.sample == 0)
		COMPLAIN(rp->at, rp->sample, "'%.*s' is no sample: \"1 in 10\", up to 1 in %d",
		    TEXT_ARG(s), POLICY_SAMPLE_MAX);
}

/* ---- when ---- */

static void
read_zone(struct rule_place *rp, int32_t *zone_s, struct bytes *name)
{
	struct bytes s = BYTES_NULL;
	const char *why;

	*zone_s = rp->at->zone_s;
	*name = rp->at->zone;
	if (rp->zone == NULL)
		return;
	if (rp->during == NULL)
		COMPLAIN(rp->at, rp->zone,
		    "zone says where the hours of during are meant: there are none");
	if (text_get_string(rp->at->t, rp->zone, &s, rp->at->d->report) != 0)
		return;
	why = window_zone(s, zone_s);
	if (why != NULL)
		COMPLAIN(rp->at, rp->zone, "'%.*s': %s", TEXT_ARG(s), why);
	*name = s;
}

static void
read_during(struct rule_place *rp, struct buf *shown)
{
	struct buf *part = &rp->at->d->part[POL_WINDOWS];
	struct window_spans w = { 0 };
	struct bytes zone;
	int32_t zone_s;
	size_t texts = 0;

	read_zone(rp, &zone_s, &zone);
	if (rp->during == NULL)
		return;
	for (struct text_node *n = parse_elements(rp->at, rp->during); n != NULL; n = n->next) {
		const char *why = n->kind != TEXT_WORD          ? "expected a text"
				  : texts++ == WINDOW_MAX_TEXTS ? "too many windows"
								: window_add(&w, n->text, zone_s);

		if (why != NULL) {
			COMPLAIN(rp->at, n, "'%.*s': %s", TEXT_ARG(n->text), why);
			return;
		}
		buf_put_str(shown, shown->len != 0 ? ", " : "");
		buf_put(shown, n->text);
	}
	buf_put_u8(shown, ' ');
	if (zone.len != 0)
		buf_put(shown, zone);
	else
		buf_put_str(shown, "UTC");
	rp->rule.during = (struct pol_list){ parse_count(rp->at->d, POL_WINDOWS, sizeof(w.span[0])),
		(uint32_t)w.n };
	buf_put(part, bytes_of(w.span, w.n * sizeof(w.span[0])));
}

/* read_moment() - of `from` or `until`. Return: 0 when there is none. */
static int64_t
read_moment(struct rule_place *rp, struct text_node *e, uint32_t half[2], struct buf *shown)
{
	struct bytes s = BYTES_NULL;
	const char *why;
	int64_t at = 0;

	if (e == NULL || text_get_string(rp->at->t, e, &s, rp->at->d->report) != 0)
		return 0;
	why = window_instant(s, &at);
	if (why == NULL && at == 0)
		why = "the clock begins there";
	if (why != NULL) {
		COMPLAIN(rp->at, e, "'%.*s': %s", TEXT_ARG(s), why);
		return 0;
	}
	half[0] = (uint32_t)(uint64_t)at;
	half[1] = (uint32_t)((uint64_t)at >> 32);
	buf_put_str(shown, shown->len != 0 ? ", " : "");
	buf_put(shown, e->text);
	buf_put_u8(shown, ' ');
	buf_put(shown, s);
	return at;
}

static void
read_times(struct rule_place *rp)
{
	struct pol_rule *rule = &rp->rule;
	int64_t from, until;
	struct buf shown;

	buf_init(&shown, POL_MAX_TIMES);
	read_during(rp, &shown);
	from = read_moment(rp, rp->from, rule->from, &shown);
	until = read_moment(rp, rp->until, rule->until, &shown);
	if (until != 0 && until <= from)
		COMPLAIN(rp->at, rp->until, "until is not behind from: the rule would never hold");
	if (buf_failed(&shown))
		COMPLAIN(rp->at, rp->section, "more about its times than fits into %d bytes",
		    POL_MAX_TIMES);
	else if (shown.len != 0)
		rule->times = draft_string(rp->at->d, buf_bytes(&shown));
	buf_deinit(&shown);
}

void
rule_check_bounds(struct rule_place *rp)
{
	read_rate(rp);
	read_sample(rp);
	read_times(rp);
}
