/*
 * up_child - one program that `portcullis up` runs: started, listened to line by line, ended.
 */
#ifndef GATEWAY_CLI_UP_CHILD_H
#define GATEWAY_CLI_UP_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "policy/core/buf.h"

enum {
	UP_LINE_MAX = 4096, /* a longer one is shown in pieces */
	UP_LAST = 6,        /* lines that are kept to be told again */
	UP_LAST_MAX = 512,
};

struct up_child {
	const char *name;
	pid_t pid;  /* 0: not running */
	int fd;     /* its standard output and standard error; -1: none */
	int status; /* what waitpid(2) said of its end */
	bool ended;
	size_t len; /* of the line that is not whole yet */
	char line[UP_LINE_MAX];
	size_t n_last; /* all lines it ever said; the newest UP_LAST are kept, by number modulo UP_LAST */
	size_t last_len[UP_LAST];
	char last[UP_LAST][UP_LAST_MAX];
};

/* One whole line, without its end; valid until the callback returns. */
typedef void (*up_child_on_line)(struct up_child *c, struct bytes line, void *arg);

/*
 * up_child_start() - run the program at @argv[0], in a process group of its own, with the signal mask @mask, reading
 * nothing. It is killed when the calling thread ends, however that comes. Return: 0, -errno.
 */
int up_child_start(struct up_child *c, char *const argv[], const sigset_t *mask) must_check;
/* up_child_read() - what it has said since, by whole lines. Does not wait. */
void up_child_read(struct up_child *c, up_child_on_line on_line, void *arg);
/* up_child_reap() - has it ended? Then the rest of what it said is read too. */
void up_child_reap(struct up_child *c, up_child_on_line on_line, void *arg);
/* up_child_close() - let go of its pipe. */
void up_child_close(struct up_child *c);
/* up_child_end() - how it ended, for people: "exit code 1", "signal 9 (Killed)". */
void up_child_end(const struct up_child *c, char *out, size_t size);
/* up_child_said() - the @back-th line from the end that is kept; 0 is the newest; empty run: there is none. */
struct bytes up_child_said(const struct up_child *c, size_t back);

#endif
