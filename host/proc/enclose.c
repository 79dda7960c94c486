/*
 * enclose - see enclose.h. Root needs no user namespace for the others, and would lose by it: the way to
 * a user of its own (confine()) leads out of the one it has. Anybody else gets the right to the
 * others by one, and gives it up in confine() with all capabilities.
 */
#include "host/proc/enclose.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "seccomp/wall.h"

const char *
enclose_name(enum enclosure e)
{
	static const char *const names[ENCLOSE_N] = { "user-namespace", "net-namespace",
		"ipc-namespace", "uts-namespace", "own-user" };

	return e >= ENCLOSE_USER && e < ENCLOSE_END ? names[e - ENCLOSE_USER] : "none";
}

const char *
enclose_any(int bit)
{
	if (bit >= 0 && bit < WALL_COUNT)
		return wall_name((enum wall)bit);
	return bit >= ENCLOSE_USER && bit < ENCLOSE_END ? enclose_name((enum enclosure)bit) : NULL;
}

uint32_t
enclose(bool net, uint16_t error[ENCLOSE_N])
{
	static const int flag[] = { CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS };
	uint32_t stand = 0;

	error[ENCLOSE_OWN_USER - ENCLOSE_USER] = EPERM;
	for (int i = 0; i < ENCLOSE_OWN_USER - ENCLOSE_USER; i++) {
		if (flag[i] == CLONE_NEWUSER && geteuid() == 0) {
			error[i] = EALREADY; /* it becomes another user by itself */
			continue;
		}
		if (flag[i] == CLONE_NEWNET && !net) {
			error[i] = ECANCELED;
			continue;
		}
		error[i] = unshare(flag[i]) == 0 ? 0 : (uint16_t)errno;
		if (error[i] == 0)
			stand |= UINT32_C(1) << (ENCLOSE_USER + i);
	}
	return stand;
}
