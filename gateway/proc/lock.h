/*
 * lock - each child locks itself in before it reads what the others sent on from strangers: with the
 * profile of its role, its limits, and the folders that stay open to it. What is in force is told to
 * the parent. docs/SANDBOX.md.
 */
#ifndef GATEWAY_PROC_LOCK_H
#define GATEWAY_PROC_LOCK_H

#include "gateway/proc/child.h"
#include "seccomp/confine.h"

/* What a role needs besides its profile; all of it is there before it locks itself in. */
struct lock_needs {
	const struct landlock_folder *folder;
	size_t n_folders;
	const uint16_t *port; /* TCP ports it connects to */
	size_t n_ports;
	const int *fd; /* descriptors it was given since it was born; -1 is none */
	size_t n_fds;
};

/* lock_begin() - what a child has when it is born, and what its loop adds: nothing else may be there. */
void lock_begin(struct child *c);
/* lock_loop() - the loop is there: its descriptors belong to the child. */
void lock_loop(struct child *c);
/* lock_own() - one the role opens itself before it is locked in; -1 is none. */
void lock_own(struct child *c, int fd);
/*
 * lock_down() - from here on; @needs NULL: channels and memory. Tells the parent (MSG_WALLS). When it
 * cannot be done the child says why and is gone.
 */
void lock_down(struct child *c, const struct lock_needs *needs);

#endif
