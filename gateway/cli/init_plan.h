/*
 * init_plan - what `init` was asked for, and the keys of what it will write.
 */
#ifndef GATEWAY_CLI_INIT_PLAN_H
#define GATEWAY_CLI_INIT_PLAN_H

#include "gateway/cli/cli.h"
#include "gateway/cli/lattice.h"
#include "gateway/proc/config.h"

enum { INIT_MAX_LATTICES = 256 };

struct init {
	const char *dir;
	struct config_address listen, leaf;
	const char *hub;      /* NULL: none */
	struct buf hub_creds; /* empty: none */
	size_t n;
	struct lattice *lattice;
	struct nkey_pair client, gate, system; /* two operators and the leaf's system account */
};

/*
 * init_plan() - from the command line; borrows it. init_deinit() it, whatever is answered.
 * Return: CLI_OK, CLI_USAGE, CLI_FAILED.
 */
int init_plan(struct init *in, const struct cli_args *a) must_check;
/* init_put_address() - HOST:PORT, or to be dialled: a wildcard is then this machine. */
void init_put_address(struct buf *b, const struct config_address *a, bool to_dial);
void init_deinit(struct init *in);

#endif
