/*
 * lint - see lint.h. A rule is held against every other one, by what they say and for whom: nothing
 * here asks what a role's tags mean, so two roles are the same only when they are one role.
 *
 * Being right matters more than finding all: a covered pattern is a true subset, and what one deny
 * leaves open is not looked for in two.
 */
#include "policy/rules/lint_priv.h"

#include <stdio.h>

#include "policy/commands/command.h"
#include "policy/rules/glob.h"
#include "policy/rules/subject.h"

enum { LINT_STEPS = 20 * 1000 * 1000 };

uint32_t
lint_place(const struct policy *p, const struct pol_rule *rule, char file[512])
{
	struct bytes s = pol_bytes(p, rule->place);
	size_t colon = s.len;
	uint32_t line = 0;

	while (colon > 0 && s.ptr[colon - 1] != ':')
		colon--;
	for (size_t i = colon; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		line = line * 10 + (s.ptr[i] - '0');
	s = bytes_upto(s, colon > 0 ? colon - 1 : 0);
	s = bytes_upto(s, 511);
	if (s.len != 0)
		memcpy(file, s.ptr, s.len);
	file[s.len] = '\0';
	return line;
}

bool
lint_step(struct lint *l)
{
	if (l->steps == 0)
		return false;
	l->steps--;
	return true;
}

/* ---- what covers what ---- */

static bool
to_covers(const struct lint *l, const struct pol_rule *wide, const struct pol_rule *narrow)
{
	if ((wide->flags & POL_EVERYONE) != 0)
		return true;
	if ((narrow->flags & POL_EVERYONE) != 0)
		return false;
	for (uint32_t i = 0; i < narrow->to.n; i++) {
		uint32_t k = 0;

		while (k < wide->to.n &&
		       l->p->to[wide->to.first + k] != l->p->to[narrow->to.first + i])
			k++;
		if (k == wide->to.n)
			return false;
	}
	return narrow->to.n != 0;
}

/* A glob that matches another's text matches all that one stands for: its star needs a star. */
static bool
lattices_cover(const struct lint *l, uint32_t wide, uint32_t narrow)
{
	struct pol_list w = l->p->files[wide].lattices, n = l->p->files[narrow].lattices;

	for (uint32_t i = 0; wide != narrow && i < n.n; i++) {
		struct bytes text = pol_bytes(l->p, l->p->items[n.first + i].text);
		uint32_t k = 0;

		while (k < w.n && !glob_match(pol_bytes(l->p, l->p->items[w.first + k].text), text))
			k++;
		if (k == w.n)
			return false;
	}
	return true;
}

static bool
verbs_covered(struct lint *l, const struct pol_rule *by, const struct pol_rule *rule)
{
	return (pol_verbs(rule) & ~pol_verbs(by)) == 0 && lattices_cover(l, by->file, rule->file) &&
	       lint_conds_imply(l, rule, by);
}

/* item_covered() - by one of a list; a deny of X.> covers X too. */
static bool
item_covered(struct lint *l, struct pol_list list, bool deny, const struct pol_item *item)
{
	struct bytes in = pol_bytes(l->p, item->text), queue = pol_bytes(l->p, item->queue);

	for (uint32_t i = 0; i < list.n && lint_step(l); i++) {
		const struct pol_item *by = &l->p->items[list.first + i];
		struct bytes out = pol_bytes(l->p, by->text);

		if (by->queue.len != 0 && !bytes_eq(pol_bytes(l->p, by->queue), queue))
			continue;
		if (subject_subset(in, out))
			return true;
		if (deny && out.len > 2 && bytes_is(bytes_from(out, out.len - 2), ".>") &&
		    bytes_eq(in, bytes_upto(out, out.len - 2)))
			return true;
	}
	return false;
}

static bool
list_covered(struct lint *l, struct pol_list by, bool deny, struct pol_list list)
{
	for (uint32_t i = 0; i < list.n; i++)
		if (!item_covered(l, by, deny, &l->p->items[list.first + i]))
			return false;
	return true;
}

/* ---- rules that never decide ---- */

/* denied_list() - warn of each pattern of a grant that @deny takes away whole. */
static void
denied_list(struct lint *l, const struct pol_rule *rule, const struct pol_rule *deny,
    struct pol_list by, struct pol_list list, const char *what)
{
	for (uint32_t i = 0; i < list.n; i++) {
		const struct pol_item *item = &l->p->items[list.first + i];

		if (item_covered(l, by, true, item))
			WARN(l, rule,
			    "rule %s: %s \"%s\" can never apply: rule %s (%s) denies all of it",
			    NAME(l, rule), what, l->p->strings + item->text.off, NAME(l, deny),
			    l->p->strings + deny->place.off);
	}
}

static void
against_deny(struct lint *l, const struct pol_rule *rule, const struct pol_rule *deny)
{
	if (!to_covers(l, deny, rule) || !pol_times_cover(l->p, deny, rule))
		return;
	if (pol_verbs(rule) != 0 && verbs_covered(l, deny, rule))
		WARN(l, rule, "rule %s: its verbs can never apply: rule %s (%s) denies all of them",
		    NAME(l, rule), NAME(l, deny), l->p->strings + deny->place.off);
	denied_list(l, rule, deny, deny->publish, rule->publish, "publish");
	denied_list(l, rule, deny, deny->publish, rule->reply, "reply");
	denied_list(l, rule, deny, deny->subscribe, rule->subscribe, "subscribe");
}

/* against_earlier() - does the earlier rule say all of it? Return: true after a warning. */
static bool
against_earlier(struct lint *l, const struct pol_rule *rule, const struct pol_rule *earlier)
{
	bool deny = (rule->flags & POL_DENY) != 0;

	if (((earlier->flags ^ rule->flags) & POL_DENY) != 0 || rule->reply.n != 0 ||
	    rule->headers.n != 0 || rule->strip.n != 0 || rule->respond != 0 ||
	    rule->streams.n != 0 || (rule->flags & (POL_UNSTAMPED | POL_PIN_HOST | POL_RPC)) != 0)
		return false;
	if (!to_covers(l, earlier, rule) || !pol_times_cover(l->p, earlier, rule) || pol_rated(earlier) ||
	    (pol_verbs(rule) != 0 && !verbs_covered(l, earlier, rule)) ||
	    !list_covered(l, earlier->publish, deny, rule->publish) ||
	    !list_covered(l, earlier->subscribe, deny, rule->subscribe) || l->steps == 0)
		return false;
	WARN(l, rule, "rule %s never decides: rule %s (%s) %s says all of it", NAME(l, rule),
	    NAME(l, earlier), l->p->strings + earlier->place.off,
	    earlier < rule ? "before it" : "without a rate");
	return true;
}

/* nested() - is what one of them allows of their common verbs a part of what the other does? */
static bool
nested(struct lint *l, const struct pol_rule *narrow, const struct pol_rule *wide)
{
	return to_covers(l, wide, narrow) && pol_times_cover(l->p, wide, narrow) &&
	       lattices_cover(l, wide->file, narrow->file) && lint_conds_imply(l, narrow, wide);
}

static const char *
share(const struct pol_rule *rule, char room[32])
{
	if (rule->sample <= 1)
		return "each";
	snprintf(room, 32, "one in %u", (unsigned)rule->sample);
	return room;
}

/* against_sample() - @first is asked before @rule: so much of what both allow is on record as @first says. */
static void
against_sample(struct lint *l, const struct pol_rule *rule, const struct pol_rule *first)
{
	uint32_t a = rule->sample > 1 ? rule->sample : 1, b = first->sample > 1 ? first->sample : 1;
	char its[32], that[32];

	if (a == b || ((rule->flags | first->flags) & (POL_DENY | POL_OBSERVE)) != 0 ||
	    (pol_verbs(rule) & pol_verbs(first)) == 0 || (!nested(l, rule, first) && !nested(l, first, rule)) ||
	    l->steps == 0)
		return;
	WARN(l, rule, "rule %s: where rule %s (%s) allows it too, that one decides: of this %s is on record, not %s",
	    NAME(l, rule), NAME(l, first), l->p->strings + first->place.off, share(first, that), share(rule, its));
}

static void
against_others(struct lint *l, size_t number)
{
	const struct pol_rule *rule = &l->p->rules[number];
	bool said = false;

	for (size_t i = 0; i < l->p->n_rules && lint_step(l); i++) {
		const struct pol_rule *other = &l->p->rules[i];

		if (i == number || (other->flags & POL_OBSERVE) != 0)
			continue;
		if ((rule->flags & POL_DENY) == 0 && (other->flags & POL_DENY) != 0)
			against_deny(l, rule, other);
		/* one without a rate is asked before one with, wherever it stands */
		if ((i < number || pol_rated(rule)) && !said)
			said = against_earlier(l, rule, other);
		if (pol_rated(rule) == pol_rated(other) ? i < number : pol_rated(rule))
			against_sample(l, rule, other);
	}
}

/* ---- wider than anybody wants ---- */

static void
inbox_items(struct lint *l, const struct pol_rule *rule, struct pol_list list, const char *what)
{
	for (uint32_t i = 0; i < list.n; i++) {
		struct bytes text = pol_bytes(l->p, l->p->items[list.first + i].text);

		if (bytes_starts(text, BYTES_LIT("_INBOX.")))
			WARN(l, rule,
			    "rule %s: %s \"%.*s\" grants nothing: the own inbox is "
			    "everybody's, and another's nobody's",
			    NAME(l, rule), what, TEXT_ARG(text));
	}
}

static bool
too_broad(struct bytes pattern)
{
	struct bytes first = bytes_upto(pattern, bytes_find(pattern, '.'));

	if (pattern.len != 0 && pattern.ptr[0] == '$')
		return true;
	return bytes_is(first, ">") ||
	       (bytes_is(first, "*") && pattern.len > 1 && pattern.ptr[pattern.len - 1] == '>');
}

static void
broad_items(struct lint *l, const struct pol_rule *rule, struct pol_list list, const char *what)
{
	for (uint32_t i = 0; i < list.n; i++) {
		struct bytes text = pol_bytes(l->p, l->p->items[list.first + i].text);

		if (too_broad(text))
			WARN(l, rule,
			    "rule %s: %s \"%.*s\" for everybody, also for those without "
			    "any role: name roles",
			    NAME(l, rule), what, TEXT_ARG(text));
	}
}

static void
broad_headers(struct lint *l, const struct pol_rule *rule)
{
	for (uint32_t i = 0; i < rule->headers.n; i++) {
		struct bytes text = pol_bytes(l->p, l->p->items[rule->headers.first + i].text);

		if (bytes_find(text, '*') != text.len)
			WARN(l, rule,
			    "rule %s: headers \"%.*s\" for everybody: name them, or roles",
			    NAME(l, rule), TEXT_ARG(text));
	}
}

/* broad_verbs() - the first verb in an allow for everybody that changes something. */
static void
broad_verbs(struct lint *l, const struct pol_rule *rule)
{
	for (int v = VERB_NONE + 1; v < VERB_COUNT; v++) {
		bool strong = (VERB_BIT(v) & VERBS_NO_COMMAND) != 0 ||
			      command_verb_mutates((enum verb)v);

		if ((pol_verbs(rule) & VERB_BIT(v)) == 0 || !strong)
			continue;
		WARN(l, rule,
		    "rule %s: allows %s to everybody, also to those without any role: "
		    "name roles",
		    NAME(l, rule), command_verb_name((enum verb)v));
		return;
	}
}

static void
broad(struct lint *l, const struct pol_rule *rule)
{
	if ((rule->flags & (POL_DENY | POL_EVERYONE)) != POL_EVERYONE)
		return;
	broad_items(l, rule, rule->publish, "publish");
	broad_items(l, rule, rule->subscribe, "subscribe");
	broad_items(l, rule, rule->reply, "reply");
	broad_headers(l, rule);
	broad_verbs(l, rule);
}

/* ---- never in force ---- */

static void
never(struct lint *l, const struct pol_rule *rule)
{
	if (pol_never(l->p, rule))
		WARN(l, rule, "rule %s is never in force: its hours (%s) do not come in that time", NAME(l, rule),
		    l->p->strings + rule->times.off);
}

void
policy_lint(const struct policy *p, struct text_report *report)
{
	struct lint l = { .p = p, .report = report, .steps = LINT_STEPS };

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct pol_rule *rule = &p->rules[i];

		if ((rule->flags & POL_DENY) == 0) {
			inbox_items(&l, rule, rule->publish, "publish");
			inbox_items(&l, rule, rule->subscribe, "subscribe");
		}
		broad(&l, rule);
		lint_conds(&l, rule);
		never(&l, rule);
		against_others(&l, i);
	}
	lint_files(&l);
	if (l.steps == 0)
		text_warn(report, NULL, NULL,
		    "too many rules to hold each against all others: later ones were not");
}
