/*
 * parent_held - commands that wait for a registry: one whose artifact is on its way is done as if
 * it came when that is there. Who asked is not kept waiting for as long as a registry may take.
 */
#include <stdio.h>

#include "host/proc/parent_control_priv.h"
#include "host/proc/parent_pull.h"

enum { PATIENCE_MS = 1500 };

struct held {
	struct link_msg m; /* slices of ->text */
	uv_timer_t timer;
	uint8_t *text;
};

static void
on_held_closed(uv_handle_t *h)
{
	struct held *w = h->data;

	free(w->text);
	free(w);
}

static void
on_pulled(void *ctx, const char *why)
{
	struct held *w = ctx;
	const struct request *q;
	char kept[REQUEST_ERROR];
	struct buf *out;

	uv_timer_stop(&w->timer);
	if (why == NULL) {
		control_hear(&w->m, true);
	} else if ((q = control_again(&w->m, &out)) != NULL) {
		snprintf(kept, sizeof(kept), "%s", why);
		if (q->verb != VERB_ACTOR_UPDATE)
			actors_not_started(q, kept);
		commands_ack(q, out, kept);
		control_answer(&w->m);
	}
	uv_close((uv_handle_t *)&w->timer, on_held_closed);
}

/* on_patience() - tools of the time wait two seconds: taken, and what comes of it is told by
 * events. */
static void
on_patience(uv_timer_t *t)
{
	struct held *w = t->data;
	struct buf *out;
	const struct request *q = control_again(&w->m, &out);

	if (q == NULL)
		return;
	reply_ack(out, host.model, q, NULL);
	control_answer(&w->m);
	w->m.reply = BYTES_NULL;
}

const char *
held_put(const struct request *q, const struct link_msg *m)
{
	struct held *w = calloc(1, sizeof(*w));
	size_t n = m->subject.len + m->reply.len + m->body.len;
	const char *why = "out of memory";
	uint8_t *at = w != NULL ? malloc(n + 1) : NULL;

	if (at != NULL) {
		struct bytes *part[] = { &w->m.subject, &w->m.reply, &w->m.body };

		w->m = *m;
		w->text = at;
		for (size_t i = 0; i < 3; i++) {
			if (part[i]->len > 0)
				memcpy(at, part[i]->ptr, part[i]->len);
			part[i]->ptr = at;
			at += part[i]->len;
		}
		uv_timer_init(&host.loop, &w->timer);
		w->timer.data = w;
		uv_timer_start(&w->timer, on_patience, PATIENCE_MS, 0);
		why = pull_begin(&q->image, on_pulled, w);
		if (why == NULL)
			return NULL;
		uv_close((uv_handle_t *)&w->timer, on_held_closed);
	} else {
		free(w);
	}
	return why;
}

bool
held_wants(const struct request *q)
{
	if (q->image.scheme != IMAGE_OCI ||
	    (q->verb != VERB_ACTOR_START && q->verb != VERB_ACTOR_SCALE &&
		q->verb != VERB_ACTOR_UPDATE))
		return false;
	return q->verb == VERB_ACTOR_UPDATE || q->verb == VERB_ACTOR_START ||
	       model_actor_of(host.model, q->ref) == NULL;
}
