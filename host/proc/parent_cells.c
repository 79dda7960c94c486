/*
 * parent_cells - see parent_cells.h.
 *
 * A cell is stepped when its descriptor or its clock says so. What it does wrong costs it its
 * process and its caller an answer, and nobody else anything: the next cell takes the next call.
 */
#include <stdio.h>

#include "host/proc/parent_cells_priv.h"
#include "host/proc/parent_users.h"
#include "host/proc/parent_wake.h"
#include "host/proc/parent_zygotes.h"

enum { BIRTH_WALL_MS = 10000, BIRTH_CPU_MS = 5000, NS_PER_MS = 1000000 };

static struct {
	uint64_t next_id;
	size_t n;
} self;

static void step(struct cell_run *k);
static void hatch(struct cell_run *k);

/* ---- waking ---- */

void
cells_unwatch(struct cell_run *k)
{
	wake_free(k->watch);
	k->watch = NULL;
}

/* woke() - by its cell, or by a clock: that of the cell, of a pause, or the turn of its zygote. */
static void
woke(void *ctx)
{
	struct cell_run *k = ctx;

	if (k->state == CELL_RUN_PAUSE)
		quarantine_over(k);
	else if (k->cell == NULL)
		hatch(k);
	else
		step(k);
}

int
cells_watch(struct cell_run *k, int fd)
{
	return wake_new(fd, woke, k, &k->watch);
}

void
cells_arm(struct cell_run *k)
{
	wake_until(k->watch, cell_deadline(k->cell));
}

/* ---- birth ---- */

void
cells_world(struct actor_world *w)
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
	cells_world(&o->world);
}

/* end_process() - it is waited for; only then is its user another's. */
static void
end_process(struct cell_run *k)
{
	cell_stop(k->cell);
	k->cell = NULL;
	user_done(&k->user);
}

/* spawn() - its process; @from: a zygote, or NULL. Return: 0, -errno. */
static int
spawn(struct cell_run *k, struct cell *from)
{
	struct cell_options o;
	int r = from != NULL ? 0 : user_new(&k->user);

	cells_options(&o, k->artifact);
	o.from = from;
	o.user = k->user;
	o.ops = (struct cell_ops){ .ctx = k, .log = on_log };
	if (r == 0)
		r = cell_new(&o, uv_hrtime(), &k->cell);
	if (r == 0)
		r = cells_watch(k, cell_fd(k->cell));
	if (r != 0) {
		end_process(k);
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
		r = cells_watch(k, -1);
	if (r == 0)
		wake_soon(k->watch, 0);
	return err_pass(r);
}

int
cells_begin(struct cell_run *k)
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
	r = cells_begin(k);
	if (r != 0)
		quarantine_rest(k, strerror(-r), false);
	return 0;
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
	cells_unwatch(k);
	end_process(k);
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

const char *
cells_words(const struct cell_result *got, char out[STATUS_REASON])
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
	cells_unwatch(k);
	end_process(k);
	if (k->leaving) {
		cells_kill(k);
		return;
	}
	k->actor->restarts++;
	quarantine_rest(k, why, counts);
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
		cells_words(dead, why);
		fallen(k, why, own_fault(k, dead) && zygotes_blame(k->zygote));
	} else if (dead != NULL || zygotes_ready(k->zygote) != NULL) {
		cells_unwatch(k);
		r = spawn(k, zygotes_ready(k->zygote));
		if (r != 0)
			quarantine_rest(k, strerror(-r), false);
	}
}

static void
on_dead(struct cell_run *k)
{
	const struct cell_result *got = cell_got(k->cell);
	char why[STATUS_REASON];

	say_ended(k, got);
	cells_words(got, why);
	fallen(k, why, own_fault(k, got));
}

/* walls_put() - their names, for people. */
static void
walls_put(char *out, size_t room, uint32_t walls)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < ENCLOSE_END && n < room; i++)
		if ((walls & UINT32_C(1) << i) != 0 && enclose_any(i) != NULL)
			n += (size_t)snprintf(out + n, room - n, "%s%s", n > 0 ? " " : "", enclose_any(i));
}

static void
say_born(const struct cell_run *k, const struct cell_walls *w)
{
	char names[240];
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
	k->instance->walls = w->walls;
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
			cells_arm(k);
			return;
		}
		if (e == CELL_EVENT_DEAD) {
			on_dead(k);
			return;
		}
		if (k->state == CELL_RUN_BIRTH)
			on_born(k);
		else
			cells_on_answered(k);
		cells_arm(k);
		if (k->leaving)
			cells_kill(k);
		else
			actors_on_idle(a);
		return;
	}
}
