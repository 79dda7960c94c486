/*
 * explain_show - an explanation for people, and for programs.
 */
#include "gateway/cli/explain_show.h"
#include "policy/core/members.h"

static const char *
op_word(const struct explain_question *q)
{
	return q->op == EXPLAIN_SUB ? "SUB" : "PUB";
}

/* put_plain() - a stranger's words, without control bytes. */
static void
put_plain(struct buf *b, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_put_u8(b, s.ptr[i] < 0x20 || s.ptr[i] >= 0x7f ? '?' : s.ptr[i]);
}

static const char *
word_of(const struct explain_rule *rule)
{
	if (rule->says == EXPLAIN_ALLOWS)
		return rule->observes ? "would allow (observes)" : "allows";
	if (rule->says == EXPLAIN_DENIES)
		return rule->observes ? "would deny (observes)" : "denies";
	if (rule->why == REASON_WHERE)
		return "names it, but its condition does not hold";
	if (rule->why == REASON_HOST)
		return "names it for another host";
	return "does not name it";
}

/* reason_text() - why, in a few words. */
static const char *
reason_text(enum reason why)
{
	static const char *const text[] = {
		[REASON_NO_RULE] = "no rule allows it",
		[REASON_RULE] = "a rule says so",
		[REASON_JWT] = "the credential's own lists",
		[REASON_INVALID] = "no valid subject for this",
		[REASON_RESERVED] = "a reserved space that no pattern names",
		[REASON_LATTICE] = "a lattice the policy does not govern",
		[REASON_COMMAND] = "a command's subject, where only data may be",
		[REASON_UNKNOWN_VERB] = "a control prefix, and no command anybody knows",
		[REASON_OWN_INBOX] = "its own inbox",
		[REASON_HOST] = "another host's subject",
		[REASON_BODY] = "its payload is refused",
		[REASON_WHERE] = "a rule's condition does not hold",
		[REASON_SOURCE] = "it speaks of another host than itself",
		[REASON_RATE] = "a rule allows it, but not so often",
	};

	return (size_t)why < sizeof(text) / sizeof(text[0]) ? text[why] : reason_word(why);
}

/* put_bounds() - how often and when a rule holds, and is on record, when it says so. */
static void
put_bounds(const struct shown *s, const struct explain_rule *rule, struct buf *b)
{
	const char *times = policy_rule_times(s->p, rule->rule);
	char rate[POLICY_RATE_TEXT];

	if (policy_rule_rate(s->p, rule->rule, rate)[0] != '\0') {
		buf_put_str(b, "; at most ");
		buf_put_str(b, rate);
	}
	if (policy_rule_sample(s->p, rule->rule) > 1) {
		buf_put_str(b, "; on record 1 in ");
		buf_put_dec(b, policy_rule_sample(s->p, rule->rule));
	}
	if (times[0] != '\0') {
		buf_put_str(b, rule->shut ? "; not in force now: " : "; in force now: ");
		buf_put_str(b, times);
	}
}

/* ---- for people ---- */

static void
text_who(const struct shown *s, struct buf *b)
{
	buf_put_str(b, "\n  who      ");
	put_plain(b, bytes_str(s->id->name));
	buf_put_str(b, " of ");
	buf_put_str(b, s->id->account);
	buf_put_str(b, s->e->n_roles == 0 ? "; no role of this policy" : "");
	for (size_t i = 0; i < s->e->n_roles; i++) {
		buf_put_str(b, "\n  role     ");
		buf_put_str(b, explain_role_name(s->p, s->e->role[i]));
		buf_put_str(b, " (");
		buf_put_str(b, explain_role_file(s->p, s->e->role[i]));
		buf_put_u8(b, ')');
	}
}

static void
text_command(const struct shown *s, struct buf *b)
{
	const struct explanation *e = s->e;

	if (!e->is_command)
		return;
	buf_put_str(b, "\n  command  ");
	buf_put_str(b, command_verb_name(e->verb));
	buf_put_str(b, ", dialect ");
	buf_put_str(b, command_dialect_name(e->command.dialect));
	buf_put_str(b, ", lattice ");
	put_plain(b, command_lattice(&e->command));
	if (e->command.host.len != 0) {
		buf_put_str(b, ", host ");
		put_plain(b, e->command.host);
	}
	if (s->q->op == EXPLAIN_PUB && s->q->payload == NULL)
		buf_put_str(b, " (by its subject alone; --body FILE for the rest)");
	if (!e->refused)
		return;
	buf_put_str(b, "\n  payload  ");
	put_plain(b, e->fault.field);
	buf_put_str(b, e->fault.field.len != 0 ? ", byte " : "byte ");
	buf_put_dec(b, e->fault.at);
	buf_put_str(b, ": ");
	buf_put_str(b, e->fault.why);
}

static void
text_why(const struct shown *s, struct buf *b)
{
	const struct decision *d = &s->e->d;
	const char *because = policy_rule_because(s->p, d->rule);

	buf_put_str(b, "\n  why      ");
	buf_put_str(b, reason_text(d->reason));
	buf_put_str(b, " (");
	buf_put_str(b, reason_word(d->reason));
	buf_put_u8(b, ')');
	if (d->rule != RULE_NONE) {
		buf_put_str(b, ": rule ");
		buf_put_str(b, policy_rule_name(s->p, d->rule));
	}
	if (d->field != POLICY_FIELD_NONE) {
		buf_put_str(b, ", ");
		buf_put_str(b, policy_field_name(d->field));
	}
	if (because[0] != '\0') {
		buf_put_str(b, ": ");
		buf_put_str(b, because);
	}
	if (d->would_deny)
		buf_put_str(b, "\n           only because that rule observes");
	buf_put_u8(b, '\n');
}

static void
text_extras(const struct shown *s, const struct explain_rule *rule, struct buf *b)
{
	size_t begin = b->len;

	if (rule->says == EXPLAIN_SILENT)
		return;
	buf_put_str(b, "; besides it ");
	explain_extras(s->p, rule->rule, b);
	if (b->len == begin + strlen("; besides it "))
		b->len = begin;
}

static void
text_step(const struct shown *s, const struct explain_step *step, struct buf *b)
{
	size_t width = 0;

	buf_put_u8(b, '\n');
	put_plain(b, step->subject);
	buf_put_str(b, step->d.verdict == VERDICT_ALLOW ? ": allow\n" : ": deny\n");
	if (step->d.reason == REASON_JWT) {
		buf_put_str(b, "  the credential's own lists refuse it; the rules alone would ");
		buf_put_str(
		    b, step->unnarrowed.verdict == VERDICT_ALLOW ? "allow it\n" : "deny it\n");
	}
	for (size_t i = 0; i < step->n; i++) {
		size_t n = strlen(policy_rule_name(s->p, step->rule[i].rule));

		width = n > width ? n : width;
	}
	for (size_t i = 0; i < step->n; i++) {
		const struct explain_rule *rule = &step->rule[i];
		const char *name = policy_rule_name(s->p, rule->rule);

		buf_put_str(b, rule->decides ? "* " : "  ");
		buf_put_str(b, name);
		for (size_t k = strlen(name); k < width + 2; k++)
			buf_put_u8(b, ' ');
		buf_put_str(b, policy_rule_place(s->p, rule->rule));
		buf_put_str(b, "  ");
		buf_put_str(b, word_of(rule));
		if (rule->says == EXPLAIN_SILENT && rule->field != POLICY_FIELD_NONE) {
			buf_put_str(b, ": ");
			buf_put_str(b, policy_field_name(rule->field));
		}
		put_bounds(s, rule, b);
		text_extras(s, rule, b);
		buf_put_u8(b, '\n');
	}
	if (step->n == 0)
		buf_put_str(b, "  no rule is for this identity\n");
}

static void
text_remedy(const struct shown *s, struct buf *b)
{
	const struct explanation *e = s->e;

	if (e->advice != NULL) {
		buf_put_str(b, "\nNo rule can allow it: ");
		buf_put_str(b, e->advice);
		buf_put_u8(b, '\n');
	}
	if (e->remedy == NULL)
		return;
	buf_put_str(b, "\nThe smallest rule that allows it, in ");
	buf_put_str(b, e->remedy_file);
	if (e->govern) {
		buf_put_str(b, ", with \"");
		put_plain(b, e->lattice);
		buf_put_str(b, "\" added to its lattices");
	}
	buf_put_str(b, ":\n\n");
	buf_put_str(b, e->remedy);
}

/* text_decided() - what the gate said when it was asked, and what may be otherwise now. */
static void
text_decided(const struct shown *s, struct buf *b)
{
	const struct decided *was = s->was;

	if (was == NULL)
		return;
	buf_put_str(b, "decision ");
	put_plain(b, was->id);
	buf_put_str(b, " of ");
	put_plain(b, was->time);
	buf_put_str(b, ": ");
	put_plain(b, was->decision.len != 0 ? was->decision : was->event);
	buf_put_str(b, ", rule ");
	put_plain(b, was->rule.len != 0 ? was->rule : BYTES_LIT("none"));
	buf_put_str(b, was->reason.len != 0 ? " (" : "");
	put_plain(b, was->reason);
	buf_put_str(b, was->reason.len != 0 ? ")" : "");
	if (!bytes_is(was->policy, policy_id(s->p))) {
		buf_put_str(b, "\n  by policy ");
		put_plain(b, was->policy.len != 0 ? was->policy : BYTES_LIT("unknown"));
		buf_put_str(b, "; what follows is by another, ");
		buf_put_str(b, policy_id(s->p));
	}
	buf_put_str(
	    b, "\n  lists of the credential itself are in no log: what follows is without them\n");
	if (s->e->is_command && s->q->payload == NULL)
		buf_put_str(b, "  nor is the payload: with --body FILE it counts too\n");
	buf_put_u8(b, '\n');
}

void
explain_put_text(const struct shown *s, struct buf *b)
{
	text_decided(s, b);
	buf_put_str(b, s->e->d.verdict == VERDICT_ALLOW ? "allow  " : "deny  ");
	buf_put_str(b, op_word(s->q));
	buf_put_u8(b, ' ');
	put_plain(b, s->q->subject);
	buf_put_str(b, s->q->other.len != 0 ? " " : "");
	put_plain(b, s->q->other);
	text_who(s, b);
	text_command(s, b);
	text_why(s, b);
	for (size_t i = 0; i < s->e->n_steps; i++)
		text_step(s, &s->e->step[i], b);
	text_remedy(s, b);
}

/* ---- for programs ---- */

static void
json_decision(const struct shown *s, const struct decision *d, struct buf *b)
{
	members_text(b, "verdict", d->verdict == VERDICT_ALLOW ? "allow" : "deny");
	members_text(b, "reason", reason_word(d->reason));
	members_text(b, "rule", policy_rule_name(s->p, d->rule));
	members_bytes(b, "field",
	    bytes_str(d->field != POLICY_FIELD_NONE ? policy_field_name(d->field) : ""));
	members_bool(b, "would_deny", d->would_deny);
}

static void
put_extras(const struct shown *s, const struct explain_rule *rule, struct buf *b)
{
	struct buf extras;

	buf_init(&extras, 4096);
	explain_extras(s->p, rule->rule, &extras);
	if (extras.len != 0)
		members_bytes(b, "besides", buf_bytes(&extras));
	buf_deinit(&extras);
}

static void
json_step(const struct shown *s, const struct explain_step *step, struct buf *b)
{
	static const char *const says[] = { "silent", "allows", "denies" };
	char rate[POLICY_RATE_TEXT];

	buf_put_u8(b, '{');
	json_decision(s, &step->d, b);
	members_bytes(b, "subject", step->subject);
	members_bool(b, "allowed_without_own_lists", step->unnarrowed.verdict == VERDICT_ALLOW);
	members_array(b, "rules");
	for (size_t i = 0; i < step->n; i++) {
		const struct explain_rule *rule = &step->rule[i];

		members_object(b, NULL);
		members_text(b, "rule", policy_rule_name(s->p, rule->rule));
		members_text(b, "place", policy_rule_place(s->p, rule->rule));
		members_text(b, "says", says[rule->says]);
		members_text(b, "why", reason_word(rule->why));
		members_bool(b, "observes", rule->observes);
		members_text(b, "rate", policy_rule_rate(s->p, rule->rule, rate));
		members_text(b, "times", policy_rule_times(s->p, rule->rule));
		members_dec(b, "sample", policy_rule_sample(s->p, rule->rule));
		put_extras(s, rule, b);
		members_bool(b, "in_force", !rule->shut);
		members_bool(b, "decides", rule->decides);
		buf_put_u8(b, '}');
	}
	buf_put_str(b, "]}");
}

static void
json_command(const struct explanation *e, struct buf *b)
{
	if (!e->is_command)
		return;
	members_object(b, "command");
	members_text(b, "verb", command_verb_name(e->verb));
	members_text(b, "dialect", command_dialect_name(e->command.dialect));
	members_bytes(b, "lattice", command_lattice(&e->command));
	members_bytes(b, "host", e->command.host);
	if (e->refused)
		members_text(b, "refused", e->fault.why);
	buf_put_u8(b, '}');
}

/* json_decided() - what the gate said when it was asked. */
static void
json_decided(const struct shown *s, struct buf *b)
{
	const struct decided *was = s->was;

	if (was == NULL)
		return;
	members_object(b, "decided");
	members_bytes(b, "id", was->id);
	members_bytes(b, "time", was->time);
	members_bytes(b, "event", was->event);
	members_bytes(b, "verdict", was->decision);
	members_bytes(b, "rule", was->rule);
	members_bytes(b, "reason", was->reason);
	members_bytes(b, "policy", was->policy);
	members_bool(b, "same_policy", bytes_is(was->policy, policy_id(s->p)));
	members_bool(b, "payload_known", s->q->payload != NULL);
	buf_put_u8(b, '}');
}

void
explain_put_json(const struct shown *s, struct buf *b)
{
	const struct explanation *e = s->e;

	buf_put_u8(b, '{');
	json_decision(s, &e->d, b);
	json_decided(s, b);
	members_text(b, "op", op_word(s->q));
	members_bytes(b, "subject", s->q->subject);
	members_text(b, "account", s->id->account);
	members_array(b, "roles");
	for (size_t i = 0; i < e->n_roles; i++)
		members_text(b, NULL, explain_role_name(s->p, e->role[i]));
	buf_put_u8(b, ']');
	json_command(e, b);
	members_array(b, "steps");
	for (size_t i = 0; i < e->n_steps; i++) {
		members_item(b);
		json_step(s, &e->step[i], b);
	}
	buf_put_u8(b, ']');
	if (e->remedy != NULL) {
		members_text(b, "remedy", e->remedy);
		members_text(b, "remedy_file", e->remedy_file);
	}
	if (e->govern)
		members_bytes(b, "lattice_to_add", e->lattice);
	if (e->advice != NULL)
		members_text(b, "advice", e->advice);
	buf_put_str(b, "}\n");
}
