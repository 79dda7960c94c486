/* verbs_actor_run - see verbs_actor_run.h. */
#include "gateway/cli/verbs_actor_run.h"

const struct cli_opt actor_run_opts[] = {
	{ OPT_LIST, 'd', "data", "JSON|@FILE",
	    "the payload, message-pack for the actor; @FILE is read; one call for each", HINT_FILE,
	    false },
	{ OPT_FLAG, 0, "raw", NULL, "--data and the answer are bytes as they are, not JSON",
	    HINT_NONE, false },
	{ OPT_LIST, 'l', "link", "[NAME=]keyvalue|logging|FILE",
	    "who answers under that link, here: a small store, a log, a document of answers",
	    HINT_FILE, false },
	{ OPT_VALUE, 0, "times", "N", "all calls so often; default: 1", HINT_NONE, false },
	{ OPT_FLAG, 0, "fresh", NULL, "each call with the memory the module begins with", HINT_NONE,
	    false },
	{ OPT_LIST, 0, "budget", "NAME=NUMBER",
	    "fuel, cpu (ms), wall (ms), memory (pages of 64 KiB), response, calls, lines",
	    HINT_NONE, false },
	{ OPT_LIST, 't', "trust", "A...|FILE",
	    "an account to believe, or a file of them, one a line; default: nobody", HINT_FILE,
	    false },
	{ OPT_VALUE, 0, "trust-file", "FILE",
	    "a list of issuers to believe, with ends and revocations (docs/ACTORS.md)", HINT_FILE,
	    false },
	{ OPT_FLAG, 0, "unsigned", NULL, "run a module whose claims nobody has checked", HINT_NONE,
	    false },
	{ OPT_FLAG, 0, "explain", NULL, "on standard error: what it took, and the walls in force",
	    HINT_NONE, false },
	{ OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false },
	{ 0 },
};

const char actor_run_about[] =
    "Checks what is signed into the module (see `actor inspect`) and runs nothing\n"
    "that nobody of --trust or --trust-file has signed, but for --unsigned.\n\n"
    "Starts a process for the module, locks it in, loads the module there, calls\n"
    "OPERATION and prints the answer on standard output. Exit code 0 when it\n"
    "answered; 1 when it was refused, failed or was killed, with the reason on\n"
    "standard error.\n\n"
    "JSON stands for message-pack; bytes are {\"$bytes\": TEXT} or {\"$base64\": TEXT}.\n\n"
    "What the actor asks of others is answered by --link alone: `keyvalue' is a\n"
    "store that ends with the run, `logging' writes to standard error, a FILE holds\n"
    "{\"contract\": TEXT, \"answers\": {OPERATION: JSON, ...}}. NAME is the link's\n"
    "name, `default' when none is given. Contracts that the claims do not name are\n"
    "refused. What is missing is said, with the command that links it.";
