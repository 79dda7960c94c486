/* verbs_ctl - the options of `portcullis ctl`, and the longer of its texts, for the table of verbs. */
#ifndef GATEWAY_CLI_VERBS_CTL_H
#define GATEWAY_CLI_VERBS_CTL_H

#include "gateway/cli/cli.h"

extern const struct cli_opt ctl_get_opts[], ctl_start_opts[], ctl_stop_opts[], ctl_change_opts[], ctl_link_opts[],
    ctl_unlink_opts[], ctl_call_opts[], ctl_watch_opts[];
extern const char ctl_get_about[], ctl_start_about[], ctl_stop_about[], ctl_change_about[], ctl_link_about[],
    ctl_unlink_about[], ctl_call_about[], ctl_watch_about[];

int cmd_ctl_get(const struct cli_args *a);
int cmd_ctl_start(const struct cli_args *a);
int cmd_ctl_stop(const struct cli_args *a);
int cmd_ctl_scale(const struct cli_args *a);
int cmd_ctl_update(const struct cli_args *a);
int cmd_ctl_link(const struct cli_args *a);
int cmd_ctl_unlink(const struct cli_args *a);
int cmd_ctl_call(const struct cli_args *a);
int cmd_ctl_watch(const struct cli_args *a);

#endif
