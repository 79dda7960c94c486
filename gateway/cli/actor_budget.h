/* actor_budget - what one call of `actor run` may use: the defaults of a cell, and --budget. */
#ifndef GATEWAY_CLI_ACTOR_BUDGET_H
#define GATEWAY_CLI_ACTOR_BUDGET_H

#include "gateway/cli/cli.h"
#include "host/proc/cell.h"

struct actor_budget {
	struct actor_limits limits;
	struct cell_budget budget;
};

/* actor_budget_load() - Return: CLI_OK, CLI_USAGE after saying why. */
int actor_budget_load(struct actor_budget *b, const struct cli_args *a) must_check;

#endif
