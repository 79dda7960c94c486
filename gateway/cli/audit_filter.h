/*
 * audit_filter - which records somebody wants to see.
 */
#ifndef GATEWAY_CLI_AUDIT_FILTER_H
#define GATEWAY_CLI_AUDIT_FILTER_H

#include "gateway/cli/cli.h"
#include "policy/audit/record.h"

enum { AUDIT_WHATS = 16 };

struct audit_filter {
	size_t n_what;
	struct bytes what[AUDIT_WHATS];
	struct bytes who, lattice, host, decision, rule, id, outcome; /* empty: any */
	int64_t since_ns, until_ns; /* until: INT64_MAX when not given */
};

/* audit_filter_read() - from the options. Return: CLI_OK, CLI_USAGE after saying why. */
int audit_filter_read(struct audit_filter *f, const struct cli_args *a) must_check;
/* audit_filter_times() - --since and --until alone. */
int audit_filter_times(struct audit_filter *f, const struct cli_args *a) must_check;
/* audit_filter_time() - by its time alone. */
bool audit_filter_time(const struct audit_filter *f, int64_t ns);
/* audit_filter_record() - by everything but its outcome. */
bool audit_filter_record(const struct audit_filter *f, const struct record *r);
/* audit_filter_outcome() - by what came of it; NULL: nothing is known. */
bool audit_filter_outcome(const struct audit_filter *f, const struct record *outcome);
/* audit_glob() - does @s fit @pattern, in which * stands for any characters? */
bool audit_glob(struct bytes pattern, struct bytes s);

#endif
