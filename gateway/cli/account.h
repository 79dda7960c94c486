/*
 * account - the client accounts of a deployment: which there are, and their keys.
 */
#ifndef GATEWAY_CLI_ACCOUNT_H
#define GATEWAY_CLI_ACCOUNT_H

#include "gateway/cli/account_jwt.h"
#include "gateway/cli/deploy.h"
#include "gateway/cli/lattice.h"

struct account {
	char lattice[LATTICE_NAME_MAX + 1];
	struct nkey_pair pair;
	char text[NKEY_TEXT_LEN + 1];
};

/*
 * account_load() - the account of @lattice, or, when NULL, of the only lattice there is.
 * Return: CLI_OK, CLI_USAGE (which one?), CLI_FAILED.
 */
int account_load(struct deploy *d, const char *lattice, struct account *a) must_check;
void account_deinit(struct account *a);
/* account_lattices() - all names, sorted; names_free() them. Return: CLI_OK, CLI_FAILED. */
int account_lattices(struct deploy *d, char ***names, size_t *n) must_check;
/* account_read_jwt() - its JWT, which must be one this tool wrote. Return: CLI_OK, CLI_FAILED. */
int account_read_jwt(struct deploy *d, const char *lattice, const struct nkey_pair *client,
    struct account_jwt *c) must_check;

#endif
