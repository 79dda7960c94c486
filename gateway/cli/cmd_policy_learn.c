/*
 * policy learn - the least policy that allows what an audit log says was allowed, and the promises
 * that go with it. It is compiled and its promises are kept before a byte of it is written.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/audit_in.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/learn_test.h"

enum { POLICY_TEXT = FILE_MAX_BYTES, SNAPSHOT = 64 << 20, MIN_MAX = 1000000 };

struct learning {
	struct learn l;
	struct buf text, snapshot;
	struct policy *policy;
	struct learn_tests tests;
	const char *out;  /* FILE.policy; NULL: to stdout */
	size_t stem;      /* length of it without ".policy" */
	const char *base; /* behind the last slash */
};

static int
failed(int x)
{
	cli_error("%s", strerror(-x));
	return CLI_FAILED;
}

/* on_record() - @ctx: what is being learned. */
static int
on_record(void *ctx, const struct record *r)
{
	return learn_record(ctx, r);
}

static int
read_options(struct learning *g, const struct cli_args *a)
{
	const char *min = cli_value(a, "min"), *slash;
	size_t len;

	if (min != NULL) {
		char *end;
		unsigned long n = min[0] >= '0' && min[0] <= '9' ? strtoul(min, &end, 10) : 0;

		if (n < 2 || n > MIN_MAX || *end != '\0') {
			cli_error("--min %s: expected a number from 2 to %d", min, MIN_MAX);
			return CLI_USAGE;
		}
		g->l.min = n;
	}
	g->l.observed = cli_flag(a, "observed");
	g->out = cli_value(a, "out");
	if (g->out == NULL)
		return CLI_OK;
	len = strlen(g->out);
	if (len <= strlen(".policy") || len > PATH_MAX - 32 ||
	    strcmp(g->out + len - strlen(".policy"), ".policy") != 0) {
		cli_error("--out %s: expected a FILE.policy", g->out);
		return CLI_USAGE;
	}
	g->stem = len - strlen(".policy");
	slash = strrchr(g->out, '/');
	g->base = slash != NULL ? slash + 1 : g->out;
	if (strcspn(g->base, " \t\"'#@") != strlen(g->base) || g->base == g->out + g->stem ||
	    strlen(g->base) > 200) {
		cli_error("--out %s: a name without blanks, quotes, # and @", g->out);
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* compile() - what was written has to be a policy. */
static int
compile(struct learning *g)
{
	struct policy_source src = { g->out != NULL ? g->out : "learned.policy",
		buf_bytes(&g->text) };
	struct text_report report;
	int x;

	text_report_init(&report);
	x = buf_failed(&g->text) ? -EFBIG : policy_compile(&g->snapshot, &src, 1, &report);
	if (x == 0)
		x = policy_open(&g->policy, buf_bytes(&g->snapshot));
	if (x == POLICY_BAD && report.out.len > 0)
		fwrite(report.out.ptr, 1, report.out.len, stderr);
	text_report_deinit(&report);
	if (x == POLICY_BAD)
		cli_error("the learned policy does not compile; nothing was written");
	return x == 0 ? CLI_OK : x < 0 ? failed(x) : CLI_FAILED;
}

static int
test(struct learning *g)
{
	char stem[NAME_MAX + 1] = "learned";
	int x;

	if (g->out != NULL)
		snprintf(stem, sizeof(stem), "%.*s", (int)(g->stem - (size_t)(g->base - g->out)),
		    g->base);
	x = learn_tests_make(&g->tests, &g->l, g->policy, stem);
	if (x != 0)
		return failed(x);
	if (g->tests.wrong_seq != 0) {
		cli_error("the learned policy does not allow #%llu; nothing was written",
		    (unsigned long long)g->tests.wrong_seq);
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* ---- writing ---- */

static int
write_one(const char *path, struct bytes s)
{
	int x = file_new(AT_FDCWD, path, 0600, s);

	if (x == 0)
		return CLI_OK;
	cli_error("%s: %s", path, strerror(-x));
	if (x == -EEXIST)
		cli_try("another name: nothing is overwritten");
	return CLI_FAILED;
}

/* write_all() - payloads first, so that a policy that is there has all of its promises. */
static int
write_all(const struct learning *g)
{
	char path[PATH_MAX];
	int r = CLI_OK;

	for (size_t i = 0; i < g->tests.n && r == CLI_OK; i++) {
		snprintf(path, sizeof(path), "%.*s%s", (int)(g->base - g->out), g->out,
		    g->tests.payload[i].name);
		r = write_one(path, buf_bytes(&g->tests.payload[i].text));
	}
	snprintf(path, sizeof(path), "%.*s.expect", (int)g->stem, g->out);
	if (r == CLI_OK)
		r = write_one(path, buf_bytes(&g->tests.text));
	return r == CLI_OK ? write_one(g->out, buf_bytes(&g->text)) : r;
}

static void
put_number(struct buf *b, const char *key, uint64_t n)
{
	buf_put_str(b, key);
	buf_put_dec(b, n);
}

static int
say(const struct learning *g, bool json)
{
	const struct learn *l = &g->l;
	uint64_t skipped = l->refused;
	struct buf b;
	int r;

	for (int i = 0; i < LEARN_SKIPS; i++)
		skipped += l->skipped[i];
	buf_init(&b, 1 << 20);
	put_number(&b, json ? "{\"allowed\":" : "", l->allowed);
	put_number(
	    &b, json ? ",\"learned\":" : " commands were allowed, learned from ", l->learned);
	put_number(&b, json ? ",\"not_learned\":" : ", not from ", skipped);
	put_number(&b, json ? ",\"rules\":" : ": ", policy_rules(g->policy));
	put_number(
	    &b, json ? ",\"promises_allow\":" : " rules; promises: allow ", g->tests.allowed);
	put_number(&b, json ? ",\"promises_deny\":" : ", deny ", g->tests.denied);
	put_number(&b, json ? ",\"payloads\":" : "; payloads: ", g->tests.n);
	buf_put_str(&b, json ? ",\"policy_id\":" : "; id ");
	if (json)
		buf_put_json(&b, bytes_str(policy_id(g->policy)));
	else
		buf_put_str(&b, policy_id(g->policy));
	buf_put_str(&b, json ? "}\n" : "\n");
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

/* finish() - from facts to files. */
static int
finish(struct learning *g, bool json)
{
	int r = CLI_OK, x = learn_end(&g->l);

	if (x != 0)
		return failed(x);
	if (g->l.learned == 0) {
		cli_error("there is no allowed command to learn from");
		return CLI_FAILED;
	}
	learn_put_policy(&g->l, &g->text);
	r = compile(g);
	if (r == CLI_OK)
		r = test(g);
	if (r != CLI_OK)
		return r;
	if (g->out == NULL)
		return cli_print(&g->text);
	r = write_all(g);
	return r == CLI_OK ? say(g, json) : r;
}

int
cmd_policy_learn(const struct cli_args *a)
{
	struct learning *g = calloc(1, sizeof(*g));
	struct audit_in in = {
		.kinds = 1U << RECORD_COMMAND, .each = on_record, .doing = "learning"
	};
	int r, x;

	if (g == NULL)
		return failed(-ENOMEM);
	buf_init(&g->text, POLICY_TEXT);
	buf_init(&g->snapshot, SNAPSHOT);
	in.ctx = &g->l;
	x = learn_init(&g->l);
	r = x != 0 ? failed(x) : read_options(g, a);
	if (r == CLI_OK)
		r = audit_in_read(&in, a->args, a->n_args);
	if (r == CLI_OK)
		r = finish(g, cli_flag(a, "json"));
	learn_tests_deinit(&g->tests);
	policy_close(g->policy);
	buf_deinit(&g->snapshot);
	buf_deinit(&g->text);
	learn_deinit(&g->l);
	free(g);
	return r;
}
