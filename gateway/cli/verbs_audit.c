/*
 * verbs_audit - see verbs_audit.h.
 */
#include "gateway/cli/verbs_audit.h"

/* clang-format off */
#define OPT_HELP { OPT_FLAG, 'h', "help", NULL, "print this and do nothing", HINT_NONE, false }
#define OPT_LOG                                                                                    \
	{ OPT_VALUE, 'd', "dir", "DIR",                                                            \
	    "the deployment, or a folder of NUMBER.jsonl; default: this folder", HINT_DIR, false }
#define OPT_KEY                                                                                    \
	{ OPT_LIST, 'k', "key", "FILE",                                                            \
	    "a public key; default: keys/audit.pub of the deployment", HINT_FILE, false }
#define OPT_SINCE                                                                                  \
	{ OPT_VALUE, 0, "since", "TIME", "not before: 2h (ago), 2026-11-22T10:00Z", HINT_NONE, false }
#define OPT_UNTIL                                                                                  \
	{ OPT_VALUE, 0, "until", "TIME", "not after", HINT_NONE, false }
#define OPT_JSON(text) { OPT_FLAG, 0, "json", NULL, text, HINT_NONE, false }
/* clang-format on */

const char audit_noun_about[] =
    "The command log of Portcullis: who commanded what, was it allowed, what came of\n"
    "it, and the proof that nobody changed the answer. (`nats audit' is about the\n"
    "health of NATS servers; nothing here is.)\n";

const struct cli_opt audit_tail_opts[] = {
	OPT_LOG,
	{ OPT_VALUE, 'n', "lines", "N", "the last N records; default: 10", HINT_NONE, false },
	{ OPT_FLAG, 'f', "follow", NULL, "go on with what is added, until interrupted", HINT_NONE,
	    false },
	OPT_JSON("the records as they stand in the log"),
	OPT_HELP,
	{ 0 },
};
const char audit_tail_about[] =
    "One line for each record: when (UTC), who, what, on what, who decided. A line\n"
    "with an arrow is what came of a command before. Segments and checkpoints, which\n"
    "the log writes for its own sake, are in --json only. Nothing is verified here.";

const struct cli_opt audit_query_opts[] = {
	OPT_LOG,
	{ OPT_VALUE, 0, "who", "WHO", "name, user key, account or tag", HINT_NONE, false },
	{ OPT_LIST, 0, "what", "WHAT", "verb (actor.*), kind (denial) or its kind (login)",
	    HINT_NONE, false },
	{ OPT_VALUE, 0, "lattice", "NAME", "in this lattice", HINT_NONE, false },
	{ OPT_VALUE, 0, "host", "N...", "to this host", HINT_NONE, false },
	{ OPT_VALUE, 0, "decision", "allow|deny", "what was decided", HINT_NONE, false },
	{ OPT_VALUE, 0, "rule", "NAME", "by this rule", HINT_NONE, false },
	{ OPT_VALUE, 0, "id", "ID", "the decision's id, as the client was told", HINT_NONE, false },
	{ OPT_VALUE, 0, "outcome", "OUTCOME",
	    "answered, no_answer, ...; failed: the answer says so; none: nothing known", HINT_NONE,
	    false },
	OPT_SINCE,
	OPT_UNTIL,
	{ OPT_VALUE, 0, "limit", "N", "the first N rows", HINT_NONE, false },
	OPT_JSON("the records as they stand in the log, each with its outcome behind it"),
	{ OPT_FLAG, 0, "csv", NULL, "comma-separated values with a head line", HINT_NONE, false },
	{ OPT_FLAG, 0, "cef", NULL, "Common Event Format, a line each", HINT_NONE, false },
	OPT_HELP,
	{ 0 },
};
const char audit_query_about[] =
    "A row for each record that fits all options, commands with their outcome. In\n"
    "every pattern * stands for any characters. Without --what everything but\n"
    "segments and checkpoints. Nothing is verified here.";

const struct cli_opt audit_verify_opts[] = {
	OPT_LOG,
	OPT_KEY,
	{ OPT_LIST, 0, "kept", "FILE", "a checkpoint that was kept elsewhere", HINT_FILE, false },
	OPT_JSON("print the result as JSON"),
	OPT_HELP,
	{ 0 },
};
const char audit_verify_about[] =
    "Reads every record and says up to which one nobody can have changed anything:\n"
    "nobody without the signing key up to the last checkpoint in the log, nobody at\n"
    "all up to a checkpoint that was kept elsewhere (a copy of the file `checkpoint').\n"
    "Names the first bad record; exit code 4 then, and when nothing is signed.";

const struct cli_opt audit_prove_opts[] = {
	OPT_LOG,
	OPT_KEY,
	{ OPT_VALUE, 'o', "out", "FILE", "where to write it; never overwritten; default: stdout",
	    HINT_FILE, false },
	OPT_HELP,
	{ 0 },
};
const char audit_prove_about[] =
    "Writes a file that shows one record to somebody who has the public key and\n"
    "nothing else of the log: the record, its place, the path to the newest\n"
    "checkpoint. ID is the decision's id, as the client was told; SEQ a record's\n"
    "number.";

const struct cli_opt audit_check_proof_opts[] = {
	{ OPT_LIST, 'k', "key", "FILE", "the log's public key", HINT_FILE, true },
	OPT_JSON("print record and place as JSON"),
	OPT_HELP,
	{ 0 },
};
const char audit_check_proof_about[] =
    "Shows the record only when the proof holds; exit code 4 when it does not. FILE\n"
    "may be a pipe, and - is standard input.";

const struct cli_opt audit_export_opts[] = {
	OPT_LOG,
	OPT_KEY,
	OPT_SINCE,
	OPT_UNTIL,
	{ OPT_VALUE, 'o', "out", "DIR", "the folder to make; never overwritten", HINT_DIR, true },
	OPT_JSON("print what it proves as JSON"),
	OPT_HELP,
	{ 0 },
};
const char audit_export_about[] =
    "Copies whole segments, what is left of those before them, the last checkpoint\n"
    "and the public key into a new folder, verifies it, and says what it proves.\n"
    "`portcullis audit verify --dir DIR --key FILE' says the same elsewhere.";

const struct cli_opt audit_rotate_opts[] = {
	{ OPT_VALUE, 'd', "dir", "DIR", "the deployment; default: this folder", HINT_DIR, false },
	{ OPT_FLAG, 0, "keep-old", NULL, "leave the old key in KEY.old instead of destroying it",
	    HINT_NONE, false },
	OPT_HELP,
	{ 0 },
};
const char audit_rotate_about[] =
    "A new key signs the log from now on. The old one hands over to it in the log,\n"
    "so whoever has either public key can verify all of it; a segment and a\n"
    "checkpoint of the new key follow. The running gateway does so at once; where\n"
    "none runs it is done here. Then the old key is overwritten and removed: who\n"
    "has it can make up a log that ends in the handover.";
