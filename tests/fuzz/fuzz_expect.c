/*
 * Lines of an *.expect file against a small policy. What is read lies in the text and reads the
 * same alone; a line rewritten to promise what the gate answered holds; and an explanation never
 * says something else than the answer it explains.
 */
#include <assert.h>
#include <stdlib.h>

#include "policy/rules/expect.h"
#include "policy/rules/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"

static const char source[] =
    "lattices = [\"acme-*\", default]\naccounts { ACME = " ACME " }\n"
    "role host { account = ACME tags = [\"role:host\"] names = [\"h*\"] }\n"
    "role app { account = ACME tags = [\"role:app\"] }\n"
    "rule serve { allow = [serve, read] to = [host] }\n"
    "rule data { publish = [\"app.>\", \"*.b\"] subscribe = [\"app.* q\", \">\"] reply = [r]\n"
    "  headers = [\"Nats-Msg-*\"] strip_headers = [\"Nats-*\"] respond = 2 to = [app] }\n"
    "rule no { deny_publish = [\"app.x.>\"] deny_subscribe = [\"s.>\"] to = [\"*\"] }\n"
    "rule odd { deny_publish = [\"app.odd\"] to = [app] mode = observe }\n"
    "rule ours { allow = [\"actor.*\"] to = [app] where { count <= 3 } }\n"
    "rule few { publish = [\"few.>\"] subscribe = [\"few.>\"] to = [app] rate = 3/m }\n"
    "rule week { publish = [\"week.>\"] to = [app] during = [\"mon-fri 08:00-18:00\"] }\n"
    "rule year { deny_publish = [\"app.y\"] to = [app] until = \"2027-01-01T00:00Z\" }\n";

static bool
inside(struct bytes in, struct bytes text)
{
	return in.ptr == NULL || (in.ptr >= text.ptr && in.ptr + in.len <= text.ptr + text.len);
}

static void
check_again(const struct expect_case *c)
{
	struct expect_reader r;
	struct expect_case again;
	int got;

	expect_begin(&r, c->text);
	got = expect_next(&r, &again);
	assert(got == 0 && again.op == c->op && again.want == c->want &&
	       again.n_args == c->n_args && again.n_tags == c->n_tags &&
	       again.would_deny == c->would_deny && again.times == c->times &&
	       again.at == c->at && again.at_s == c->at_s);
	for (size_t i = 0; i < c->n_args; i++)
		assert(bytes_eq(again.arg[i], c->arg[i]) && inside(c->arg[i], c->text));
	assert(inside(c->body, c->text) && inside(c->role, c->text));
	got = expect_next(&r, &again);
	assert(got == EXPECT_END);
}

/* check_promise() - the same question with the answer it got behind the arrow. */
static void
check_promise(const struct policy *p, const struct expect_case *c, const struct expect_got *answer)
{
	struct bytes last = c->body.ptr != NULL ? c->body : c->arg[c->n_args - 1];
	struct expect_reader r;
	struct expect_case again;
	struct expect_got got;
	struct buf line;
	int x;

	buf_init(&line, 1 << 16);
	buf_put(&line, bytes_upto(c->text, (size_t)(last.ptr + last.len - c->text.ptr)));
	buf_put_str(&line, " -> ");
	expect_say(&line, p, answer);
	expect_begin(&r, buf_bytes(&line));
	x = expect_next(&r, &again);
	if (x == 0)
		x = expect_judge(&got, p, &again, "x.expect", BYTES_NULL);
	assert(x == 0 ? got.held == !answer->stopped : line.len > 8192);
	buf_deinit(&line);
}

static void
check_explanation(const struct policy *p, const struct expect_case *c, const struct expect_got *got)
{
	struct explain_question q = { .op = c->op == EXPECT_PUB ? EXPLAIN_PUB : EXPLAIN_SUB,
		.subject = c->arg[0],
		.other = c->n_args > 1 ? c->arg[1] : BYTES_NULL };
	struct explanation e;
	struct identity id;
	int r;

	/* an explanation counts nothing */
	if ((c->op != EXPECT_PUB && c->op != EXPECT_SUB) || c->body.ptr != NULL || c->times > 1)
		return;
	r = expect_person(&id, p, c, "x.expect");
	assert(r == 0);
	r = explain(&e, p, &id, &q);
	assert(r == 0 && e.d.verdict == got->d.verdict && e.d.rule == got->d.rule &&
	       e.d.reason == got->d.reason);
	assert(e.d.verdict == VERDICT_ALLOW || e.remedy != NULL || e.advice != NULL);
	explanation_deinit(&e);
	identity_deinit(&id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_source src = { "x.policy", bytes_of(source, sizeof(source) - 1) };
	struct text_report report;
	struct expect_reader reader;
	struct expect_case c;
	struct policy *p = NULL;
	struct buf snapshot;
	int r;

	text_report_init(&report);
	buf_init(&snapshot, 1 << 20);
	r = policy_compile(&snapshot, &src, 1, &report);
	assert(r == 0);
	r = policy_open(&p, buf_bytes(&snapshot));
	assert(r == 0);
	expect_begin(&reader, bytes_of(data, size));
	while ((r = expect_next(&reader, &c)) != EXPECT_END) {
		struct expect_got got;

		assert(r == 0 || (reader.why != NULL && reader.col > 0));
		if (r != 0)
			continue;
		check_again(&c);
		r = expect_judge(&got, p, &c, "x.expect", BYTES_NULL);
		assert(r == 0 || r == -EINVAL);
		if (r != 0)
			continue;
		check_promise(p, &c, &got);
		check_explanation(p, &c, &got);
	}
	policy_close(p);
	buf_deinit(&snapshot);
	text_report_deinit(&report);
	return 0;
}
