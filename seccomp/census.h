/*
 * census - which descriptors this process has. Before a process is locked in, what it holds is
 * compared with what it should hold: a descriptor nobody meant to pass on is a way out.
 */
#ifndef SECCOMP_CENSUS_H
#define SECCOMP_CENSUS_H

#include "policy/core/err.h"

enum { CENSUS_MAX = 1024 };

struct census {
	size_t n;
	int fd[CENSUS_MAX]; /* rising */
};

/*
 * census_take() - all that are open, from /proc/self/fd.
 * Return: 0, -errno; -E2BIG when they are more than CENSUS_MAX.
 */
int census_take(struct census *c) must_check;
/* census_add() - one more that is expected; -1 is none. Twice is once. Return: 0, -E2BIG. */
int census_add(struct census *c, int fd) must_check;
/* census_stranger() - the first that is in @found and not in @expected; -1: none. */
int census_stranger(const struct census *found, const struct census *expected);

#endif
