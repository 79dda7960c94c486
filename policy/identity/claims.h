/*
 * claims - what operator, account and user tokens say inside "nats", decoded and bounded.
 *
 * Lists of subjects keep the difference the gate needs: absent does not narrow, present and empty
 * allows nothing. (Go's encoder leaves empty lists out and always writes "pub":{} and "sub":{},
 * so that difference never hits a token made by the usual tools.) Every field we know must have
 * its type; null is no type. Unknown fields are left alone, unless they differ from a known one
 * only in case.
 * Source: nats-io/jwt v2 types.go, user_claims.go, account_claims.go, operator_claims.go,
 * signingkeys.go.
 */
#ifndef POLICY_IDENTITY_CLAIMS_H
#define POLICY_IDENTITY_CLAIMS_H

#include "policy/identity/cidr.h"
#include "policy/identity/identity.h"
#include "policy/identity/jwt.h"

/* revocations: as many as a token of JWT_MAX bytes has room for; an account with more is refused whole */
enum { CLAIMS_SRC_MAX = 256, CLAIMS_TIMES_MAX = 64, CLAIMS_KEYS_MAX = 1024, CLAIMS_REVOCATIONS_MAX = 10000 };

/* seconds of the day, UTC; end before start goes past midnight */
struct claims_window {
	int32_t start_s, end_s;
};

/* What a user token and a scope's template have in common. */
struct claims_grant {
	struct permissions perms;
	bool any;                      /* says anything at all: a scoped user must not */
	int64_t max_subs, max_payload; /* -1 unlimited; absent is 0, as the server reads it */
	bool src_present, times_present, types_present;
	bool bearer;
	size_t n_src, n_times;
	struct cidr *src;
	struct claims_window *times;
	uint32_t types; /* bits, see claims_type() */
};

struct claims_tags {
	size_t n;
	char **tag; /* lower-case */
};

struct claims_user {
	char *name;
	struct claims_tags tags;
	struct claims_grant grant;
};

/* One signing key of an account. */
struct claims_scope {
	struct nkey key;
	bool scoped;
	struct claims_grant template; /* of a scoped one; items may hold {{...}} */
	uint8_t digest[32];           /* of everything its users' permissions are made of */
};

struct claims_revocation {
	struct nkey key;
	int64_t at_s;
};

struct claims_account {
	char *name;
	struct claims_tags tags;
	size_t n_scopes;
	struct claims_scope *scope;
	size_t n_revocations;
	struct claims_revocation *revocation; /* sorted by key */
	int64_t revoked_all_s;                /* "*": tokens issued until then; -1 none */
	struct permissions defaults;
	bool has_defaults;
	uint8_t defaults_digest[32];
	int64_t max_subs, max_payload, max_conn;
};

struct claims_operator {
	size_t n_keys;
	struct nkey *key; /* signing keys */
	bool strict;      /* its own key does not sign accounts */
};

/*
 * claims_*_read() - decode from a token of that kind. Return: 0 with the value owned by the caller,
 * JWT_BAD, -ENOMEM.
 */
int claims_user_read(struct claims_user *u, const struct jwt *j, char why[WHY_MAX]) must_check;
int claims_account_read(struct claims_account *a, const struct jwt *j, char why[WHY_MAX]) must_check;
int claims_operator_read(struct claims_operator *o, const struct jwt *j, char why[WHY_MAX]) must_check;
void claims_user_deinit(struct claims_user *u);
void claims_account_deinit(struct claims_account *a);
void claims_operator_deinit(struct claims_operator *o);
/* claims_issuer_account() - a user's issuer_account alone; type NKEY_NONE when absent. Return: 0, JWT_BAD. */
int claims_issuer_account(struct nkey *k, const struct jwt *j, char why[WHY_MAX]) must_check;
/* claims_grant_deinit() - free what it owns; zeroes it. */
void claims_grant_deinit(struct claims_grant *g);
/* claims_type() - the bit of a connection type's name (any case), 0 when unknown. */
uint32_t claims_type(struct bytes name);
/* claims_item_ok() - a subject, or with @queue "subject queue": valid and within bounds? */
bool claims_item_ok(struct bytes item, bool queue);

#endif
