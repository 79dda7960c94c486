/*
 * verbs_actor - see verbs_actor.h.
 */
#include "gateway/cli/verbs_actor.h"

/* clang-format off */
#define OPT_HELP { OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false }
#define OPT_JSON { OPT_FLAG, 0, "json", NULL, "print the result as JSON", HINT_NONE, false }
/* clang-format on */

const struct cli_opt actor_inspect_opts[] = {
	{ OPT_LIST, 't', "trust", "A...|FILE",
	    "an account to believe, or a file of them, one a line; default: any", HINT_FILE,
	    false },
	{ OPT_VALUE, 0, "trust-file", "FILE",
	    "a list of issuers to believe, with ends and revocations (docs/ACTORS.md)", HINT_FILE,
	    false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};
const char actor_inspect_about[] =
    "FILE is a signed WebAssembly module, or a provider's archive (.par, .par.gz).\n"
    "Checks the signature, the issuer (with --trust or --trust-file), the times, and\n"
    "always the hash of the module, or of each library. Exit code 4 when one does\n"
    "not hold. Claims whose signature does not match are not shown.";

const struct cli_opt actor_sign_opts[] = {
	{ OPT_VALUE, 'n', "name", "NAME", "the actor's name", HINT_NONE, true },
	{ OPT_VALUE, 'i', "issuer", "KEYFILE", "seed of the account that signs (SA...)", HINT_FILE,
	    true },
	{ OPT_VALUE, 's', "subject", "KEYFILE", "seed of the actor's module key (SM...)", HINT_FILE,
	    true },
	{ OPT_VALUE, 'o', "out", "OUT", "where to write the signed module; never overwritten",
	    HINT_FILE, true },
	{ OPT_LIST, 'c', "cap", "CONTRACT", "a capability, e.g. wasmcloud:httpserver", HINT_NONE,
	    false },
	{ OPT_LIST, 't', "tag", "TAG", "a tag", HINT_NONE, false },
	{ OPT_VALUE, 'r', "rev", "N", "revision, 0 to 2147483647", HINT_NONE, false },
	{ OPT_VALUE, 'v', "ver", "VERSION", "version for people, e.g. 0.1.0", HINT_NONE, false },
	{ OPT_VALUE, 'a', "call-alias", "ALIAS", "a name others may call it by: a-z 0-9 _",
	    HINT_NONE, false },
	{ OPT_VALUE, 'e', "expires-in", "TIME", "valid for 90s, 15m, 12h or 30d; default: for ever",
	    HINT_NONE, false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};
const char actor_sign_about[] =
    "Writes FILE with claims in a section `wasmcloud_jwt' at its end, as wash does;\n"
    "claims that were there are replaced. Key files are those of `actor keys', or\n"
    "wash's. What is written is read back and checked first.";

const struct cli_opt actor_keys_opts[] = {
	{ OPT_VALUE, 'd', "dir", "DIR", "the folder of key files; default: this folder", HINT_DIR,
	    false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};
const char actor_keys_about[] =
    "`gen account NAME' makes the key that signs, DIR/NAME_account.nk; `gen module\n"
    "NAME' an actor's own, DIR/NAME_module.nk; `gen service NAME' a provider's. Each\n"
    "holds a seed, is readable by you alone and never overwritten. `list' shows the\n"
    "public keys of a folder. wash keeps its in ~/.wash/keys.";
