/* verbs_actor_run - see verbs_actor_run.h. */
#include "gateway/cli/verbs_actor_run.h"

const struct cli_opt actor_run_opts[] = {
	{ OPT_VALUE, 0, "data", "TEXT|@FILE", "the payload; @FILE is read; default: nothing",
	    HINT_NONE, false },
	{ OPT_LIST, 0, "budget", "NAME=NUMBER",
	    "fuel, cpu (ms), wall (ms), memory (pages of 64 KiB), response, calls, lines",
	    HINT_NONE, false },
	{ OPT_LIST, 't', "trust", "A...|FILE",
	    "an account to believe, or a file of them, one a line; default: nobody", HINT_FILE,
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
    "that an account of --trust has not signed, but for --unsigned.\n\n"
    "Starts a process for the module, locks it in, loads the module there, calls\n"
    "OPERATION once and prints the answer on standard output. Nothing is linked:\n"
    "what the actor asks of others is refused and, with --explain, shown. Exit code\n"
    "0 when it answered; 1 when it was refused, failed or was killed, with the\n"
    "reason on standard error.";
