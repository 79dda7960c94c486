/*
 * parent - the process that starts the others. Owns configuration, listeners and child processes;
 * resolves and dials, and passes connected descriptors on. Never reads a byte from a stranger.
 */
#ifndef GATEWAY_PROC_PARENT_H
#define GATEWAY_PROC_PARENT_H

#include <stdbool.h>

struct parent_options {
	const char *config;
	const char *log;  /* overrides gateway.conf; NULL */
	const char *pid;  /* NULL: none written */
	bool debug, trace;
	char **argv; /* as we were started; its first is the program, by a path */
};

/* parent_main() - run the gateway. Return: the exit status. */
int parent_main(const struct parent_options *o);
/*
 * parent_check() - read everything there is to read, start nothing, say what `portcullis check` says.
 * Return: 0, 3, 1 (memory).
 */
int parent_check(const struct parent_options *o);

#endif
