/*
 * diff_found - what is said of one difference: of the rule that allows it all patterns or
 * conditions that are touched, what takes away from them, and the example.
 *
 * A subject differs when a pattern of the rule that allows covers it, no deny of that side does,
 * and on the other side nothing allows it, or a deny does. So "its patterns, except what the other
 * side allows and this side denies" (or: within what the other side denies) is all of it and
 * nothing else.
 */
#include "policy/rules/diff_found.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 8, WHAT_MAX = 1 << 20 };

/* The patterns of a rule that an operation is judged by. */
static struct pol_list
list_of(const struct pol_rule *rule, enum diff_op op)
{
	if (rule == NULL)
		return (struct pol_list){ 0 };
	switch (op) {
	case DIFF_PUBLISH:
		return rule->publish;
	case DIFF_SUBSCRIBE:
		return rule->subscribe;
	case DIFF_REPLY:
		return rule->reply;
	case DIFF_STREAM:
		return rule->streams;
	case DIFF_ANSWER:
	case DIFF_HEADER:
	case DIFF_COMMAND:
	case DIFF_EVERYBODY:
	case DIFF_LIMIT:
		break;
	}
	return (struct pol_list){ 0, 0 };
}

/* Replies and answers are publishes, and denied as such. */
static struct pol_list
deny_list_of(const struct pol_rule *rule, enum diff_op op)
{
	return op == DIFF_SUBSCRIBE || op == DIFF_STREAM ? rule->subscribe : rule->publish;
}

static const struct pol_rule *
allowing(const struct diff *d, const struct diff_found *f)
{
	const struct policy *p = d->p[diff_found_side(f)];
	uint32_t rule = f->said[diff_found_side(f)].rule;

	return rule < p->n_rules && f->op != DIFF_LIMIT ? &p->rules[rule] : NULL;
}

static bool
overlaps_any(const struct policy *p, struct pol_list l, struct bytes pattern)
{
	for (uint32_t i = 0; i < l.n; i++)
		if (subject_overlap(pol_bytes(p, p->items[l.first + i].text), pattern))
			return true;
	return false;
}

static void
add_except(struct diff *d, struct diff_found *f, struct bytes text)
{
	for (size_t i = 0; i < f->n_except; i++)
		if (bytes_eq(f->except[i], text))
			return;
	if (f->n_except % 16 == 0) {
		struct bytes *more = diff_take(d, (f->n_except + 16) * sizeof(*more));

		if (more == NULL)
			return;
		if (f->n_except != 0)
			memcpy(more, f->except, f->n_except * sizeof(*more));
		f->except = more;
	}
	f->except[f->n_except++] = text;
}

static struct bytes
with_queue(struct diff *d, const struct policy *p, const struct pol_item *item)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_put(&b, pol_bytes(p, item->text));
	buf_put_u8(&b, ' ');
	buf_put(&b, pol_bytes(p, item->queue));
	return bytes_str(diff_keep_buf(d, &b));
}

/* Patterns of a view that take away: its grants, or its enforced denies. */
static void
add_excepts(struct diff *d, struct diff_found *f, const struct view *v, bool denies)
{
	const struct policy *p = d->p[diff_found_side(f)];
	const struct pol_rule *rule = allowing(d, f);
	struct pol_list mine = list_of(rule, f->op);

	for (size_t i = 0; i < v->n_rules; i++) {
		const struct pol_rule *other = &v->p->rules[v->rule[i]];
		struct pol_list l;

		if (((other->flags & POL_DENY) != 0) != denies ||
		    (denies && (other->flags & POL_OBSERVE) != 0))
			continue;
		l = denies ? deny_list_of(other, f->op) : list_of(other, f->op);
		for (uint32_t k = 0; k < l.n; k++) {
			const struct pol_item *item = &v->p->items[l.first + k];

			if (f->op == DIFF_STREAM ||
			    !overlaps_any(p, mine, pol_bytes(v->p, item->text)))
				continue;
			if (item->queue.len == 0)
				add_except(d, f, pol_bytes(v->p, item->text));
			else
				add_except(d, f, with_queue(d, v->p, item));
		}
	}
}

/* What was allowed before of a command, and what stays denied: rules with conditions. */
static void
put_beyond(struct buf *b, const struct view *v, uint64_t verbs, bool denies, uint32_t but)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_verb_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];

		if ((pol_verbs(rule) & verbs) == 0 || ((rule->flags & POL_DENY) != 0) != denies ||
		    v->verb_rule[i] == but || (denies && (rule->flags & POL_OBSERVE) != 0))
			continue;
		if (++n > SHOWN)
			continue;
		buf_put_str(b, denies ? "; not what " : "; beyond what ");
		buf_put(b, pol_bytes(v->p, rule->name));
		buf_put_str(b, denies ? " denies (on " : " allows (on ");
		diff_put_list(b, v->p, v->p->files[rule->file].lattices);
		buf_put_str(b, rule->where.n != 0 ? ": " : "");
		diff_put_where(b, v->p, rule);
		buf_put_u8(b, ')');
	}
}

void
diff_found_begin(struct diff *d, struct diff_found *f, const struct diff_person *who)
{
	int side = diff_found_side(f);
	const struct view *mine = who->rights[side]->view, *other = who->rights[1 - side]->view;
	const struct diff_said *no = &f->said[1 - side];
	const struct pol_rule *rule = allowing(d, f);
	struct buf b;

	f->beyond = "";
	if (rule == NULL)
		return;
	if (f->op == DIFF_COMMAND) {
		buf_init(&b, WHAT_MAX);
		if (f->kind != DIFF_OTHER && no->reason != REASON_RULE)
			put_beyond(&b, other, VERB_BIT(f->verb), false, RULE_NONE);
		put_beyond(&b, mine, VERB_BIT(f->verb), true, RULE_NONE);
		f->beyond = diff_keep_buf(d, &b);
		return;
	}
	f->differs = diff_take(d, list_of(rule, f->op).n + 1);
	if (f->kind != DIFF_OTHER && no->reason != REASON_RULE)
		add_excepts(d, f, other, false);
	add_excepts(d, f, mine, true);
}

void
diff_found_more(struct diff *d, struct diff_found *f, const struct diff_case *c)
{
	const struct policy *p = d->p[diff_found_side(f)];
	const struct pol_rule *rule = allowing(d, f);
	struct pol_list l;

	f->dialects |= 1U << c->dialect;
	if (rule == NULL || f->differs == NULL)
		return;
	l = list_of(rule, f->op);
	for (uint32_t i = 0; i < l.n; i++) {
		const struct pol_item *item = &p->items[l.first + i];
		struct bytes queue = pol_bytes(p, item->queue);

		if (f->op == DIFF_STREAM ||
		    (subject_subset(c->subject, pol_bytes(p, item->text)) &&
			(queue.len == 0 || (c->other.len != 0 && subject_subset(c->other, queue)))))
			f->differs[i] = true;
	}
}

/* ---- as text ---- */

static bool
excepted(const struct policy *p, struct pol_list l, const bool *differs, struct bytes text)
{
	text = bytes_upto(text, bytes_find(text, ' '));
	for (uint32_t i = 0; i < l.n; i++)
		if (differs[i] && subject_overlap(pol_bytes(p, p->items[l.first + i].text), text))
			return true;
	return false;
}

static void
put_within(struct buf *b, const struct diff *d, const struct diff_found *f)
{
	const struct diff_said *no = &f->said[1 - diff_found_side(f)];
	const struct policy *p = d->p[1 - diff_found_side(f)];
	struct pol_list l;

	if (no->reason != REASON_RULE || no->rule >= p->n_rules || no->verdict != VERDICT_DENY)
		return;
	l = deny_list_of(&p->rules[no->rule], f->op);
	buf_put_str(b, " within ");
	diff_put_patterns(b, p, l);
}

static void
put_patterns(struct buf *b, const struct diff *d, const struct diff_found *f)
{
	const struct policy *p = d->p[diff_found_side(f)];
	struct pol_list l = list_of(allowing(d, f), f->op);
	const char *comma = " ";
	size_t n = 0;

	for (uint32_t i = 0; i < l.n; i++) {
		if (!f->differs[i])
			continue;
		buf_put_str(b, comma);
		diff_put_patterns(b, p, (struct pol_list){ l.first + i, 1 });
		comma = ", ";
	}
	put_within(b, d, f);
	for (size_t i = 0; i < f->n_except && f->op != DIFF_STREAM; i++) {
		if (!excepted(p, l, f->differs, f->except[i]) || n++ > 4 * SHOWN)
			continue;
		buf_put_str(b, n == 1 ? " except " : ", ");
		buf_put(b, f->except[i]);
	}
	if (n > 4 * SHOWN) {
		buf_put_str(b, " and ");
		buf_put_dec(b, n - 4 * SHOWN);
		buf_put_str(b, " more");
	}
}

static void
put_command(struct buf *b, const struct diff *d, const struct diff_found *f)
{
	const struct policy *p = d->p[diff_found_side(f)];
	const struct pol_rule *rule = allowing(d, f);
	const char *comma = " (dialect ";

	buf_put_str(b, command_verb_name(f->verb));
	for (unsigned i = 0; i < 32; i++) {
		if ((f->dialects >> i & 1) == 0)
			continue;
		buf_put_str(b, comma);
		buf_put_str(b, command_dialect_name((enum dialect)i));
		comma = ", ";
	}
	buf_put_str(b, ") on ");
	if (rule == NULL)
		return;
	diff_put_list(b, p, p->files[rule->file].lattices);
	if (rule->where.n != 0) {
		buf_put_str(b, " with ");
		diff_put_where(b, p, rule);
	}
	buf_put_str(b, f->beyond);
}

void
diff_found_what(struct buf *b, const struct diff *d, const struct diff_found *f)
{
	static const char *const words[] = {
		[DIFF_PUBLISH] = "publish",
		[DIFF_SUBSCRIBE] = "subscribe",
		[DIFF_REPLY] = "name the reply",
		[DIFF_ANSWER] = "answer",
		[DIFF_HEADER] = "header",
		[DIFF_STREAM] = "read the whole stream",
	};
	const struct pol_rule *rule = allowing(d, f);

	if (f->op == DIFF_COMMAND) {
		put_command(b, d, f);
		return;
	}
	if (f->op == DIFF_LIMIT) {
		buf_put_str(b, "how it may answer and serve");
		return;
	}
	buf_put_str(b, words[f->op]);
	if (rule == NULL || f->differs == NULL || list_of(rule, f->op).n == 0) {
		buf_put_u8(b, ' ');
		buf_put(b, f->subject);
		if (rule != NULL && (pol_verbs(rule) & VERB_BIT(VERB_SERVE)) != 0)
			buf_put_str(b, " and whatever else serve is");
		return;
	}
	put_patterns(b, d, f);
}

/* ---- the example ---- */

static void
put_line(struct buf *b, const struct diff *d, const struct diff_found *f, const char *file,
    const struct bytes *who)
{
	static const char *const op[] = {
		[DIFF_PUBLISH] = "PUB ",
		[DIFF_SUBSCRIBE] = "SUB ",
		[DIFF_REPLY] = "REPLY ",
		[DIFF_ANSWER] = "ANSWER ",
		[DIFF_HEADER] = "HEADER ",
		[DIFF_COMMAND] = "PUB ",
	};
	const struct diff_said *now = &f->said[NEW];

	buf_put_str(b, op[f->op]);
	buf_put(b, *who);
	buf_put_u8(b, ' ');
	buf_put(b, f->subject);
	if (f->other.len != 0) {
		buf_put_u8(b, ' ');
		buf_put(b, f->other);
	}
	if (file != NULL) {
		buf_put_str(b, " @");
		buf_put_str(b, file);
	}
	buf_put_str(b, " -> ");
	buf_put_str(b, f->op == DIFF_HEADER            ? now->also
		       : now->verdict == VERDICT_ALLOW ? "allow"
						       : "deny");
	if (f->op != DIFF_HEADER) {
		buf_put_str(b, " rule=");
		buf_put_str(b, policy_rule_name(d->p[NEW], now->rule));
	}
	buf_put_str(b, now->would_deny ? " would_deny" : "");
}

/* holds() - does the new policy keep this line? */
static bool
holds(const struct diff *d, struct bytes line, const char *beside, struct bytes payload)
{
	struct expect_reader reader;
	struct expect_case c;
	struct expect_got got;

	expect_begin(&reader, line);
	return expect_next(&reader, &c) == 0 &&
	       expect_judge(&got, d->p[NEW], &c, beside, payload) == 0 && got.held;
}

static const char *
beside(const struct diff *d, const struct diff_found *f)
{
	const struct policy *p = d->p[NEW];
	uint32_t rule = f->said[NEW].rule;

	if (p->n_files == 0)
		return "";
	return p->strings + p->files[rule < p->n_rules ? p->rules[rule].file : 0].name.off;
}

static const char *
example(struct diff *d, const struct diff_found *f, const char *file)
{
	for (int i = 0; i < 2; i++) {
		struct buf b;

		if (f->expect[i].len == 0 || f->op == DIFF_REPLY || f->op == DIFF_LIMIT ||
		    f->op == DIFF_STREAM)
			continue;
		buf_init(&b, 8192);
		put_line(&b, d, f, file, &f->expect[i]);
		if (!buf_failed(&b) && holds(d, buf_bytes(&b), beside(d, f), f->payload))
			return diff_keep_buf(d, &b);
		buf_deinit(&b);
	}
	return "";
}

static const char *
file_name(struct diff *d, const struct diff_found *f, size_t n)
{
	char text[32];

	if (!f->has_payload || f->payload.len == 0)
		return NULL;
	snprintf(text, sizeof(text), "diff-%zu.json", n + 1);
	return (const char *)diff_keep(d, bytes_str(text)).ptr;
}

int
diff_finish(struct diff *d)
{
	struct diff_result *out = d->out;

	out->line = calloc(d->n_found + 1, sizeof(*out->line));
	if (out->line == NULL)
		return err_raise(-ENOMEM);
	for (int kind = DIFF_MORE; kind < DIFF_KINDS; kind++)
		for (size_t i = 0; i < d->n_found; i++) {
			const struct diff_found *f = &d->found[i];
			struct diff_line *l = &out->line[out->n];
			struct buf b;

			if ((int)f->kind != kind)
				continue;
			*l = (struct diff_line){ .kind = f->kind,
				.op = f->op,
				.who = f->who,
				.said = { f->said[OLD], f->said[NEW] } };
			buf_init(&b, WHAT_MAX);
			diff_found_what(&b, d, f);
			l->what = diff_keep_buf(d, &b);
			l->file = file_name(d, f, out->n);
			l->payload = l->file != NULL ? (const char *)f->payload.ptr : NULL;
			l->example = example(d, f, l->file);
			out->count[kind]++;
			out->n++;
		}
	return 0;
}
