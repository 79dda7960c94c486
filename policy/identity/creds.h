/*
 * creds - NATS credentials files: a user JWT and its seed between lines of dashes.
 * Source: nats-io/jwt creds_utils.go, nats.c nats_GetJWTOrSeed.
 */
#ifndef POLICY_IDENTITY_CREDS_H
#define POLICY_IDENTITY_CREDS_H

#include "policy/core/buf.h"
#include "policy/identity/nkey.h"

enum creds_answer {
	CREDS_NO_JWT = 1,
	CREDS_NO_SEED,
	CREDS_BAD_SEED,
	CREDS_TOO_BIG, /* over 64 KiB */
};

/* creds_read() - find the JWT (borrowed from @text) and the seed. Return: 0, an answer, -ENOMEM. */
int creds_read(struct bytes text, struct bytes *jwt, struct nkey_pair *pair) must_check;
/* creds_write() - the file as nsc writes it. The caller wipes the buffer. */
void creds_write(struct buf *out, struct bytes jwt, const struct nkey_pair *pair);
/* creds_block() - the value of the first block between lines of dashes; false when there is none. */
bool creds_block(struct bytes text, struct bytes *value);
/* creds_why() - an answer in words. */
const char *creds_why(int answer);

#endif
