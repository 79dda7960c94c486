/*
 * policy check - are these policies in order? What does not compile, with its place, and what
 * compiles but cannot be meant.
 */
#include "gateway/cli/policy_set.h"
#include "policy/rules/lint.h"

enum { OUT_MAX = 16 << 20 };

static void
put_text(const struct policy_set *s, struct buf *b)
{
	buf_put_dec(b, policy_rules(s->policy));
	buf_put_str(b, policy_rules(s->policy) == 1 ? " rule in " : " rules in ");
	buf_put_dec(b, s->policies.n);
	buf_put_str(b, s->policies.n == 1 ? " file, id " : " files, id ");
	buf_put_str(b, policy_id(s->policy));
	if (s->report.warnings > 0) {
		buf_put_str(b, ", ");
		buf_put_dec(b, s->report.warnings);
		buf_put_str(b, s->report.warnings == 1 ? " warning" : " warnings");
	}
	buf_put_u8(b, '\n');
}

static int
say(const struct policy_set *s, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (json) {
		buf_put_str(&b, s->report.errors == 0 ? "{\"ok\":true" : "{\"ok\":false");
		policy_set_put_json(s, &b);
		buf_put_str(&b, "}\n");
	} else {
		if (s->report.out.len > 0)
			fwrite(s->report.out.ptr, 1, s->report.out.len, stderr);
		if (s->policy != NULL)
			put_text(s, &b);
	}
	r = b.len > 0 ? cli_print(&b) : CLI_OK;
	buf_deinit(&b);
	return r;
}

int
cmd_policy_check(const struct cli_args *a)
{
	struct policy_set s;
	int r = policy_set_read(&s, a, a->args, a->n_args), said;

	if (r == CLI_OK) {
		r = policy_set_compile(&s);
		if (r == CLI_OK)
			policy_lint(s.policy, &s.report);
		said = r == CLI_FAILED ? r : say(&s, cli_flag(a, "json"));
		if (r == CLI_CONFIG)
			policy_set_advise(&s);
		r = r == CLI_OK ? said : r;
	}
	policy_set_deinit(&s);
	return r;
}
