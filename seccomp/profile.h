/*
 * profile - which system calls a process may make: a text of one grant per line, as a value.
 *
 *   line  = [ grant | "refuse" ERROR grant | "use" NAME ] [ "#" why ]
 *   grant = CALL [ test { "," test } ]
 *   test  = ARG op value | ARG "&" value "==" value | ARG "in" "{" value { "," value } "}"
 *   op    = "==" | "!=" | "<" | "<=" | ">" | ">="
 *   value = term { "|" term }        term = decimal | 0x... | a constant of names.h
 *
 *   fcntl  1 in { F_GETFL, F_SETFL }    # sockets are made non-blocking
 *   mmap   2 & PROT_EXEC == 0           # memory, never code
 *
 * ARG is 0 to 5; all 64 bits of an argument are compared. Tests of one line must all hold; lines of
 * the same call are alternatives. What no line grants kills the process. "refuse" answers a call with
 * an error instead, for what a library tries and can do without. "use" takes in another profile,
 * which the caller parses into the same value.
 *
 * A grant without a reason after "#" is an error, and so are a line that says again what another
 * said, a call with a test beside the same call without any, two sets in one line, and one argument
 * tested twice. A file is of printable ASCII, tabs and line feeds.
 */
#ifndef SECCOMP_PROFILE_H
#define SECCOMP_PROFILE_H

#include "policy/core/text.h"

enum {
	PROFILE_MAX_FILE = 64 * 1024,
	PROFILE_MAX_GRANTS = 512,
	PROFILE_MAX_VALUES = 32, /* of one set */
	PROFILE_MAX_NAME = 32,
	PROFILE_MAX_USES = 8,
	PROFILE_ARGS = 6,
};

enum profile_op {
	PROFILE_EQ = 1,
	PROFILE_NE,
	PROFILE_LT,
	PROFILE_LE,
	PROFILE_GT,
	PROFILE_GE,
	PROFILE_MASKED, /* (argument & mask) == value[0] */
	PROFILE_IN,     /* one of value[0..n) */
};

enum profile_answer {
	PROFILE_BAD = 1, /* the report says what and where */
};

struct profile_test {
	uint8_t arg;
	enum profile_op op;
	uint64_t mask;
	size_t n;
	uint64_t value[PROFILE_MAX_VALUES];
};

/* A line. Its tests are those of the arguments that have one: ->test[0..n). */
struct profile_grant {
	char name[PROFILE_MAX_NAME];
	int error; /* 0: granted; else refused with this errno */
	size_t n;
	struct profile_test *test; /* owned by the profile */
	unsigned line, col;
	const char *file;          /* owned by the profile */
};

struct profile {
	struct profile_grant *grant;
	size_t n;
	char *file[PROFILE_MAX_USES + 1]; /* what was parsed into it */
	size_t n_files;
	char use[PROFILE_MAX_USES][PROFILE_MAX_NAME]; /* what it takes in, each once */
	size_t n_uses;
};

void profile_init(struct profile *p);
void profile_deinit(struct profile *p);
/*
 * profile_parse() - add the lines of a text to a profile; @file (copied) is for messages.
 * Return: 0, PROFILE_BAD with the report filled (FILE:LINE:COL: error: ...), -ENOMEM.
 */
int profile_parse(
    struct profile *p, const char *file, struct bytes text, struct text_report *r) must_check;
/* profile_error() - one message at a place; printf-like. Also used by the compiler of filters. */
void profile_error(struct text_report *r, const char *file, unsigned line, unsigned col,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
