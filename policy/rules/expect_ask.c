/*
 * expect_ask - what the gate would answer to a line: the same questions, in the same order, and
 * paid for where the gate would have it paid.
 */
#include "policy/rules/expect_priv.h"
#include "policy/rules/glob.h"
#include "policy/rules/policy_priv.h"
#include "policy/rules/rights_priv.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* With its payload a command is judged as a whole; without, a line asks for the first look only. */
static int
ask_command(struct decision *d, struct rights *r, const struct command *c, struct bytes subject,
    const struct bytes *payload)
{
	struct body_input in = { .subject = subject };
	struct body_arena arena = { .cap = BODY_ARENA };
	struct body body;
	bool read;

	if (payload == NULL) {
		*d = rights_command(r, subject, c);
		return 0;
	}
	in.payload = *payload;
	arena.mem = malloc(arena.cap);
	if (arena.mem == NULL)
		return err_raise(-ENOMEM);
	read = body_decode(c, &in, &arena, &body) == 0;
	*d = rights_command_body(r, subject, c, read ? &body : NULL);
	if (d->rated != 0)
		*d = rights_pay_command(r, subject, c, &body, *d, 0);
	free(arena.mem);
	return 0;
}

/* As the gate asks: a command or data, and then where the answer shall go. */
static int
ask_publish(struct decision *out, struct rights *r, struct bytes subject, struct bytes reply,
    const struct bytes *payload)
{
	struct command c;
	struct decision d;
	bool command = command_classify_under(&r->p->prefixes, subject, &c) == 0;
	int x = 0;

	if (command)
		x = ask_command(&d, r, &c, subject, payload);
	else
		d = rights_publish(r, subject);
	if (x != 0)
		return err_pass(x);
	if (d.rated != 0 && !command)
		d = rights_pay_publish(r, subject, d, 0);
	if (d.verdict == VERDICT_ALLOW && reply.len != 0 && !subject_in_inbox(reply))
		d = rights_reply(r, reply);
	*out = d;
	return 0;
}

static bool
names_header(const struct policy *p, struct pol_list l, struct bytes name)
{
	uint8_t a[256], b[256];

	for (uint32_t i = 0; i < l.n && name.len <= sizeof(b); i++) {
		struct bytes glob = pol_bytes(p, p->items[l.first + i].text);

		if (glob.len > sizeof(a))
			continue;
		for (size_t k = 0; k < glob.len; k++)
			a[k] = lower(glob.ptr[k]);
		for (size_t k = 0; k < name.len; k++)
			b[k] = lower(name.ptr[k]);
		if (glob_match(bytes_of(a, glob.len), bytes_of(b, name.len)))
			return true;
	}
	return false;
}

/* header_rule() - the first rule that says what was answered; rights_header() does not name it. */
static uint32_t
header_rule(const struct rights *r, struct bytes name, enum header_verdict verdict)
{
	for (size_t i = 0; verdict != HEADER_REFUSE && i < r->view->n_rules; i++) {
		const struct pol_rule *rule = &r->p->rules[r->view->rule[i]];

		if (names_header(r->p, verdict == HEADER_PASS ? rule->headers : rule->strip, name))
			return r->view->rule[i];
	}
	return RULE_NONE;
}

static void
ask_header(struct expect_got *got, struct rights *r, struct bytes name)
{
	enum header_verdict v = rights_header(r, name);

	got->verdict = v == HEADER_PASS    ? EXPECT_PASS
		       : v == HEADER_STRIP ? EXPECT_STRIP
					   : EXPECT_REFUSE;
	got->rule = header_rule(r, name, v);
}

/* ask() - once. */
static int
ask(struct expect_got *got, struct rights *r, const struct expect_case *c, struct bytes payload)
{
	int x = 0;

	switch (c->op) {
	case EXPECT_PUB:
		x = ask_publish(
		    &got->d, r, c->arg[0], c->arg[1], c->body.ptr != NULL ? &payload : NULL);
		break;
	case EXPECT_SUB:
		got->d = rights_subscribe(r, c->arg[0], c->arg[1]);
		if (got->d.rated != 0)
			got->d = rights_pay_subscribe(r, c->arg[0], c->arg[1], got->d, 0);
		break;
	case EXPECT_DELIVER:
		got->d = rights_deliver(r, c->arg[0], c->arg[2], c->arg[1]);
		break;
	case EXPECT_ANSWER:
		got->d = rights_answer(r, c->arg[0]);
		break;
	case EXPECT_HEADER:
		ask_header(got, r, c->arg[0]);
		return 0;
	case EXPECT_NONE:
		got->d = judge_deny(REASON_INVALID);
		break;
	}
	got->verdict = got->d.verdict == VERDICT_ALLOW ? EXPECT_ALLOW : EXPECT_DENY;
	got->rule = got->d.rule;
	return err_pass(x);
}

int
expect_ask(
    struct expect_got *got, struct rights *r, const struct expect_case *c, struct bytes payload)
{
	int x = 0;

	for (got->times = 1;; got->times++) {
		x = ask(got, r, c, payload);
		if (x != 0 || got->verdict == EXPECT_DENY || got->times == c->times)
			break;
	}
	got->stopped = got->times < c->times;
	return err_pass(x);
}
