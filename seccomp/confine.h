/*
 * confine - lock this process in, for good, and say what is in force.
 *
 * The order is fixed, and each step is possible only before the next: descriptors are counted while
 * /proc can be read; limits and the bounding set are lowered while there is the right to; then the
 * user changes, capabilities go, the process is no longer dumpable (a change of user undoes that,
 * and the signal at the parent's death); no_new_privs, MDWE, Landlock; the filter of system calls
 * comes last, since it grants nothing of all this. Call it with one thread.
 *
 * There is no switch: a step that fails ends the whole, a step this kernel does not know is reported
 * as missing, and what is in WALLS_FLOOR or was demanded may not be missing.
 */
#ifndef SECCOMP_CONFINE_H
#define SECCOMP_CONFINE_H

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "seccomp/census.h"
#include "seccomp/landlock.h"
#include "seccomp/wall.h"

enum { CONFINE_MAX_LIMITS = 12, CONFINE_WHY = 160 };

/* A filter as it was compiled: seccomp/embed.c writes tables of these. */
struct confine_filter {
	const char *name;
	const struct sock_filter *code;
	size_t n;
};

struct confine_limit {
	int resource; /* RLIMIT_... */
	rlim_t at;    /* at most: what is lower stays */
};

struct confine {
	const struct census *expected;
	struct confine_limit limit[CONFINE_MAX_LIMITS];
	size_t n_limits;
	bool change_user; /* when root: to these */
	bool user_asked;  /* by the administrator: a change that fails ends the process */
	uid_t uid;
	gid_t gid;
	struct landlock_rules landlock;
	const struct confine_filter *filter; /* NULL: an error, not an open door */
	/*
	 * What the filter does not grant waits for who holds ->listener instead of killing: it must kill
	 * then. Where no listener is to be had, it kills by itself. One thread only.
	 */
	bool notify;
	uint32_t minimum; /* WALL_BIT()s demanded besides WALLS_FLOOR */
};

struct confine_report {
	uint32_t walls; /* WALL_BIT()s in force */
	unsigned landlock_abi;
	uid_t uid;
	char why[CONFINE_WHY]; /* what failed */
	int error;             /* its errno; 0: none */
	int listener;          /* of ->notify; -1: none, the filter kills */
};

/* confine() - Return: 0; -errno or -EPERM (something is missing) with ->why: then exit. */
int confine(const struct confine *want, struct confine_report *got) must_check;
/*
 * confine_supervisor() - what can be done for a process that starts, opens and dials for others:
 * no capability but @keep_caps, none after exec either; not dumpable, no core, no_new_privs, MDWE.
 * Return: 0, -errno with ->why.
 */
int confine_supervisor(uint64_t keep_caps, struct confine_report *got) must_check;

#endif
