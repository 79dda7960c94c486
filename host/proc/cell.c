/*
 * cell - see cell.h. This file is what is said: which frame may come when, how long it may be, and
 * what it leads to. Counts of log lines and host calls are the host's own: a runner that was taken
 * over does not keep its limits by itself.
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
		"processor_time", "broke_protocol", "no_walls", "not_started" };

	return e < CELL_ENDS ? names[e] : "unknown";
}

void
cell_say(struct cell *c, enum msg_runner type, struct bytes head, struct bytes rest)
{
	uint8_t header[MSG_RUNNER_HEADER];

	msg_runner_header(header, type, head.len + rest.len);
	buf_put(&c->out, bytes_of(header, sizeof(header)));
	buf_put(&c->out, head);
	buf_put(&c->out, rest);
}

static bool
broke(struct cell *c, const char *why)
{
	cell_kill(c, CELL_BROKE, why);
	return false;
}

static bool
on_locked(struct cell *c, struct bytes body)
{
	struct msg_locked m;
	char why[CELL_WHY];

	if (!msg_locked_get(body, &m) || m.listener != (c->listener >= 0))
		return broke(c, "the runner's word about its walls cannot be read");
	if (m.error != 0 || (m.walls & WALLS_FLOOR) != WALLS_FLOOR) {
		size_t n = m.why.len < 160 ? m.why.len : 160;

		snprintf(why, sizeof(why), "%.*s: %s", (int)n, (const char *)m.why.ptr,
		    strerror(m.error));
		cell_kill(c, CELL_NO_WALLS, why);
		return false;
	}
	c->walls = (struct cell_walls){ m.walls, m.landlock_abi, m.uid, m.listener };
	c->state = CELL_LOADING;
	return true;
}

/* outcome() - what the runner says of a call; its text is kept until the next. */
static bool
outcome(struct cell *c, struct bytes body, struct msg_done *m)
{
	if (!msg_done_get(body, m))
		return broke(c, "the runner's outcome cannot be read");
	buf_reset(&c->answer);
	buf_put(&c->answer, m->outcome.out);
	if (buf_failed(&c->answer))
		return broke(c, "the runner's answer is above its ceiling");
	m->outcome.out = buf_bytes(&c->answer);
	c->got->outcome = m->outcome;
	c->state = CELL_IDLE;
	return true;
}

static bool
on_ready(struct cell *c, struct bytes body)
{
	struct msg_done m;

	if (!outcome(c, body, &m))
		return false;
	c->cost = m.cost;
	return true;
}

static bool
on_done(struct cell *c, struct bytes body)
{
	struct msg_done m;

	return outcome(c, body, &m);
}

static bool
on_log(struct cell *c, struct bytes body)
{
	if (c->lines++ >= c->limits.log_lines)
		return broke(c, "the runner sends more log lines than a guest may");
	if (c->ops.log != NULL)
		c->ops.log(c->ops.ctx, body);
	return true;
}

/* plain() - could each of its names stand in a subject? An empty link is the default one. */
static bool
plain(const struct actor_ask *ask)
{
	return (ask->binding.len == 0 || actor_token_ok(ask->binding)) &&
	       actor_token_ok(ask->space) && actor_token_ok(ask->operation);
}

/* answer() - have the host answer, but for names that are none. Return: an answer, not an error? */
static bool
answer(struct cell *c, const struct actor_ask *ask)
{
	bool ok = false;

	buf_reset(&c->answer);
	if (!plain(ask)) {
		buf_put_str(&c->answer,
		    "a link, contract or operation has a name that no subject can hold");
		return false;
	}
	if (c->ops.ask != NULL && c->ops.ask(c->ops.ctx, ask, &c->answer, &ok) == 0 &&
	    !buf_failed(&c->answer))
		return ok;
	buf_reset(&c->answer);
	buf_put_str(&c->answer, "the host cannot answer");
	return false;
}

static bool
on_ask(struct cell *c, struct bytes body)
{
	struct actor_ask ask;
	uint8_t good;

	if (!msg_ask_get(body, &ask) || ask.payload.len > c->limits.ask_payload)
		return broke(c, "the runner's host call cannot be read");
	if (c->asks++ >= c->limits.asks)
		return broke(c, "the runner makes more host calls than a guest may");
	good = answer(c, &ask) ? 1 : 0;
	cell_say(c, MSG_ANSWER, bytes_of(&good, 1),
	    bytes_upto(buf_bytes(&c->answer), c->limits.ask_answer));
	return true;
}

struct rule {
	uint8_t type;
	enum cell_state in, or_in;
	bool once;
	bool (*handle)(struct cell *c, struct bytes body);
};

static const struct rule rules[] = {
	{ MSG_LOCKED, CELL_BORN, CELL_BORN, true, on_locked },
	{ MSG_READY, CELL_LOADING, CELL_LOADING, true, on_ready },
	{ MSG_LOG, CELL_LOADING, CELL_RUNNING, false, on_log },
	{ MSG_ASK, CELL_RUNNING, CELL_RUNNING, false, on_ask },
	{ MSG_DONE, CELL_RUNNING, CELL_RUNNING, false, on_done },
};

static const struct rule *
rule_of(const struct cell *c, uint8_t type)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (r->type != type || (c->state != r->in && c->state != r->or_in))
			continue;
		return r->once && (c->seen & (1U << type)) != 0 ? NULL : r;
	}
	return NULL;
}

int64_t
cell_frame_max(const struct cell *c, uint8_t type)
{
	const struct actor_limits *l = &c->limits;

	if (rule_of(c, type) == NULL)
		return -1;
	switch (type) {
	case MSG_LOG:
		return l->log_bytes;
	case MSG_ASK:
		return (int64_t)l->ask_payload + MSG_RUNNER_HEAD_MAX;
	case MSG_DONE:
		return (int64_t)(l->response > l->error ? l->response : l->error) +
		       MSG_RUNNER_HEAD_MAX;
	default:
		return MSG_RUNNER_HEAD_MAX;
	}
}

bool
cell_frame(struct cell *c, uint8_t type, struct bytes body)
{
	const struct rule *r = rule_of(c, type);

	if (r == NULL)
		return broke(c, "the runner said what may not be said now");
	c->seen |= 1U << type;
	return r->handle(c, body);
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct cell *
cell_new(const struct cell_options *o)
{
	const struct actor_limits *l = &o->limits;
	struct cell *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->state = CELL_BORN;
	c->limits = *l;
	c->ops = o->ops;
	c->pidfd = c->channel = c->listener = -1;
	c->pid = -1;
	buf_init(&c->in, MSG_RUNNER_HEADER + MSG_RUNNER_HEAD_MAX +
			     larger(larger(l->response, l->error), l->ask_payload));
	buf_init(&c->out, 4 * MSG_RUNNER_HEAD_MAX + (size_t)l->request + l->ask_answer);
	buf_init(
	    &c->answer, larger(larger(l->response, l->error), l->ask_answer) + MSG_RUNNER_HEAD_MAX);
	return c;
}

void
cell_stop(struct cell *c)
{
	if (c == NULL)
		return;
	if (c->pidfd >= 0)
		cell_kill(c, CELL_CRASHED, "stopped");
	if (c->channel >= 0)
		close(c->channel);
	buf_deinit(&c->in);
	buf_deinit(&c->out);
	buf_deinit(&c->answer);
	free(c);
}

int
cell_start(const struct cell_options *o, struct cell **out, struct cell_result *got)
{
	struct msg_birth birth = { o->limits, o->world };
	struct cell *c = cell_new(o);
	struct buf body;
	int r;

	memset(got, 0, sizeof(*got));
	if (c == NULL)
		return err_raise(-ENOMEM);
	r = cell_spawn(c, o->argv, o->module);
	if (r != 0) {
		cell_stop(c);
		return err_pass(r);
	}
	buf_init(&body, MSG_RUNNER_HEAD_MAX);
	msg_birth_put(&body, &birth);
	cell_say(c, MSG_BIRTH, buf_bytes(&body), BYTES_NULL);
	buf_deinit(&body);
	cell_watch(c, &o->birth, got);
	if (got->end == CELL_ANSWERED && got->outcome.answer == ACTOR_DONE) {
		*out = c;
		return 0;
	}
	got->outcome.out = BYTES_NULL;
	cell_stop(c);
	return 1;
}

void
cell_call(struct cell *c, struct bytes operation, struct bytes payload,
    const struct actor_world *world, const struct cell_budget *budget, struct cell_result *got)
{
	struct msg_call m = { budget->fuel, budget->fresh, *world, operation, payload };
	struct buf body;

	memset(got, 0, sizeof(*got));
	if (c->state != CELL_IDLE) {
		got->end = CELL_CRASHED;
		snprintf(got->why, sizeof(got->why), "the cell is not there any more");
		return;
	}
	buf_init(&body, (size_t)c->limits.request + MSG_RUNNER_HEAD_MAX);
	msg_call_put(&body, &m);
	if (buf_failed(&body) || operation.len + payload.len > c->limits.request) {
		got->outcome.answer = ACTOR_TOO_LARGE;
		snprintf(
		    got->outcome.why, sizeof(got->outcome.why), "the request is above its ceiling");
		buf_deinit(&body);
		return;
	}
	c->lines = c->asks = 0;
	c->state = CELL_RUNNING;
	cell_say(c, MSG_CALL, buf_bytes(&body), BYTES_NULL);
	buf_deinit(&body);
	cell_watch(c, budget, got);
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
