/*
 * parent_actors - which actors run here and how many of each: started, scaled, updated and stopped
 * as the lattice asks, each instance in a cell of its own. Who waits for one is in
 * parent_backlog.c, how an actor gets another module in parent_update.c.
 */
#include <stdio.h>

#include "host/proc/parent_actor_news.h"
#include "host/proc/parent_backlog.h"
#include "host/proc/parent_cells.h"
#include "host/proc/parent_trust.h"
#include "host/proc/parent_update.h"

static const char TOO_MANY[] = "this host runs as many instances as its limits let it";

#define HELD                                                                                       \
	"the actor died too often and is in quarantine: its inventory entry says why, and when "   \
	"it is tried again"

static struct {
	struct actor_run *first;
	char why[REQUEST_ERROR];
} self;

struct actor_run *
actors_first(void)
{
	return self.first;
}

struct actor_run *
actors_find(struct bytes key)
{
	for (struct actor_run *a = self.first; a != NULL; a = a->next)
		if (bytes_is(key, a->model->claims.sub))
			return a;
	return NULL;
}

/* ---- calls ---- */

void
actors_call(struct actor_run *a, struct call *c)
{
	if (a->left || a->cells == NULL) {
		calls_end(c, PROVIDER_NOBODY, BYTES_LIT("the actor was stopped"));
		return;
	}
	if (quarantine_holds(a)) {
		calls_end(c, PROVIDER_FAILED, BYTES_LIT(HELD));
		return;
	}
	backlog_put(a, c);
}

bool
actors_may_say(const struct model_actor *m)
{
	for (struct actor_run *a = self.first; a != NULL; a = a->next)
		if (a->model == m)
			return log_may(&a->lines, LOG_LINES_S, m->claims.sub);
	return false;
}

bool
actors_leaving(const struct actor_run *a)
{
	return a->leaving;
}

size_t
actors_busy(void)
{
	size_t n = 0;

	for (const struct actor_run *a = self.first; a != NULL; a = a->next) {
		n += a->queued;
		for (const struct cell_run *k = a->cells; k != NULL; k = k->next)
			n += k->call != NULL;
	}
	return n;
}

/* ---- coming and going ---- */

static void
forget(struct actor_run *a)
{
	for (struct actor_run **at = &self.first; *at != NULL; at = &(*at)->next) {
		if (*at == a) {
			*at = a->next;
			break;
		}
	}
	backlog_refuse(a, PROVIDER_NOBODY, BYTES_LIT("the actor was stopped"));
	rpc_deaf(a->ear);
	backlog_end(a);
	artifact_drop(a->artifact);
	update_over(a);
	model_actor_del(host.model, a->model);
	free(a);
}

static struct actor_run *
make(struct artifact *artifact, const struct request *q, int *r)
{
	struct actor_run *a = calloc(1, sizeof(*a)), **at = &self.first;
	struct model_claims claims = { 0 };

	*r = a != NULL ? backlog_begin(a) : -ENOMEM;
	if (*r == 0)
		*r = model_claims_from(&claims, &artifact->claims);
	if (*r == 0)
		*r = model_actor_add(
		    host.model, &claims, q->ref, artifact->era, now_ms(), &a->model);
	if (*r != 0) {
		model_claims_deinit(&claims);
		if (a != NULL)
			backlog_end(a);
		free(a);
		return NULL;
	}
	a->artifact = artifact_hold(artifact);
	*r = model_actor_digest(a->model, bytes_str(artifact->digest));
	if (*r == 0)
		*r = model_actor_annotate(a->model, q->annotations);
	while (*at != NULL)
		at = &(*at)->next;
	*at = a;
	a->ear = rpc_listen(&(struct rpc_entity){ .key = bytes_str(a->model->claims.sub) });
	if (*r == 0)
		return a;
	forget(a);
	return NULL;
}

static uint32_t
alive(const struct actor_run *a)
{
	uint32_t n = 0;

	for (const struct cell_run *k = a->cells; k != NULL; k = k->next)
		n += !k->leaving;
	return n;
}

/* shrink() - those that do nothing go first, and the youngest of them. Return: how many go. */
static uint32_t
shrink(struct actor_run *a, uint32_t by)
{
	uint32_t gone = 0;

	for (int busy = 0; busy < 2; busy++) {
		while (gone < by) {
			struct cell_run *found = NULL;

			for (struct cell_run *k = a->cells; k != NULL; k = k->next)
				if (!k->leaving && (busy == 1 || k->call == NULL))
					found = k;
			if (found == NULL)
				break;
			gone++;
			/* the last one takes the actor with it */
			cells_retire(found);
		}
	}
	return gone;
}

/* on_left() - no call comes from the network any more: when those that came are answered, it goes.
 */
static void
on_left(void *ctx)
{
	struct actor_run *a = ctx;

	if (!a->leaving)
		return;
	a->left = true;
	backlog_give(a);
}

/* leave() - other hosts are called from now on. */
static void
leave(struct actor_run *a)
{
	a->leaving = true;
	if (a->ear != NULL)
		rpc_leave(a->ear, on_left, a);
	else
		on_left(a);
}

/* Its cells go, and with the last of them the actor. */
void
actors_on_drained(struct actor_run *a)
{
	if (a->left && a->queue == NULL)
		(void)shrink(a, alive(a));
}

/* stay() - it is wanted again. */
static void
stay(struct actor_run *a)
{
	if (!a->leaving)
		return;
	a->leaving = a->left = false;
	rpc_deaf(a->ear);
	a->ear = rpc_listen(&(struct rpc_entity){ .key = bytes_str(a->model->claims.sub) });
}

/* want() - so many instances. Return: NULL, or why not. */
static const char *
want(struct actor_run *a, uint32_t n)
{
	uint32_t now = alive(a);

	if (a->revoked && n == 0) {
		forget(a);
		return NULL;
	}
	if (a->revoked) {
		char words[WHY_MAX];

		if (trust_refuses(&a->artifact->claims, words) != NULL) {
			snprintf(self.why, sizeof(self.why), "%s", words);
			return self.why;
		}
		a->revoked = false;
	}
	if (n > now && cells_count() + (n - now) > host.conf->max_instances)
		return TOO_MANY;
	a->model->want = n;
	if (n > 0)
		stay(a);
	if (n < now) {
		actor_tell_count(EVENT_ACTORS_STOPPED, a, now - n, n);
		actor_say(LOG_INF, "actor_scaled", a, NULL);
		if (n == 0)
			leave(a);
		else
			(void)shrink(a, now - n);
		return NULL;
	}
	/* somebody looked at it */
	quarantine_release(a);
	if (n > now) {
		a->batch += n - now;
		actor_say(LOG_INF, "actor_scaled", a, NULL);
	}
	for (; now < n; now++) {
		int r = cells_add(a, a->artifact, false);

		if (r != 0) {
			a->model->want = alive(a);
			return actor_why(r);
		}
	}
	return NULL;
}

/* ---- commands ---- */

/* start() - @add: so many more; else so many in all. */
static const char *
start_from(const struct request *q, struct artifact *artifact, uint32_t count, bool add)
{
	const char *error = NULL;
	struct actor_run *a;
	char key[NKEY_TEXT_LEN + 1];
	int r = 0;

	nkey_format(&artifact->claims.sub, key);
	a = actors_find(bytes_str(key));
	if (q->key.len > 0 && !bytes_is(q->key, key))
		error = "the reference is of another actor than the one named";
	else if (a != NULL && strcmp(a->artifact->digest, artifact->digest) != 0)
		error = "this actor runs already, from another module: update it";
	else if (a != NULL && add && host.dialect == DIALECT_A)
		error = "this actor runs on this host already";
	else if (add && count > host.conf->max_instances)
		error = TOO_MANY; /* before it is added to: a sum that leaps would be a stop */
	else if (add && count == 0)
		error = "a start of no instance starts nothing";
	if (error == NULL && a == NULL && count > 0)
		a = make(artifact, q, &r);
	if (error == NULL && a == NULL)
		return count > 0 ? actor_why(r) : NULL; /* none runs, as was asked */
	if (error == NULL)
		error = want(a, add ? a->model->want + count : count);
	if (error != NULL && a != NULL && a->cells == NULL && !a->revoked)
		forget(a);
	return error;
}

static const char *
start(const struct request *q, uint32_t count, bool add)
{
	struct artifact *artifact = NULL;
	const char *error;
	int r = artifact_get(q->ref, &artifact, self.why);

	if (r != 0)
		return r > 0 ? self.why : strerror(-r);
	error = start_from(q, artifact, count, add);
	artifact_drop(artifact);
	return error;
}

const char *
actors_start(const struct request *q)
{
	const char *error = start(q, q->has_count ? q->count : 1, true);

	if (error != NULL)
		actors_not_started(q, error);
	return error;
}

const char *
actors_run(const struct request *q, struct artifact *artifact)
{
	const char *error = start_from(q, artifact, q->count, false);

	if (error != NULL)
		actors_not_started(q, error);
	return error;
}

static struct actor_run *
named(const struct request *q)
{
	struct model_actor *m = NULL;

	if (q->key.len > 0)
		m = model_actor(host.model, q->key);
	if (m == NULL && q->ref.len > 0)
		m = model_actor_of(host.model, q->ref);
	return m != NULL ? actors_find(bytes_str(m->claims.sub)) : NULL;
}

const char *
actors_stop(const struct request *q)
{
	struct actor_run *a = named(q);
	uint32_t now;

	if (a == NULL)
		return "no such actor runs on this host";
	now = a->model->want;
	if (!q->has_count || q->count == 0 || q->count >= now)
		return want(a, 0);
	return want(a, now - q->count);
}

const char *
actors_scale(const struct request *q)
{
	struct actor_run *a = named(q);
	const char *error;

	if (a != NULL && (q->ref.len == 0 || bytes_is(q->ref, a->model->ref) ||
			     bytes_is(q->ref, a->model->claims.sub)))
		return want(a, q->count);
	error = start(q, q->count, false);
	if (error != NULL)
		actors_not_started(q, error);
	return error;
}

/* ---- what cells say ---- */

void
actors_on_up(struct actor_run *a, struct cell_run *k)
{
	if (k->newer) {
		update_on_up(a, k);
		return;
	}
	actor_tell(EVENT_ACTOR_STARTED, a, k, NULL);
	if (a->batch > 0 && ++a->batch_up == a->batch) {
		actor_tell_count(EVENT_ACTORS_STARTED, a, a->batch, 0);
		a->batch = a->batch_up = 0;
	}
}

void
actors_on_idle(struct actor_run *a)
{
	backlog_give(a);
}

void
actors_on_failed(struct actor_run *a, struct cell_run *k, const char *reason)
{
	if (k->newer && a->update != NULL) {
		update_failed(a, reason);
		return;
	}
	if (!k->was_up && k->deaths <= 1) {
		actor_tell(EVENT_ACTOR_START_FAILED, a, k, reason);
		actor_tell(EVENT_ACTORS_START_FAILED, a, k, reason);
	}
	actor_tell(EVENT_ACTOR_FAILED, a, k, reason);
	if (quarantine_holds(a))
		backlog_refuse(a, PROVIDER_FAILED, BYTES_LIT(HELD));
}

void
actors_on_gone(struct actor_run *a, struct cell_run *k)
{
	actor_tell(EVENT_ACTOR_STOPPED, a, k, NULL);
	model_instance_del(a->model, k->instance);
	(void)model_actor_sum(a->model, now_ms());
	if (a->cells == NULL && a->leaving && !a->revoked)
		forget(a);
}

void
actors_revoke(struct actor_run *a, const char *reason)
{
	a->revoked = a->leaving = a->left = true;
	a->model->want = 0;
	rpc_deaf(a->ear);
	a->ear = NULL;
	update_over(a);
	backlog_refuse(
	    a, PROVIDER_NOBODY, BYTES_LIT("the actor was stopped: what was signed holds no more"));
	while (a->cells != NULL)
		cells_kill(a->cells);
	(void)status_move(&a->model->status, STATE_STARTING, NULL, now_ms(), 0);
	(void)status_move(&a->model->status, STATE_FAILED, reason, now_ms(), 0);
	actor_say(LOG_ERR, "actor_distrusted", a, reason);
	actor_tell(EVENT_ACTOR_FAILED, a, NULL, reason);
}

void
actors_quiet(void)
{
	for (struct actor_run *a = self.first; a != NULL; a = a->next)
		if (a->ear != NULL && !a->leaving)
			rpc_leave(a->ear, on_left, a);
}

void
actors_end(void)
{
	while (self.first != NULL) {
		struct actor_run *a = self.first;

		a->model->want = 0;
		a->leaving = true;
		backlog_refuse(a, PROVIDER_NOBODY, BYTES_LIT("the actor was stopped"));
		if (a->cells == NULL)
			forget(a);
		else
			cells_kill(a->cells);
	}
}
