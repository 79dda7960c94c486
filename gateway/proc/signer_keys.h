/*
 * signer_keys - the keys the signer holds: for logins upstream and for stamps. Each comes as a
 * file's text, and may come anew (a reload); it takes the place of what is in force when all of it
 * is good.
 */
#ifndef GATEWAY_PROC_SIGNER_KEYS_H
#define GATEWAY_PROC_SIGNER_KEYS_H

#include "gateway/proc/upstream_keys.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"
#include "policy/identity/nkey.h"

/* A fixed login. */
struct signer_login {
	char *jwt; /* NULL: there is none */
	struct nkey_pair pair;
};

struct signer_keys {
	struct upstream_keys mint; /* of the upstream's accounts: with them logins are made */
	struct signer_login creds, command_creds;
	struct nkey_pair stamp; /* comes once; seed.ptr NULL: not yet */
};

/* What was wrong with a file of keys: the first place and how many. Never what stands there. */
struct signer_wrong {
	size_t line, n; /* line 0: of the whole file */
	const char *why;
};

/* signer_keys_wanted() - is a file of this name for the signer, and may it come now? */
bool signer_keys_wanted(const struct signer_keys *k, const char *name);
/*
 * signer_keys_take() - @text of the file @name; those of TLS go on to signer_tls.h.
 * Return: 0, an answer (> 0) with @w filled and the keys in force kept, -errno.
 */
int signer_keys_take(
    struct signer_keys *k, const char *name, struct bytes text, struct signer_wrong *w) must_check;

#endif
