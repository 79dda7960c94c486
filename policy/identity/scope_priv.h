/*
 * scope - fill the template of a scoped signing key with what is known of a user and its account.
 */
#ifndef POLICY_IDENTITY_SCOPE_PRIV_H
#define POLICY_IDENTITY_SCOPE_PRIV_H

#include "policy/identity/claims.h"

enum scope_answer {
	SCOPE_BAD = 1, /* @why says which entry and what is wrong with it */
};

enum { SCOPE_PRODUCT_MAX = 4096 };

struct scope_values {
	const char *user, *account;           /* keys */
	const char *user_name, *account_name; /* the tokens' names */
	const struct claims_tags *user_tags, *account_tags;
};

/*
 * scope_expand() - the template's permissions with every {{...}} filled in. An allow entry that
 * names a tag nobody has is dropped (an allow list stays a list, empty allows nothing); a deny
 * entry that does is an answer, as is every value that is not one plain token.
 * Return: 0, SCOPE_BAD, -ENOMEM; *out is the caller's to free in every case.
 */
int scope_expand(struct permissions *out, const struct permissions *template, const struct scope_values *v,
    char why[WHY_MAX]) must_check;

#endif
