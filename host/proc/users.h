/*
 * users - the users that processes of a host become, one of its own for each: no two that live have
 * the same, so none can signal or look into another, or use up what the kernel counts by user.
 *
 * Numbers are handed out at random from a range, for there may be other hosts on the machine, which
 * hand out from the same; one that was given back may be handed out again, so it is given back when
 * its process has been waited for, and not before. The last quarter is for providers, which keep
 * files.
 */
#ifndef HOST_PROC_USERS_H
#define HOST_PROC_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/core/bytes.h"

enum {
	USERS_FIRST = 81920,
	USERS_N = 16384,
	USERS_LEAST = 256,
	USERS_MAX = 65536,
	USERS_SHARED = 65534
};

struct users_range {
	uint32_t first, n; /* n: USERS_LEAST to USERS_MAX */
};

enum users_part { USERS_RUNNERS, USERS_PROVIDERS };

struct users {
	struct users_range range;
	bool own; /* else nobody has one: see ->why */
	const char *why;
	uint64_t taken[USERS_MAX / 64];
};

/* users_covered() - does a text of /proc/PID/uid_map know the whole range? */
bool users_covered(struct bytes map, struct users_range range);
/* users_judge() - what can be had: @root may become others; both texts of this process. Nobody has
 * one yet. */
void users_judge(
    struct users *u, struct users_range range, bool root, struct bytes uids, struct bytes gids);
/* users_begin() - users_judge() with what this process is. */
void users_begin(struct users *u, struct users_range range);
/* users_part_of() - the numbers of one kind. */
struct users_range users_part_of(struct users_range range, enum users_part part);
/*
 * users_take() - one that nobody has: the first free one from a place chosen by @random on
 * Return: 0: none is left, or none is to be had (->own).
 */
uid_t users_take(struct users *u, enum users_part part, uint32_t random);
/* users_take_this() - exactly this one. Return: false: it has one, or it is not of this part. */
bool users_take_this(struct users *u, enum users_part part, uid_t uid);
/* users_give() - its process is waited for; 0 is fine. */
void users_give(struct users *u, uid_t uid);

#endif
