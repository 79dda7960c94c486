/*
 * policy diff - what a new policy allows that the old one does not, and the reverse. Both are asked
 * by the code that decides for the gate; see policy/rules/diff.h.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/policy_set.h"
#include "policy/rules/diff.h"

enum { OUT_MAX = 64 << 20 };

/* read_side() - a file that cannot be read is no policy: 1 is what says that they differ. */
static int
read_side(struct policy_set *set, const struct cli_args *a, const char *name)
{
	int r = policy_set_read(set, a, &name, 1);

	if (r == CLI_OK)
		r = policy_set_compile(set);
	if (r == CLI_CONFIG) {
		fwrite(set->report.out.ptr, 1, set->report.out.len, stderr);
		policy_set_advise(set);
	}
	return r == CLI_FAILED ? CLI_CONFIG : r;
}

static void
put_counts(struct buf *b, const struct diff_result *d)
{
	if (d->n == 0) {
		buf_put_str(b, d->n_open == 0 ? "they allow the same\n" : "no difference found\n");
		return;
	}
	buf_put_dec(b, d->count[DIFF_MORE]);
	buf_put_str(b, " more, ");
	buf_put_dec(b, d->count[DIFF_LESS]);
	buf_put_str(b, " no longer, ");
	buf_put_dec(b, d->count[DIFF_OTHER]);
	buf_put_str(b, " otherwise\n");
}

static void
put_text(struct buf *b, const struct diff_result *d, const struct policy *const p[2])
{
	for (size_t i = 0; i < d->n; i++)
		diff_put_line(b, &d->line[i], p, true);
	for (size_t i = 0; i < d->n_open; i++) {
		buf_put_str(b, "not decided: ");
		buf_put_str(b, d->open[i]);
		buf_put_u8(b, '\n');
	}
	put_counts(b, d);
}

static int
say(const struct cli_args *a, const struct diff_result *d, const struct policy *const p[2])
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (cli_flag(a, "json"))
		diff_put_json(&b, d, p);
	else
		put_text(&b, d, p);
	r = cli_print(&b);
	buf_deinit(&b);
	if (r != CLI_OK)
		return r;
	return d->n_open != 0 ? CLI_TESTS : d->n != 0 ? CLI_FAILED : CLI_OK;
}

int
cmd_policy_diff(const struct cli_args *a)
{
	struct policy_set old = { 0 }, new = { 0 };
	struct diff_result d = { 0 };
	int r = read_side(&old, a, a->args[0]);

	if (r == CLI_OK)
		r = read_side(&new, a, a->args[1]);
	if (r == CLI_OK) {
		const struct policy *const p[] = { old.policy, new.policy };

		if (policy_diff(&d, p[0], p[1], DIFF_BUDGET) != 0) {
			cli_error("out of memory");
			r = CLI_TESTS;
		} else {
			r = say(a, &d, p);
		}
	}
	diff_deinit(&d);
	policy_set_deinit(&old);
	policy_set_deinit(&new);
	return r;
}
