/*
 * model_actor - actors and their instances. What one is comes from its claims; how it is from its
 * instances, summed up in one place.
 */
#include <stdio.h>

#include "host/lattice/model_priv.h"

static void
free_instance(struct model_instance *i)
{
	pairs_deinit(&i->annotations);
	free(i);
}

void
model_actor_free(struct model_actor *a)
{
	while (a->instances != NULL) {
		struct model_instance *i = a->instances;

		a->instances = i->next;
		free_instance(i);
	}
	model_claims_deinit(&a->claims);
	pairs_deinit(&a->annotations);
	free(a->ref);
	free(a->digest);
	free(a);
}

const struct model_actor *
model_actors(const struct model *m)
{
	return m->actors;
}

size_t
model_n_actors(const struct model *m)
{
	return m->n_actors;
}

struct model_actor *
model_actor(struct model *m, struct bytes key)
{
	struct model_actor *a = m->actors;

	while (a != NULL && !bytes_is(key, a->claims.sub))
		a = a->next;
	return a;
}

struct model_actor *
model_actor_by_ref(struct model *m, struct bytes ref)
{
	struct model_actor *a = m->actors;

	while (a != NULL && !bytes_is(ref, a->ref))
		a = a->next;
	return a;
}

struct model_actor *
model_actor_by_alias(struct model *m, struct bytes alias)
{
	struct model_actor *a = m->actors;

	while (a != NULL && (alias.len == 0 || !bytes_is(alias, a->claims.alias)))
		a = a->next;
	return a;
}

struct model_actor *
model_actor_of(struct model *m, struct bytes what)
{
	struct model_actor *a = model_actor(m, what);

	if (a == NULL)
		a = model_actor_by_ref(m, what);
	return a != NULL ? a : model_actor_by_alias(m, what);
}

int
model_actor_add(struct model *m, struct model_claims *claims, struct bytes ref, enum era era,
    int64_t now_ms, struct model_actor **out)
{
	struct model_actor *a, **end = &m->actors;

	if (!model_key_ok(bytes_str(claims->sub), NKEY_MODULE) || ref.len == 0 ||
	    ref.len > MODEL_REF)
		return MODEL_BAD;
	if (model_actor(m, bytes_str(claims->sub)) != NULL)
		return MODEL_THERE;
	if (m->n_actors >= m->limits.actors)
		return MODEL_FULL;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return err_raise(-ENOMEM);
	a->ref = model_copy(ref);
	a->digest = model_copy(BYTES_NULL);
	if (a->ref == NULL || a->digest == NULL) {
		model_actor_free(a);
		return err_raise(-ENOMEM);
	}
	a->claims = *claims;
	*claims = (struct model_claims){ 0 };
	a->era = era;
	status_move(&a->status, STATE_STARTING, NULL, now_ms, 0);
	while (*end != NULL)
		end = &(*end)->next;
	*end = a;
	m->n_actors++;
	*out = a;
	return 0;
}

void
model_actor_del(struct model *m, struct model_actor *a)
{
	struct model_actor **at = &m->actors;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	m->n_actors--;
	model_actor_free(a);
}

int
model_actor_digest(struct model_actor *a, struct bytes digest)
{
	char *d = model_copy(digest);

	if (d == NULL)
		return err_raise(-ENOMEM);
	free(a->digest);
	a->digest = d;
	return 0;
}

int
model_actor_annotate(struct model_actor *a, const struct body_list *annotations)
{
	struct pairs fresh = { 0 };
	int r = pairs_from(&fresh, annotations);

	if (r != 0)
		return err_pass(r);
	pairs_deinit(&a->annotations);
	a->annotations = fresh;
	return 0;
}

int
model_instance_add(struct model *m, struct model_actor *a, const char *id, int64_t now_ms,
    struct model_instance **out)
{
	struct model_instance *i, **end = &a->instances;

	if (!model_id_ok(id) || model_instance(a, id) != NULL)
		return MODEL_BAD;
	if (a->n_instances >= m->limits.instances)
		return MODEL_FULL;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return err_raise(-ENOMEM);
	if (pairs_copy(&i->annotations, &a->annotations) != 0) {
		free_instance(i);
		return err_raise(-ENOMEM);
	}
	memcpy(i->id, id, strlen(id) + 1);
	status_move(&i->status, STATE_STARTING, NULL, now_ms, 0);
	while (*end != NULL)
		end = &(*end)->next;
	*end = i;
	a->n_instances++;
	*out = i;
	return 0;
}

struct model_instance *
model_instance(struct model_actor *a, const char *id)
{
	struct model_instance *i = a->instances;

	while (i != NULL && strcmp(i->id, id) != 0)
		i = i->next;
	return i;
}

void
model_instance_del(struct model_actor *a, struct model_instance *i)
{
	struct model_instance **at = &a->instances;

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	a->n_instances--;
	free_instance(i);
}

int
model_actor_sum(struct model_actor *a, int64_t now_ms)
{
	size_t runs = 0, starts = 0;
	const struct model_instance *worst = NULL;
	int64_t retry = 0;
	char why[STATUS_REASON];

	for (const struct model_instance *i = a->instances; i != NULL; i = i->next) {
		runs += i->status.state == STATE_RUNNING || i->status.state == STATE_DEGRADED;
		starts += i->status.state == STATE_STARTING;
		if (i->status.state == STATE_FAILED ||
		    (worst == NULL && i->status.state == STATE_DEGRADED))
			worst = i;
		if (i->status.retry_ms != 0 && (retry == 0 || i->status.retry_ms < retry))
			retry = i->status.retry_ms;
	}
	if (a->want == 0 && a->n_instances == 0)
		return status_move(&a->status, STATE_STOPPED, NULL, now_ms, 0);
	if (a->status.state == STATE_STOPPED)
		status_move(&a->status, STATE_STARTING, NULL, now_ms, 0);
	if (runs >= a->want && (worst == NULL || worst->status.state == STATE_FAILED))
		return status_move(&a->status, STATE_RUNNING, NULL, now_ms, 0);
	if (runs == 0 && worst == NULL)
		return status_move(&a->status, STATE_STARTING, NULL, now_ms, 0);
	if (worst != NULL)
		snprintf(
		    why, sizeof(why), "%zu of %u run: %.200s", runs, a->want, worst->status.reason);
	else
		snprintf(why, sizeof(why), "%zu of %u run", runs, a->want);
	return status_move(&a->status, runs == 0 && starts == 0 ? STATE_FAILED : STATE_DEGRADED,
	    why, now_ms, retry);
}

int
model_actor_may_update(
    const struct model_actor *a, const struct model_claims *claims, bool same_caps)
{
	if (strcmp(a->claims.sub, claims->sub) != 0)
		return MODEL_OTHER_KEY;
	if (strcmp(a->claims.iss, claims->iss) != 0)
		return MODEL_OTHER_ISSUER;
	if (!claims->has_rev || (a->claims.has_rev && claims->rev <= a->claims.rev))
		return MODEL_NOT_NEWER;
	if (same_caps && strcmp(a->claims.caps, claims->caps) != 0)
		return MODEL_OTHER_CAPS;
	return 0;
}

int
model_actor_update(
    struct model_actor *a, struct model_claims *claims, struct bytes ref, enum era era)
{
	char *copy;

	if (strcmp(a->claims.sub, claims->sub) != 0 || ref.len == 0 || ref.len > MODEL_REF)
		return MODEL_BAD;
	copy = model_copy(ref);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	free(a->ref);
	a->ref = copy;
	model_claims_deinit(&a->claims);
	a->claims = *claims;
	*claims = (struct model_claims){ 0 };
	a->era = era;
	return 0;
}

const char *
model_why(int answer)
{
	switch (answer) {
	case MODEL_OTHER_KEY:
		return "the new module is another actor: its key differs";
	case MODEL_OTHER_ISSUER:
		return "the new module was signed by another issuer";
	case MODEL_NOT_NEWER:
		return "the new module's revision is not higher";
	case MODEL_OTHER_CAPS:
		return "the new module was signed for other capabilities";
	case MODEL_FULL:
		return "this host holds no more of these";
	case MODEL_BAD:
		return "a name in it is no name";
	case MODEL_RESERVED:
		return "labels that begin with hostcore. are the host's own";
	case MODEL_THERE:
		return "it is on this host already";
	case MODEL_NOT_THERE:
		return "it is not on this host";
	case MODEL_SAME:
		return "it was so already";
	case MODEL_CHANGED:
		return "it was changed";
	default:
		return "out of memory";
	}
}
