/*
 * policy test - does a policy keep what the *.expect files beside it promise? And which of its
 * rules did no line ever need: those are the ones nobody would notice missing.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/policy_set.h"
#include "gateway/proc/promises.h"

enum { OUT_MAX = 16 << 20 };

static size_t
count_decided(const struct policy_set *s, const struct expect_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < policy_rules(s->policy); i++)
		n += run->decided[i];
	return n;
}

static void
put_json(const struct policy_set *s, const struct expect_run *run, struct buf *b)
{
	bool first = true;

	buf_put_str(b, run->failed == 0 && run->lines > 0 ? "{\"ok\":true" : "{\"ok\":false");
	buf_put_str(b, ",\"lines\":");
	buf_put_dec(b, run->lines);
	buf_put_str(b, ",\"failed\":");
	buf_put_dec(b, run->failed);
	policy_set_put_json(s, b);
	buf_put_str(b, ",\"undecided\":[");
	for (uint32_t i = 0; i < policy_rules(s->policy); i++) {
		if (run->decided[i])
			continue;
		buf_put_str(b, first ? "{\"rule\":" : ",{\"rule\":");
		buf_put_json(b, bytes_str(policy_rule_name(s->policy, i)));
		buf_put_str(b, ",\"place\":");
		buf_put_json(b, bytes_str(policy_rule_place(s->policy, i)));
		buf_put_u8(b, '}');
		first = false;
	}
	buf_put_str(b, "]}\n");
}

static void
put_text(const struct policy_set *s, const struct expect_run *run, struct buf *b)
{
	buf_put_dec(b, run->lines);
	buf_put_str(b, run->lines == 1 ? " line, " : " lines, ");
	buf_put_dec(b, run->failed);
	buf_put_str(b, " failed; ");
	buf_put_dec(b, count_decided(s, run));
	buf_put_str(b, " of ");
	buf_put_dec(b, policy_rules(s->policy));
	buf_put_str(b, policy_rules(s->policy) == 1 ? " rule decided at least one\n"
						    : " rules decided at least one\n");
	for (uint32_t i = 0; i < policy_rules(s->policy); i++) {
		if (run->decided[i])
			continue;
		buf_put_str(b, "  ");
		buf_put_str(b, policy_rule_place(s->policy, i));
		buf_put_str(b, ": rule ");
		buf_put_str(b, policy_rule_name(s->policy, i));
		buf_put_str(b, " decided none\n");
	}
}

static int
say(const struct policy_set *s, const struct expect_run *run, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (json)
		put_json(s, run, &b);
	else
		put_text(s, run, &b);
	if (!json && s->report.out.len > 0)
		fwrite(s->report.out.ptr, 1, s->report.out.len, stderr);
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

/* run_all() - every *.expect file. Return: CLI_OK, CLI_TESTS, CLI_FAILED. */
static int
run_all(struct policy_set *s, struct expect_run *run)
{
	for (size_t i = 0; i < s->expects.n; i++) {
		const struct policy_file *f = &s->expects.file[i];
		int r = expect_run(run, f->path, buf_bytes(&f->text));

		if (r < 0) {
			cli_error("%s: %s", f->path, strerror(-r));
			return CLI_FAILED;
		}
	}
	return run->failed > 0 || run->lines == 0 ? CLI_TESTS : CLI_OK;
}

static int
test(struct policy_set *s, bool json)
{
	static const struct expect_bodies bodies = { promises_payload, NULL };
	struct expect_run run = { .policy = s->policy, .bodies = &bodies, .report = &s->report };
	int r, said;

	run.decided = calloc(policy_rules(s->policy) + 1, sizeof(*run.decided));
	if (run.decided == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	r = run_all(s, &run);
	said = r == CLI_FAILED ? r : say(s, &run, json);
	if (r == CLI_TESTS && run.lines == 0)
		cli_error("nothing was tested: there is no line in any *.expect file");
	free(run.decided);
	return r == CLI_OK ? said : r;
}

int
cmd_policy_test(const struct cli_args *a)
{
	struct policy_set s;
	int r = policy_set_read(&s, a, a->args, a->n_args);

	if (r == CLI_OK)
		r = policy_set_compile(&s);
	if (r == CLI_OK) {
		r = test(&s, cli_flag(a, "json"));
	} else if (r == CLI_CONFIG) {
		if (s.report.out.len > 0)
			fwrite(s.report.out.ptr, 1, s.report.out.len, stderr);
		policy_set_advise(&s);
	}
	policy_set_deinit(&s);
	return r;
}
