/*
 * decided - one decision of a running gate, found again in its logs by the id the client was told.
 */
#ifndef GATEWAY_CLI_DECIDED_H
#define GATEWAY_CLI_DECIDED_H

#include "gateway/cli/cli.h"
#include "policy/identity/identity.h"

struct decided {
	struct bytes id, time, event; /* as in the log; slices of ->memory */
	struct bytes subject, reply, queue;
	struct bytes decision, rule, reason, policy;
	int64_t at_s; /* 0: the log does not say */
	bool subscribes;
	bool explains;       /* there is a question a policy answers */
	struct identity who; /* without the credential's own lists, which are in no log */
	struct buf memory;
};

/* decided_is_id() - EDGE.CLIENT.dN or .cN? */
bool decided_is_id(const char *s);
/*
 * decided_find() - the newest line with this id: of the files of --log, or of the decision log and
 * the audit of --dir. Return: CLI_OK, CLI_FAILED after saying why; decided_deinit() after each.
 */
int decided_find(struct decided *d, const struct cli_args *a, const char *id) must_check;
void decided_deinit(struct decided *d);

#endif
