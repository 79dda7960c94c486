/*
 * mint - write JWTs in NATS' version 2 form: operator, account, user. What mint_* writes,
 * trust_* and nats-server read; nsc shows it. jti is computed as the Go library does.
 * Source: nats-io/jwt v2 claims.go (layout and jti).
 */
#ifndef POLICY_IDENTITY_MINT_H
#define POLICY_IDENTITY_MINT_H

#include "policy/core/buf.h"
#include "policy/identity/identity.h"

struct mint_common {
	const char *name;
	int64_t iat_s;
	int64_t exp_s; /* 0: none */
	int64_t nbf_s; /* 0: none */
	size_t n_tags;
	const char *const *tags;
};

struct mint_operator {
	struct mint_common c;
	const char *system_account; /* A... or NULL */
	size_t n_signing_keys;
	const char *const *signing_keys; /* O... */
};

struct mint_revocation {
	const char *key; /* U... or "*" */
	int64_t at_s;
};

/* an account with more revocations could not be read again: mint_account() refuses to write it */
enum { MINT_REVOCATIONS_MAX = 10000 };

struct mint_account {
	struct mint_common c;
	const struct nkey *subject;
	size_t n_signing_keys;
	const char *const *signing_keys; /* A..., unscoped */
	size_t n_revocations;
	const struct mint_revocation *revocations;
	bool jetstream;   /* unlimited memory and disk storage, streams, consumers; else none */
	bool system;      /* the system account: its usual exports are not written (servers add them) */
	int64_t max_conn; /* -1 unlimited */
};

struct mint_user {
	struct mint_common c;
	const struct nkey *subject;
	const char *issuer_account; /* A... when signed by a signing key, else NULL */
	const struct permissions *perms; /* NULL: none written */
	int64_t max_subs, max_payload;   /* -1 unlimited */
	const char *const *types;        /* allowed_connection_types, NULL-terminated, or NULL */
};

/* mint_operator() - self-signed by @by, appended to @out. Return: 0, -ENOMEM (also the ceiling). */
int mint_operator(struct buf *out, const struct mint_operator *m, const struct nkey_pair *by) must_check;
/* mint_account() - signed by an operator key. Return: 0, -ENOMEM, -E2BIG (too many revocations). */
int mint_account(struct buf *out, const struct mint_account *m, const struct nkey_pair *by) must_check;
/* mint_user() - signed by an account key or signing key. */
int mint_user(struct buf *out, const struct mint_user *m, const struct nkey_pair *by) must_check;

#endif
