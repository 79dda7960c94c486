/* verbs_actor_run - the options and the text of `portcullis actor run`. */
#ifndef GATEWAY_CLI_VERBS_ACTOR_RUN_H
#define GATEWAY_CLI_VERBS_ACTOR_RUN_H

#include "gateway/cli/cli.h"

extern const struct cli_opt actor_run_opts[];
extern const char actor_run_about[];
int cmd_actor_run(const struct cli_args *a);

#endif
