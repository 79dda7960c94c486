/*
 * parent - the first process of portcullis-host: it has the settings and all keys, knows what runs,
 * starts everything else, and has no network connection. docs/HOST.md.
 */
#ifndef HOST_PROC_PARENT_H
#define HOST_PROC_PARENT_H

#include "host/proc/hostconf.h"

struct parent_options {
	struct hostconf *conf; /* settled */
	const char *config;    /* the file as it was named; NULL: none */
	const char *log, *pid; /* -l, -P; NULL: none */
	bool debug, trace;
};

/* parent_main() - until it is stopped. Return: the exit status. */
int parent_main(const struct parent_options *o);

#endif
