/*
 * lattice - what one lattice has in a deployment: a client account, an account on the leaf, a host
 * id, a policy and creds for the four roles. `init` writes the first ones, `lattice add` more.
 */
#ifndef GATEWAY_CLI_LATTICE_H
#define GATEWAY_CLI_LATTICE_H

#include "gateway/cli/deploy.h"
#include "policy/identity/nkey.h"

/* A lattice's rules are called LATTICE-RULE, and a rule has 64 characters at most. */
enum { LATTICE_NAME_MAX = 40 };

/* The four roles policies/lattice.policy knows, ended by NULL. */
extern const char *const lattice_roles[];

struct lattice {
	char name[LATTICE_NAME_MAX + 1];
	bool first; /* its creds are in creds/ itself */
	struct nkey_pair account, upstream, host;
	char account_text[NKEY_TEXT_LEN + 1], upstream_text[NKEY_TEXT_LEN + 1],
	    host_text[NKEY_TEXT_LEN + 1];
};

/* lattice_name_ok() - may a lattice be called so (command_lattice_ok()), and its files after it? */
bool lattice_name_ok(const char *name);
/* lattice_new() - a name and fresh keys. Return: CLI_OK, CLI_FAILED. */
int lattice_new(struct lattice *l, const char *name, bool first) must_check;
void lattice_deinit(struct lattice *l);
/* lattice_host_key() - the path of its host's seed. */
void lattice_host_key(const struct lattice *l, char out[PATH_MAX]);
/* lattice_creds() - the path of a role's creds file. */
void lattice_creds(const struct lattice *l, const char *role, char out[PATH_MAX]);
/*
 * lattice_write() - its keys, JWTs, policy and creds, all new files. @client and @gate are the two
 * operators. Not keys/upstream.keys and accounts.conf, which hold all lattices; the records of whom
 * creds were made for are appended to @issued, for the caller to write when all is done. Return:
 * CLI_OK, CLI_FAILED.
 */
int lattice_write(struct deploy *d, const struct lattice *l, const struct nkey_pair *client,
    const struct nkey_pair *gate, struct buf *issued) must_check;
/* lattice_mint_line() - append its line of keys/upstream.keys. */
void lattice_mint_line(const struct lattice *l, struct buf *b);
/*
 * lattice_policy() - append the policy of one lattice: the template with its names, which are in
 * its rules' names too, so that rules of several lattices do not clash. Return: 0, -ENOENT,
 * -ENOMEM.
 */
int lattice_policy(struct buf *out, const char *name, const char *account) must_check;
/* lattice_expect() - append what that policy promises, for `portcullis policy test`; the same. */
int lattice_expect(struct buf *out, const char *name, const char *account) must_check;
/* accounts_conf() - append accounts.conf from jwt/leaf/ (every account on the leaf). Return:
 * CLI_OK, CLI_FAILED. */
int accounts_conf(struct deploy *d, struct buf *out) must_check;

#endif
