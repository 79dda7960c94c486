/*
 * diff_say - a diff for people and for programs.
 */
#include "policy/core/members.h"
#include "policy/rules/diff.h"

static const char *const ops[] = {
	[DIFF_PUBLISH] = "publish",
	[DIFF_SUBSCRIBE] = "subscribe",
	[DIFF_REPLY] = "reply",
	[DIFF_ANSWER] = "answer",
	[DIFF_HEADER] = "header",
	[DIFF_COMMAND] = "command",
	[DIFF_STREAM] = "stream",
	[DIFF_EVERYBODY] = "policy",
	[DIFF_LIMIT] = "limits",
};

static void
put_also(struct buf *b, const struct diff_said *s)
{
	if (s->also == NULL || s->also[0] == '\0')
		return;
	buf_put_str(b, ", ");
	buf_put_str(b, s->also);
}

/* "allowed by rule x FILE:LINE", "denied, no rule" */
static void
put_said(struct buf *b, const struct policy *p, const struct diff_said *s)
{
	buf_put_str(b, s->verdict != VERDICT_ALLOW ? "denied, "
		       : s->would_deny             ? "allowed, would be denied, "
						   : "allowed, ");
	if (s->rule != RULE_NONE) {
		buf_put_str(b, "rule ");
		buf_put_str(b, policy_rule_name(p, s->rule));
		buf_put_u8(b, ' ');
		buf_put_str(b, policy_rule_place(p, s->rule));
	} else {
		buf_put_str(b, s->reason == REASON_NO_RULE ? "no rule" : reason_word(s->reason));
	}
	if (s->field != POLICY_FIELD_NONE) {
		buf_put_str(b, ": ");
		buf_put_str(b, policy_field_name(s->field));
	}
	put_also(b, s);
}

/* As it is, or in hexadecimal when people cannot read it. */
static void
put_payload(struct buf *b, struct bytes s)
{
	bool plain = true;

	for (size_t i = 0; i < s.len; i++)
		plain &= s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f;
	if (plain) {
		buf_put(b, s);
		return;
	}
	buf_put_str(b, "in hexadecimal ");
	buf_put_hex(b, s);
}

void
diff_put_line(
    struct buf *b, const struct diff_line *l, const struct policy *const p[2], bool example)
{
	static const char *const head[DIFF_KINDS] = {
		"+ allows: ", "- no longer allows: ", "~ otherwise: "
	};

	buf_put_str(b, head[l->kind]);
	buf_put_str(b, l->who);
	buf_put_str(b, ": ");
	buf_put_str(b, l->what);
	if (l->op == DIFF_EVERYBODY) {
		buf_put_u8(b, '\n');
		return;
	}
	buf_put_str(b, " (before: ");
	put_said(b, p[0], &l->said[0]);
	buf_put_str(b, "; now: ");
	put_said(b, p[1], &l->said[1]);
	buf_put_str(b, ")\n");
	if (!example)
		return;
	if (l->example[0] != '\0') {
		buf_put_str(b, "    ");
		buf_put_str(b, l->example);
		buf_put_u8(b, '\n');
	}
	if (l->example[0] != '\0' && l->payload != NULL) {
		buf_put_str(b, "    # ");
		buf_put_str(b, l->file);
		buf_put_str(b, ": ");
		put_payload(b, bytes_str(l->payload));
		buf_put_u8(b, '\n');
	}
}

static void
json_said(struct buf *b, const char *name, const struct policy *p, const struct diff_said *s)
{
	members_object(b, name);
	members_text(b, "verdict", s->verdict == VERDICT_ALLOW ? "allow" : "deny");
	members_text(b, "reason", reason_word(s->reason));
	members_text(b, "rule", policy_rule_name(p, s->rule));
	members_text(b, "place", policy_rule_place(p, s->rule));
	members_text(b, "field", policy_field_name(s->field));
	if (s->also != NULL)
		members_text(b, "says", s->also);
	members_bool(b, "would_deny", s->would_deny);
	members_end_object(b);
}

static void
json_line(struct buf *b, const struct diff_line *l, const struct policy *const p[2])
{
	static const char *const kinds[DIFF_KINDS] = { "allows", "no_longer_allows", "otherwise" };

	members_object(b, NULL);
	members_text(b, "change", kinds[l->kind]);
	members_text(b, "op", ops[l->op]);
	members_text(b, "who", l->who);
	members_text(b, "what", l->what);
	if (l->op != DIFF_EVERYBODY) {
		json_said(b, "before", p[0], &l->said[0]);
		json_said(b, "now", p[1], &l->said[1]);
	}
	if (l->example[0] != '\0')
		members_text(b, "example", l->example);
	if (l->payload != NULL) {
		members_text(b, "payload_file", l->file);
		members_text(b, "payload", l->payload);
	}
	buf_put_u8(b, '}');
}

void
diff_put_json(struct buf *b, const struct diff_result *r, const struct policy *const p[2])
{
	buf_put_u8(b, '{');
	members_text(b, "old", policy_id(p[0]));
	members_text(b, "new", policy_id(p[1]));
	members_bool(b, "same", r->n == 0 && r->n_open == 0);
	members_array(b, "differences");
	for (size_t i = 0; i < r->n; i++)
		json_line(b, &r->line[i], p);
	members_end_array(b);
	members_array(b, "not_decided");
	for (size_t i = 0; i < r->n_open; i++)
		members_text(b, NULL, r->open[i]);
	buf_put_str(b, "]}\n");
}
