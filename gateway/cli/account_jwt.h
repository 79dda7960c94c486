/*
 * account_jwt - a client account's JWT as this tool writes it, and writes it anew with revocations.
 */
#ifndef GATEWAY_CLI_ACCOUNT_JWT_H
#define GATEWAY_CLI_ACCOUNT_JWT_H

#include <stdbool.h>

#include "policy/core/buf.h"
#include "policy/identity/mint.h"

enum account_jwt_answer {
	ACCOUNT_JWT_BAD = 1, /* no account JWT */
	ACCOUNT_JWT_FOREIGN, /* signed by another operator, or holds claims this tool does not write
			      */
	ACCOUNT_JWT_FULL,    /* MINT_REVOCATIONS_MAX */
};

struct account_jwt {
	char name[256];
	struct nkey subject;
	int64_t iat_s;
	size_t n_revocations;
	/* sorted by key, as every encoder of maps does: the same revocations are the same text */
	struct mint_revocation *revocations; /* ->key of each is owned */
};

/*
 * account_jwt_read() - one this tool wrote, signed by operator @by: writing it again gives the same
 * text, so nothing in it would be lost. With @by NULL any account JWT is read as far as this struct
 * goes, unverified. Return: 0, an answer, -ENOMEM.
 */
int account_jwt_read(
    struct account_jwt *a, struct bytes jwt, const struct nkey_pair *by) must_check;
/* account_jwt_write() - mint it with @iat_s. Return: 0, -ENOMEM. */
int account_jwt_write(const struct account_jwt *a, int64_t iat_s, struct buf *out,
    const struct nkey_pair *by) must_check;
/* account_jwt_revoke() - add or renew one. Return: 0, ACCOUNT_JWT_FULL, -ENOMEM. */
int account_jwt_revoke(struct account_jwt *a, const char *key, int64_t at_s) must_check;
/*
 * account_jwt_revoked() - is a user key with this iat revoked? As policy/identity/trust.h has it: a
 * key that is named is, whatever its iat; "*" is about those issued until then.
 */
bool account_jwt_revoked(const struct account_jwt *a, const char *key, int64_t iat_s);
void account_jwt_deinit(struct account_jwt *a);

#endif
