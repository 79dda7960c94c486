/*
 * cell_wait - for who has one cell and nothing else to do: loops over steps, with this machine's clock.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * CELL_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* pause_for() - until something comes to the cell or the zygote it was made from. */
static void
pause_for(struct cell *c, uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / CELL_NS_PER_S), .tv_nsec = (long)(ns % CELL_NS_PER_S) };
	struct pollfd p[2] = { { .fd = c->epoll, .events = POLLIN },
		{ .fd = c->mother->epoll, .events = POLLIN } };

	(void)ppoll(p, 2, &t, NULL);
	(void)cell_step(c->mother, now());
	cell_turn(c, 0);
}

/* next() - the event that comes. */
static enum cell_event
next(struct cell *c)
{
	enum cell_event e = cell_settle(c, now());

	while (e == CELL_EVENT_NONE) {
		uint64_t at = now(), due = cell_deadline(c);

		/* without a deadline: somebody who was killed, seen when the kernel lets go of it */
		uint64_t wait = due == UINT64_MAX ? CELL_NS_PER_S : due > at ? due - at : 0;

		if (c->mother != NULL)
			pause_for(c, wait);
		else
			cell_turn(c, wait);
		e = cell_settle(c, now());
	}
	return e;
}

void
cell_stop(struct cell *c)
{
	if (c == NULL)
		return;
	if (c->state != CELL_DEAD)
		cell_end(c);
	while (c->pidfd >= 0 && next(c) != CELL_EVENT_DEAD)
		continue;
	zygote_leave(c);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->theirs >= 0)
		close(c->theirs);
	if (c->gift >= 0)
		close(c->gift);
	buf_deinit(&c->in);
	buf_deinit(&c->out);
	buf_deinit(&c->answer);
	free(c);
}

int
cell_start(const struct cell_options *o, struct cell **out, struct cell_result *got)
{
	struct cell *c;
	int r = cell_new(o, now(), &c);

	memset(got, 0, sizeof(*got));
	if (r != 0)
		return err_pass(r);
	if (next(c) == CELL_EVENT_DONE) {
		*got = *cell_got(c);
		*out = c;
		return 0;
	}
	*got = *cell_got(c);
	got->outcome.out = BYTES_NULL;
	cell_stop(c);
	return 1;
}

/* answer() - what ->ops says to what is asked. */
static void
answer(struct cell *c)
{
	struct buf into;
	bool ok = false;

	buf_init(&into, c->limits.ask_answer);
	if (c->ops.ask != NULL && c->ops.ask(c->ops.ctx, cell_asked(c), &into, &ok) == 0 && !buf_failed(&into))
		cell_answer(c, ok, buf_bytes(&into));
	else
		cell_answer(c, false, bytes_str("the host cannot answer"));
	buf_deinit(&into);
}

void
cell_call(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, struct cell_result *got)
{
	(void)cell_settle(c, now()); /* what was found while it was idle */
	if (!cell_idle(c)) {
		memset(got, 0, sizeof(*got));
		got->end = CELL_CRASHED;
		snprintf(got->why, sizeof(got->why), "the cell is not there any more, or is busy");
		return;
	}
	if (cell_begin(c, operation, payload, world, budget, now()) == 0)
		while (next(c) == CELL_EVENT_ASKED)
			answer(c);
	*got = *cell_got(c);
}
