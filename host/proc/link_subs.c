/*
 * link_subs - what the host listens to, in a table of both connections: at the server before a
 * connection is called up, again on every one that is made anew, and taken back without losing what
 * is on its way.
 */
#include <stdlib.h>

#include "host/proc/link_priv.h"

enum { PENDING_BYTES = 32 * 1024 * 1024 };

/* on_message() - the closure is the subscription's number, with the connection in its lowest bit.
 */
static void
on_message(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *ctx)
{
	uintptr_t key = (uintptr_t)ctx;
	struct item it = { .kind = ITEM_MSG,
		.wire = (enum wire)(key & 1),
		.id = (uint32_t)(key >> 1),
		.msg = msg };

	(void)conn;
	(void)sub;
	queue_put(&it);
}

static natsStatus
subscribe(struct wire_conn *w, struct wire_sub *s)
{
	void *key = (void *)((uintptr_t)s->id << 1 | (uintptr_t)w->wire);
	natsStatus r;

	if (s->queue != NULL)
		r = natsConnection_QueueSubscribe(
		    &s->at, w->conn, s->subject, s->queue, on_message, key);
	else
		r = natsConnection_Subscribe(&s->at, w->conn, s->subject, on_message, key);
	if (r == NATS_OK)
		r = natsSubscription_SetPendingLimits(s->at, LINK_PENDING, PENDING_BYTES);
	return r;
}

natsStatus
subs_tell(struct wire_conn *w, natsConnection *conn)
{
	natsStatus r = NATS_OK;

	for (size_t i = 0; r == NATS_OK && i < LINK_SUBS; i++) {
		struct wire_sub *s = &w->sub[i];
		bool sent;

		pthread_mutex_lock(&w->lock);
		sent = s->id != 0 && s->wire == w->wire && s->at == NULL;
		if (sent)
			r = subscribe(w, s);
		pthread_mutex_unlock(&w->lock);
		if (sent && r == NATS_OK)
			r = natsConnection_FlushTimeout(conn, LINK_FLUSH_MS);
	}
	return r;
}

int
subs_put(struct wire_conn *w, struct wire_sub *place, const struct link_sub *m)
{
	char *subject = strndup((const char *)m->subject.ptr, m->subject.len);
	char *queue = m->queue.len > 0 ? strndup((const char *)m->queue.ptr, m->queue.len) : NULL;
	natsStatus r = NATS_OK;

	if (subject == NULL || (m->queue.len > 0 && queue == NULL)) {
		free(subject);
		free(queue);
		return err_raise(-ENOMEM);
	}
	pthread_mutex_lock(&w->lock);
	*place = (struct wire_sub){ m->id, w->wire, subject, queue, NULL };
	if (w->conn != NULL)
		r = subscribe(w, place);
	pthread_mutex_unlock(&w->lock);
	if (r != NATS_OK)
		wire_error(w, natsStatus_GetText(r));
	return 0;
}

void
subs_forget(struct wire_conn *w)
{
	for (size_t i = 0; i < LINK_SUBS; i++) {
		if (w->sub[i].wire == w->wire && w->sub[i].at != NULL) {
			natsSubscription_Destroy(w->sub[i].at);
			w->sub[i].at = NULL;
		}
	}
}

/* on_drained() - nothing of it is on its way any more. */
static void
on_drained(void *ctx)
{
	natsSubscription_Destroy(ctx);
}

void
subs_del(struct wire_conn *w, struct wire_sub *place)
{
	natsSubscription *at;

	pthread_mutex_lock(&w->lock);
	at = place->at;
	free(place->subject);
	free(place->queue);
	*place = (struct wire_sub){ 0 };
	pthread_mutex_unlock(&w->lock);
	if (at == NULL)
		return;
	/* what the server has sent already is given on: a queue group's messages come to nobody
	 * else */
	if (natsSubscription_SetOnCompleteCB(at, on_drained, at) != NATS_OK ||
	    natsSubscription_Drain(at) != NATS_OK)
		natsSubscription_Destroy(at);
}
