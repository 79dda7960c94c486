/* init_host - host.conf, and the keys that are the host's business alone. */
#ifndef GATEWAY_CLI_INIT_HOST_H
#define GATEWAY_CLI_INIT_HOST_H

#include "gateway/cli/init_plan.h"

/*
 * init_write_host() - keys/cluster.nk, keys/actors.nk, and host.conf of a host in the first
 * lattice. Return: CLI_OK, CLI_FAILED after saying why.
 */
int init_write_host(struct deploy *d, const struct init *in) must_check;

#endif
