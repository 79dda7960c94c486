/* verbs_up - the options and the text of `portcullis up`, for the table of verbs. */
#ifndef GATEWAY_CLI_VERBS_UP_H
#define GATEWAY_CLI_VERBS_UP_H

#include "gateway/cli/cli.h"

extern const struct cli_opt up_opts[];
extern const char up_about[];
int cmd_up(const struct cli_args *a);

#endif
