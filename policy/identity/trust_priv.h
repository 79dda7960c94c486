/* trust - what trust.c keeps and login.c asks. */
#ifndef POLICY_IDENTITY_TRUST_PRIV_H
#define POLICY_IDENTITY_TRUST_PRIV_H

#include "policy/identity/claims.h"
#include "policy/identity/trust.h"

struct operator {
	struct nkey key;
	int64_t iat_s, exp_s, nbf_s; /* iat -1: a bare key */
	struct claims_operator claims;
};

struct account {
	struct nkey key;
	struct nkey signer; /* operator key or signing key */
	int64_t iat_s, exp_s, nbf_s;
	struct claims_account claims;
};

struct trust {
	struct trust_options o;
	size_t n_operators;
	struct operator *operator;
	size_t n_accounts, n_slots; /* slots: a power of two, or none */
	struct account **slot;
};

/* trust_account() - by key; NULL when unknown. */
const struct account *trust_account(const struct trust *t, const struct nkey *key);
/* trust_signer() - the operator for which @key may sign accounts; NULL when there is none. */
const struct operator *trust_signer(const struct trust *t, const struct nkey *key);
/*
 * trust_issuer() - may @iss sign users of @a? *scope: its entry in signing_keys, NULL for the
 * account's own key.
 */
bool trust_issuer(const struct account *a, const struct nkey *iss, const struct claims_scope **scope);
/* trust_certified_stands() - the part of trust_recheck() that is about an identity by certificate. */
int trust_certified_stands(const struct trust *t, const struct identity *id, int64_t now_s) must_check;
/* trust_revoked() - is a user's token of that age revoked? */
bool trust_revoked(const struct account *a, const struct nkey *user, int64_t iat_s);

#endif
