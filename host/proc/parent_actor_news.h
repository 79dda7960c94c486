/*
 * parent_actor_news - what is said of the actors that run here; actors_not_started() is in
 * parent_priv.h.
 */
#ifndef HOST_PROC_PARENT_ACTOR_NEWS_H
#define HOST_PROC_PARENT_ACTOR_NEWS_H

#include "host/proc/parent_cells.h"

/* actor_tell() - an event: of the actor, or of @k, an instance of it, if it is not NULL. @reason
 * NULL: none. */
void actor_tell(
    enum event_kind kind, const struct actor_run *a, const struct cell_run *k, const char *reason);
/* actor_tell_count() - an event of so many instances. */
void actor_tell_count(
    enum event_kind kind, const struct actor_run *a, uint32_t count, uint32_t remaining);
/* actor_say() - a line in the log. @reason NULL: none. */
void actor_say(
    enum log_level level, const char *event, const struct actor_run *a, const char *reason);
/* actor_why() - MODEL_* or -errno in words, for the one who asked; valid until the next. */
const char *actor_why(int r);

#endif
