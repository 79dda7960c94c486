/*
 * person - one identity: a user key signed into a lattice's account, as a creds file.
 */
#ifndef GATEWAY_CLI_PERSON_H
#define GATEWAY_CLI_PERSON_H

#include "gateway/cli/deploy.h"
#include "policy/identity/nkey.h"

enum { PERSON_MAX_HOSTS = 64, PERSON_NAME_MAX = 128, ROLE_NAME_MAX = 64 };

struct person {
	const char *lattice;
	const char *role;
	const char *name;
	int64_t exp_s; /* 0: never */
	size_t n_hosts;
	const char *hosts[PERSON_MAX_HOSTS]; /* N... */
};

/* person_role_ok() - letters, digits, - and _, at most 64. */
bool person_role_ok(const char *role);
/* person_name_ok() - 1 to 128 bytes of UTF-8 without control characters. */
bool person_name_ok(const char *name);
/*
 * person_creds() - make a key and append the creds file's text to @creds (secret_buf_init() it),
 * with
 * @user set to the public key. Return: CLI_OK, CLI_FAILED.
 */
int person_creds(const struct person *p, const struct nkey_pair *account, int64_t now_s,
    struct buf *creds, char user[NKEY_TEXT_LEN + 1]) must_check;
/* person_record() - append the line of jwt/issued.jsonl; no secret in it. */
void person_record(
    struct buf *out, const struct person *p, const char *account, const char *user, int64_t now_s);

#endif
