/*
 * msg_walls - a child to the parent: what it is locked in with.
 */
#ifndef GATEWAY_PROC_MSG_WALLS_H
#define GATEWAY_PROC_MSG_WALLS_H

#include "gateway/proc/msg_parent.h"

struct msg_walls {
	uint32_t walls; /* WALL_BIT()s of seccomp/wall.h */
	uint32_t landlock_abi;
	uint32_t uid;
};

int msg_walls_put(struct channel *c, const struct msg_walls *m);
int msg_walls_get(struct cursor *in, struct msg_walls *m) must_check;

#endif
