/*
 * upstream_keys - the mint file: for each client account the key of its account upstream.
 *
 * One line each, "A... SA...", blanks or tabs between; "#" begins a line of comment. The signer
 * works with it, `check` says beforehand what the signer would refuse. Pure.
 */
#ifndef GATEWAY_PROC_UPSTREAM_KEYS_H
#define GATEWAY_PROC_UPSTREAM_KEYS_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/identity/nkey.h"

enum { UPSTREAM_KEYS_MAX = 4096, UPSTREAM_KEYS_FILE_MAX = 1024 * 1024 };

enum upstream_keys_answer {
	UPSTREAM_KEYS_BAD = 1,
};

struct upstream_key {
	char account[NKEY_TEXT_LEN + 1]; /* the client account */
	struct nkey_pair key;            /* of its account upstream */
	size_t line;
};

struct upstream_keys {
	size_t n;
	struct upstream_key *key;
	const struct upstream_key **sorted; /* by account */
};

/* upstream_keys_bad() - told of each line that is refused (0: the file), in words without a secret.
 */
typedef void upstream_keys_bad(void *ctx, size_t line, const char *why);

/*
 * upstream_keys_read() - a whole file. Every problem is told, @bad may be NULL.
 * Return: 0; UPSTREAM_KEYS_BAD: *k holds the lines that were good, to say more about the file, not
 * to work with; -ENOMEM. *k is owned by the caller after each.
 */
int upstream_keys_read(
    struct upstream_keys *k, struct bytes text, upstream_keys_bad *bad, void *ctx) must_check;
/* upstream_keys_find() - the key for a client account; NULL when it has none. */
const struct nkey_pair *upstream_keys_find(const struct upstream_keys *k, struct bytes account);
/* upstream_keys_deinit() - wipe and free; zeroes it. */
void upstream_keys_deinit(struct upstream_keys *k);

#endif
