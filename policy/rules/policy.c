/*
 * policy - see policy.h: opening a snapshot.
 *
 * A snapshot comes from our own compiler over a sealed memfd, but it is read by the process that
 * talks to strangers, so every offset, count and string is checked once here and trusted
 * afterwards. Each item belongs to at most one list; that keeps the check linear in the bytes.
 */
#include "policy/rules/policy.h"

#include <assert.h>

#include "policy/commands/command.h"
#include "policy/identity/cidr.h"
#include "policy/rules/policy_priv.h"
#include "policy/rules/role.h"
#include "policy/rules/subject.h"
#include "policy/rules/view.h"
#include "policy/rules/where.h"

/* What is left of the items and of `to`, so that lists cannot share and multiply. */
struct check {
	const struct policy *p;
	size_t items, to, conds, ranges, windows;
	uint64_t verbs; /* all that can be granted */
};

static const void *
section(struct policy *p, const struct pol_head *head, enum pol_section s, size_t record, size_t *n)
{
	struct pol_part part = head->part[s];

	if (part.off % 8 != 0 || part.off < sizeof(*head) || part.off > p->snapshot.len ||
	    part.size > p->snapshot.len - part.off || part.size % record != 0)
		return NULL;
	*n = part.size / record;
	return p->snapshot.ptr + part.off;
}

static bool
str_ok(const struct policy *p, struct pol_str s)
{
	return s.off < p->n_strings && s.len < p->n_strings - s.off &&
	       p->strings[s.off + s.len] == '\0' && memchr(p->strings + s.off, 0, s.len) == NULL;
}

static bool
list_ok(struct check *c, struct pol_list l)
{
	if (l.n == 0)
		return true;
	if (l.first > c->p->n_items || l.n > c->p->n_items - l.first || l.n > c->items)
		return false;
	c->items -= l.n;
	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_item *item = &c->p->items[l.first + i];

		if (!str_ok(c->p, item->text) || !str_ok(c->p, item->queue))
			return false;
	}
	return true;
}

/* A list of subject patterns. */
static bool
patterns_ok(struct check *c, struct pol_list l)
{
	if (!list_ok(c, l))
		return false;
	for (uint32_t i = 0; i < l.n; i++)
		if (!subject_ok(pol_bytes(c->p, c->p->items[l.first + i].text)))
			return false;
	return true;
}

static bool
networks_ok(struct check *c, struct pol_list l)
{
	struct cidr network;

	if (!list_ok(c, l))
		return false;
	for (uint32_t i = 0; i < l.n; i++)
		if (!cidr_parse(&network, pol_bytes(c->p, c->p->items[l.first + i].text)))
			return false;
	return true;
}

/* Each with a kind before it; only with one can role.c compare them. */
static bool
certificates_ok(struct check *c, struct pol_list l)
{
	if (!list_ok(c, l))
		return false;
	for (uint32_t i = 0; i < l.n; i++)
		if (!role_certificate_ok(pol_bytes(c->p, c->p->items[l.first + i].text)))
			return false;
	return true;
}

static bool
role_ok(struct check *c, const struct pol_role *role)
{
	return str_ok(c->p, role->name) && str_ok(c->p, role->account) && role->account.len != 0 &&
	       list_ok(c, role->tags) && list_ok(c, role->names) && list_ok(c, role->users) &&
	       list_ok(c, role->issuers) && networks_ok(c, role->sources) &&
	       certificates_ok(c, role->certificates) &&
	       role->file < c->p->n_files;
}

static bool
to_ok(struct check *c, struct pol_list to)
{
	if (to.n == 0)
		return true;
	if (to.first > c->p->n_to || to.n > c->p->n_to - to.first || to.n > c->to)
		return false;
	c->to -= to.n;
	for (uint32_t i = 0; i < to.n; i++)
		if (c->p->to[to.first + i] >= c->p->n_roles)
			return false;
	return true;
}

static bool
ranges_ok(struct check *c, struct pol_list l)
{
	if (l.first > c->p->n_ranges || l.n > c->p->n_ranges - l.first || l.n > c->ranges)
		return false;
	c->ranges -= l.n;
	return true;
}

/* Conditions are put to commands, which serve and control.watch are not. */
static bool
conds_ok(struct check *c, const struct pol_rule *rule)
{
	struct pol_list l = rule->where;

	if (l.n == 0)
		return true;
	if (l.first > c->p->n_conds || l.n > c->p->n_conds - l.first || l.n > c->conds)
		return false;
	if ((pol_verbs(rule) & VERBS_NO_COMMAND) != 0)
		return false;
	c->conds -= l.n;
	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_cond *cond = &c->p->conds[l.first + i];

		if (!where_ok(cond))
			return false;
		if (where_row((enum policy_field)cond->field)->type == WHERE_NUMBERS
			? !ranges_ok(c, cond->values)
			: !list_ok(c, cond->values))
			return false;
	}
	return true;
}

/* Only what reads commands may be left out of the record, whatever else the rule says. */
static bool
sample_ok(const struct pol_rule *rule)
{
	return rule->sample <= POLICY_SAMPLE_MAX && (rule->flags & POL_DENY) == 0 && pol_verbs(rule) != 0 &&
	       (pol_verbs(rule) & VERBS_NO_COMMAND) == 0 && !command_verbs_mutate(pol_verbs(rule));
}

/* Times are any, amounts are counted for what a rule grants one by one. */
static bool
bounds_ok(struct check *c, const struct pol_rule *rule)
{
	struct pol_list l = rule->during;
	struct rate rate = pol_rate(rule);

	if (l.n != 0 && (l.first > c->p->n_windows || l.n > c->p->n_windows - l.first || l.n > c->windows ||
			    l.n > WINDOW_MAX_SPANS))
		return false;
	c->windows -= l.n;
	if (l.n != 0 && !window_spans_ok(&c->p->windows[l.first], l.n))
		return false;
	if (pol_u64(rule->from) > INT64_MAX || pol_u64(rule->until) > INT64_MAX || !str_ok(c->p, rule->times))
		return false;
	if (rule->sample != 0 && !sample_ok(rule))
		return false;
	if (!pol_rated(rule))
		return rule->rate_ms == 0 && rule->burst == 0;
	return rate_ok(&rate) && (rule->flags & POL_DENY) == 0 &&
	       (pol_verbs(rule) & VERBS_NO_COMMAND) == 0 &&
	       rule->reply.n == 0 && rule->headers.n == 0 && rule->strip.n == 0 && rule->streams.n == 0 &&
	       rule->respond == 0;
}

/* What widens a grant stands only beside it. */
static bool
flags_ok(const struct pol_rule *rule)
{
	bool deny = (rule->flags & POL_DENY) != 0;
	bool serve = !deny && (pol_verbs(rule) & VERB_BIT(VERB_SERVE)) != 0;

	if ((rule->flags & ~(uint32_t)POL_FLAGS) != 0 || (deny && rule->streams.n != 0))
		return false;
	if ((rule->flags & (POL_UNSTAMPED | POL_PIN_HOST)) != 0 && !serve)
		return false;
	return (rule->flags & POL_RPC) == 0 || serve || (!deny && rule->respond != 0);
}

static bool
rule_ok(struct check *c, const struct pol_rule *rule)
{
	if (!str_ok(c->p, rule->name) || !str_ok(c->p, rule->because) || !str_ok(c->p, rule->place))
		return false;
	if (rule->file >= c->p->n_files || !flags_ok(rule))
		return false;
	if ((pol_verbs(rule) & ~c->verbs) != 0)
		return false;
	return to_ok(c, rule->to) && patterns_ok(c, rule->publish) &&
	       patterns_ok(c, rule->subscribe) && patterns_ok(c, rule->reply) &&
	       list_ok(c, rule->headers) && list_ok(c, rule->strip) && list_ok(c, rule->streams) &&
	       conds_ok(c, rule) && bounds_ok(c, rule);
}

static bool
take_prefixes(struct policy *p, struct pol_list l)
{
	for (uint32_t i = 0; i < l.n; i++)
		if (prefix_add(&p->prefixes, pol_bytes(p, p->items[l.first + i].text)) != 0)
			return false;
	return true;
}

static bool
records_ok(struct policy *p)
{
	struct check c = { .p = p,
		.items = p->n_items,
		.to = p->n_to,
		.conds = p->n_conds,
		.ranges = p->n_ranges,
		.windows = p->n_windows,
		.verbs = command_verbs_of(BYTES_LIT("*")) };

	for (size_t i = 0; i < p->n_files; i++)
		if (!str_ok(p, p->files[i].name) || !list_ok(&c, p->files[i].lattices) ||
		    !list_ok(&c, p->files[i].prefixes) || !take_prefixes(p, p->files[i].prefixes))
			return false;
	for (size_t i = 0; i < p->n_hosts; i++)
		if (!str_ok(p, p->hosts[i].id) || !list_ok(&c, p->hosts[i].labels))
			return false;
	for (size_t i = 0; i < p->n_roles; i++)
		if (!role_ok(&c, &p->roles[i]))
			return false;
	for (size_t i = 0; i < p->n_rules; i++)
		if (!rule_ok(&c, &p->rules[i]))
			return false;
	return true;
}

static bool
sections_ok(struct policy *p)
{
	const struct pol_head *head = (const void *)p->snapshot.ptr;

	if (p->snapshot.len < sizeof(*head) || (uintptr_t)p->snapshot.ptr % 8 != 0)
		return false;
	if (head->magic != POL_MAGIC || head->size != p->snapshot.len)
		return false;
	for (size_t i = 0; i < sizeof(head->id); i++)
		if ((i < POL_ID_LEN) != (head->id[i] != '\0') || head->id[i] < 0)
			return false;
	memcpy(p->id, head->id, POL_ID_LEN);
	p->strings = section(p, head, POL_STRINGS, 1, &p->n_strings);
	p->items = section(p, head, POL_ITEMS, sizeof(*p->items), &p->n_items);
	p->files = section(p, head, POL_FILES, sizeof(*p->files), &p->n_files);
	p->roles = section(p, head, POL_ROLES, sizeof(*p->roles), &p->n_roles);
	p->rules = section(p, head, POL_RULES, sizeof(*p->rules), &p->n_rules);
	p->to = section(p, head, POL_TO, sizeof(*p->to), &p->n_to);
	p->conds = section(p, head, POL_CONDS, sizeof(*p->conds), &p->n_conds);
	p->ranges = section(p, head, POL_RANGES, sizeof(*p->ranges), &p->n_ranges);
	p->hosts = section(p, head, POL_HOSTS, sizeof(*p->hosts), &p->n_hosts);
	p->windows = section(p, head, POL_WINDOWS, sizeof(*p->windows), &p->n_windows);
	return p->hosts != NULL && p->strings != NULL && p->items != NULL && p->files != NULL && p->roles != NULL &&
	       p->rules != NULL && p->to != NULL && p->conds != NULL &&
	       p->ranges != NULL && p->windows != NULL && p->n_files <= POL_MAX_FILES &&
	       p->n_roles <= POL_MAX_ROLES && p->n_rules <= POL_MAX_RULES;
}

int
policy_open(struct policy **out, struct bytes snapshot)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_raise(-ENOMEM);
	p->snapshot = snapshot;
	if (!sections_ok(p) || !records_ok(p)) {
		policy_close(p);
		return err_raise(-EBADMSG);
	}
	p->views = calloc(1, sizeof(struct view *));
	if (p->views == NULL || clock_new(p) != 0) {
		policy_close(p);
		return err_raise(-ENOMEM);
	}
	*out = p;
	return 0;
}

void
policy_close(struct policy *p)
{
	if (p == NULL)
		return;
	assert(p->views == NULL || *p->views == NULL); /* rights outlived their policy */
	free(p->views);
	clock_free(p->clock);
	free(p);
}

const struct prefixes *
policy_prefixes(const struct policy *p)
{
	return &p->prefixes;
}

const char *
policy_id(const struct policy *p)
{
	return p->id;
}

const char *
policy_rule_name(const struct policy *p, uint32_t rule)
{
	return rule < p->n_rules ? p->strings + p->rules[rule].name.off : "none";
}

const char *
policy_rule_because(const struct policy *p, uint32_t rule)
{
	return rule < p->n_rules ? p->strings + p->rules[rule].because.off : "";
}

const char *
policy_rule_place(const struct policy *p, uint32_t rule)
{
	return rule < p->n_rules ? p->strings + p->rules[rule].place.off : "";
}

size_t
policy_rules(const struct policy *p)
{
	return p->n_rules;
}
