/*
 * diff_who - identities that two policies can tell apart, smallest first.
 *
 * A role asks for an account, tags, a name and a user; it never asks for something not to be there.
 * What is allowed needs one role, what is denied by a rule one more, what only observes one more
 * again. So whatever differs for anybody differs already for somebody made of that many roles, and
 * of no more (docs/POLICY-TOOLS.md has the argument). Names are chosen one of each class.
 */
#include <stdio.h>

#include "policy/identity/cidr.h"
#include "policy/rules/diff_people.h"
#include "policy/rules/diff_states.h"
#include "policy/rules/glob.h"
#include "policy/rules/role.h"

#define OTHER_ACCOUNT "AABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAE7QF"
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

/* ---- somebody of some roles ---- */

static bool
role_has_name(const struct source *s, struct bytes name)
{
	for (uint32_t i = 0; i < s->role->names.n; i++)
		if (glob_match(people_text(s, s->role->names, i), name))
			return true;
	return s->role->names.n == 0;
}

static bool
name_fits(const struct made *m, struct bytes name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!role_has_name(m->role[i], name))
			return false;
	return true;
}

/* Is there a name that fits and is in fewer roles? */
static bool
name_needless(const struct made *m, struct bytes name)
{
	for (size_t k = 0; k < m->x->names.n; k++) {
		struct bytes less = m->x->names.text[k];
		bool within = true, fewer = false;

		if (bytes_eq(less, name) || !name_fits(m, less))
			continue;
		for (size_t i = 0; i < m->x->n && within; i++) {
			bool a = role_has_name(&m->x->role[i], less);
			bool b = role_has_name(&m->x->role[i], name);

			within = !a || b;
			fewer |= b && !a;
		}
		if (within && (fewer || less.ptr < name.ptr))
			return true;
	}
	return false;
}

static bool
listed(const struct source *s, struct pol_list l, struct bytes key)
{
	for (uint32_t i = 0; i < l.n; i++)
		if (bytes_eq(people_text(s, l, i), key))
			return true;
	return l.n == 0;
}

static bool
role_has_source(const struct source *s, struct bytes address)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s", TEXT_ARG(address));
	for (uint32_t i = 0; i < s->role->sources.n; i++) {
		struct cidr c;

		if (cidr_parse(&c, people_text(s, s->role->sources, i)) && cidr_contains(&c, text))
			return true;
	}
	return s->role->sources.n == 0;
}

static bool
role_has_issuer(const struct source *s, struct bytes issuer)
{
	return listed(s, s->role->issuers, issuer);
}

/* fewest() - of the candidates that all of @m have, the one that gives fewest roles besides. */
static bool
fewest(const struct made *m, const struct diff_texts *of, struct bytes unlisted,
    bool (*has)(const struct source *s, struct bytes value), struct bytes *out)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i <= of->n; i++) {
		struct bytes value = i < of->n ? of->text[i] : unlisted;
		size_t n = 0;
		bool fits = true;

		for (size_t k = 0; k < m->n && fits; k++)
			fits = has(m->role[k], value);
		for (size_t k = 0; k < m->x->n && fits; k++)
			n += has(&m->x->role[k], value);
		if (fits && n < best) {
			best = n;
			*out = value;
		}
	}
	return best != SIZE_MAX;
}

static bool
user_fits(const struct made *m, struct bytes user)
{
	for (size_t i = 0; i < m->n; i++)
		if (!listed(m->role[i], m->role[i]->role->users, user))
			return false;
	return true;
}

static int
add_tag(struct identity *id, struct bytes head, struct bytes tag)
{
	char **more, *copy;

	for (size_t i = 0; i < id->n_tags; i++)
		if (head.len == 0 && bytes_is(tag, id->tags[i]))
			return 0;
	more = reallocarray(id->tags, id->n_tags + 1, sizeof(*more));
	if (more == NULL)
		return err_raise(-ENOMEM);
	id->tags = more;
	copy = malloc(head.len + tag.len + 1);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	memcpy(copy, head.ptr, head.len);
	for (size_t i = 0; i < tag.len; i++) {
		uint8_t c = tag.ptr[i];

		copy[head.len + i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	copy[head.len + tag.len] = '\0';
	id->tags[id->n_tags++] = copy;
	return 0;
}

static bool
role_has_certificate(const struct source *s, struct bytes name)
{
	for (uint32_t i = 0; i < s->role->certificates.n; i++)
		if (role_certificate_fits(people_text(s, s->role->certificates, i), name))
			return true;
	return s->role->certificates.n == 0;
}

/* add_certificate() - a name that @role asks for: of its own, without stars, the one that gives fewest roles. */
static int
add_certificate(struct identity *id, const struct people *x, const struct source *role)
{
	char best[ROLE_CERTIFICATE_MAX], name[ROLE_CERTIFICATE_MAX];
	size_t best_n = SIZE_MAX, best_len = 0;

	for (uint32_t i = 0; i < role->role->certificates.n; i++) {
		struct bytes glob = people_text(role, role->role->certificates, i);
		size_t len = 0, n = 0;

		for (size_t k = 0; k < glob.len && len < sizeof(name); k++)
			if (glob.ptr[k] != '*')
				name[len++] = (char)glob.ptr[k];
		for (size_t k = 0; k < x->n; k++)
			n += role_has_certificate(&x->role[k], bytes_of(name, len));
		if (n >= best_n)
			continue;
		memcpy(best, name, len);
		best_len = len;
		best_n = n;
	}
	return best_n == SIZE_MAX ? 0 : identity_add_cert(id, bytes_of(best, best_len));
}

static int
make_identity(struct identity *id, const struct made *m, struct bytes name, struct bytes user,
    struct bytes own)
{
	struct bytes account = m->n > 0 ? pol_bytes(m->role[0]->p, m->role[0]->role->account)
					: BYTES_LIT(OTHER_ACCOUNT);
	int r = 0;

	*id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	snprintf(id->user, sizeof(id->user), "%.*s", TEXT_ARG(user));
	snprintf(id->account, sizeof(id->account), "%.*s", TEXT_ARG(account));
	snprintf(id->issuer, sizeof(id->issuer), "%.*s",
	    TEXT_ARG(m->x->issuers.n != 0 ? m->issuer : account));
	snprintf(id->source, sizeof(id->source), "%.*s", TEXT_ARG(m->address));
	id->name = strndup((const char *)name.ptr, name.len);
	if (id->name == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; r == 0 && k < m->role[i]->role->tags.n; k++)
			r = add_tag(
			    id, BYTES_LIT(""), people_text(m->role[i], m->role[i]->role->tags, k));
	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = add_certificate(id, m->x, m->role[i]);
	if (r == 0 && own.len != 0)
		r = add_tag(id, BYTES_LIT("host:"), own);
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
	r = make_identity(&who.id, m, name, user, who.own);
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
		if (user_fits(m, people_text(listed, listed->role->users, i)))
			r = meet_as_hosts(x, m, name, people_text(listed, listed->role->users, i));
	return err_pass(r);
}

static int
meet_made(struct people *x, struct made *m)
{
	int r = 0;

	if (!fewest(m, &x->issuers, BYTES_LIT(OTHER_ACCOUNT), role_has_issuer, &m->issuer) ||
	    !fewest(m, &x->sources, BYTES_LIT(""), role_has_source, &m->address))
		return 0; /* nobody has all of that */

	for (size_t i = 1; i < m->n; i++)
		if (!bytes_eq(pol_bytes(m->role[0]->p, m->role[0]->role->account),
			pol_bytes(m->role[i]->p, m->role[i]->role->account)))
			return 0; /* nobody is of two accounts */
	for (size_t i = 0; r == 0 && i < x->names.n; i++)
		if (name_fits(m, x->names.text[i]) && !name_needless(m, x->names.text[i]))
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
