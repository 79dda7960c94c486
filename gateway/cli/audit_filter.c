/*
 * audit_filter - see audit_filter.h. Patterns know * and nothing else, and are matched without
 * going back more than to the last star: a pattern with many stars costs no more than length times
 * length.
 */
#include "gateway/cli/audit_filter.h"

#include "gateway/cli/when.h"
#include "gateway/io/clock.h"

bool
audit_glob(struct bytes pattern, struct bytes s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < s.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.len && pattern.ptr[p] == s.ptr[i]) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

static bool
fits(struct bytes pattern, struct bytes s)
{
	return pattern.len == 0 || audit_glob(pattern, s);
}

static int
read_moment(const struct cli_args *a, const char *name, bool upto, int64_t *ns)
{
	const char *s = cli_value(a, name), *why;

	if (s == NULL)
		return CLI_OK;
	why = when_moment(s, clock_wall_ns(), upto, ns);
	if (why == NULL)
		return CLI_OK;
	cli_error("--%s %s: %s", name, s, why);
	cli_try("a span before now (90s, 15m, 2h, 7d), or a time: 2026-11-22T10:00Z, '2026-11-22 10:00:00.123' (UTC)");
	return CLI_USAGE;
}

int
audit_filter_times(struct audit_filter *f, const struct cli_args *a)
{
	int r;

	*f = (struct audit_filter){ .until_ns = INT64_MAX };
	r = read_moment(a, "since", false, &f->since_ns);
	if (r == CLI_OK)
		r = read_moment(a, "until", true, &f->until_ns);
	if (r != CLI_OK || f->since_ns <= f->until_ns)
		return r;
	cli_error("--until %s is before --since %s", cli_value(a, "until"),
	    cli_value(a, "since"));
	return CLI_USAGE;
}

int
audit_filter_read(struct audit_filter *f, const struct cli_args *a)
{
	const char *what;
	int r = audit_filter_times(f, a);

	if (r != CLI_OK)
		return r;
	while ((what = cli_value_nth(a, "what", f->n_what)) != NULL) {
		if (f->n_what == AUDIT_WHATS) {
			cli_error("--what is given more than %d times", AUDIT_WHATS);
			return CLI_USAGE;
		}
		f->what[f->n_what++] = bytes_str(what);
	}
	f->who = bytes_str(cli_value(a, "who"));
	f->lattice = bytes_str(cli_value(a, "lattice"));
	f->host = bytes_str(cli_value(a, "host"));
	f->decision = bytes_str(cli_value(a, "decision"));
	f->rule = bytes_str(cli_value(a, "rule"));
	f->id = bytes_str(cli_value(a, "id"));
	f->outcome = bytes_str(cli_value(a, "outcome"));
	if (f->decision.len > 0 && !bytes_is(f->decision, "allow") &&
	    !bytes_is(f->decision, "deny")) {
		cli_error("--decision is allow or deny");
		return CLI_USAGE;
	}
	return r;
}

bool
audit_filter_time(const struct audit_filter *f, int64_t ns)
{
	return ns >= f->since_ns && ns <= f->until_ns;
}

/* is_what() - verb, kind, or the kind of the kind. Without a word of it: not what the log writes
 * for its own sake, and outcomes with their commands only. */
static bool
is_what(const struct audit_filter *f, const struct record *r)
{
	for (size_t i = 0; i < f->n_what; i++) {
		struct bytes p = f->what[i];

		if (audit_glob(p, bytes_str(record_kind_name(r->kind))))
			return true;
		if (r->kind == RECORD_OUTCOME)
			continue; /* with its command */
		if ((r->verb.len > 0 && audit_glob(p, r->verb)) ||
		    (r->what.len > 0 && audit_glob(p, r->what)))
			return true;
	}
	return f->n_what == 0 && r->kind != RECORD_OUTCOME && r->kind != RECORD_SEGMENT &&
	       r->kind != RECORD_CHECKPOINT;
}

static bool
is_who(struct bytes who, const struct record *r)
{
	if (who.len == 0)
		return true;
	for (size_t i = 0; i < r->tags.n; i++)
		if (audit_glob(who, r->tags.item[i]))
			return true;
	return (r->name.len > 0 && audit_glob(who, r->name)) ||
	       (r->user.len > 0 && audit_glob(who, r->user)) ||
	       (r->account.len > 0 && audit_glob(who, r->account));
}

/* is_decided() - a denial and a summary of them need not say deny in so many words. */
static bool
is_decided(struct bytes decision, const struct record *r)
{
	if (decision.len == 0)
		return true;
	if (r->decision.len > 0)
		return bytes_eq(decision, r->decision);
	return bytes_is(decision, "deny") &&
	       (r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY);
}

bool
audit_filter_record(const struct audit_filter *f, const struct record *r)
{
	return is_what(f, r) && is_who(f->who, r) && is_decided(f->decision, r) &&
	       fits(f->lattice, r->lattice) && fits(f->host, r->host) && fits(f->rule, r->rule) &&
	       fits(f->id, r->id);
}

bool
audit_filter_outcome(const struct audit_filter *f, const struct record *outcome)
{
	if (f->outcome.len == 0)
		return true;
	if (outcome == NULL)
		return bytes_is(f->outcome, "none");
	return audit_glob(f->outcome, outcome->outcome) ||
	       (bytes_is(f->outcome, "failed") && bytes_is(outcome->success, "no"));
}
