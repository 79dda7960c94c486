/*
 * wall - see wall.h.
 */
#include "seccomp/wall.h"

static const char *const names[WALL_COUNT] = {
	[WALL_CENSUS] = "census",
	[WALL_LIMITS] = "limits",
	[WALL_USER] = "user",
	[WALL_CAPABILITIES] = "capabilities",
	[WALL_NO_DUMP] = "no-dump",
	[WALL_NO_NEW_PRIVS] = "no-new-privs",
	[WALL_MDWE] = "mdwe",
	[WALL_LANDLOCK] = "landlock",
	[WALL_LANDLOCK_NET] = "landlock-net",
	[WALL_LANDLOCK_SCOPE] = "landlock-scope",
	[WALL_SECCOMP] = "seccomp",
};

const char *
wall_name(enum wall wall)
{
	return wall < WALL_COUNT ? names[wall] : "none";
}

enum wall
wall_of(struct bytes name)
{
	for (int i = 0; i < WALL_COUNT; i++) {
		if (bytes_is(name, names[i]))
			return (enum wall)i;
	}
	return WALL_COUNT;
}
