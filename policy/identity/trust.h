/*
 * trust - operators, accounts, and the question the verifier asks of them: may this login in, and
 * as whom? Pure: files, clock and nonces come from the caller.
 *
 * Rules: nats-io/jwt v2 and nats-server auth.go, made stricter where the threat model says so;
 * docs/PROTOCOL.md lists each difference.
 */
#ifndef POLICY_IDENTITY_TRUST_H
#define POLICY_IDENTITY_TRUST_H

#include "policy/identity/identity.h"

struct trust;
struct seen;

enum trust_answer {
	TRUST_BAD_TOKEN = 1,   /* not a JWT we accept; @why names the field */
	TRUST_BAD_SIGNATURE,   /* JWT or nonce signature */
	TRUST_UNKNOWN_ACCOUNT,
	TRUST_ISSUER,          /* signer is not the account or one of its signing keys */
	TRUST_EXPIRED_USER,
	TRUST_EXPIRED_ACCOUNT,
	TRUST_NOT_YET,         /* nbf or iat in the future, outside the time window */
	TRUST_REVOKED,
	TRUST_BEARER,
	TRUST_SOURCE,          /* src does not contain the peer */
	TRUST_TYPE,            /* connection type not allowed */
	TRUST_SCOPE,           /* scoped key with own permissions, or a template that cannot be filled */
	TRUST_REQUIRE_EXP,
	TRUST_CERTIFICATE,     /* the certificate is none we believe, or there is none */
	TRUST_NO_ROLE,         /* no role of the policy asks for this certificate */
	TRUST_TWO_ACCOUNTS,    /* roles of more than one account do */
};

struct trust_options {
	bool require_exp;
	int64_t skew_s; /* tolerated future of iat; 0 means 60, negative none */
};

struct login {
	struct bytes jwt;
	struct bytes sig;      /* as sent: base64url without padding, or standard base64 with it */
	struct bytes nonce;    /* the ASCII nonce this connection was given */
	const char *source;    /* peer address text, without port */
	const char *type;      /* "STANDARD" */
	int64_t now_s;         /* unix */
	struct seen *seen;     /* tokens whose signature was good before, and now this one; NULL: none are kept */
};

/* trust_new() - trusts nobody yet. Return: NULL when out of memory. */
struct trust *trust_new(const struct trust_options *o) must_check;
void trust_free(struct trust *t);
void trust_freep(struct trust **t);
/*
 * trust_add_operator() - an operator JWT (self-signed) or a bare O... key. White space around is fine,
 * so are lines of dashes. A newer statement of the same operator replaces an older one.
 * @why (room for 160 bytes) gets the reason of a refusal in words.
 * Return: 0, an answer, -ENOMEM.
 */
int trust_add_operator(struct trust *t, struct bytes text, char why[160]) must_check;
/*
 * trust_add_account() - an account JWT signed by a trusted operator (or its signing key). The newest
 * iat of an account wins, of equals the later added. An expired one is kept, so that its users are
 * refused as such. An account with an auth callout is refused: its logins are not ours to judge.
 */
int trust_add_account(struct trust *t, struct bytes text, char why[160]) must_check;
size_t trust_accounts(const struct trust *t);
/* trust_operators() - how many operators are trusted. */
size_t trust_operators(const struct trust *t);
/*
 * trust_login() - the whole chain and the nonce signature.
 * Return: 0 and *id owned by the caller (->inbox and ->source unset), an answer with @why in words,
 * -ENOMEM. Costs two Ed25519 verifications, one where the token was seen before; account JWTs were verified
 * when added.
 */
int trust_login(const struct trust *t, const struct login *l, struct identity *id, char why[160]) must_check;
/*
 * trust_certified() - may a certificate's identity in? ->account and ->issued_s are set; the account must be
 * known and in force, and its limits become the identity's. A revocation of all users ("*") counts, by the
 * certificate's first day. Return: 0, an answer with @why in words.
 */
int trust_certified(const struct trust *t, struct identity *id, int64_t now_s, char why[160]) must_check;
/*
 * trust_recheck() - is an identity admitted earlier still good under this trust at this time?
 * Return: 0, TRUST_EXPIRED_USER, TRUST_EXPIRED_ACCOUNT, TRUST_REVOKED, TRUST_ISSUER (key or account gone,
 * or what the account lent the identity - a scope's template, its defaults - has changed).
 */
int trust_recheck(const struct trust *t, const struct identity *id, int64_t now_s) must_check;
/* trust_next_end() - when the next account or operator ends after @now_s; 0: none does. */
int64_t trust_next_end(const struct trust *t, int64_t now_s);
/* trust_account_limit() - the account's `conn` limit, -1 unlimited. */
int64_t trust_account_limit(const struct trust *t, const char *account);
/* trust_code() - a stable short word for logs: "expired_user", "revoked", ... */
const char *trust_code(int answer);

#endif
