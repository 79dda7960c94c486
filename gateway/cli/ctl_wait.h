/*
 * ctl_wait - what came of a command: an acknowledgement says that a host took it, not that it worked.
 *
 * After it the host's inventory is read whenever something happens in the lattice, until what was
 * asked for is there or has failed. Hosts that say no `state' count as running what they list.
 */
#ifndef GATEWAY_CLI_CTL_WAIT_H
#define GATEWAY_CLI_CTL_WAIT_H

#include "gateway/cli/ctl.h"

/* What to wait for on one host. */
struct ctl_goal {
	const char *host;
	const char *list; /* "actors", "providers", "links" */
	const char *key;  /* member to compare: "id", "image_ref" */
	const char *is;
	const char *key2, *is2; /* another one, or NULL */
	int64_t count;          /* instances that have to run; 0: it is to be gone; -1: one thing without instances */
	const char *what;       /* for people: "actor echo" */
};

/*
 * ctl_wait() - Return: CLI_OK (printed what came of it, unless JSON is asked for), CLI_FAILED with the
 * reason printed: it failed, or did not come in time.
 */
int ctl_wait(struct ctl *c, const struct ctl_goal *g) must_check;

#endif
