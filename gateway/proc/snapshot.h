/*
 * snapshot - a compiled policy in a sealed memfd: made by the compiler process, mapped read-only by
 * everybody else.
 */
#ifndef GATEWAY_PROC_SNAPSHOT_H
#define GATEWAY_PROC_SNAPSHOT_H

#include "policy/rules/policy.h"

struct snapshot {
	void *map;
	size_t len;
	struct policy *policy;
};

/* snapshot_seal() - bytes to a sealed memfd. Return: the descriptor, -errno. */
int snapshot_seal(struct bytes compiled) must_check;
/*
 * snapshot_open() - map and open; @fd is taken. Refused unless sealed against every change. The policy is
 * told what time it is.
 * Return: 0, -errno.
 */
int snapshot_open(struct snapshot *s, int fd) must_check;
/*
 * snapshot_tick() - rules come into force and go out of it with the time; call about once a second.
 * @accident: 0, or -ENOMEM: it can be judged by no longer.
 * Return: true when other rules are in force than before.
 */
bool snapshot_tick(struct snapshot *s, int *accident);
void snapshot_close(struct snapshot *s);

#endif
