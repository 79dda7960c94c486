/*
 * wall - the layers between a process and the machine it runs on, by name.
 */
#ifndef SECCOMP_WALL_H
#define SECCOMP_WALL_H

#include "policy/core/bytes.h"

enum wall {
	WALL_CENSUS = 0,      /* exactly the descriptors it should have */
	WALL_LIMITS,          /* setrlimit: no core, no children, few descriptors */
	WALL_USER,            /* not root */
	WALL_CAPABILITIES,    /* none in any set */
	WALL_NO_DUMP,         /* no core, no ptrace by its own user */
	WALL_NO_NEW_PRIVS,    /* exec gives nothing */
	WALL_MDWE,            /* no memory that was written becomes code (Linux 6.3) */
	WALL_LANDLOCK,        /* files */
	WALL_LANDLOCK_NET,    /* TCP (Linux 6.7) */
	WALL_LANDLOCK_SCOPE,  /* signals and abstract sockets (Linux 6.12) */
	WALL_SECCOMP,         /* system calls; always the last one */
	WALL_COUNT
};

#define WALL_BIT(wall) (UINT32_C(1) << (wall))
/* without these a process does not begin */
#define WALLS_FLOOR                                                                                    \
	(WALL_BIT(WALL_CENSUS) | WALL_BIT(WALL_LIMITS) | WALL_BIT(WALL_NO_NEW_PRIVS) |                 \
	    WALL_BIT(WALL_LANDLOCK) | WALL_BIT(WALL_SECCOMP))

/* wall_name() - "no-new-privs"; never NULL. */
const char *wall_name(enum wall wall);
/* wall_of() - by name; WALL_COUNT when unknown. */
enum wall wall_of(struct bytes name);

#endif
