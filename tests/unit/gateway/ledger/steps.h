/*
 * steps - every call by which the log changes the disk, counted; at one of them the process dies, or the disk
 * fails for a while. The linker puts them in the place of libc's (--wrap).
 */
#ifndef TESTS_UNIT_GATEWAY_LEDGER_STEPS_H
#define TESTS_UNIT_GATEWAY_LEDGER_STEPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { STEPS_DIED = 42, STEPS_FILES = 256, STEPS_MOST = 1024 };

/* What is done, and what came of it: shared with the process that dies. */
struct steps {
	long at;    /* the step; 0: none */
	bool half;  /* a write does half of it first */
	int error;  /* 0: it dies there; else this is answered, */
	long times; /* so often */
	bool flap;  /* every other time */

	long done;    /* steps taken */
	bool writes[STEPS_MOST]; /* of them, those that were a write */
	long failed;  /* of them, those that were answered with an error */
	uint64_t met; /* records there were when the first one was met: the test writes it */
	struct {
		uint64_t inode, size;
	} synced[STEPS_FILES]; /* what the disk was told to keep */
	size_t n_synced;
};

extern struct steps *steps;

/* steps_synced() - bytes of this file that a loss of power leaves. */
uint64_t steps_synced(uint64_t inode);

#endif
