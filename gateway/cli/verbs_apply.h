/* verbs_apply - the options and the text of `portcullis apply`, for the table of verbs. */
#ifndef GATEWAY_CLI_VERBS_APPLY_H
#define GATEWAY_CLI_VERBS_APPLY_H

#include "gateway/cli/cli.h"

extern const struct cli_opt apply_opts[];
extern const char apply_about[];
int cmd_apply(const struct cli_args *a);

#endif
