/*
 * view - see view.h. Made when the first identity with these roles logs in, kept while one is
 * there.
 *
 * A deny on `X.>` is put down for `X` as well: who may not touch anything below X has no business
 * with X itself, and a subject trie would leave it open.
 */
#include "policy/rules/view.h"

#include "policy/commands/command.h"
#include "policy/rules/glob.h"
#include "policy/rules/role.h"
#include "policy/rules/where.h"

static size_t
role_words(const struct policy *p)
{
	return p->n_roles / 64 + 1;
}

static bool
rule_is_for(const struct view *v, const struct pol_rule *rule)
{
	if ((rule->flags & POL_EVERYONE) != 0)
		return true;
	for (uint32_t i = 0; i < rule->to.n; i++) {
		uint32_t role = v->p->to[rule->to.first + i];

		if ((v->roles[role / 64] >> (role % 64) & 1) != 0)
			return true;
	}
	return false;
}

static int
add_patterns(struct trie *t, const struct policy *p, struct pol_list list, uint32_t rule)
{
	bool observe = (p->rules[rule].flags & POL_OBSERVE) != 0;
	bool deny = (p->rules[rule].flags & POL_DENY) != 0;

	for (uint32_t i = 0; i < list.n; i++) {
		const struct pol_item *item = &p->items[list.first + i];
		struct bytes pattern = pol_bytes(p, item->text), queue = pol_bytes(p, item->queue);
		int r = trie_add(t, pattern, queue, rule, observe);

		if (r == 0 && deny && pattern.len > 2 &&
		    bytes_is(bytes_from(pattern, pattern.len - 2), ".>"))
			r = trie_add(t, bytes_upto(pattern, pattern.len - 2), queue, rule, observe);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

/* responds_better() - than what was found so far: one that is enforced, then more answers. */
static bool
responds_better(const struct view *v, const struct pol_rule *rule)
{
	const struct pol_rule *best;

	if (v->respond_rule == RULE_NONE)
		return true;
	best = &v->p->rules[v->respond_rule];
	if (((best->flags ^ rule->flags) & POL_OBSERVE) != 0)
		return (best->flags & POL_OBSERVE) != 0;
	return best->respond < rule->respond;
}

/* A grant with a rate is kept apart: whoever asks has to pay, and others come first. */
static int
add_rule(struct view *v, uint32_t number)
{
	const struct pol_rule *rule = &v->p->rules[number];
	bool deny = (rule->flags & POL_DENY) != 0, rated = pol_rated(rule);
	int r;

	v->rule[v->n_rules++] = number;
	if (pol_verbs(rule) != 0)
		v->verb_rule[v->n_verb_rules++] = number;
	if (!deny) {
		v->verbs |= pol_verbs(rule);
		v->flags |= rule->flags;
	}
	if (rule->respond != 0 && responds_better(v, rule))
		v->respond_rule = number;
	r = add_patterns(deny    ? v->deny_publish
			 : rated ? v->rated_publish
				 : v->publish,
	    v->p, rule->publish, number);
	if (r == 0)
		r = add_patterns(deny    ? v->deny_subscribe
				 : rated ? v->rated_subscribe
					 : v->subscribe,
		    v->p, rule->subscribe, number);
	if (r == 0)
		r = add_patterns(v->reply, v->p, rule->reply, number);
	return err_pass(r);
}

/* forget() - what is in force. */
static void
forget(struct view *v)
{
	free(v->rule);
	free(v->verb_rule);
	trie_free(v->publish);
	trie_free(v->deny_publish);
	trie_free(v->subscribe);
	trie_free(v->deny_subscribe);
	trie_free(v->reply);
	trie_free(v->rated_publish);
	trie_free(v->rated_subscribe);
}

static void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	forget(v);
	free(v->roles);
	free(v->all);
	free(v->rated);
	free(v);
}

static void
view_freep(struct view **v)
{
	view_free(*v);
}

/* list_all() - the rules of these roles, in force or not. Return: false when out of memory. */
static bool
list_all(struct view *v)
{
	const struct policy *p = v->p;
	size_t n = 0, rated = 0;

	for (size_t i = 0; i < p->n_rules; i++) {
		bool mine = rule_is_for(v, &p->rules[i]);

		n += mine;
		rated += mine && pol_rated(&p->rules[i]);
	}
	v->all = calloc(n + 1, sizeof(uint32_t));
	v->rated = calloc(rated + 1, sizeof(uint32_t));
	if (v->all == NULL || v->rated == NULL)
		return false;
	for (uint32_t i = 0; i < p->n_rules; i++) {
		if (!rule_is_for(v, &p->rules[i]))
			continue;
		v->all[v->n_all++] = i;
		if (pol_rated(&p->rules[i]))
			v->rated[v->n_rated++] = i;
		if ((p->rules[i].flags & POL_DENY) == 0)
			v->verbs_ever |= pol_verbs(&p->rules[i]);
	}
	return true;
}

/* fill() - what is in force now. Return: false when out of memory; forget() what there is. */
static bool
fill(struct view *v)
{
	v->rule = calloc(v->n_all + 1, sizeof(uint32_t));
	v->verb_rule = calloc(v->n_all + 1, sizeof(uint32_t));
	v->publish = trie_new();
	v->deny_publish = trie_new();
	v->subscribe = trie_new();
	v->deny_subscribe = trie_new();
	v->reply = trie_new();
	v->rated_publish = trie_new();
	v->rated_subscribe = trie_new();
	if (v->rule == NULL || v->verb_rule == NULL || v->publish == NULL ||
	    v->deny_publish == NULL || v->subscribe == NULL || v->deny_subscribe == NULL ||
	    v->reply == NULL || v->rated_publish == NULL || v->rated_subscribe == NULL)
		return false;
	for (size_t i = 0; i < v->n_all; i++)
		if (!clock_shut(v->p, v->all[i]) && add_rule(v, v->all[i]) != 0)
			return false;
	return true;
}

/* Takes @roles, also when it fails. */
static struct view *
view_new(const struct policy *p, uint64_t *roles)
{
	autofree(view_freep) struct view *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		free(roles);
		return NULL;
	}
	*v = (struct view){ .p = p, .roles = roles, .respond_rule = RULE_NONE };
	if (!list_all(v) || !fill(v))
		return NULL;
	return take(v);
}

int
view_refresh(struct view *v)
{
	struct view fresh = {
		.p = v->p,
		.next = v->next,
		.refs = v->refs,
		.roles = v->roles,
		.all = v->all,
		.n_all = v->n_all,
		.rated = v->rated,
		.n_rated = v->n_rated,
		.verbs_ever = v->verbs_ever,
		.users = v->users,
		.respond_rule = RULE_NONE,
	};

	if (!fill(&fresh)) {
		forget(&fresh);
		return err_raise(-ENOMEM);
	}
	forget(v);
	*v = fresh;
	for (struct view_user *u = v->users; u != NULL; u = u->next) {
		free(u->memory);
		u->memory = NULL;
	}
	return 0;
}

void
view_watch(struct view *v, struct view_user *u)
{
	u->next = v->users;
	u->here = &v->users;
	if (u->next != NULL)
		u->next->here = &u->next;
	v->users = u;
}

void
view_unwatch(struct view_user *u)
{
	if (u->here == NULL)
		return;
	*u->here = u->next;
	if (u->next != NULL)
		u->next->here = u->here;
	u->here = NULL;
}

int
view_get(struct view **out, const struct policy *p, const struct identity *id)
{
	size_t words = role_words(p);
	uint64_t *roles = calloc(words, sizeof(*roles));
	struct view *v;

	if (roles == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < p->n_roles; i++)
		if (role_has(p, &p->roles[i], id))
			roles[i / 64] |= UINT64_C(1) << (i % 64);
	for (v = *p->views; v != NULL; v = v->next)
		if (memcmp(v->roles, roles, words * sizeof(*roles)) == 0)
			break;
	if (v != NULL) {
		free(roles);
	} else {
		v = view_new(p, roles);
		if (v == NULL)
			return err_raise(-ENOMEM);
		v->next = *p->views;
		*p->views = v;
	}
	v->refs++;
	*out = v;
	return 0;
}

void
view_put(struct view *v)
{
	struct view **at;

	if (v == NULL || --v->refs != 0)
		return;
	for (at = v->p->views; *at != v; at = &(*at)->next)
		;
	*at = v->next;
	view_free(v);
}

static bool
file_governs(const struct policy *p, uint32_t file, struct bytes lattice)
{
	struct pol_list l = p->files[file].lattices;

	for (uint32_t i = 0; i < l.n; i++)
		if (glob_match(pol_bytes(p, p->items[l.first + i].text), lattice))
			return true;
	return false;
}

bool
view_governs(const struct policy *p, struct bytes lattice)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (file_governs(p, (uint32_t)i, lattice))
			return true;
	return false;
}

/* Do the conditions of a rule let it count? */
static bool
rule_counts(const struct view_question *q, const struct pol_rule *rule, enum policy_field *failed)
{
	*failed = POLICY_FIELD_NONE;
	if (rule->where.n == 0)
		return true;
	if (q->where == NULL)
		return (rule->flags & POL_DENY) == 0;
	return where_holds(q->where, rule, failed);
}

struct view_answer
view_verbs(const struct view *v, const struct view_question *q)
{
	struct view_answer a = {
		.allow = HIT_NONE, .deny = HIT_NONE, .rated = HIT_NONE, .failed = RULE_NONE
	};

	for (size_t i = 0; i < v->n_verb_rules; i++) {
		uint32_t number = v->verb_rule[i];
		const struct pol_rule *rule = &v->p->rules[number];
		bool denies = (rule->flags & POL_DENY) != 0;
		bool observes = (rule->flags & POL_OBSERVE) != 0;
		struct hit *h = denies ? &a.deny : pol_rated(rule) ? &a.rated : &a.allow;
		uint32_t *which = observes ? &h->observed : &h->enforced;
		enum policy_field failed;

		if (*which != RULE_NONE || (pol_verbs(rule) & (denies ? q->any_of : q->want)) == 0)
			continue;
		if (!file_governs(v->p, rule->file, q->lattice))
			continue;
		if (pol_rated(rule) && !observes && number < q->after)
			continue;
		if (rule_counts(q, rule, &failed)) {
			*which = number;
		} else if (!denies && a.failed == RULE_NONE) {
			a.failed = number;
			a.field = failed;
		}
	}
	return a;
}

uint32_t
view_first_with(const struct view *v, uint64_t verbs)
{
	for (size_t i = 0; i < v->n_verb_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];

		if ((rule->flags & (POL_DENY | POL_OBSERVE)) == 0 && (pol_verbs(rule) & verbs) != 0)
			return v->verb_rule[i];
	}
	return RULE_NONE;
}

struct hit
view_anywhere(const struct view *v, uint64_t verbs)
{
	struct hit h = { view_first_with(v, verbs), RULE_NONE };

	for (size_t i = 0; i < v->n_verb_rules && h.observed == RULE_NONE; i++) {
		const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];

		if ((rule->flags & (POL_DENY | POL_OBSERVE)) == POL_OBSERVE && (pol_verbs(rule) & verbs) != 0)
			h.observed = v->verb_rule[i];
	}
	return h;
}

bool
view_serve_flag(const struct view *v, struct bytes lattice, uint32_t flags)
{
	for (size_t i = 0; i < v->n_verb_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];

		if ((rule->flags & flags) != 0 && (rule->flags & POL_DENY) == 0 &&
		    (pol_verbs(rule) & VERB_BIT(VERB_SERVE)) != 0 &&
		    file_governs(v->p, rule->file, lattice))
			return true;
	}
	return false;
}

bool
view_flag(const struct view *v, uint32_t flags)
{
	return (v->flags & flags) != 0;
}
