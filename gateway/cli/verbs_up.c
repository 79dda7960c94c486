/* verbs_up - see verbs_up.h. */
#include "gateway/cli/verbs_up.h"

const struct cli_opt up_opts[] = {
	{ OPT_FLAG, 0, "no-host", NULL, "leaf and gateway alone", HINT_NONE, false },
	{ OPT_VALUE, 0, "nats-server", "FILE", "the nats-server to run; default: the one in PATH", HINT_FILE,
	    false },
	{ OPT_VALUE, 'w', "wait", "TIME", "for each to be ready; default: 20s", HINT_NONE, false },
	{ OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false },
	{ 0 },
};

const char up_about[] =
    "For development: starts nats-server with DIR/leaf.conf, portcullis-gateway with\n"
    "DIR/gateway.conf and, if it is there, portcullis-host with DIR/host.conf, each\n"
    "when the one before is ready, and shows what they say, with a name before each\n"
    "line. DIR is the folder `init` wrote; default: this folder. The programs are\n"
    "those beside this one, or in PATH.\n\n"
    "Ctrl-C (or TERM) ends host, gateway and leaf, in this order: exit code 0. A\n"
    "second one waits for nothing. When one ends by itself the others are ended too,\n"
    "and the exit code is 1. Exit code 3 when DIR is no deployment.";
