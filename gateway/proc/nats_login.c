/*
 * nats_login - see nats_login.h.
 */
#include "gateway/proc/nats_login.h"

#include <stdlib.h>
#include <string.h>

enum { LOGINS = 8 }; /* that as many in a row have no signature has a chance of one in 2^64 */

static natsStatus
give_jwt(char **jwt, char **error, void *ctx)
{
	const struct nats_login *l = ctx;

	(void)error;
	*jwt = strdup(l->jwt);
	return *jwt != NULL ? NATS_OK : NATS_NO_MEMORY;
}

static natsStatus
give_signature(char **error, unsigned char **sig, int *len, const char *nonce, void *ctx)
{
	struct nats_login *l = ctx;

	(void)error;
	*sig = malloc(NKEY_SIG_LEN);
	if (*sig == NULL)
		return NATS_NO_MEMORY;
	nkey_sign(l->key, bytes_str(nonce), *sig); /* NULL from a server that asks nobody who he is */
	*len = NKEY_SIG_LEN;
	atomic_store(&l->dropped, (*sig)[0] == 0);
	return NATS_OK;
}

natsStatus
nats_login_set(natsOptions *o, struct nats_login *l)
{
	atomic_store(&l->dropped, false);
	return natsOptions_SetUserCredentialsCallbacks(o, give_jwt, l, give_signature, l);
}

natsStatus
nats_login_connect(natsConnection **c, natsOptions *o, const struct nats_login *l)
{
	natsStatus s = natsConnection_Connect(c, o);

	for (int i = 1; i < LOGINS && s == NATS_CONNECTION_AUTH_FAILED && atomic_load(&l->dropped); i++)
		s = natsConnection_Connect(c, o);
	return s;
}
