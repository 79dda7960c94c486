/*
 * parent_actor_news - what is said of the actors that run here: events, which the lattice hears;
 * lines in the log; and why a command was not done.
 */
#include "host/proc/parent_actor_news.h"

#include <stdio.h>

static struct {
	char why[REQUEST_ERROR];
} self;

void
actor_tell(
    enum event_kind kind, const struct actor_run *a, const struct cell_run *k, const char *reason)
{
	struct event e = { .kind = kind,
		.actor = a->model,
		.instance = k != NULL ? k->instance : NULL,
		.ref = a->model->ref,
		.reason = reason };

	events_tell(&e);
}

void
actor_tell_count(
    enum event_kind kind, const struct actor_run *a, uint32_t count, uint32_t remaining)
{
	struct event e = {
		.kind = kind, .actor = a->model, .count = count, .remaining = remaining
	};

	events_tell(&e);
}

void
actor_say(enum log_level level, const char *event, const struct actor_run *a, const char *reason)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_word(&l, "actor", a->model->claims.sub);
	log_str(&l, "ref", a->model->ref);
	log_num(&l, "wanted", a->model->want);
	if (reason != NULL)
		log_str(&l, "why", reason);
	log_end(&l);
}

void
actors_not_started(const struct request *q, const char *error)
{
	char ref[MODEL_REF + 1];
	struct event e = { .kind = EVENT_ACTOR_START_FAILED, .ref = ref, .reason = error };

	snprintf(ref, sizeof(ref), "%.*s", (int)q->ref.len, (const char *)q->ref.ptr);
	events_tell(&e);
	e.kind = EVENT_ACTORS_START_FAILED;
	events_tell(&e);
}

const char *
actor_why(int r)
{
	snprintf(self.why, sizeof(self.why), "%s", r > 0 ? model_why(r) : strerror(-r));
	return self.why;
}
