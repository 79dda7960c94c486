/*
 * walls_show - what each process of the gateway is locked in with, as a table.
 */
#ifndef GATEWAY_CLI_WALLS_SHOW_H
#define GATEWAY_CLI_WALLS_SHOW_H

#include "gateway/cli/control.h"

/* walls_show() - @r: the answer to `status`. */
void walls_show(const struct control_reply *r);

#endif
