/*
 * issued - jwt/issued.jsonl: whom this deployment made creds for. It holds no secret and proves
 * nothing; it lets people revoke by name.
 */
#ifndef GATEWAY_CLI_ISSUED_H
#define GATEWAY_CLI_ISSUED_H

#include "gateway/cli/deploy.h"
#include "gateway/cli/person.h"

struct issued {
	char user[NKEY_TEXT_LEN + 1];
	char account[NKEY_TEXT_LEN + 1];
	char name[PERSON_NAME_MAX + 1];
	char role[ROLE_NAME_MAX + 1];
	char lattice[ROLE_NAME_MAX + 1];
	char host[NKEY_TEXT_LEN + 1]; /* the first host id, or "" */
	int64_t iat_s, exp_s;
};

/* issued_read() - all records, oldest first; free() them. Return: CLI_OK, CLI_FAILED. */
int issued_read(struct deploy *d, struct issued **out, size_t *n) must_check;

#endif
