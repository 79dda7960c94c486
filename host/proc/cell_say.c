/*
 * cell_say - which frame may come when, how long it may be, and what it leads to. Counts of log lines
 * and host calls are the host's own: a runner that was taken over does not keep its limits by itself.
 */
#include <stdio.h>

#include "host/proc/cell_priv.h"

size_t
cell_say_begin(struct cell *c)
{
	static const uint8_t header[MSG_RUNNER_HEADER];
	size_t at = c->out.len;

	buf_put(&c->out, bytes_of(header, sizeof(header)));
	return at;
}

void
cell_say_end(struct cell *c, enum msg_runner type, size_t at)
{
	if (!buf_failed(&c->out))
		msg_runner_header(c->out.ptr + at, type, c->out.len - at - MSG_RUNNER_HEADER);
}

void
cell_say(struct cell *c, enum msg_runner type, struct bytes head, struct bytes rest)
{
	size_t at = cell_say_begin(c);

	buf_put(&c->out, head);
	buf_put(&c->out, rest);
	cell_say_end(c, type, at);
}

static bool
broke(struct cell *c, const char *why)
{
	cell_kill(c, CELL_BROKE, why);
	return false;
}

/* lacks() - a wall that was demanded: which, and why not. */
static bool
lacks(struct cell *c)
{
	uint32_t missing = c->minimum & ~c->walls.walls;
	int i = __builtin_ctz(missing);
	char why[CELL_WHY];

	if (i == ENCLOSE_OWN_USER)
		snprintf(why, sizeof(why),
		    "the wall own-user is demanded and not to be had: it takes root, and a range of users known here");
	else if (i >= ENCLOSE_USER && i < ENCLOSE_END)
		snprintf(why, sizeof(why), "the wall %s is demanded and not to be had: %s",
		    enclose_name((enum enclosure)i), strerror(c->walls.enclose_error[i - ENCLOSE_USER]));
	else
		snprintf(why, sizeof(why), "the wall %s is demanded and not to be had",
		    wall_name((enum wall)i));
	cell_kill(c, CELL_NO_WALLS, why);
	return false;
}

static bool
on_locked(struct cell *c, struct bytes body)
{
	struct msg_locked m;
	char why[CELL_WHY];

	/* who was forked has its zygote's */
	if (!msg_locked_get(body, &m) || m.listener != (c->listener >= 0 || c->mother != NULL))
		return broke(c, "the runner's word about its walls cannot be read");
	if (m.error != 0 || (m.walls & WALLS_FLOOR) != WALLS_FLOOR) {
		size_t n = m.why.len < 160 ? m.why.len : 160;

		snprintf(why, sizeof(why), "%.*s: %s", (int)n, (const char *)m.why.ptr,
		    strerror(m.error));
		cell_kill(c, CELL_NO_WALLS, why);
		return false;
	}
	c->walls = (struct cell_walls){
		.walls = m.walls, .landlock_abi = m.landlock_abi, .uid = m.uid, .listener = m.listener
	};
	memcpy(c->walls.enclose_error, m.enclose_error, sizeof(m.enclose_error));
	if ((c->walls.walls & c->minimum) != c->minimum)
		return lacks(c);
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
	c->got.outcome = m->outcome;
	return true;
}

static bool
on_ready(struct cell *c, struct bytes body)
{
	struct msg_done m;

	if (!outcome(c, body, &m))
		return false;
	c->cost = m.cost;
	c->place = m.place;
	if (m.outcome.answer != ACTOR_DONE) { /* it is about to end */
		cell_kill(c, CELL_ANSWERED, "");
		return false;
	}
	c->state = CELL_IDLE;
	c->event = CELL_EVENT_DONE;
	return true;
}

static bool
on_done(struct cell *c, struct bytes body)
{
	struct msg_done m;

	if (!outcome(c, body, &m))
		return false;
	c->state = CELL_IDLE;
	c->event = CELL_EVENT_DONE;
	return true;
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

static bool
on_ask(struct cell *c, struct bytes body)
{
	struct actor_ask ask;

	if (!msg_ask_get(body, &ask) || ask.payload.len > c->limits.ask_payload)
		return broke(c, "the runner's host call cannot be read");
	if (c->asks++ >= c->limits.asks)
		return broke(c, "the runner makes more host calls than a guest may");
	c->ask = ask;
	c->state = CELL_ASKED;
	if (plain(&ask))
		c->event = CELL_EVENT_ASKED;
	else
		cell_answer(
		    c, false, bytes_str("a link, contract or operation has a name that no subject can hold"));
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
	{ MSG_FORKED, CELL_IDLE, CELL_IDLE, false, zygote_forked },
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
