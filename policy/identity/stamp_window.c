/*
 * stamp_window - see stamp_window.h. A ring in order of arrival, searched from end to end: commands
 * are rare, and only what a trusted gate signed gets here, so nobody outside can fill it.
 */
#include "policy/identity/stamp_window.h"

enum { WINDOW_FIRST = 8 };

struct stamp_seen {
	int64_t time_ms;
	uint64_t whom;
	uint8_t id[STAMP_ID_LEN];
};

void
stamp_window_init(struct stamp_window *w, size_t max, int64_t born_ms)
{
	*w = (struct stamp_window){ .max = max, .born_ms = born_ms };
}

void
stamp_window_deinit(struct stamp_window *w)
{
	free(w->ring);
	*w = (struct stamp_window){ 0 };
}

static struct stamp_seen *
at(const struct stamp_window *w, size_t i)
{
	return &w->ring[(w->first + i) % w->cap];
}

static void
forget_first(struct stamp_window *w)
{
	w->first = (w->first + 1) % w->cap;
	w->n--;
}

static int
grow(struct stamp_window *w)
{
	size_t cap = w->cap == 0 ? WINDOW_FIRST : w->cap * 2;
	struct stamp_seen *ring;

	cap = cap < w->max ? cap : w->max;
	ring = calloc(cap, sizeof(*ring));
	if (ring == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < w->n; i++)
		ring[i] = *at(w, i);
	free(w->ring);
	w->ring = ring;
	w->cap = cap;
	w->first = 0;
	return 0;
}

/* make_room() - what is stale by itself need not be remembered; else more room, or the oldest goes. */
static int
make_room(struct stamp_window *w, int64_t now_ms)
{
	while (w->n > 0 && at(w, 0)->time_ms < now_ms - STAMP_FRESH_MS)
		forget_first(w);
	if (w->n < w->cap)
		return 0;
	if (w->cap < w->max)
		return grow(w);
	if (at(w, 0)->time_ms > w->floor_ms)
		w->floor_ms = at(w, 0)->time_ms;
	forget_first(w);
	return 0;
}

int
stamp_window_take(
    struct stamp_window *w, const struct stamp *s, uint64_t whom, int64_t slack_ms, int64_t now_ms)
{
	int r;

	for (size_t i = 0; i < w->n; i++) {
		const struct stamp_seen *x = at(w, i);

		if (x->whom == whom && memcmp(x->id, s->id, sizeof(x->id)) == 0)
			return STAMP_REPLAYED;
	}
	if (s->time_ms + slack_ms < w->born_ms || s->time_ms <= w->floor_ms)
		return STAMP_STALE;
	r = make_room(w, now_ms);
	if (r != 0)
		return err_pass(r);
	/* the one that made room may have been newer than this one */
	if (s->time_ms <= w->floor_ms)
		return STAMP_STALE;
	w->n++;
	*at(w, w->n - 1) = (struct stamp_seen){ .time_ms = s->time_ms, .whom = whom };
	memcpy(at(w, w->n - 1)->id, s->id, sizeof(s->id));
	return 0;
}
