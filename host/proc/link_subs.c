/*
 * link_subs - what the host listens to, in a table of both connections: at the server before a
 * connection is called up, again on every one that is made anew, and taken back without losing what
 * is on its way: a queue group's messages come to nobody else, so it is heard until the server has
 * answered behind our word.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/nats/writer.h"
#include "host/proc/link_priv.h"

static void
put(struct wire_conn *w, const struct wire_sub *s)
{
	char sid[16];
	int n = snprintf(sid, sizeof(sid), "%u", s->id);

	nats_put_sub(stream_out(&w->stream), bytes_str(s->subject), bytes_str(s->queue),
	    bytes_of(sid, (size_t)n));
}

static void
release(struct wire_sub *s)
{
	free(s->subject);
	free(s->queue);
	*s = (struct wire_sub){ 0 };
}

/* told() - does this connection's server know of subscriptions? */
static bool
told(const struct wire_conn *w)
{
	return w->state == WIRE_TELLING || w->state == WIRE_UP;
}

int
subs_put(struct wire_conn *w, struct wire_sub *place, const struct link_sub *m)
{
	char *subject = strndup((const char *)m->subject.ptr, m->subject.len);
	char *queue = m->queue.len > 0 ? strndup((const char *)m->queue.ptr, m->queue.len) : NULL;

	if (subject == NULL || (m->queue.len > 0 && queue == NULL)) {
		free(subject);
		free(queue);
		return err_raise(-ENOMEM);
	}
	release(place); /* the last of one that is leaving: the parent hears it no more */
	*place =
	    (struct wire_sub){ .id = m->id, .wire = w->wire, .subject = subject, .queue = queue };
	if (told(w))
		put(w, place);
	return 0;
}

void
subs_tell(struct wire_conn *w)
{
	for (size_t i = 0; i < LINK_SUBS; i++)
		if (w->sub[i].id != 0 && w->sub[i].wire == w->wire && !w->sub[i].leaving)
			put(w, &w->sub[i]);
}

void
subs_del(struct wire_conn *w, struct wire_sub *place)
{
	char sid[16];
	int n = snprintf(sid, sizeof(sid), "%u", place->id);

	if (!told(w)) {
		release(place);
		return;
	}
	nats_put_unsub(stream_out(&w->stream), bytes_of(sid, (size_t)n), false, 0);
	place->leaving = true;
	place->pong = wire_ping(w);
}

/* let_go() - of this connection's that are leaving: all, or those the server has answered. */
static void
let_go(struct wire_conn *w, bool all)
{
	for (size_t i = 0; i < LINK_SUBS; i++) {
		struct wire_sub *s = &w->sub[i];

		if (s->id != 0 && s->wire == w->wire && s->leaving &&
		    (all || wire_heard(w, s->pong)))
			release(s);
	}
}

void
subs_pong(struct wire_conn *w)
{
	let_go(w, false);
}

void
subs_forget(struct wire_conn *w)
{
	let_go(w, true);
}
