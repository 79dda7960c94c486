/*
 * diff_people - identities while they are put together: the roles of both policies, and somebody
 * made of some of them.
 */
#ifndef POLICY_RULES_DIFF_PEOPLE_H
#define POLICY_RULES_DIFF_PEOPLE_H

#include "policy/rules/diff_priv.h"
#include "policy/rules/diff_states.h"

struct source {
	const struct policy *p;
	const struct pol_role *role;
	bool denies; /* some rule that denies or observes is for it */
};

struct people {
	struct diff *d;
	int (*on)(struct diff *d, struct diff_person *who);
	size_t n;
	struct source *role;
	struct diff_texts names, sources, issuers;
	struct states seen;
	uint64_t *bits;
	bool observes, accounts; /* a rule observes; there are several accounts */
	bool named;              /* some role asks for a name */
};

struct made {
	const struct people *x;
	size_t n;
	const struct source *role[DIFF_ROLES];
	uint32_t from[DIFF_ROLES];
	struct bytes issuer, address;
};

static inline struct bytes
people_text(const struct source *s, struct pol_list l, uint32_t i)
{
	return pol_bytes(s->p, s->p->items[l.first + i].text);
}

/* made_choose() - an issuer and an address that all of its roles take. Return: are there such? */
bool made_choose(struct made *m);
/* made_takes_name() - may all of its roles have the name, and no lesser one say the same? */
bool made_takes_name(const struct made *m, struct bytes name);
/* made_takes_user() - may all of its roles have the user? */
bool made_takes_user(const struct made *m, struct bytes user);
/* made_identity() - as chosen; @own not empty: as that host. Return: 0, -ENOMEM; identity_deinit()
 * all the same. */
int made_identity(struct identity *id, const struct made *m, struct bytes name, struct bytes user,
    struct bytes own) must_check;

/* diff_label() - what people call it: "app + host as host x". */
const char *diff_label(
    struct people *x, const struct made *m, const struct identity *id, struct bytes own);
/* diff_expect_words() - what *.expect lines call it: who->expect. */
void diff_expect_words(struct people *x, const struct made *m, struct diff_person *who);

#endif
