/*
 * parent_backlog - calls to an actor go to an idle instance, or wait here in the order they came,
 * under a ceiling and each until its own time is over. An actor that other hosts are called for
 * from now on goes when the last of them was taken.
 */
#include "host/proc/parent_backlog.h"

enum { LATE_STEP_MS = 20 };

static void
on_drained(uv_timer_t *t)
{
	actors_on_drained(t->data);
}

void
backlog_give(struct actor_run *a)
{
	struct cell_run *k;

	while (a->queue != NULL && (k = cells_idle(a)) != NULL) {
		struct call *c = a->queue;

		a->queue = c->next;
		if (a->queue == NULL)
			a->last = &a->queue;
		a->queued--;
		c->next = NULL;
		cells_give(k, c);
	}
	/* those who called us may be within one of its cells: it goes when the loop turns */
	if (a->queue == NULL && a->left)
		uv_timer_start(a->timer, on_drained, 0, 0);
	else if (a->queue == NULL)
		uv_timer_stop(a->timer);
}

static void
on_late(uv_timer_t *t)
{
	struct actor_run *a = t->data;
	uint64_t now = uv_now(&host.loop);

	for (struct call **at = &a->queue; *at != NULL;) {
		struct call *c = *at;

		if (c->due_ms > now) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		a->queued--;
		calls_end(c, PROVIDER_LATE, BYTES_LIT("no instance of the actor was free in time"));
	}
	a->last = &a->queue;
	while (*a->last != NULL)
		a->last = &(*a->last)->next;
	backlog_give(a);
}

void
backlog_put(struct actor_run *a, struct call *c)
{
	if (a->queued >= host.conf->queue) {
		calls_end(c, PROVIDER_BUSY, BYTES_LIT("as many calls wait for this actor as may"));
		return;
	}
	c->next = NULL;
	*a->last = c;
	a->last = &c->next;
	a->queued++;
	if (!uv_is_active((uv_handle_t *)a->timer))
		uv_timer_start(a->timer, on_late, LATE_STEP_MS, LATE_STEP_MS);
	backlog_give(a);
}

void
backlog_refuse(struct actor_run *a, enum provider_answer end, struct bytes why)
{
	for (struct call *c = a->queue, *next; c != NULL; c = next) {
		next = c->next;
		calls_end(c, end, why);
	}
	a->queue = NULL;
	a->last = &a->queue;
	a->queued = 0;
}

int
backlog_begin(struct actor_run *a)
{
	a->timer = malloc(sizeof(*a->timer));
	if (a->timer == NULL)
		return err_raise(-ENOMEM);
	uv_timer_init(&host.loop, a->timer);
	a->timer->data = a;
	a->last = &a->queue;
	return 0;
}

static void
on_timer_closed(uv_handle_t *h)
{
	free(h);
}

void
backlog_end(struct actor_run *a)
{
	if (a->timer == NULL)
		return;
	uv_timer_stop(a->timer);
	uv_close((uv_handle_t *)a->timer, on_timer_closed);
	a->timer = NULL;
}
