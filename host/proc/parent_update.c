/*
 * parent_update - an actor that runs gets another module. An update begins with one new instance:
 * only when it is there do the former ones go, one for each that comes, each after the call it has.
 * One that cannot be born changes nothing.
 */
#include "host/proc/parent_update.h"

#include "host/proc/parent_actor_news.h"

static struct {
	char why[REQUEST_ERROR]; /* an artifact was not taken */
} self;

static const char busy[] = "this actor is being updated or stopped already";

void
update_over(struct actor_run *a)
{
	artifact_drop(a->update);
	free(a->update_ref);
	a->update = NULL;
	a->update_ref = NULL;
}

void
update_failed(struct actor_run *a, const char *reason)
{
	actor_say(LOG_ERR, "actor_not_updated", a, reason);
	actor_tell(EVENT_ACTOR_UPDATE_FAILED, a, NULL, reason);
	update_over(a);
	for (struct cell_run *k = a->cells, *next; k != NULL; k = next) {
		next = k->next;
		if (k->newer)
			cells_kill(k);
	}
}

/* took() - the first new one is there: this is what the actor is now. */
static void
took(struct actor_run *a, struct cell_run *k)
{
	struct model_claims claims = { 0 };
	struct event e = { .kind = EVENT_ACTOR_UPDATED,
		.actor = a->model,
		.instance = k->instance,
		.old_revision = a->old_revision };
	int r = model_claims_from(&claims, &a->update->claims);

	if (r == 0)
		r = model_actor_update(a->model, &claims, bytes_str(a->update_ref), a->update->era);
	if (r == 0)
		r = model_actor_digest(a->model, bytes_str(a->update->digest));
	if (r != 0) {
		model_claims_deinit(&claims);
		update_failed(a, actor_why(r));
		return;
	}
	artifact_drop(a->artifact);
	a->artifact = artifact_hold(a->update);
	update_over(a);
	restart_release(&a->restart);
	a->held_ms = 0; /* the former ones that are held back go */
	actor_say(LOG_INF, "actor_updated", a, NULL);
	events_tell(&e);
}

/* replace_one() - a former instance goes for one that came, and another new one is born. */
static void
replace_one(struct actor_run *a)
{
	struct cell_run *former = NULL;
	uint32_t newer = 0;

	for (struct cell_run *k = a->cells; k != NULL; k = k->next) {
		if (k->leaving)
			continue;
		if (k->artifact == a->artifact)
			newer++;
		else if (former == NULL || (former->call != NULL && k->call == NULL))
			former = k;
	}
	if (former == NULL)
		return;
	cells_retire(former);
	if (newer < a->model->want)
		(void)!cells_add(a, a->artifact, true);
}

void
update_on_up(struct actor_run *a, struct cell_run *k)
{
	k->newer = false;
	if (a->update != NULL && k->artifact == a->update)
		took(a, k);
	if (k->state != CELL_RUN_GONE)
		replace_one(a);
}

/* begin() - @same: the same revision is taken too. Return: NULL, or why not. */
static const char *
begin(struct actor_run *a, struct bytes ref, struct artifact *artifact, bool same)
{
	struct model_claims claims = { 0 };
	int r = model_claims_from(&claims, &artifact->claims);

	if (r == 0)
		r = model_actor_may_update(a->model, &claims, host.dialect == DIALECT_A);
	if (r == MODEL_NOT_NEWER && same && claims.has_rev && claims.rev == a->model->claims.rev)
		r = 0;
	model_claims_deinit(&claims);
	if (r != 0)
		return actor_why(r);
	a->update_ref = strndup((const char *)ref.ptr, ref.len);
	a->update = artifact_hold(artifact);
	a->old_revision = a->model->claims.rev;
	r = a->update_ref != NULL ? cells_add(a, artifact, true) : -ENOMEM;
	if (r != 0)
		update_over(a);
	return r == 0 ? NULL : actor_why(r);
}

const char *
actors_update(const struct request *q)
{
	struct artifact *artifact = NULL;
	struct actor_run *a = NULL;
	const char *error;
	char key[NKEY_TEXT_LEN + 1];
	int r = artifact_get(q->ref, &artifact, self.why);

	if (r != 0)
		return r > 0 ? self.why : strerror(-r);
	nkey_format(&artifact->claims.sub, key);
	if (q->key.len == 0 || bytes_is(q->key, key))
		a = actors_find(bytes_str(key));
	if (a == NULL)
		error = "the reference is of an actor that does not run on this host";
	else if (a->update != NULL || a->leaving)
		error = busy;
	else
		error = begin(a, q->ref, artifact, false);
	artifact_drop(artifact);
	return error;
}

const char *
actors_renew(struct bytes ref, struct artifact *artifact, bool *again)
{
	struct actor_run *a;
	char key[NKEY_TEXT_LEN + 1];

	nkey_format(&artifact->claims.sub, key);
	a = actors_find(bytes_str(key));
	*again = a != NULL && a->update != NULL;
	if (a == NULL || a->leaving || *again)
		return a == NULL ? "the actor does not run on this host" : busy;
	return begin(a, ref, artifact, true);
}
