/*
 * lock - a child of the host locks itself in before it reads what strangers sent: with the profile
 * of its name, its limits, and the ports it connects to. What it holds is counted first.
 */
#ifndef HOST_PROC_LOCK_H
#define HOST_PROC_LOCK_H

#include "seccomp/confine.h"

struct lock_needs {
	const char *name;     /* of the profile */
	const uint16_t *port; /* TCP ports it connects to */
	size_t n_ports;
	const struct landlock_folder *folder;
	size_t n_folders;
	bool threads; /* they count as processes */
	uid_t user;   /* to become, when root; 0: nobody in particular */
};

struct lock_got {
	uint32_t walls;
	unsigned landlock_abi;
	int error; /* what failed */
	char why[CONFINE_WHY];
};

/* lock_begin() - nothing was handed down but 0, 1, 2 and @channel. Return: 0, -errno. */
int lock_begin(int channel) must_check;
/* lock_own() - what is open now is what should be. Return: 0, -errno. */
int lock_own(struct census *own) must_check;
/* lock_down() - from here on. Return: 0, -errno with ->why: then end. */
int lock_down(
    const struct census *own, const struct lock_needs *needs, struct lock_got *got) must_check;

#endif
