/* ctl_auction - who would run it? */
#ifndef GATEWAY_CLI_CTL_AUCTION_H
#define GATEWAY_CLI_CTL_AUCTION_H

#include "gateway/cli/ctl.h"

/*
 * ctl_auction() - of a @kind, "actor" or "provider": the first host to bid gets it. @body: the
 * auction's, with the constraints. Return: CLI_OK and its key in @out, CLI_FAILED after saying why.
 */
int ctl_auction(struct ctl *c, const char *kind, const char *ref, const struct buf *body,
    char out[CTL_KEY]) must_check;

#endif
