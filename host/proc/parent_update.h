/*
 * parent_update - another module for an actor that runs here: parent_actors.c knows the actors,
 * this noun what becomes of one while it is exchanged. actors_update() and actors_renew(), which
 * begin it, are in parent_priv.h.
 */
#ifndef HOST_PROC_PARENT_UPDATE_H
#define HOST_PROC_PARENT_UPDATE_H

#include "host/proc/parent_cells.h"

/* update_on_up() - a new instance is there; it may be gone after. */
void update_on_up(struct actor_run *a, struct cell_run *k);
/* update_failed() - the new ones go, the former stay. */
void update_failed(struct actor_run *a, const char *reason);
/* update_over() - none is under way any more. */
void update_over(struct actor_run *a);

#endif
