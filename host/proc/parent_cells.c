/*
 * parent_cells - see parent_cells.h.
 *
 * A cell is stepped when its descriptor or its clock says so. What it does wrong costs it its
 * process and its caller an answer, and nobody else anything: the next cell takes the next call.
 *
 * An actor whose cells die too often (host/actor/restart.h judges all of them as one) is held back:
 * none is born until that has passed, or somebody starts, scales or updates it. A cell killed
 * because its call's wall time passed is no such death: that may be for others to answer.
 */
#include "host/proc/parent_cells.h"

#include <stdio.h>

#include "host/lattice/contract.h"
#include "host/proc/parent_wake.h"
#include "host/proc/parent_zygotes.h"

enum { BIRTH_WALL_MS = 10000, BIRTH_CPU_MS = 5000, NS_PER_MS = 1000000 };

static struct {
	uint64_t next_id;
	size_t n;
	struct buf room;
} self;

static void step(struct cell_run *k);
static void rest(struct cell_run *k, const char *why, bool counts);

static void again(struct cell_run *k);
static void hatch(struct cell_run *k);

/* ---- waking ---- */

static void
unwatch(struct cell_run *k)
{
	wake_free(k->watch);
	k->watch = NULL;
}

/* woke() - by its cell, or by a clock: that of the cell, of a pause, or the turn of its zygote. */
static void
woke(void *ctx)
{
	struct cell_run *k = ctx;

	if (k->state == CELL_RUN_PAUSE && k->actor->held_ms != 0)
		cells_release(k->actor);
	else if (k->state == CELL_RUN_PAUSE)
		again(k);
	else if (k->cell == NULL)
		hatch(k);
	else
		step(k);
}

/* watch() - @fd -1: the clock alone. Return: 0, -errno. */
static int
watch(struct cell_run *k, int fd)
{
	return wake_new(fd, woke, k, &k->watch);
}

static void
arm(struct cell_run *k)
{
	wake_until(k->watch, cell_deadline(k->cell));
}

/* ---- birth ---- */

static void
world_now(struct actor_world *w)
{
	w->now_ns = (uint64_t)now_ms() * NS_PER_MS;
	random_take(w->seed, sizeof(w->seed));
}

static void
on_log(void *ctx, struct bytes line)
{
	const struct cell_run *k = ctx;
	struct log_line l;

	if (!actors_may_say(k->actor->model))
		return;
	log_begin(&l, LOG_INF, "actor_console");
	log_word(&l, "actor", k->actor->model->claims.sub);
	log_bytes(&l, "text", line);
	log_end(&l);
}

static void
limits_of(struct actor_limits *l)
{
	*l = actor_limits_default();
	l->memory_pages = (uint32_t)(host.conf->memory / 65536);
	l->call_fuel = (int64_t)host.conf->fuel;
}

void
cells_options(struct cell_options *o, const struct artifact *a)
{
	*o = (struct cell_options){ .module = a->bytes,
		.minimum = host.conf->walls_minimum,
		.birth = { .cpu_ms = BIRTH_CPU_MS, .wall_ms = BIRTH_WALL_MS } };
	limits_of(&o->limits);
	world_now(&o->world);
}

/* spawn() - its process; @from: a zygote, or NULL. Return: 0, -errno. */
static int
spawn(struct cell_run *k, struct cell *from)
{
	struct cell_options o;
	int r;

	cells_options(&o, k->artifact);
	o.from = from;
	o.ops = (struct cell_ops){ .ctx = k, .log = on_log };
	r = cell_new(&o, uv_hrtime(), &k->cell);
	if (r == 0)
		r = watch(k, cell_fd(k->cell));
	if (r != 0) {
		cell_stop(k->cell);
		k->cell = NULL;
		return err_pass(r);
	}
	/* what it has to say is heard when the loop turns */
	wake_soon(k->watch, 0);
	return 0;
}

/* expect() - a fork, as soon as its zygote is there. Return: 0, -errno. */
static int
expect(struct cell_run *k)
{
	int r = 0;

	if (k->zygote != NULL && zygotes_dead(k->zygote) != NULL) {
		zygotes_drop(k->zygote);
		k->zygote = NULL;
	}
	if (k->zygote == NULL)
		r = zygotes_hold(k->artifact, &k->zygote);
	if (r == 0)
		r = watch(k, -1);
	if (r == 0)
		wake_soon(k->watch, 0);
	return err_pass(r);
}

/* begin() - its birth. Return: 0, -errno. */
static int
begin(struct cell_run *k)
{
	k->state = CELL_RUN_BIRTH;
	k->born_ms = uv_now(&host.loop);
	(void)status_move(&k->instance->status, STATE_STARTING, NULL, now_ms(), 0);
	(void)model_actor_sum(k->actor->model, now_ms());
	return err_pass(zygotes_may(k->artifact) ? expect(k) : spawn(k, NULL));
}

void
cells_on_zygote(const struct zygote *z)
{
	/* when the loop turns, for some may go */
	for (struct actor_run *a = actors_first(); a != NULL; a = a->next)
		for (struct cell_run *k = a->cells; k != NULL; k = k->next)
			if (k->zygote == z && k->watch != NULL &&
			    (k->state == CELL_RUN_BIRTH || zygotes_dead(z) != NULL) &&
			    k->state != CELL_RUN_PAUSE)
				wake_soon(k->watch, 0);
}

int
cells_add(struct actor_run *a, struct artifact *artifact, bool newer)
{
	struct cell_run *k = calloc(1, sizeof(*k)), **at = &a->cells;
	char id[MODEL_ID + 1];
	int r;

	if (k == NULL)
		return err_raise(-ENOMEM);
	id_new(id);
	r = model_instance_add(host.model, a->model, id, now_ms(), &k->instance);
	if (r != 0) {
		free(k);
		return err_pass(r);
	}
	k->id = ++self.next_id;
	k->actor = a;
	k->newer = newer;
	k->artifact = artifact_hold(artifact);
	while (*at != NULL)
		at = &(*at)->next;
	*at = k;
	self.n++;
	r = begin(k);
	if (r != 0)
		rest(k, strerror(-r), false);
	return 0;
}

/* ---- quarantine ---- */

/* again() - the pause of one is over. */
static void
again(struct cell_run *k)
{
	int r;

	unwatch(k);
	r = begin(k);
	if (r != 0)
		rest(k, strerror(-r), false);
}

bool
cells_held(const struct actor_run *a)
{
	bool held = a->held_ms != 0 && a->cells != NULL;

	for (const struct cell_run *k = a->cells; held && k != NULL; k = k->next)
		held = k->state == CELL_RUN_PAUSE;
	return held;
}

static void
say_quarantine(enum log_level level, const char *event, const struct actor_run *a, const char *why)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_word(&l, "actor", a->model->claims.sub);
	log_str(&l, "ref", a->model->ref);
	log_str(&l, "why", why);
	log_end(&l);
}

/* pausing() - it is not running, and is tried again then. */
static void
pausing(struct cell_run *k, uint64_t pause_ms, const char *why)
{
	k->state = CELL_RUN_PAUSE;
	(void)status_move(
	    &k->instance->status, STATE_FAILED, why, now_ms(), now_ms() + (int64_t)pause_ms);
	if (k->watch != NULL || watch(k, -1) == 0)
		wake_soon(k->watch, pause_ms);
}

/* hold() - none is born until that is over, those that pause neither. */
static void
hold(struct actor_run *a, const char *why)
{
	say_quarantine(LOG_ERR, "actor_quarantined", a, why);
	a->held_ms = uv_now(&host.loop) + host.conf->quarantine_ms;
	for (struct cell_run *k = a->cells; k != NULL; k = k->next)
		if (k->state == CELL_RUN_PAUSE)
			pausing(k, host.conf->quarantine_ms, why);
}

void
cells_release(struct actor_run *a)
{
	bool held = a->held_ms != 0;

	restart_release(&a->restart);
	a->held_ms = 0;
	if (!held)
		return;
	say_quarantine(LOG_INF, "actor_released", a, "it is tried again");
	for (struct cell_run *k = a->cells; k != NULL; k = k->next)
		if (k->state == CELL_RUN_PAUSE)
			pausing(k, 0, k->instance->status.reason);
}

/* pause_of() - after its actor's own fault: none the first time, then longer each, then quarantine.
 */
static uint64_t
pause_of(struct cell_run *k, uint64_t now, uint64_t lived, const char *why)
{
	struct actor_run *a = k->actor;
	struct restart_policy p = restart_policy_default();
	uint64_t at = now;

	p.deaths = host.conf->crashes;
	p.window_ms = host.conf->crash_window_ms;
	if (restart_died(&a->restart, &p, lived, now, &at) == RESTART_AT)
		return a->restart.row == 1 && k->was_up ? 0 : at - now;
	if (a->held_ms == 0)
		hold(a, why);
	return 0;
}

/* rest() - it died, or found no room to be born; another one comes. @counts: it is its own fault.
 */
static void
rest(struct cell_run *k, const char *why, bool counts)
{
	struct actor_run *a = k->actor;
	const struct restart_policy p = restart_policy_default();
	uint64_t now = uv_now(&host.loop), lived = now - k->born_ms, pause;
	char words[STATUS_REASON];

	if (lived >= p.calm_ms)
		k->deaths = 0;
	k->deaths++;
	pause = lived >= p.first_ms ? 0 : (uint64_t)status_backoff_ms(k->deaths);
	snprintf(words, sizeof(words), "died %u times in %u s, in quarantine: %.160s",
	    (unsigned)host.conf->crashes, (unsigned)(host.conf->crash_window_ms / 1000), why);
	/* what a new module does is not the former one's */
	if (counts && !(k->newer && a->update != NULL))
		pause = pause_of(k, now, lived, words);
	if (a->held_ms != 0) {
		pause = a->held_ms > now ? a->held_ms - now : 1;
		why = words;
	}
	pausing(k, pause, why);
	(void)model_actor_sum(a->model, now_ms());
	actors_on_failed(a, k, why);
}

/* ---- the end ---- */

static void
out_of_list(struct cell_run *k)
{
	for (struct cell_run **at = &k->actor->cells; *at != NULL; at = &(*at)->next) {
		if (*at == k) {
			*at = k->next;
			return;
		}
	}
}

void
cells_kill(struct cell_run *k)
{
	struct actor_run *a = k->actor;

	if (k->call != NULL)
		calls_end(k->call, PROVIDER_FAILED, BYTES_LIT("the actor was stopped"));
	k->call = NULL;
	unwatch(k);
	cell_stop(k->cell);
	k->cell = NULL;
	k->state = CELL_RUN_GONE;
	out_of_list(k);
	self.n--;
	actors_on_gone(a, k);
	zygotes_drop(k->zygote);
	artifact_drop(k->artifact);
	free(k);
}

void
cells_retire(struct cell_run *k)
{
	if (k->call != NULL)
		k->leaving = true;
	else
		cells_kill(k);
}

size_t
cells_count(void)
{
	return self.n;
}

/* say_ended() - why a process of an actor is gone. */
static void
say_ended(const struct cell_run *k, const struct cell_result *got)
{
	struct log_line l;

	log_begin(&l, LOG_WRN, got->end == CELL_DENIED ? "actor_escape" : "actor_ended");
	log_word(&l, "actor", k->actor->model->claims.sub);
	log_word(&l, "instance", k->instance->id);
	log_word(&l, "end", cell_end_name(got->end));
	if (got->end == CELL_DENIED)
		log_str(&l, "call", got->call.name);
	log_str(&l, "why", got->why[0] != '\0' ? got->why : got->outcome.why);
	log_end(&l);
}

static const char *
words(const struct cell_result *got, char out[STATUS_REASON])
{
	const char *why = got->why[0] != '\0' ? got->why : got->outcome.why;

	if (got->end == CELL_ANSWERED)
		snprintf(
		    out, STATUS_REASON, "%s: %.200s", actor_answer_name(got->outcome.answer), why);
	else
		snprintf(out, STATUS_REASON, "%s: %.200s", cell_end_name(got->end), why);
	return out;
}

/* fallen() - its process is gone, or must go; another is born after a pause. */
static void
fallen(struct cell_run *k, const char *why, bool counts)
{
	if (k->call != NULL)
		calls_end(k->call, PROVIDER_FAILED, bytes_str(why));
	k->call = NULL;
	unwatch(k);
	cell_stop(k->cell);
	k->cell = NULL;
	if (k->leaving) {
		cells_kill(k);
		return;
	}
	k->actor->restarts++;
	rest(k, why, counts);
}

/* own_fault() - and not that of the machine, or of those it waited for. */
static bool
own_fault(const struct cell_run *k, const struct cell_result *got)
{
	if (got->with_zygote)
		return zygotes_blame(k->zygote);
	switch (got->end) {
	case CELL_NO_WALLS:
	case CELL_NO_START:
	case CELL_STOPPED:
		return false;
	case CELL_WALL:
		return k->state == CELL_RUN_BIRTH;
	default:
		return true;
	}
}

/* hatch() - its zygote is ready, or dead. */
static void
hatch(struct cell_run *k)
{
	const struct cell_result *dead = zygotes_dead(k->zygote);
	char why[STATUS_REASON];
	int r;

	if (dead != NULL && zygotes_may(k->artifact)) {
		words(dead, why);
		fallen(k, why, own_fault(k, dead) && zygotes_blame(k->zygote));
	} else if (dead != NULL || zygotes_ready(k->zygote) != NULL) {
		unwatch(k);
		r = spawn(k, zygotes_ready(k->zygote));
		if (r != 0)
			rest(k, strerror(-r), false);
	}
}

static void
on_dead(struct cell_run *k)
{
	const struct cell_result *got = cell_got(k->cell);
	char why[STATUS_REASON];

	say_ended(k, got);
	words(got, why);
	fallen(k, why, own_fault(k, got));
}

/* ---- calls ---- */

struct cell_run *
cells_idle(struct actor_run *a)
{
	for (struct cell_run *k = a->cells; k != NULL; k = k->next)
		if (k->state == CELL_RUN_IDLE && !k->leaving)
			return k;
	return NULL;
}

static void
finish(struct cell_run *k, enum provider_answer end, struct bytes out)
{
	struct call *c = k->call;

	k->call = NULL;
	k->state = CELL_RUN_IDLE;
	calls_end(c, end, out);
}

/* answered() - in the later era's words, whatever the actor's is. */
static void
answered(struct cell_run *k, struct bytes out)
{
	struct contract_said said = { .payload = out };
	int r = 0;

	buf_reset(&self.room);
	if (k->row != NULL)
		r = contract_actor_answered(k->row, out, &self.room, &said);
	if (r == 0)
		finish(k, PROVIDER_OK, said.payload);
	else
		finish(k, PROVIDER_FAILED,
		    r > 0 && said.why != NULL ? bytes_str(said.why)
					      : BYTES_LIT("its answer cannot be read"));
}

static void
on_answered(struct cell_run *k)
{
	const struct cell_result *got = cell_got(k->cell);
	char why[STATUS_REASON];

	if (got->outcome.answer == ACTOR_DONE) {
		answered(k, got->outcome.out);
	} else if (got->outcome.answer == ACTOR_ERROR) {
		finish(k, PROVIDER_FAILED, got->outcome.out);
	} else {
		/* what a call that was cut short left in its memory is nobody's */
		k->fresh = true;
		words(got, why);
		finish(k, PROVIDER_FAILED, bytes_str(why));
	}
}

void
cells_give(struct cell_run *k, struct call *c)
{
	uint64_t now = uv_now(&host.loop);
	struct contract_said said = { .operation = c->operation, .payload = c->payload };
	struct cell_budget budget = {
		.fuel = (int64_t)host.conf->fuel, .cpu_ms = host.conf->cpu_ms, .fresh = k->fresh
	};
	struct actor_world world;
	int r;

	if (self.room.max == 0)
		buf_init(&self.room, PROVIDER_PAYLOAD);
	buf_reset(&self.room);
	budget.wall_ms = c->due_ms > now ? (uint32_t)(c->due_ms - now) : 1;
	if (budget.wall_ms > host.conf->call_ms)
		budget.wall_ms = host.conf->call_ms;
	k->call = c;
	r = contract_to_actor(k->artifact->era, c->operation, c->payload, &self.room, &said);
	if (r != 0) {
		finish(k, PROVIDER_FAILED,
		    r > 0 && said.why != NULL ? bytes_str(said.why)
					      : BYTES_LIT("the request cannot be read"));
		return;
	}
	k->row = said.row;
	k->state = CELL_RUN_BUSY;
	k->fresh = false;
	world_now(&world);
	r = cell_begin(k->cell, said.operation, said.payload, &world, &budget, uv_hrtime());
	if (r == 0) {
		/* it has just been asked: what it says shows at its descriptor */
		arm(k);
		return;
	}
	on_answered(k);
	/* one that is dying says so when the loop turns */
	if (!cell_idle(k->cell))
		k->state = CELL_RUN_BUSY;
}

static struct cell_run *
cell_of(uint64_t id)
{
	for (struct actor_run *a = actors_first(); a != NULL; a = a->next)
		for (struct cell_run *k = a->cells; k != NULL; k = k->next)
			if (k->id == id)
				return k;
	return NULL;
}

void
cells_answer(uint64_t id, bool ok, struct bytes answer)
{
	struct cell_run *k = cell_of(id);

	if (k == NULL || k->cell == NULL)
		return;
	cell_answer(k->cell, ok, answer);
	/* stepped by the loop: this may be called from within a step */
	wake_soon(k->watch, 0);
}

/* walls_put() - their names, for people. */
static void
walls_put(char *out, size_t room, uint32_t walls)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < WALL_COUNT && n < room; i++)
		if ((walls & WALL_BIT(i)) != 0)
			n += (size_t)snprintf(
			    out + n, room - n, "%s%s", n > 0 ? " " : "", wall_name((enum wall)i));
}

static void
say_born(const struct cell_run *k, const struct cell_walls *w)
{
	char names[160];
	struct log_line l;

	walls_put(names, sizeof(names), w->walls);
	log_begin(&l, LOG_INF, "actor_instance");
	log_word(&l, "actor", k->actor->model->claims.sub);
	log_word(&l, "instance", k->instance->id);
	log_num(&l, "pid", cell_pid(k->cell));
	log_num(&l, "uid", (int64_t)w->uid);
	log_str(&l, "walls", names);
	log_word(&l, "listener", w->listener ? "yes" : "no");
	log_end(&l);
}

static void
on_born(struct cell_run *k)
{
	const struct cell_walls *w = cell_walls(k->cell);

	say_born(k, w);
	k->state = CELL_RUN_IDLE;
	k->was_up = true;
	(void)status_move(&k->instance->status, STATE_RUNNING, NULL, now_ms(), 0);
	(void)model_actor_sum(k->actor->model, now_ms());
	actors_on_up(k->actor, k);
}

/* step() - until there is nothing to hear. */
static void
step(struct cell_run *k)
{
	struct actor_run *a = k->actor;

	for (;;) {
		enum cell_event e = cell_step(k->cell, uv_hrtime());

		if (e == CELL_EVENT_ASKED) {
			asks_take(a->model, k->instance->id, k->id,
			    k->call != NULL ? k->call->depth + 1 : 1,
			    k->call != NULL ? k->call->due_ms : uv_now(&host.loop),
			    cell_asked(k->cell));
			continue;
		}
		if (e == CELL_EVENT_NONE) {
			arm(k);
			return;
		}
		if (e == CELL_EVENT_DEAD) {
			on_dead(k);
			return;
		}
		if (k->state == CELL_RUN_BIRTH)
			on_born(k);
		else
			on_answered(k);
		arm(k);
		if (k->leaving)
			cells_kill(k);
		else
			actors_on_idle(a);
		return;
	}
}
