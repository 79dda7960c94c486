/*
 * parent_respawn - another child in the place of one that died. It gets the same files, the policy in
 * force and channels to everybody who is there; what the dead one knew the others tell it anew
 * (docs/TRUST.md, "When a process dies"). Its peers go on meanwhile.
 *
 * The first death is answered at once; deaths in a row wait longer each time, and so many of them within a
 * minute are an alarm. A channel that was ended for what came through it ends the process that spoke.
 */
#include <signal.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { RESPAWN_QUIET_MS = 60000, RESPAWN_STEP_MS = 100, RESPAWN_MAX_MS = 10000, RESPAWN_FAILING = 5 };

static void
say(enum log_level level, const char *event, const struct kid *k)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_word(&l, "child", role_name(k->role));
	log_num(&l, "index", k->index);
	log_num(&l, "restarts", k->restarts);
	log_num(&l, "deaths", k->deaths);
	log_end(&l);
}

uint64_t
respawn_backoff(struct kid *k)
{
	uint64_t wait;

	k->deaths = uv_now(&parent.loop) - k->born_ms > RESPAWN_QUIET_MS ? 1 : k->deaths + 1;
	if (k->deaths == RESPAWN_FAILING)
		say(LOG_ERR, "child_failing", k);
	wait = k->deaths > 1 ? (uint64_t)RESPAWN_STEP_MS << (k->deaths < 9 ? k->deaths - 2 : 7) : 0;
	return wait < RESPAWN_MAX_MS ? wait : RESPAWN_MAX_MS;
}

bool
respawn_failing(const struct kid *k)
{
	return k->deaths >= RESPAWN_FAILING &&
	    (!k->alive || uv_now(&parent.loop) - k->born_ms <= RESPAWN_QUIET_MS);
}

/* missing() - is it to be there, and is not? */
static bool
missing(const struct kid *k)
{
	return !k->alive && !k->done && k->role != ROLE_SHIPPER && k->role != ROLE_METRICS &&
	    (k->role != ROLE_EDGE || parent.state == PARENT_RUNNING);
}

/* again() - the next attempt for @k. */
static void
again(struct kid *k)
{
	k->restarts++;
	for (size_t l = 0; l < LIMIT_COUNT; l++)
		parent.past_limit[l] += k->stats.limit[l];
	k->stats = (struct msg_stats){ 0 };
	if (children_spawn(k, k->role, k->index) != 0) {
		say(LOG_ERR, "child_not_started", k);
		k->due_ms = uv_now(&parent.loop) + RESPAWN_MAX_MS;
		return;
	}
	if (children_equip(k) != 0) {
		say(LOG_ERR, "child_not_started", k);
		uv_process_kill(&k->process, SIGKILL);
		return;
	}
	if (k->role == ROLE_VERIFIER)
		files_trust();
	if (parent.policy >= 0)
		children_begin(k);
}

static void
on_due(uv_timer_t *t)
{
	uint64_t now = uv_now(&parent.loop), next = UINT64_MAX;

	if (parent.state == PARENT_LEAVING)
		return;
	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];

		if (missing(k) && k->due_ms <= now)
			again(k);
		if (missing(k) && k->due_ms < next)
			next = k->due_ms;
	}
	if (next != UINT64_MAX)
		uv_timer_start(t, on_due, next > now ? next - now : 1, 0);
}

void
respawn_gone(struct kid *k)
{
	k->due_ms = uv_now(&parent.loop) + respawn_backoff(k);
	/* its handles are still closing: the loop lets go of them before a timer fires */
	uv_timer_start(&parent.respawn_timer, on_due, 0, 0);
}

void
respawn_ready(struct kid *k)
{
	if (k->restarts > 0)
		say(LOG_WRN, "child_replaced", k);
}

void
respawn_expel(const struct kid *by, enum role role, unsigned index)
{
	struct kid *k = kid_of(role, index);
	struct log_line l;

	/* the dispatcher reads a network: about those who do not, its word is not taken */
	if (k == NULL || !k->alive || k == by || (by->role == ROLE_DISPATCHER && role != ROLE_EDGE))
		return;
	log_begin(&l, LOG_ERR, "child_expelled");
	log_word(&l, "child", role_name(role));
	log_num(&l, "index", index);
	log_word(&l, "by", role_name(by->role));
	log_end(&l);
	uv_process_kill(&k->process, SIGKILL);
}
