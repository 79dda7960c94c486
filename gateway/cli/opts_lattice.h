/* opts_lattice - options that every verb has which speaks to a lattice. */
#ifndef GATEWAY_CLI_OPTS_LATTICE_H
#define GATEWAY_CLI_OPTS_LATTICE_H

#include "gateway/cli/cli.h"

/* clang-format off */
#define OPT_CONNECTION \
	{ OPT_VALUE, 's', "server", "URL", "where to connect; default: $NATS_URL, nats://127.0.0.1:4222", HINT_NONE, false }, \
	{ OPT_VALUE, 'c', "creds", "FILE", "the creds file to log in with; default: $NATS_CREDS", HINT_FILE, false }, \
	{ OPT_VALUE, 0, "ca", "FILE", "authorities the server's certificate is to be of: TLS", HINT_FILE, false }, \
	{ OPT_VALUE, 'l', "lattice", "NAME", "the lattice; default: $WASMCLOUD_LATTICE, default", HINT_NONE, false }, \
	{ OPT_VALUE, 't', "timeout", "TIME", "for one answer; default: 5s", HINT_NONE, false }, \
	{ OPT_VALUE, 'o', "output", "json|table", "the form of what is printed; default: table", HINT_NONE, false }, \
	{ OPT_FLAG, 0, "json", NULL, "the same as --output json", HINT_NONE, false }, \
	{ OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false }
/* who waits for nothing does not have it */
#define OPT_WAIT { OPT_VALUE, 'w', "wait", "TIME", "for what comes of it; 0: not at all; default: 30s", HINT_NONE, false }
/* clang-format on */

#endif
