/* verbs_apply - see verbs_apply.h. */
#include "gateway/cli/verbs_apply.h"

const struct cli_opt apply_opts[] = {
	{ OPT_FLAG, 'n', "dry-run", NULL, "print the difference and send nothing; exit code 1 when there is one",
	    HINT_NONE, false },
	{ OPT_FLAG, 0, "locked", NULL, "take only what the lock file pins", HINT_NONE, false },
	{ OPT_VALUE, 0, "lock", "FILE", "the lock file; default: portcullis.lock beside the manifest", HINT_FILE,
	    false },
	{ OPT_VALUE, 0, "host", "HOST", "on this host: its key, the beginning of it, or its name", HINT_NONE,
	    false },
	{ OPT_VALUE, 'w', "wait", "TIME", "for what comes of it; 0: not at all; default: 30s", HINT_NONE, false },
	{ OPT_VALUE, 's', "server", "URL", "where to connect; default: $NATS_URL, nats://127.0.0.1:4222",
	    HINT_NONE, false },
	{ OPT_VALUE, 'c', "creds", "FILE", "the creds file to log in with; default: $NATS_CREDS", HINT_FILE, false },
	{ OPT_VALUE, 0, "ca", "FILE", "authorities the server's certificate is to be of: TLS", HINT_FILE, false },
	{ OPT_VALUE, 'l', "lattice", "NAME", "the lattice; default: $WASMCLOUD_LATTICE, default", HINT_NONE, false },
	{ OPT_VALUE, 't', "timeout", "TIME", "for one answer; default: 5s", HINT_NONE, false },
	{ OPT_VALUE, 'o', "output", "json|table", "the form of what is printed; default: table", HINT_NONE, false },
	{ OPT_FLAG, 0, "json", NULL, "the same as --output json", HINT_NONE, false },
	{ OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false },
	{ 0 },
};

const char apply_about[] =
    "Reads MANIFEST (YAML: actors, capabilities, links), looks at what runs, and\n"
    "starts, scales, updates and links what differs; what the manifest does not name\n"
    "is left alone. Run again it does nothing. Paths are relative to the manifest,\n"
    "${NAME:preset} is filled in from the environment, ids need not be written: they\n"
    "are read from the modules' claims and pinned in portcullis.lock, and what is\n"
    "another actor, another issuer or another module later is refused.\n\n"
    "Waits until all of it is there or has failed, and says what failed and why.";
