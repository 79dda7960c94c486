/*
 * parent_quarantine - the pause between the death of a cell and the birth of the next. It grows. An
 * actor whose cells die too often (host/actor/restart.h judges all of them as one) is held back:
 * none is born until that has passed, or somebody starts, scales or updates it. A cell killed
 * because its call's wall time passed is no such death: that may be for others to answer.
 */
#include <stdio.h>

#include "host/proc/parent_cells_priv.h"
#include "host/proc/parent_wake.h"

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
	if (k->watch != NULL || cells_watch(k, -1) == 0)
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

void
quarantine_rest(struct cell_run *k, const char *why, bool counts)
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

void
quarantine_over(struct cell_run *k)
{
	int r;

	/* it was that of all cells of its actor */
	if (k->actor->held_ms != 0) {
		quarantine_release(k->actor);
		return;
	}
	cells_unwatch(k);
	r = cells_begin(k);
	if (r != 0)
		quarantine_rest(k, strerror(-r), false);
}

bool
quarantine_holds(const struct actor_run *a)
{
	bool held = a->held_ms != 0 && a->cells != NULL;

	for (const struct cell_run *k = a->cells; held && k != NULL; k = k->next)
		held = k->state == CELL_RUN_PAUSE;
	return held;
}

void
quarantine_release(struct actor_run *a)
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
