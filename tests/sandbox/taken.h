/*
 * taken - what a runner that was taken over says to its host, for tests: frames, right or wrong,
 * straight onto the channel. A row of attacks is a table here; who runs it is in escape.c.
 */
#ifndef TESTS_SANDBOX_TAKEN_H
#define TESTS_SANDBOX_TAKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "host/proc/cell.h"
#include "host/proc/msg_runner.h"
#include "seccomp/confine.h"

/* stand in a row for the host's process id, and for a page of memory */
#define TAKEN_HOST 0x686f7374L
#define TAKEN_PAGE 0x70616765L

/* One forbidden call, with arguments that do no harm where it is let through. */
struct taken_row {
	int n; /* of the list of attacks */
	const char *name;
	const char *call; /* as the host names it; NULL: killed by the second filter */
	long nr, a, b, c, d, e;
	long (*special)(void);
};

/* What may not be said, and how the host must end it. */
struct taken_act {
	const char *name;
	void (*run)(void);
	enum cell_end end;
};

extern const struct taken_row taken_rows[];
extern const size_t taken_rows_n;
extern const struct taken_act taken_acts[];
extern const size_t taken_acts_n;

/* taken_say() - a frame. */
void taken_say(enum msg_runner type, struct bytes body);
/* taken_put() - a header that announces @announced bytes, and @sent zeros behind it. */
void taken_put(enum msg_runner type, size_t announced, size_t sent);
/* taken_say_locked() - walls, whether they stand or not. */
void taken_say_locked(const struct confine_report *got);
/* taken_say_result() - what came of an attempt (-errno, or >= 0) in the place of a guest's error. */
void taken_say_result(long v);
/* taken_wait() - until the channel ends, then it ends. */
void taken_wait(void) __attribute__((noreturn));
/* taken_spin() - for ever. */
void taken_spin(void) __attribute__((noreturn));

/* taken_say_ready() - as if a module were there. */
void taken_say_ready(void);

#endif
