/*
 * person_file - who a creds file says it is of, as the gate would know it: for questions to a
 * policy.
 */
#ifndef GATEWAY_CLI_PERSON_FILE_H
#define GATEWAY_CLI_PERSON_FILE_H

#include "policy/identity/identity.h"

/*
 * person_from_creds() - the identity of a creds file. Its signature is checked; whether its account
 * is trusted, and what a signing key's scope or the account's defaults would add, is not in the
 * file. Return: CLI_OK and *id owned by the caller, CLI_FAILED after saying why.
 */
int person_from_creds(const char *file, struct identity *id) must_check;

#endif
