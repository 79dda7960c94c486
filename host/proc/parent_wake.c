/*
 * parent_wake - see parent_wake.h. The loop's handles outlive their owner by a turn, so they have
 * memory of their own.
 */
#include "host/proc/parent_wake.h"

#include "host/proc/parent_priv.h"

enum { NS_PER_MS = 1000000 };

struct wake {
	uv_poll_t poll;
	uv_timer_t timer;
	void (*woke)(void *ctx); /* NULL: nobody is there any more */
	void *ctx;
	unsigned closed;
	bool polls;
};

static void
on_closed(uv_handle_t *h)
{
	struct wake *w = h->data;

	if (++w->closed == (w->polls ? 2 : 1))
		free(w);
}

void
wake_free(struct wake *w)
{
	if (w == NULL)
		return;
	w->woke = NULL;
	uv_timer_stop(&w->timer);
	if (w->polls) {
		uv_poll_stop(&w->poll);
		uv_close((uv_handle_t *)&w->poll, on_closed);
	}
	uv_close((uv_handle_t *)&w->timer, on_closed);
}

static void
on_readable(uv_poll_t *p, int status, int events)
{
	const struct wake *w = p->data;

	(void)status;
	(void)events;
	if (w->woke != NULL)
		w->woke(w->ctx);
}

static void
on_timer(uv_timer_t *t)
{
	const struct wake *w = t->data;

	if (w->woke != NULL)
		w->woke(w->ctx);
}

int
wake_new(int fd, void (*woke)(void *ctx), void *ctx, struct wake **out)
{
	struct wake *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return err_raise(-ENOMEM);
	w->woke = woke;
	w->ctx = ctx;
	uv_timer_init(&host.loop, &w->timer);
	w->timer.data = w->poll.data = w;
	if (fd >= 0 && uv_poll_init(&host.loop, &w->poll, fd) != 0) {
		wake_free(w);
		return err_raise(-EBADF);
	}
	if (fd >= 0) {
		w->polls = true;
		uv_poll_start(&w->poll, UV_READABLE, on_readable);
	}
	*out = w;
	return 0;
}

void
wake_soon(struct wake *w, uint64_t ms)
{
	uv_timer_start(&w->timer, on_timer, ms, 0);
}

void
wake_until(struct wake *w, uint64_t due_ns)
{
	uint64_t now = uv_hrtime();

	if (due_ns == UINT64_MAX)
		uv_timer_stop(&w->timer);
	else
		wake_soon(w, due_ns > now ? (due_ns - now) / NS_PER_MS + 1 : 1);
}
