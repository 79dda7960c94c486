/*
 * verbs_actor - the options of `portcullis actor`, and the longer of its texts, for the table of
 * verbs (verbs.c).
 */
#ifndef GATEWAY_CLI_VERBS_ACTOR_H
#define GATEWAY_CLI_VERBS_ACTOR_H

#include "gateway/cli/cli.h"

extern const struct cli_opt actor_inspect_opts[], actor_sign_opts[], actor_keys_opts[];
extern const char actor_inspect_about[], actor_sign_about[], actor_keys_about[];

int cmd_actor_inspect(const struct cli_args *a);
int cmd_actor_sign(const struct cli_args *a);
int cmd_actor_keys(const struct cli_args *a);

#endif
