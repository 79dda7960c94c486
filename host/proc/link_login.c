/*
 * link_login - what nats.c asks, in its own threads, when a server wants to know who we are. The
 * key of the login is not here. What the server wants signed goes to the parent over the loop, and
 * the thread that asked waits for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host/proc/link_priv.h"

enum { SIGN_MS = 3000 };

static natsStatus
give_jwt(char **jwt, char **error, void *ctx)
{
	struct wire_conn *w = ctx;

	(void)error;
	pthread_mutex_lock(&w->lock);
	*jwt = w->jwt != NULL ? strdup(w->jwt) : NULL;
	pthread_mutex_unlock(&w->lock);
	return *jwt != NULL ? NATS_OK : NATS_NO_MEMORY;
}

static natsStatus
give_signature(char **error, unsigned char **sig, int *len, const char *nonce, void *ctx)
{
	struct wire_conn *w = ctx;
	struct item it = { .kind = ITEM_SIGN, .wire = w->wire };
	struct timespec end;
	bool done;
	int r = 0;

	(void)error;
	if (strlen(nonce) > LINK_NONCE_MAX)
		return NATS_ERR;
	snprintf(it.text, sizeof(it.text), "%s", nonce);
	*sig = malloc(LINK_SIG);
	if (*sig == NULL)
		return NATS_NO_MEMORY;
	*len = LINK_SIG;
	wire_after(&end, SIGN_MS);
	pthread_mutex_lock(&w->lock);
	it.id = w->sign_id = ++w->sign_last;
	w->sign_done = false;
	queue_put(&it);
	while (r == 0 && !w->sign_done && !w->stopping)
		r = pthread_cond_timedwait(&w->news, &w->lock, &end);
	done = w->sign_done;
	memcpy(*sig, w->sig, LINK_SIG);
	pthread_mutex_unlock(&w->lock);
	if (done)
		return NATS_OK;
	free(*sig);
	*sig = NULL;
	return NATS_TIMEOUT;
}

void
login_signed(struct wire_conn *w, const struct link_sign *m)
{
	pthread_mutex_lock(&w->lock);
	if (m->id == w->sign_id && m->text.len == LINK_SIG) {
		memcpy(w->sig, m->text.ptr, LINK_SIG);
		w->sign_done = true;
		pthread_cond_broadcast(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

natsStatus
login_ask(struct wire_conn *w, natsOptions *o)
{
	return natsOptions_SetUserCredentialsCallbacks(o, give_jwt, w, give_signature, w);
}
