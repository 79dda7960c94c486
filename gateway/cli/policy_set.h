/*
 * policy_set - the policies named on a command line, and the *.expect files beside them, read as
 * the gateway reads a folder: all of them together are one policy.
 *
 * A template's @NAMES@ are filled in from --set NAME=VALUE and from the SET lines of the *.expect
 * file beside it; what nobody gives a value for stays as it is.
 */
#ifndef GATEWAY_CLI_POLICY_SET_H
#define GATEWAY_CLI_POLICY_SET_H

#include "gateway/cli/cli.h"
#include "policy/rules/expect.h"

struct policy_file {
	char *path;
	struct buf text; /* filled in */
	bool template;   /* some @NAME@ is left */
};

struct policy_files {
	size_t n;
	struct policy_file *file;
};

struct policy_set {
	struct policy_files policies, expects;
	struct buf snapshot;
	struct policy *policy;     /* NULL until it compiled */
	struct text_report report; /* what the compiler says; more may be added */
};

/*
 * policy_set_read() - each of @names a folder, or a *.policy or *.expect file; none: "policies", or
 * this folder. Return: CLI_OK, CLI_USAGE, CLI_FAILED after saying why; policy_set_deinit() after
 * each.
 */
int policy_set_read(
    struct policy_set *s, const struct cli_args *a, const char *const *names, size_t n) must_check;
/* policy_set_compile() - Return: CLI_OK, CLI_CONFIG (see the report), CLI_FAILED. */
int policy_set_compile(struct policy_set *s) must_check;
/* policy_set_advise() - when templates were not filled in: how to. */
void policy_set_advise(const struct policy_set *s);
/* policy_set_put_json() -
 * ,"errors":0,"warnings":0,"policies":1,"rules":9,"policy_id":"","messages":[] */
void policy_set_put_json(const struct policy_set *s, struct buf *b);
void policy_set_deinit(struct policy_set *s);

#endif
