/* verbs_apply - see verbs_apply.h. */
#include "gateway/cli/verbs_apply.h"

#include "gateway/cli/opts_lattice.h"

const struct cli_opt apply_opts[] = {
	{ OPT_FLAG, 'n', "dry-run", NULL, "print the difference and send nothing; exit code 1 when there is one",
	    HINT_NONE, false },
	{ OPT_FLAG, 0, "locked", NULL, "take only what the lock file pins", HINT_NONE, false },
	{ OPT_VALUE, 0, "lock", "FILE", "the lock file; default: portcullis.lock beside the manifest", HINT_FILE,
	    false },
	{ OPT_VALUE, 0, "host", "HOST", "on this host: its key, the beginning of it, or its name", HINT_NONE,
	    false },
	OPT_WAIT,
	OPT_CONNECTION,
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
