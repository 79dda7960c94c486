/*
 * account - see account.h.
 */
#include "gateway/cli/account.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"

int
account_lattices(struct deploy *d, char ***names, size_t *n)
{
	int r = names_in(d->fd, "jwt/accounts", ".jwt", names, n);

	if (r != 0) {
		cli_error("%s/jwt/accounts: %s", d->dir, strerror(-r));
		return CLI_FAILED;
	}
	for (size_t i = 0; i < *n; i++)
		(*names)[i][strlen((*names)[i]) - strlen(".jwt")] = '\0';
	return CLI_OK;
}

/* pick() - the only lattice there is. */
static int
pick(struct deploy *d, char out[LATTICE_NAME_MAX + 1])
{
	char **names = NULL;
	size_t n = 0;
	int r = account_lattices(d, &names, &n);

	if (r == CLI_OK && n == 1 && lattice_name_ok(names[0])) {
		snprintf(out, LATTICE_NAME_MAX + 1, "%s", names[0]);
	} else if (r == CLI_OK) {
		cli_error("%s has %zu lattices: say which with --lattice NAME", d->dir, n);
		for (size_t i = 0; i < n && i < 16; i++)
			cli_try("--lattice %s", names[i]);
		r = CLI_USAGE;
	}
	names_free(names, n);
	return r;
}

int
account_load(struct deploy *d, const char *lattice, struct account *a)
{
	char path[PATH_MAX];
	int r = CLI_OK;

	*a = (struct account){ 0 };
	if (lattice == NULL) {
		r = pick(d, a->lattice);
	} else if (!lattice_name_ok(lattice)) {
		cli_error("--lattice: `%s' is no lattice name", lattice);
		r = CLI_USAGE;
	} else {
		snprintf(a->lattice, sizeof(a->lattice), "%s", lattice);
	}
	if (r != CLI_OK)
		return r;
	snprintf(path, sizeof(path), "keys/accounts/%s.nk", a->lattice);
	r = deploy_load_key(d, path, NKEY_ACCOUNT, &a->pair);
	if (r == CLI_OK)
		nkey_format(&a->pair.pub, a->text);
	else
		cli_try("creds are made with the account's key: run this where keys/accounts/ is, "
			"or name another --lattice");
	return r;
}

void
account_deinit(struct account *a)
{
	nkey_pair_deinit(&a->pair);
}

int
account_read_jwt(
    struct deploy *d, const char *lattice, const struct nkey_pair *client, struct account_jwt *c)
{
	char path[PATH_MAX];
	struct buf jwt;
	int r, answer;

	*c = (struct account_jwt){ 0 };
	snprintf(path, sizeof(path), "jwt/accounts/%s.jwt", lattice);
	buf_init(&jwt, TOKEN_MAX);
	r = deploy_read(d, path, &jwt);
	if (r == CLI_OK) {
		answer = account_jwt_read(c, buf_bytes(&jwt), client);
		if (answer != 0) {
			account_jwt_deinit(c);
			cli_error("%s/%s: %s", d->dir, path,
			    answer < 0
				? strerror(-answer)
				: "not as this tool wrote it; writing it anew could lose claims");
			if (answer > 0)
				cli_try("the tool that wrote it, e.g. `nsc revocations add-user`");
			r = CLI_FAILED;
		}
	}
	buf_deinit(&jwt);
	return r;
}
