/*
 * actor_links - what `actor run` answers an actor's host calls with: the stand-ins of --link, each
 * under the name of a link; and what was asked for and is not there, for the person who has to link
 * it.
 */
#ifndef GATEWAY_CLI_ACTOR_LINKS_H
#define GATEWAY_CLI_ACTOR_LINKS_H

#include "gateway/cli/cli.h"
#include "gateway/cli/stand_in.h"
#include "host/actor/call.h"
#include "policy/identity/wascap.h"

enum { ACTOR_LINKS_MAX = 16, ACTOR_MISSING_MAX = 8, ACTOR_NAME_TEXT = 4 * ACTOR_MAX_NAME + 1 };

struct actor_link {
	struct bytes name; /* of the link; borrows the option */
	const struct stand_in *in;
	void *state;
};

/* A question nobody answers here; its names as they may be shown. */
struct actor_missing {
	bool unclaimed; /* its claims do not name the contract */
	char link[ACTOR_NAME_TEXT], contract[ACTOR_NAME_TEXT], operation[ACTOR_NAME_TEXT];
};

struct actor_links {
	size_t n, n_missing;
	struct actor_link link[ACTOR_LINKS_MAX];
	struct actor_missing missing[ACTOR_MISSING_MAX];
	const struct wascap
	    *claims;  /* borrowed; NULL: nobody checked them, and none is asked for */
	bool explain; /* each question on standard error */
};

/* actor_links_load() - every --link. Return: CLI_OK, CLI_USAGE, CLI_FAILED after saying why. */
int actor_links_load(struct actor_links *l, const struct cli_args *a) must_check;
void actor_links_deinit(struct actor_links *l);
/* actor_links_ask() - struct cell_ops' ->ask; @ctx is a struct actor_links. */
int actor_links_ask(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok);
/* actor_links_say() - what was not linked, and how to, on standard error; then forget it. */
void actor_links_say(struct actor_links *l);

#endif
