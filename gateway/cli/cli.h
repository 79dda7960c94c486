/*
 * cli - what the verbs of `portcullis` are made of: one table of verbs, each with its table of
 * options; help, completion and parsing are all read from it, so they cannot disagree.
 */
#ifndef GATEWAY_CLI_CLI_H
#define GATEWAY_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "policy/core/buf.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* refused or failed */
	CLI_USAGE = 2,       /* not understood */
	CLI_CONFIG = 3,      /* configuration invalid */
	CLI_TESTS = 4,       /* tests or verification failed */
	CLI_UNREACHABLE = 5, /* cannot reach the daemon */
};

enum cli_opt_kind {
	OPT_END = 0,
	OPT_FLAG,
	OPT_VALUE, /* once */
	OPT_LIST,  /* any number of times */
};

/* What a shell may offer for a value. */
enum cli_hint {
	HINT_NONE = 0,
	HINT_FILE,
	HINT_DIR,
	HINT_ROLE,
};

struct cli_opt {
	enum cli_opt_kind kind;
	char letter; /* 0: none */
	const char *name;
	const char *value; /* what the value is called in help */
	const char *help;
	enum cli_hint hint;
	bool required;
};

struct cli_args;

struct cli_verb {
	const char *noun; /* NULL: the verb stands alone */
	const char *name;
	const char *args; /* how the arguments are called in help, or "" */
	size_t min_args, max_args;
	enum cli_hint hint;
	const char *summary; /* one line */
	const char *about;   /* paragraphs, or NULL */
	const struct cli_opt *opts;
	int (*run)(const struct cli_args *a); /* an enum cli_exit */
};

/* A parsed command line. Borrows argv. */
struct cli_given {
	const struct cli_opt *opt;
	const char *value;
};
struct cli_args {
	const struct cli_verb *verb;
	size_t n_given;
	struct cli_given *given;
	size_t n_args;
	const char **args;
};

/* The table, ended by a verb without name. */
extern const struct cli_verb cli_verbs[];

/*
 * cli_args_parse() - @argv after the verb's own words against @verb's options.
 * Return: 0, CLI_USAGE after printing what is wrong, CLI_FAILED (memory).
 */
int cli_args_parse(
    struct cli_args *a, const struct cli_verb *verb, int argc, char **argv) must_check;
void cli_args_deinit(struct cli_args *a);
/* cli_knows() - has the verb such an option? For what several verbs share, and not all of. */
bool cli_knows(const struct cli_args *a, const char *name);
/* cli_value() - an option's value, or NULL when not given. The name must be in the verb's table. */
const char *cli_value(const struct cli_args *a, const char *name);
/* cli_value_nth() - the n-th value of a list option, or NULL past the last. */
const char *cli_value_nth(const struct cli_args *a, const char *name, size_t n);
bool cli_flag(const struct cli_args *a, const char *name);

/* cli_help() - the overview; cli_help_noun() - one noun's verbs; cli_help_verb() - one verb. */
void cli_help(FILE *to);
void cli_help_noun(FILE *to, const char *noun);
void cli_help_verb(FILE *to, const struct cli_verb *v);

/* cli_error() - "portcullis: error: ..." on stderr; coloured on a terminal unless NO_COLOR is set.
 */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* cli_try() - a second line that says what to do. */
void cli_try(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* cli_note() - something the user should know, on stderr; not an error. */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* cli_colour() - may @to be coloured? */
bool cli_colour(FILE *to);
/* cli_columns() - how wide the terminal behind @to is; 0: it is none, or does not say. */
size_t cli_columns(FILE *to);
/* cli_print() - write a finished buffer to stdout. Return: CLI_OK, CLI_FAILED. */
int cli_print(const struct buf *b);

int cmd_init(const struct cli_args *a);
int cmd_lattice_add(const struct cli_args *a);
int cmd_creds_issue(const struct cli_args *a);
int cmd_creds_show(const struct cli_args *a);
int cmd_creds_list(const struct cli_args *a);
int cmd_creds_revoke(const struct cli_args *a);
int cmd_check(const struct cli_args *a);
int cmd_conns(const struct cli_args *a);
int cmd_reload(const struct cli_args *a);
int cmd_upgrade(const struct cli_args *a);
int cmd_status(const struct cli_args *a);
int cmd_policy_check(const struct cli_args *a);
int cmd_policy_diff(const struct cli_args *a);
int cmd_policy_explain(const struct cli_args *a);
int cmd_policy_learn(const struct cli_args *a);
int cmd_policy_simulate(const struct cli_args *a);
int cmd_policy_test(const struct cli_args *a);
int cmd_audit_tail(const struct cli_args *a);
int cmd_audit_query(const struct cli_args *a);
int cmd_audit_verify(const struct cli_args *a);
int cmd_audit_prove(const struct cli_args *a);
int cmd_audit_check_proof(const struct cli_args *a);
int cmd_audit_rotate(const struct cli_args *a);
int cmd_audit_export(const struct cli_args *a);
int cmd_completion(const struct cli_args *a);
int cmd_help(const struct cli_args *a);
int cmd_version(const struct cli_args *a);

#endif
