/*
 * parent_backlog - the calls that wait for an instance of an actor. Between parent_actors.c, which
 * says who may be called, and the cells that take the calls.
 */
#ifndef HOST_PROC_PARENT_BACKLOG_H
#define HOST_PROC_PARENT_BACKLOG_H

#include "host/proc/parent_cells.h"

/* backlog_begin() - an empty one. Return: 0, -ENOMEM. */
int backlog_begin(struct actor_run *a) must_check;
/* backlog_end() - it was refused before; nothing is heard of it any more. */
void backlog_end(struct actor_run *a);
/* backlog_put() - takes @c; answers it itself when there is no room. */
void backlog_put(struct actor_run *a, struct call *c);
/* backlog_give() - to idle instances, as many as there are. */
void backlog_give(struct actor_run *a);
/* backlog_refuse() - all that wait end like this. */
void backlog_refuse(struct actor_run *a, enum provider_answer end, struct bytes why);

/* actors_on_drained() - told when the loop turns: the actor was left, and nobody waits for it any
 * more. */
void actors_on_drained(struct actor_run *a);

#endif
