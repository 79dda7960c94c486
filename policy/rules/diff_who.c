/*
 * diff_who - identities that two policies can tell apart, smallest first.
 *
 * A role asks for an account, tags, a name and a user; it never asks for something not to be there.
 * What is allowed needs one role, what is denied by a rule one more, what only observes one more
 * again. So whatever differs for anybody differs already for somebody made of that many roles, and
 * of no more (docs/POLICY-TOOLS.md has the argument). Names are chosen one of each class. How
 * somebody is put together is in diff_made.c.
 */
#include "policy/rules/diff_people.h"
#include "policy/rules/diff_states.h"

#define SOME_USER "UAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLL5"

/* ---- the roles of both ---- */

static bool
role_same(const struct source *a, const struct source *b)
{
	return bytes_eq(pol_bytes(a->p, a->role->account), pol_bytes(b->p, b->role->account)) &&
	       bytes_eq(pol_bytes(a->p, a->role->name), pol_bytes(b->p, b->role->name)) &&
	       diff_list_same(a->p, a->role->tags, b->p, b->role->tags) &&
	       diff_list_same(a->p, a->role->names, b->p, b->role->names) &&
	       diff_list_same(a->p, a->role->users, b->p, b->role->users) &&
	       diff_list_same(a->p, a->role->issuers, b->p, b->role->issuers) &&
	       diff_list_same(a->p, a->role->sources, b->p, b->role->sources) &&
	       diff_list_same(a->p, a->role->certificates, b->p, b->role->certificates);
}

static void
add_source(struct people *x, const struct policy *p, uint32_t role, bool denies)
{
	struct source s = { p, &p->roles[role], denies };

	for (size_t i = 0; i < x->n; i++)
		if (x->role[i].role == s.role || role_same(&x->role[i], &s)) {
			x->role[i].denies |= denies;
			return;
		}
	x->role[x->n++] = s;
}

static int
collect(struct people *x)
{
	const struct policy *const *p = x->d->p;

	x->role = calloc(p[OLD]->n_roles + p[NEW]->n_roles + 1, sizeof(*x->role));
	if (x->role == NULL)
		return err_raise(-ENOMEM);
	for (int side = NEW; side >= OLD; side--)
		for (size_t i = 0; i < p[side]->n_rules; i++) {
			const struct pol_rule *rule = &p[side]->rules[i];
			bool denies = (rule->flags & (POL_DENY | POL_OBSERVE)) != 0;

			x->observes |= (rule->flags & POL_OBSERVE) != 0;
			for (uint32_t k = 0; k < rule->to.n; k++)
				add_source(x, p[side], p[side]->to[rule->to.first + k], denies);
		}
	for (size_t i = 1; i < x->n; i++)
		x->accounts |= !bytes_eq(pol_bytes(x->role[0].p, x->role[0].role->account),
		    pol_bytes(x->role[i].p, x->role[i].role->account));
	return 0;
}

/* One of each class of names. */
static int
survey_names(struct people *x)
{
	static const char letters[] =
	    "xyzwvutsrqponmlkjihgfedcba0123456789-_.@ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct diff_texts globs = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->n; i++)
		for (uint32_t k = 0; r == 0 && k < x->role[i].role->names.n; k++)
			r = diff_texts_add(
			    &globs, people_text(&x->role[i], x->role[i].role->names, k));
	if (r == 0)
		r = diff_globs(x->d, &globs, letters, &x->names);
	x->named = globs.n != 0;
	if (r == 0 && !x->named)
		x->names.text[0] = BYTES_LIT("somebody");
	diff_texts_deinit(&globs);
	return err_pass(r);
}

/* In, beside and at the ends of every network that a role names. */
static int
survey_networks(struct people *x)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->n; i++) {
		const struct source *s = &x->role[i];

		for (uint32_t k = 0; r == 0 && k < s->role->issuers.n; k++)
			r = diff_texts_add(&x->issuers, people_text(s, s->role->issuers, k));
		for (uint32_t k = 0; r == 0 && k < s->role->sources.n; k++)
			r = diff_networks(x->d, people_text(s, s->role->sources, k), &x->sources);
	}
	return err_pass(r);
}

/* ---- and is it somebody new? ---- */

static void
put_roles(struct people *x, const struct diff_person *who, size_t own)
{
	size_t at = 0;

	memset(x->bits, 0, x->seen.words * sizeof(*x->bits));
	for (int side = OLD; side <= NEW; side++) {
		size_t n = x->d->p[side]->n_roles;

		for (size_t i = 0; i < n; i++)
			if (bit_is(who->rights[side]->view->roles, i))
				bit_set(x->bits, at + i);
		at += n;
	}
	for (size_t i = 0; i < 16; i++)
		if ((own >> i & 1) != 0)
			bit_set(x->bits, at + i);
}

static bool
same_rules(const struct diff_person *who)
{
	const struct view *a = who->rights[OLD]->view, *b = who->rights[NEW]->view;

	if (a->n_rules != b->n_rules)
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (!diff_rule_same(a->p, &a->p->rules[a->rule[i]], b->p, &b->p->rules[b->rule[i]]))
			return false;
	return true;
}

/* Does who one is as a host make a difference? */
static bool
hosts_matter(const struct diff_person *who)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct view *v = who->rights[side]->view;

		for (size_t i = 0; i < v->n_rules; i++) {
			const struct pol_rule *rule = &v->p->rules[v->rule[i]];

			if ((pol_verbs(rule) & VERB_BIT(VERB_SERVE)) != 0)
				return true;
			for (uint32_t k = 0; k < rule->where.n; k++)
				if ((v->p->conds[rule->where.first + k].flags & POL_COND_OWN) != 0)
					return true;
		}
	}
	return false;
}

/* meet() - one person, unless it was met. @own: which of the hosts; 0: none. @more: try hosts? */
static int
meet(struct people *x, const struct made *m, struct bytes name, struct bytes user, size_t own,
    bool *more)
{
	struct diff_person who = { .n_from = m->n };
	int64_t known = 0;
	int r;

	*more = false;
	memcpy(who.from, m->from, sizeof(who.from));
	if (own > 0)
		who.own = x->d->hosts.text[own - 1];
	r = made_identity(&who.id, m, name, user, who.own);
	for (int side = OLD; r == 0 && side <= NEW; side++)
		r = rights_new(&who.rights[side], x->d->p[side], &who.id);
	if (r == 0) {
		put_roles(x, &who, own);
		known = states_add(&x->seen, x->bits, 0, 0);
		if (!diff_pay(x->d, 100 + x->d->p[NEW]->n_rules + x->d->p[OLD]->n_rules))
			r = DIFF_OPEN;
	}
	if (r == 0 && known == STATES_FULL)
		r = err_raise(-ENOMEM);
	if (r == 0 && known >= 0 &&
	    (x->d->prefixes_differ || x->d->lattices_differ || !same_rules(&who))) {
		who.who = diff_label(x, m, &who.id, who.own);
		diff_expect_words(x, m, &who);
		*more = hosts_matter(&who);
		r = x->on(x->d, &who);
	}
	rights_free(who.rights[OLD]);
	rights_free(who.rights[NEW]);
	identity_deinit(&who.id);
	return err_pass(r);
}

static int
meet_as_hosts(struct people *x, const struct made *m, struct bytes name, struct bytes user)
{
	bool more;
	int r = meet(x, m, name, user, 0, &more);

	for (size_t i = 1; r == 0 && more && i <= x->d->hosts.n; i++) {
		bool again;

		r = meet(x, m, name, user, i, &again);
	}
	return err_pass(r);
}

static int
meet_named(struct people *x, const struct made *m, struct bytes name)
{
	const struct source *listed = NULL;
	int r = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->role[i]->role->users.n != 0)
			listed = m->role[i];
	if (listed == NULL)
		return err_pass(meet_as_hosts(x, m, name, BYTES_LIT(SOME_USER)));
	for (uint32_t i = 0; r == 0 && i < listed->role->users.n; i++)
		if (made_takes_user(m, people_text(listed, listed->role->users, i)))
			r = meet_as_hosts(x, m, name, people_text(listed, listed->role->users, i));
	return err_pass(r);
}

static int
meet_made(struct people *x, struct made *m)
{
	int r = 0;

	if (!made_choose(m))
		return 0; /* nobody has all of that */
	for (size_t i = 1; i < m->n; i++)
		if (!bytes_eq(pol_bytes(m->role[0]->p, m->role[0]->role->account),
			pol_bytes(m->role[i]->p, m->role[i]->role->account)))
			return 0; /* nobody is of two accounts */
	for (size_t i = 0; r == 0 && i < x->names.n; i++)
		if (made_takes_name(m, x->names.text[i]))
			r = meet_named(x, m, x->names.text[i]);
	return err_pass(r);
}

static void
with(const struct people *x, struct made *m, size_t role)
{
	m->role[m->n] = &x->role[role];
	m->from[m->n++] = (uint32_t)role;
}

/* Pairs, one of which is denied something; with rules that observe, and a third. */
static int
meet_several(struct people *x, size_t size)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->n; i++)
		for (size_t k = 0; r == 0 && k < x->n; k++) {
			if (i == k || !x->role[k].denies || (x->role[i].denies && i > k))
				continue;
			for (size_t l = 0; r == 0 && l < (size == 3 ? x->n : 1); l++) {
				struct made m = { .x = x };

				if (size == 3 && (l == i || l == k))
					continue;
				with(x, &m, i);
				with(x, &m, k);
				if (size == 3)
					with(x, &m, l);
				r = meet_made(x, &m);
			}
		}
	return err_pass(r);
}

static int
meet_all(struct people *x)
{
	struct made nobody = { .x = x };
	int r = meet_made(x, &nobody);

	for (size_t i = 0; r == 0 && i < x->n; i++) {
		struct made m = { .x = x };

		with(x, &m, i);
		r = meet_made(x, &m);
	}
	if (r == 0)
		r = meet_several(x, 2);
	if (r == 0 && x->observes)
		r = meet_several(x, 3);
	return err_pass(r);
}

int
diff_people(struct diff *d, int (*on)(struct diff *d, struct diff_person *who))
{
	struct people x = { .d = d, .on = on };
	int r = collect(&x);

	states_init(&x.seen, d->p[OLD]->n_roles + d->p[NEW]->n_roles + 16);
	x.bits = calloc(x.seen.words, sizeof(*x.bits));
	if (r == 0 && x.bits == NULL)
		r = err_raise(-ENOMEM);
	if (r == 0)
		r = survey_names(&x);
	if (r == 0)
		r = survey_networks(&x);
	/* a host a role is for by its tag is a host like the others */
	for (size_t i = 0; r == 0 && i < x.n; i++)
		for (uint32_t k = 0; r == 0 && k < x.role[i].role->tags.n; k++) {
			struct bytes tag = people_text(&x.role[i], x.role[i].role->tags, k);

			if (bytes_starts(tag, BYTES_LIT("host:")) && tag.len > 5)
				r = diff_texts_add(&d->hosts, bytes_from(tag, 5));
		}
	if (r == 0)
		r = meet_all(&x);
	states_deinit(&x.seen);
	diff_texts_deinit(&x.names);
	diff_texts_deinit(&x.sources);
	diff_texts_deinit(&x.issuers);
	free(x.bits);
	free(x.role);
	return err_pass(r);
}
