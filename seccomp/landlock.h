/*
 * landlock - no file, no TCP, no signal and no abstract socket but what is named here, by Landlock
 * (landlock(7)), as far as this kernel's version of it goes. It cannot be taken back.
 */
#ifndef SECCOMP_LANDLOCK_H
#define SECCOMP_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/core/err.h"

/* A folder that stays open to this process, with all that is below it. */
struct landlock_folder {
	int fd; /* -1: none */
	bool write; /* else: files are read and folders listed */
};

struct landlock_rules {
	const struct landlock_folder *folder;
	size_t n_folders;
	const uint16_t *port; /* TCP ports that may be connected to */
	size_t n_ports;
};

struct landlock_done {
	unsigned abi;  /* of this kernel; 0: it has none, or it is not switched on */
	bool fs, net, scope; /* what is enforced: files; TCP; signals and abstract sockets */
};

/* landlock_enforce() - needs no_new_privs. Return: 0 and *done, also when there is none; -errno. */
int landlock_enforce(const struct landlock_rules *rules, struct landlock_done *done) must_check;

#endif
