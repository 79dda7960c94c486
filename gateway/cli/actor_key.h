/* actor_key - files with the seed of an account, a module or a provider, as wash keeps them. */
#ifndef GATEWAY_CLI_ACTOR_KEY_H
#define GATEWAY_CLI_ACTOR_KEY_H

#include "gateway/cli/cli.h"
#include "policy/identity/nkey.h"

/* actor_key_trim() - without the white space around it. */
struct bytes actor_key_trim(struct bytes s);
/* actor_key_kind() - "account", "module", "service"; NULL for another type. */
const char *actor_key_kind(enum nkey_type type);
/* actor_key_type() - of such a word; NKEY_NONE for another. */
enum nkey_type actor_key_type(const char *kind);
/*
 * actor_key_read() - from a file of the folder @at; white space around the seed is fine.
 * Return: 0, an answer of nkey.h, -errno.
 */
int actor_key_read(struct nkey_pair *p, int at, const char *path) must_check;
/* actor_key_load() - the same of one type, for --@option. Return: CLI_OK, CLI_FAILED after saying
 * why. */
int actor_key_load(
    struct nkey_pair *p, const char *option, const char *path, enum nkey_type type) must_check;

#endif
