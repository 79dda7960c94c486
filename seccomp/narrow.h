/*
 * narrow - a second filter on top of confine()'s: what a process needed to begin and not to work.
 * Both are asked from then on, and the stricter answer counts: KILL_PROCESS before a listener.
 */
#ifndef SECCOMP_NARROW_H
#define SECCOMP_NARROW_H

#include "seccomp/confine.h"

enum { NARROW_MAX = 64 };

/* narrow_to() - to what @f grants. Return: 0, -errno. */
int narrow_to(const struct confine_filter *f) must_check;
/*
 * narrow_kill() - these calls (numbers of this machine, each below 2^30) kill from here on; all
 * others are the first filter's. Return: 0, -errno.
 */
int narrow_kill(const int *calls, size_t n) must_check;

#endif
