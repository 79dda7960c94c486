/*
 * verbs - the one table of what `portcullis` can do. Help, completion and parsing read it.
 */
#include "gateway/cli/cli.h"
#include "gateway/cli/verbs_actor.h"
#include "gateway/cli/verbs_actor_run.h"
#include "gateway/cli/verbs_apply.h"
#include "gateway/cli/verbs_audit.h"
#include "gateway/cli/verbs_ctl.h"
#include "gateway/cli/verbs_up.h"

#define OPT_HELP                                                                                   \
	{                                                                                          \
		OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false         \
	}
#define OPT_JSON                                                                                   \
	{                                                                                          \
		OPT_FLAG, 0, "json", NULL, "print the result as JSON", HINT_NONE, false            \
	}
#define OPT_DIR                                                                                    \
	{                                                                                          \
		OPT_VALUE, 'd', "dir", "DIR", "the deployment `init` wrote; default: this folder", \
		    HINT_DIR, false                                                                \
	}

static const struct cli_opt init_opts[] = {
	{ OPT_LIST, 'l', "lattice", "NAME", "a lattice to keep; default: default", HINT_NONE,
	    false },
	{ OPT_VALUE, 0, "listen", "HOST:PORT", "where the gateway listens; default: 127.0.0.1:4222",
	    HINT_NONE, false },
	{ OPT_VALUE, 0, "leaf", "HOST:PORT", "where the leaf listens; default: 127.0.0.1:4223",
	    HINT_NONE, false },
	{ OPT_VALUE, 0, "hub", "URL", "connect the leaf to this hub, e.g. tls://hub.example:7422",
	    HINT_NONE, false },
	{ OPT_VALUE, 0, "hub-creds", "FILE",
	    "the creds file the hub's owner gave you; it is copied", HINT_FILE, false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt lattice_add_opts[] = {
	OPT_DIR,
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt issue_opts[] = {
	OPT_DIR,
	{ OPT_VALUE, 'r', "role", "ROLE",
	    "admin, deployer, host, observer, or a role of your own policy", HINT_ROLE, true },
	{ OPT_VALUE, 'n', "name", "NAME", "who this is for; shown in logs", HINT_NONE, true },
	{ OPT_VALUE, 'o', "out", "FILE", "where to write the creds file; never overwritten",
	    HINT_FILE, true },
	{ OPT_VALUE, 'l', "lattice", "NAME", "whose account; needed when there are several",
	    HINT_NONE, false },
	{ OPT_LIST, 0, "host-id", "N...", "the host this identity may speak for", HINT_NONE,
	    false },
	{ OPT_VALUE, 'e', "expires", "TIME",
	    "valid for 90s, 15m, 12h or 30d; default: until revoked", HINT_NONE, false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt show_opts[] = {
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt list_opts[] = {
	OPT_DIR,
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt revoke_opts[] = {
	OPT_DIR,
	{ OPT_VALUE, 'n', "name", "NAME", "revoke every identity issued under this name", HINT_NONE,
	    false },
	{ OPT_VALUE, 'l', "lattice", "NAME", "with --name: only in this lattice", HINT_NONE,
	    false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt check_opts[] = {
	{ OPT_VALUE, 'c', "config", "FILE",
	    "the configuration, or the folder it is in; default: gateway.conf", HINT_FILE, false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt status_opts[] = {
	{ OPT_VALUE, 'c', "config", "FILE",
	    "the configuration, or the folder it is in; default: gateway.conf", HINT_FILE, false },
	{ OPT_FLAG, 'w', "walls", NULL, "what each process is locked in with, as this kernel has it", HINT_NONE,
	    false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

#define OPT_SET                                                                                    \
	{                                                                                          \
		OPT_LIST, 's', "set", "NAME=VALUE", "what @NAME@ stands for in a template",        \
		    HINT_NONE, false                                                               \
	}

static const struct cli_opt policy_opts[] = {
	OPT_SET,
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt explain_opts[] = {
	{ OPT_VALUE, 'p', "policy", "DIR|FILE", "the policies; default: the folder `policies'",
	    HINT_FILE, false },
	{ OPT_VALUE, 'c', "creds", "FILE", "who sends it: the identity of a creds file", HINT_FILE,
	    false },
	{ OPT_VALUE, 'r', "role", "ROLE", "who sends it: anybody with this role of the policy",
	    HINT_ROLE, false },
	{ OPT_VALUE, 0, "host-id", "N...", "with --role: the host it speaks for", HINT_NONE,
	    false },
	{ OPT_VALUE, 0, "at", "TIME", "when: 2026-11-22T10:00Z; default: now", HINT_NONE, false },
	OPT_DIR,
	{ OPT_LIST, 0, "log", "FILE", "with ID: a decision log, or an audit file, to look in",
	    HINT_FILE, false },
	{ OPT_VALUE, 'b', "body", "FILE", "the payload; without it a command's subject alone counts",
	    HINT_FILE, false },
	OPT_SET,
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt simulate_opts[] = {
	{ OPT_VALUE, 'p', "policy", "DIR|FILE", "the policy to decide by", HINT_FILE, true },
	{ OPT_VALUE, 0, "old", "DIR|FILE",
	    "compare with this policy; default: with what was recorded", HINT_FILE, false },
	{ OPT_VALUE, 0, "max-flips", "N", "exit code 0 up to so many flips; default: 0", HINT_NONE,
	    false },
	{ OPT_FLAG, 0, "strict", NULL, "exit code 1 also when something is undecidable", HINT_NONE,
	    false },
	OPT_SET,
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt learn_opts[] = {
	{ OPT_VALUE, 'o', "out", "FILE.policy",
	    "write it, FILE.expect and payloads beside it; default: the policy to stdout", HINT_FILE,
	    false },
	{ OPT_VALUE, 0, "min", "N",
	    "so many different values make a prefix; default: 3", HINT_NONE, false },
	{ OPT_FLAG, 0, "observed", NULL,
	    "learn also from what only an observing rule let through", HINT_NONE, false },
	OPT_JSON,
	OPT_HELP,
	{ 0 },
};

static const struct cli_opt plain_opts[] = {
	OPT_HELP,
	{ 0 },
};

const struct cli_verb cli_verbs[] = {
	{ NULL, "init", "DIR", 1, 1, HINT_DIR,
	    "write a complete deployment: configuration, keys, creds, policies",
	    "Writes into DIR (created when missing) everything a gateway and its leaf\n"
	    "need: gateway.conf, leaf.conf, accounts.conf, policies/,\n"
	    "creds/{admin,deployer,host,observer}.creds, keys/, jwt/, log/, audit/ and\n"
	    "jetstream/. Nothing has to be edited. Secrets are readable by you alone.\n"
	    "Nothing that exists is overwritten.\n\n"
	    "With more than one --lattice the first one's creds are in creds/, each\n"
	    "other's in creds/NAME/. With --hub the leaf is connected to a NATS system\n"
	    "elsewhere; the first lattice lives there.",
	    init_opts, cmd_init },
	{ NULL, "up", "[DIR]", 0, 1, HINT_DIR,
	    "run leaf, gateway and host of a deployment in this terminal, for development", up_about,
	    up_opts, cmd_up },
	{ "lattice", "add", "NAME", 1, 1, HINT_NONE,
	    "add a lattice, with an account, a policy and creds of its own",
	    "Adds to a deployment what `init --lattice NAME` would have written: an\n"
	    "account, its policy and creds/NAME/*.creds. accounts.conf and\n"
	    "keys/upstream.keys are replaced whole. Send the leaf a HUP afterwards, then\n"
	    "one to the gateway; no connection is lost. When they were started with\n"
	    "`-P DIR/leaf.pid` and `-P DIR/gateway.pid`, the commands are printed.",
	    lattice_add_opts, cmd_lattice_add },
	{ "creds", "issue", "", 0, 0, HINT_NONE, "write a creds file for somebody new",
	    "Makes a user key, signs it into the lattice's account with the tags\n"
	    "role:ROLE and host:N..., and writes a creds file every NATS client can read.\n"
	    "A host identity should carry its host's id: the gate lets it answer for that\n"
	    "id only.",
	    issue_opts, cmd_creds_issue },
	{ "creds", "show", "FILE", 1, 1, HINT_FILE,
	    "say what a creds file is good for; never prints its seed", NULL, show_opts,
	    cmd_creds_show },
	{ "creds", "list", "", 0, 0, HINT_NONE, "list the identities this deployment has issued",
	    NULL, list_opts, cmd_creds_list },
	{ "creds", "revoke", "[FILE|U...]...", 0, 64, HINT_FILE,
	    "end identities: their logins are refused, their connections closed",
	    "Writes the revocation into the account's JWT, which a running gateway\n"
	    "notices by itself. Name them by creds file, by user key (U...), or with\n"
	    "--name. A revoked key stays revoked; issue new creds to let somebody back\n"
	    "in.",
	    revoke_opts, cmd_creds_revoke },
	{ NULL, "check", "", 0, 0, HINT_NONE,
	    "is this deployment in order? says what is wrong, where, and what to do",
	    "Reads gateway.conf and everything it names: kinds and modes of files,\n"
	    "operator and account JWTs, policies. Prints FILE:LINE:COLUMN for every\n"
	    "problem; exit code 3 when there is an error.",
	    check_opts, cmd_check },
	{ NULL, "status", "[DIR]", 0, 1, HINT_DIR, "how does the running gateway do? and what helps",
	    "Asks the gateway of the deployment in DIR (default: this folder) over its\n"
	    "control socket: processes, connections, upstream, policy, and whether the\n"
	    "audit can be written, with the reason when it cannot. Exit code 1 when\n"
	    "something is wrong, 5 when no gateway answers.",
	    status_opts, cmd_status },
	{ NULL, "conns", "[DIR]", 0, 1, HINT_DIR, "who is connected to the running gateway",
	    "One line for each connection: who it is by its credential, from where, since\n"
	    "when, and what went in and out. At most 1000 of each edge are shown.",
	    check_opts, cmd_conns },
	{ NULL, "reload", "[DIR]", 0, 1, HINT_DIR,
	    "have the running gateway read policies, trust and keys anew; say what comes of it",
	    "No connection is dropped; what became illegal on one ends. A policy with\n"
	    "errors, or whose tests fail, is refused: FILE:LINE:COLUMN is printed, the one\n"
	    "in force stays, and the exit code is 3.",
	    check_opts, cmd_reload },
	{ NULL, "upgrade", "[DIR]", 0, 1, HINT_DIR,
	    "have the program that lies in the running gateway's place now take over",
	    "The new program is started with the listening sockets; when it has read the\n"
	    "configuration and its policies pass their tests, the old one finishes the\n"
	    "commands under way, closes its log and ends, and the new one goes on. No\n"
	    "connection is refused meanwhile: it waits. When the new one fails the old one\n"
	    "stays, and the exit code is 1.",
	    check_opts, cmd_upgrade },
	{ "policy", "check", "[DIR|FILE]...", 0, 1024, HINT_FILE,
	    "are these policies in order? and what in them cannot be meant",
	    "All files named are one policy, as a folder is for the gateway; none named:\n"
	    "the folder `policies'. Prints FILE:LINE:COLUMN for every error, and warns of\n"
	    "rules that can never apply, rules an earlier one makes needless, and grants\n"
	    "to everybody. Exit code 3 when there is an error.",
	    policy_opts, cmd_policy_check },
	{ "policy", "test", "[DIR|FILE]...", 0, 1024, HINT_FILE,
	    "does a policy keep what the *.expect file beside it promises?",
	    "Runs every line of X.expect beside X.policy and prints those that do not\n"
	    "hold: FILE:LINE, what was expected and what the gateway would answer. Then\n"
	    "how many rules decided at least one line, and which did not. Exit code 4\n"
	    "when a line does not hold, or when there is none.",
	    policy_opts, cmd_policy_test },
	{ "policy", "diff", "OLD NEW", 2, 2, HINT_FILE,
	    "what does a new policy allow that the old one does not, and the reverse?",
	    "Each of OLD and NEW is a folder, or a *.policy file. Prints each difference\n"
	    "with the smallest identity it is true of, the rules on both sides, and a line\n"
	    "for an *.expect file that the new policy keeps. Exit code 0 when they allow\n"
	    "the same, 1 when they differ, 3 when one is no policy, 4 when something could\n"
	    "not be decided.",
	    policy_opts, cmd_policy_diff },
	{ "policy", "explain", "PUB|SUB SUBJECT [REPLY|QUEUE] | ID", 1, 3, HINT_NONE,
	    "why is this message allowed, or denied? and what would allow it",
	    "Shows what every rule for this identity says of the message, which one\n"
	    "decides (marked with *), and, of a denied one, the smallest rule that would\n"
	    "allow it. Say who sends it with --creds or --role. With the ID of a decision\n"
	    "(the gate told the client, such as 0.17.d3) who and what are read from the\n"
	    "logs of --dir, or from --log, newest first.",
	    explain_opts, cmd_policy_explain },
	{ "policy", "simulate", "AUDIT...", 1, 1024, HINT_FILE,
	    "what would another policy have said to the commands of an audit log?",
	    "Decides recorded commands and denials again, by the policy given, and prints\n"
	    "every decision that falls otherwise, by identity and rule. AUDIT: an audit\n"
	    "folder, a segment, or an exported folder. Hours count by the time of the\n"
	    "record; rates do not count. What a record does not hold is not guessed but\n"
	    "counted as undecidable. Exit code 0 without flips (or up to --max-flips), 1\n"
	    "with flips, 3 when a policy is in error, 4 when the log cannot be read.",
	    simulate_opts, cmd_policy_simulate },
	{ "policy", "learn", "AUDIT...", 1, 1024, HINT_FILE,
	    "write the least policy that allows what an audit log says was allowed",
	    "One rule for each role, lattice and verb, with conditions from what was seen,\n"
	    "its evidence and a reason, and *.expect lines that hold: what was seen is\n"
	    "allowed, what lies just beyond is not. Learns from allowed commands alone,\n"
	    "never from denied ones. Allowed data is not recorded, so nothing of it is\n"
	    "learned. Read the policy before it is put in force. Nothing is overwritten.",
	    learn_opts, cmd_policy_learn },
	{ "audit", "tail", "", 0, 0, HINT_NONE, "command log: its end, and what is added to it",
	    audit_tail_about, audit_tail_opts, cmd_audit_tail },
	{ "audit", "query", "", 0, 0, HINT_NONE,
	    "command log: who commanded what, was it allowed, what came of it", audit_query_about,
	    audit_query_opts, cmd_audit_query },
	{ "audit", "verify", "", 0, 0, HINT_NONE,
	    "command log: is it the one that was written? names the first bad record",
	    audit_verify_about, audit_verify_opts, cmd_audit_verify },
	{ "audit", "prove", "ID|SEQ", 1, 1, HINT_NONE,
	    "command log: write the proof of one record for somebody else", audit_prove_about,
	    audit_prove_opts, cmd_audit_prove },
	{ "audit", "check-proof", "FILE", 1, 1, HINT_FILE,
	    "command log: does a proof hold? shows its record", audit_check_proof_about,
	    audit_check_proof_opts, cmd_audit_check_proof },
	{ "audit", "export", "", 0, 0, HINT_NONE,
	    "command log: copy a part that can be verified elsewhere", audit_export_about,
	    audit_export_opts, cmd_audit_export },
	{ "audit", "rotate", "", 0, 0, HINT_NONE, "command log: a new key signs it from now on",
	    audit_rotate_about, audit_rotate_opts, cmd_audit_rotate },
	{ "actor", "inspect", "FILE", 1, 1, HINT_FILE,
	    "what is signed into a module or a provider's archive, and does it hold?",
	    actor_inspect_about, actor_inspect_opts, cmd_actor_inspect },
	{ "actor", "sign", "FILE", 1, 1, HINT_FILE, "sign claims into a WebAssembly module",
	    actor_sign_about, actor_sign_opts, cmd_actor_sign },
	{ "actor", "keys", "gen KIND NAME | list", 1, 3, HINT_NONE,
	    "make and list the keys actors are signed with", actor_keys_about, actor_keys_opts,
	    cmd_actor_keys },
	{ "actor", "run", "FILE OPERATION", 2, 2, HINT_FILE,
	    "run one operation of an actor in a cell of its own", actor_run_about, actor_run_opts,
	    cmd_actor_run },
	{ "ctl", "get", "hosts|inventory [HOST]|links|claims", 1, 2, HINT_NONE,
	    "what is in the lattice, and how it is", ctl_get_about, ctl_get_opts, cmd_ctl_get },
	{ "ctl", "start", "actor|provider REF", 2, 2, HINT_NONE, "start something on a host",
	    ctl_start_about, ctl_start_opts, cmd_ctl_start },
	{ "ctl", "stop", "actor|provider|host WHAT", 2, 2, HINT_NONE, "stop something",
	    ctl_stop_about, ctl_stop_opts, cmd_ctl_stop },
	{ "ctl", "scale", "[actor] ACTOR N", 2, 3, HINT_NONE, "so many instances of an actor on a host",
	    ctl_change_about, ctl_change_opts, cmd_ctl_scale },
	{ "ctl", "update", "[actor] ACTOR REF", 2, 3, HINT_NONE, "another version of an actor that runs",
	    ctl_change_about, ctl_change_opts, cmd_ctl_update },
	{ "ctl", "link", "ACTOR PROVIDER CONTRACT [NAME=VALUE]...", 3, 256, HINT_NONE,
	    "let an actor use a provider", ctl_link_about, ctl_link_opts, cmd_ctl_link },
	{ "ctl", "unlink", "ACTOR CONTRACT", 2, 2, HINT_NONE, "take a link back", ctl_unlink_about,
	    ctl_unlink_opts, cmd_ctl_unlink },
	{ "ctl", "call", "ACTOR OPERATION", 2, 2, HINT_NONE, "call an operation of an actor",
	    ctl_call_about, ctl_call_opts, cmd_ctl_call },
	{ "ctl", "watch", "", 0, 0, HINT_NONE, "show what happens in the lattice", ctl_watch_about,
	    ctl_watch_opts, cmd_ctl_watch },
	{ NULL, "apply", "MANIFEST", 1, 1, HINT_FILE,
	    "bring a lattice to what a manifest says", apply_about, apply_opts, cmd_apply },
	{ NULL, "completion", "bash|zsh|fish", 1, 1, HINT_NONE,
	    "print a completion script for a shell",
	    "bash:  source <(portcullis completion bash)\n"
	    "zsh:   portcullis completion zsh > \"${fpath[1]}/_portcullis\"\n"
	    "fish:  portcullis completion fish > ~/.config/fish/completions/portcullis.fish",
	    plain_opts, cmd_completion },
	{ NULL, "help", "[NOUN] [VERB]", 0, 2, HINT_NONE, "print help", NULL, plain_opts,
	    cmd_help },
	{ NULL, "version", "", 0, 0, HINT_NONE, "print the version", NULL, show_opts, cmd_version },
	{ 0 },
};
