/*
 * wascap_mint - write an actor's claims as wash and its hosts read them.
 * Source: wasmCloud/wascap src/jwt.rs (order and spelling of members, call_alias).
 */
#ifndef POLICY_IDENTITY_WASCAP_MINT_H
#define POLICY_IDENTITY_WASCAP_MINT_H

#include "policy/identity/wascap.h"

struct wascap_mint {
	const char *jti;        /* a name of its own, made by the caller */
	const char *name;       /* needed */
	const struct nkey *sub; /* M... */
	int64_t iat_s;
	int64_t exp_s, nbf_s; /* 0: none */
	bool has_rev;
	int32_t rev;
	const char *ver;        /* NULL: none */
	const char *call_alias; /* NULL: none; see wascap_alias_ok() */
	size_t n_caps, n_tags;
	const char *const *caps, *const *tags;
	uint8_t hash[WASCAP_HASH_LEN];
};

/*
 * wascap_mint() - append the token, signed by @by (A...).
 * Return: 0, WASCAP_BAD_TOKEN when our own reader would not take it, -ENOMEM.
 */
int wascap_mint(struct buf *out, const struct wascap_mint *m, const struct nkey_pair *by,
    char why[WHY_MAX]) must_check;
/* wascap_alias_ok() - lower-case letters, digits and _, as wascap would leave it. */
bool wascap_alias_ok(const char *alias);

#endif
