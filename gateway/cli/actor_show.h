/*
 * actor_show - what a signed module or archive says, and which of the questions about it hold.
 */
#ifndef GATEWAY_CLI_ACTOR_SHOW_H
#define GATEWAY_CLI_ACTOR_SHOW_H

#include "policy/core/buf.h"
#include "policy/identity/par.h"
#include "policy/identity/wascap_module.h"

enum actor_check {
	CHECK_SIGNATURE = 0,
	CHECK_ISSUER,
	CHECK_TIME,
	CHECK_HASH,
	CHECKS,
};

struct actor_seen {
	const char *file;
	size_t size;
	struct wascap w;       /* zero when there is nothing to show */
	bool old_name;         /* an actor's section is called "jwt" */
	const struct par *par; /* a provider's */
	bool issuer_asked;     /* somebody said who is trusted */
	int answer[CHECKS];    /* each 0 or an enum wascap_answer; only when w is not zero */
	int first;             /* the first that is not 0, or what came before; 0: all hold */
	char why[WHY_MAX];     /* of @first */
};

/* actor_show_text(), actor_show_json() - append it. Strangers' text is escaped. */
void actor_show_text(struct buf *b, const struct actor_seen *s);
void actor_show_json(struct buf *b, const struct actor_seen *s);

#endif
