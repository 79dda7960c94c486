/*
 * cell - see cell.h. This file is the life of a cell: begun, asked, answered, ended. It believes what
 * cell_say.c has checked, and no clock but the caller's.
 */
#include "host/proc/cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"

const char *
cell_end_name(enum cell_end e)
{
	static const char *const names[CELL_ENDS] = { "answered", "crashed", "denied", "wall_time",
		"processor_time", "broke_protocol", "no_walls", "not_started", "stopped" };

	return e < CELL_ENDS ? names[e] : "unknown";
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct cell *
alloc(const struct cell_options *o)
{
	const struct actor_limits *l = o->from != NULL ? &o->from->limits : &o->limits;
	struct cell *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->state = CELL_BORN;
	c->limits = *l;
	c->ops = o->ops;
	c->minimum = o->minimum;
	c->user = o->user;
	c->zygote = o->zygote;
	c->world = o->world;
	c->epoll = c->pidfd = c->channel = c->listener = c->theirs = c->gift = -1;
	c->pid = -1;
	buf_init(&c->in, MSG_RUNNER_HEADER + MSG_RUNNER_HEAD_MAX +
			     larger(larger(l->response, l->error), l->ask_payload));
	buf_init(&c->out, 4 * MSG_RUNNER_HEAD_MAX + (size_t)l->request + l->ask_answer);
	buf_init(&c->answer, larger(l->response, l->error) + MSG_RUNNER_HEAD_MAX);
	return c;
}

static void
say_birth(struct cell *c, const struct cell_options *o)
{
	struct msg_birth birth = { o->limits, o->world };
	struct buf body;

	buf_init(&body, MSG_RUNNER_HEAD_MAX);
	msg_birth_put(&body, &birth);
	cell_say(c, MSG_BIRTH, buf_bytes(&body), BYTES_NULL);
	buf_deinit(&body);
}

int
cell_new(const struct cell_options *o, uint64_t now_ns, struct cell **out)
{
	struct cell *c = alloc(o);
	int r;

	if (c == NULL)
		return err_raise(-ENOMEM);
	r = o->from != NULL ? cell_fork(c, o->from) : cell_spawn(c, o->argv, o->module);
	if (r == 0 && o->from == NULL) {
		say_birth(c, o);
		if (buf_failed(&c->out))
			r = err_raise(-ENOMEM);
	}
	if (r != 0) {
		cell_stop(c);
		return err_pass(r);
	}
	cell_budget(c, &o->birth, now_ns);
	cell_send(c);
	*out = c;
	return 0;
}

bool
cell_idle(const struct cell *c)
{
	return c->state == CELL_IDLE && c->event == CELL_EVENT_NONE && !c->zygote;
}

static int
too_large(struct cell *c)
{
	c->got.outcome.answer = ACTOR_TOO_LARGE;
	snprintf(c->got.outcome.why, sizeof(c->got.outcome.why), "the request is above its ceiling");
	return 1;
}

int
cell_begin(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, uint64_t now_ns)
{
	struct msg_call m = { budget->fuel, budget->fresh, *world, operation, payload };
	size_t at;

	if (!cell_idle(c))
		return 1;
	memset(&c->got, 0, sizeof(c->got));
	buf_reset(&c->answer);
	if (operation.len > c->limits.request || payload.len > c->limits.request - operation.len)
		return too_large(c);
	at = cell_say_begin(c);
	msg_call_put(&c->out, &m);
	cell_say_end(c, MSG_CALL, at);
	if (buf_failed(&c->out)) {
		cell_kill(c, CELL_CRASHED, "the host has no memory for a call");
		return 1;
	}
	c->lines = c->asks = 0;
	c->state = CELL_RUNNING;
	cell_budget(c, budget, now_ns);
	cell_send(c);
	return 0;
}

const struct actor_ask *
cell_asked(const struct cell *c)
{
	return c->state == CELL_ASKED ? &c->ask : NULL;
}

void
cell_answer(struct cell *c, bool ok, struct bytes answer)
{
	uint8_t good;

	if (c->state != CELL_ASKED)
		return;
	if (answer.len > c->limits.ask_answer) {
		ok = false;
		answer = bytes_upto(bytes_str("the host's answer is above its ceiling"), c->limits.ask_answer);
	}
	good = ok ? 1 : 0;
	cell_say(c, MSG_ANSWER, bytes_of(&good, 1), answer);
	if (buf_failed(&c->out)) {
		cell_kill(c, CELL_CRASHED, "the host has no memory for an answer");
		return;
	}
	buf_reset(&c->in); /* the question lay there */
	c->ask = (struct actor_ask){ 0 };
	c->state = CELL_RUNNING;
	cell_send(c);
}

int
cell_fd(const struct cell *c)
{
	return c->epoll;
}

uint64_t
cell_deadline(const struct cell *c)
{
	return c->event != CELL_EVENT_NONE ? c->now_ns : c->deadline_ns;
}

enum cell_event
cell_step(struct cell *c, uint64_t now_ns)
{
	cell_turn(c, 0);
	return cell_settle(c, now_ns);
}

const struct cell_result *
cell_got(const struct cell *c)
{
	return &c->got;
}

void
cell_end(struct cell *c)
{
	cell_kill(c, CELL_STOPPED, "stopped");
}

const struct cell_walls *
cell_walls(const struct cell *c)
{
	return &c->walls;
}

pid_t
cell_pid(const struct cell *c)
{
	return c->pid;
}

uint64_t
cell_cost(const struct cell *c)
{
	return c->cost;
}
