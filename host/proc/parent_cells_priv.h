/*
 * parent_cells_priv - the cells in their files: parent_cells.c is born, wakes and ends;
 * parent_cell_calls.c is what one does for others in between; parent_quarantine.c the pause after a
 * death.
 */
#ifndef HOST_PROC_PARENT_CELLS_PRIV_H
#define HOST_PROC_PARENT_CELLS_PRIV_H

#include "host/proc/parent_cells.h"

/* cells_begin() - the birth of one. Return: 0, -errno. */
int cells_begin(struct cell_run *k) must_check;
/* cells_watch() - what wakes it: @fd, and a clock; -1: the clock alone. Return: 0, -errno. */
int cells_watch(struct cell_run *k, int fd) must_check;
void cells_unwatch(struct cell_run *k);
/* cells_arm() - woken no later than its cell has to be. */
void cells_arm(struct cell_run *k);
/* cells_world() - the time, and numbers nobody else was given. */
void cells_world(struct actor_world *w);
/* cells_words() - how a call or a process ended. Return: @out. */
const char *cells_words(const struct cell_result *got, char out[STATUS_REASON]);
/* cells_on_answered() - its call has ended. */
void cells_on_answered(struct cell_run *k);

/* quarantine_rest() - it died, or found no room to be born; another one comes. @counts: it is its
 * own fault. */
void quarantine_rest(struct cell_run *k, const char *why, bool counts);
/* quarantine_over() - a clock says that the pause of one is. */
void quarantine_over(struct cell_run *k);

#endif
