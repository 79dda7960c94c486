/*
 * ctl_command - a command of the control interface while it is written: a JSON object, wiped when
 * it was sent, since it may hold a secret.
 */
#ifndef GATEWAY_CLI_CTL_COMMAND_H
#define GATEWAY_CLI_CTL_COMMAND_H

#include "gateway/cli/ctl.h"
#include "policy/core/members.h"

struct ctl_command {
	struct buf body; /* what it says is written here, member by member */
};

void ctl_command_begin(struct ctl_command *x);
/* ctl_command_end() - instead of sending it. */
void ctl_command_end(struct ctl_command *x);
/*
 * ctl_command_send() - it ends. @host: whose @verb; NULL: @verb is the whole of it
 * ("linkdefs.put"). Return: as ctl_ask(). An answer in JSON is printed if it was asked for and
 * @show.
 */
int ctl_command_send(
    struct ctl *c, struct ctl_command *x, const char *host, const char *verb, bool show) must_check;
/* ctl_command_pair() - "NAME=VALUE" as a member in @b. Return: CLI_OK, CLI_USAGE after saying that
 * @what is. */
int ctl_command_pair(struct buf *b, const char *what, const char *pair) must_check;

#endif
