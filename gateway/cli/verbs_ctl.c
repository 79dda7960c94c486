/* verbs_ctl - see verbs_ctl.h. */
#include "gateway/cli/verbs_ctl.h"

#include "gateway/cli/opts_lattice.h"

/* clang-format off */
#define OPT_HOST { OPT_VALUE, 0, "host", "HOST", "a host's key, the beginning of it, or its name", HINT_NONE, false }
#define OPT_LINK { OPT_VALUE, 'n', "link-name", "NAME", "default: default", HINT_NONE, false }
/* clang-format on */

const struct cli_opt ctl_get_opts[] = {
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_get_about[] =
    "hosts: who answers. inventory: what runs on HOST, or on all: actors, providers\n"
    "and links, each with its state, since a host of ours says why something failed\n"
    "and when it is tried again. links and claims: of the whole lattice. Values of\n"
    "links are left out of the table.";

const struct cli_opt ctl_start_opts[] = {
	OPT_HOST,
	{ OPT_LIST, 0, "constraint", "NAME=VALUE", "without --host: a label the host has to have", HINT_NONE, false },
	{ OPT_VALUE, 0, "count", "N", "instances of an actor; default: 1", HINT_NONE, false },
	OPT_LINK,
	{ OPT_VALUE, 0, "config", "TEXT|@FILE", "configuration of a provider", HINT_NONE, false },
	OPT_WAIT,
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_start_about[] =
    "REF is file:///PATH, or where a registry has it. Without --host an auction is\n"
    "held and the first host to bid gets it. Waits until it runs or has failed: a\n"
    "host's acknowledgement says only that the command was taken. Exit code 1 when\n"
    "it was refused or failed, with the reason.";

const struct cli_opt ctl_stop_opts[] = {
	OPT_HOST,
	OPT_LINK,
	OPT_WAIT,
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_stop_about[] =
    "Stops all instances of an actor, a provider, or a host with everything on it.\n"
    "WHAT is a key or a name; when it runs on several hosts, --host says on which.";

const struct cli_opt ctl_change_opts[] = {
	OPT_HOST,
	OPT_WAIT,
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_change_about[] =
    "ACTOR is a key or a name; when it runs on several hosts, --host says on which.\n"
    "Waits until it is so, or has failed.";

const struct cli_opt ctl_link_opts[] = {
	OPT_LINK,
	OPT_WAIT,
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_link_about[] =
    "Allows ACTOR what CONTRACT names (wasmcloud:keyvalue, ...) by PROVIDER, and tells\n"
    "the provider the values, e.g. PORT=8080. Both are keys or names; httpserver will\n"
    "do for the provider of wasmcloud:httpserver where there is just one. A link the\n"
    "provider cannot serve (its port is taken, ...) is kept, tried again, and said\n"
    "here with its reason: exit code 1.";

const struct cli_opt ctl_unlink_opts[] = {
	OPT_LINK,
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_unlink_about[] = "Takes back a link. ACTOR is a key or a name.";

const struct cli_opt ctl_call_opts[] = {
	{ OPT_LIST, 'd', "data", "JSON|@FILE", "what the operation is given; default: nothing", HINT_NONE, false },
	{ OPT_FLAG, 0, "raw", NULL, "data and answer are bytes as they are", HINT_NONE, false },
	{ OPT_VALUE, 'k', "cluster-key", "FILE", "the seed calls are signed with (SC...)", HINT_FILE, true },
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_call_about[] =
    "Calls OPERATION (later form, such as HttpServer.HandleRequest) of an actor\n"
    "anywhere in the lattice and prints its answer. Hosts believe calls that are\n"
    "signed with their cluster's key; `init` writes it to keys/cluster.nk. The login\n"
    "must be one that may publish such calls: of `init`'s roles host and admin may.";

const struct cli_opt ctl_watch_opts[] = {
	{ OPT_VALUE, 0, "events", "N", "end after so many; default: never", HINT_NONE, false },
	{ OPT_FLAG, 0, "heartbeats", NULL, "show these as well", HINT_NONE, false },
	{ OPT_FLAG, 0, "old", NULL, "hear what hosts before 0.78 tell", HINT_NONE, false },
	OPT_CONNECTION,
	{ 0 },
};
const char ctl_watch_about[] =
    "What hosts tell of themselves, a line each: what started, stopped, failed, was\n"
    "linked or denied. Events are not signed; behind a gate each is of the host it\n"
    "names.";
