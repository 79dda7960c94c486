/*
 * diff_data - subjects: what may be published, named as a reply, answered on and subscribed to; and
 * what else rules say of data (streams, headers, how many answers).
 *
 * The patterns of the rules in force cut all subjects into classes, together with what the gate
 * itself tells apart: the spaces of commands, inboxes, and what hosts do. One of each class is put
 * to both policies. Only patterns of rules that the other policy lacks matter; elsewhere both say
 * the same, whatever they are called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules/diff_priv.h"

struct patterns {
	size_t n, cap;
	struct diff_pattern *pattern;
};

struct asking {
	struct diff *d;
	struct diff_person *who;
	struct patterns literal, wild;
	struct diff_texts queues, named; /* groups, and patterns of groups */
	uint64_t changed;                /* verbs of rules that only one side has */
	bool answers;                    /* and whether one of them is about answering */
	bool streams, headers;
};

static int
add(struct patterns *p, struct bytes text, bool matters)
{
	struct diff_pattern *more;

	for (size_t i = 0; i < p->n; i++)
		if (bytes_eq(p->pattern[i].text, text)) {
			p->pattern[i].matters |= matters;
			return 0;
		}
	if (p->n == p->cap) {
		size_t cap = p->cap != 0 ? p->cap * 2 : 64;

		more = reallocarray(p->pattern, cap, sizeof(*more));
		if (more == NULL)
			return err_raise(-ENOMEM);
		p->pattern = more;
		p->cap = cap;
	}
	p->pattern[p->n++] = (struct diff_pattern){ text, matters };
	return 0;
}

/* A deny on X.> is one on X too. */
static int
add_list(
    struct asking *a, struct patterns *to, const struct policy *p, struct pol_list l, bool matters)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < l.n; i++) {
		const struct pol_item *item = &p->items[l.first + i];
		struct bytes text = pol_bytes(p, item->text), queue = pol_bytes(p, item->queue);

		r = add(to, text, matters);
		if (r == 0 && text.len > 2 && bytes_is(bytes_from(text, text.len - 2), ".>"))
			r = add(to, bytes_upto(text, text.len - 2), matters);
		if (r == 0 && queue.len != 0)
			r = diff_texts_add(&a->named, queue);
	}
	return err_pass(r);
}

static bool
has_same(const struct view *in, const struct policy *p, const struct pol_rule *rule)
{
	for (size_t i = 0; i < in->n_rules; i++)
		if (diff_rule_same(in->p, &in->p->rules[in->rule[i]], p, rule))
			return true;
	return false;
}

static int
add_rules(struct asking *a, int side)
{
	const struct view *v = a->who->rights[side]->view, *other = a->who->rights[1 - side]->view;
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->n_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->rule[i]];
		bool matters = !has_same(other, v->p, rule);

		if (!diff_pay(a->d, other->n_rules))
			return DIFF_OPEN;
		if (matters) {
			a->changed |= pol_verbs(rule);
			a->answers |= rule->respond != 0 || rule->flags > POL_EVERYONE;
			a->streams |= rule->streams.n != 0;
			a->headers |= rule->headers.n != 0 || rule->strip.n != 0;
		}
		r = add_list(a, &a->literal, v->p, rule->publish, matters);
		if (r == 0)
			r = add_list(a, &a->literal, v->p, rule->reply, matters);
		if (r == 0)
			r = add_list(a, &a->wild, v->p, rule->subscribe, matters);
	}
	return err_pass(r);
}

/* ---- what the gate tells apart itself ---- */

static int
on_gate(void *ctx, const struct diff_gate *g)
{
	struct asking *a = ctx;
	bool matters = (a->changed & g->verbs) != 0 || (g->inbox && a->answers) ||
		       (g->lattices && a->d->lattices_differ);
	int r = 0;

	if (g->literal)
		r = add(&a->literal, g->pattern, matters);
	if (r == 0 && g->wild)
		r = add(&a->wild, g->pattern, matters);
	if (r == 0 && g->queue.len != 0)
		r = diff_texts_add(&a->queues, g->queue);
	return err_pass(r);
}

static int
add_gate(struct asking *a)
{
	uint64_t ever = a->who->rights[OLD]->view->verbs | a->who->rights[NEW]->view->verbs;

	return err_pass(diff_gate(a->d, ever | a->changed, on_gate, a));
}

/* ---- asking ---- */

static int
put(struct asking *a, enum diff_op op, struct bytes subject, struct bytes other,
    struct decision was, struct decision is)
{
	struct diff_case c = { .op = op,
		.who = a->who,
		.subject = subject,
		.other = other,
		.said = { diff_said_of(a->d, OLD, was), diff_said_of(a->d, NEW, is) } };

	return err_pass(diff_put(a->d, &c));
}

static int
on_literal(void *ctx, struct bytes subject)
{
	struct asking *a = ctx;
	struct rights *old = a->who->rights[OLD], *new = a->who->rights[NEW];
	int r;

	if (!diff_pay(a->d, 60))
		return DIFF_OPEN;
	r = put(a, DIFF_PUBLISH, subject, BYTES_NULL, rights_publish(old, subject),
	    rights_publish(new, subject));
	if (r == 0)
		r = put(a, DIFF_REPLY, subject, BYTES_NULL, rights_reply(old, subject),
		    rights_reply(new, subject));
	if (r == 0)
		r = put(a, DIFF_ANSWER, subject, BYTES_NULL, rights_answer(old, subject),
		    rights_answer(new, subject));
	return err_pass(r);
}

static int
on_pattern(void *ctx, struct bytes subject)
{
	struct asking *a = ctx;
	struct rights *old = a->who->rights[OLD], *new = a->who->rights[NEW];
	int r = 0;

	for (size_t i = 0; r == 0 && i <= a->queues.n; i++) {
		struct bytes queue = i == 0 ? BYTES_NULL : a->queues.text[i - 1];

		if (!diff_pay(a->d, 40))
			return DIFF_OPEN;
		r = put(a, DIFF_SUBSCRIBE, subject, queue, rights_subscribe(old, subject, queue),
		    rights_subscribe(new, subject, queue));
	}
	return err_pass(r);
}

static int
on_queue(void *ctx, struct bytes queue)
{
	struct asking *a = ctx;

	return err_pass(diff_texts_add(&a->queues, diff_keep(a->d, queue)));
}

/* One of every class of queue groups, and one that is in none. */
static int
survey_queues(struct asking *a)
{
	struct patterns p = { 0 };
	int r = diff_texts_add(&a->queues, BYTES_LIT("some-queue"));

	for (size_t i = 0; r == 0 && i < a->named.n; i++)
		r = add(&p, a->named.text[i], true);
	if (r == 0)
		r = diff_subjects(a->d, p.pattern, p.n, true, on_queue, a);
	free(p.pattern);
	return err_pass(r);
}

static int
ask_streams(struct asking *a)
{
	static const char letters[] =
	    "xyzwvutsrqponmlkjihgfedcbaABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct diff_texts globs = { 0 }, found = { 0 };
	int r = 0;

	for (int side = OLD; r == 0 && side <= NEW; side++) {
		const struct view *v = a->who->rights[side]->view;

		for (size_t i = 0; i < v->n_rules; i++)
			for (uint32_t k = 0; r == 0 && k < v->p->rules[v->rule[i]].streams.n; k++)
				r = diff_texts_add(&globs,
				    pol_bytes(
					v->p, v->p->items[v->p->rules[v->rule[i]].streams.first + k]
						  .text));
	}
	if (r == 0)
		r = diff_globs(a->d, &globs, letters, &found);
	for (size_t i = 0; r == 0 && i < found.n; i++)
		r = put(a, DIFF_STREAM, found.text[i], BYTES_NULL,
		    rights_stream(a->who->rights[OLD], found.text[i]),
		    rights_stream(a->who->rights[NEW], found.text[i]));
	diff_texts_deinit(&globs);
	diff_texts_deinit(&found);
	return err_pass(r);
}

/* How it may answer, and what a host's grant says besides subjects. */
static const char *
limits_of(struct diff *d, struct rights *r)
{
	int64_t n, ttl;
	struct buf b;

	buf_init(&b, 1024);
	for (int serving = 0; serving < 2; serving++) {
		if (!rights_answers(r, serving != 0, &n, &ttl))
			continue;
		buf_put_int(&b, n);
		buf_put_str(&b, serving ? " answers as a host within " : " answers within ");
		buf_put_int(&b, ttl);
		buf_put_str(&b, " ms; ");
	}
	buf_put_str(&b, rights_rpc(r) ? "rpc; " : "");
	buf_put_str(&b, rights_pins_host(r) ? "host_id pinned; " : "");
	for (size_t i = 0; i <= d->lattices.n; i++) {
		struct bytes l = i < d->lattices.n ? d->lattices.text[i] : BYTES_LIT("runtime");

		if (!view_serve_flag(r->view, l, POL_UNSTAMPED))
			continue;
		buf_put_str(&b, "unstamped on ");
		buf_put(&b, l);
		buf_put_str(&b, "; ");
	}
	if (b.len > 2)
		b.len -= 2;
	return diff_keep_buf(d, &b);
}

static int
ask_limits(struct asking *a)
{
	struct diff_case c = { .op = DIFF_LIMIT, .who = a->who };

	for (int side = OLD; side <= NEW; side++) {
		struct rights *r = a->who->rights[side];

		c.said[side] = (struct diff_said){ .verdict = VERDICT_ALLOW,
			.reason = REASON_RULE,
			.rule = r->view->respond_rule,
			.also = limits_of(a->d, r) };
	}
	return err_pass(diff_put(a->d, &c));
}

int
diff_data(struct diff *d, struct diff_person *who)
{
	struct asking a = { .d = d, .who = who };
	int r = add_rules(&a, OLD);

	if (r == 0)
		r = add_rules(&a, NEW);
	if (r == 0)
		r = add_gate(&a);
	if (r == 0)
		r = survey_queues(&a);
	if (r == 0)
		r = diff_subjects(d, a.literal.pattern, a.literal.n, false, on_literal, &a);
	if (r == 0)
		r = diff_subjects(d, a.wild.pattern, a.wild.n, true, on_pattern, &a);
	if (r == 0 && a.streams)
		r = ask_streams(&a);
	if (r == 0)
		r = ask_limits(&a);
	free(a.literal.pattern);
	free(a.wild.pattern);
	diff_texts_deinit(&a.queues);
	diff_texts_deinit(&a.named);
	return err_pass(r);
}

/* ---- headers ---- */

static int
add_names(struct diff *d, struct diff_texts *globs, const struct policy *p, struct pol_list l)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < l.n; i++) {
		struct bytes name = pol_bytes(p, p->items[l.first + i].text);
		uint8_t *lower = diff_take(d, name.len + 1);

		if (lower == NULL)
			return err_raise(-ENOMEM);
		for (size_t k = 0; k < name.len; k++)
			lower[k] = name.ptr[k] >= 'A' && name.ptr[k] <= 'Z' ? name.ptr[k] | 0x20
									    : name.ptr[k];
		r = diff_texts_add(globs, bytes_of(lower, name.len));
	}
	return err_pass(r);
}

int
diff_headers(struct diff *d, struct diff_person *who)
{
	static const char letters[] = "xyzwvutsrqponmlkjihgfedcba0123456789-_";
	static const char *const words[] = { "refuse", "strip", "pass" };
	struct diff_texts globs = { 0 }, found = { 0 };
	int r = 0;

	for (int side = OLD; side <= NEW; side++) {
		const struct view *v = who->rights[side]->view;

		for (size_t i = 0; r == 0 && i < v->n_rules; i++) {
			r = add_names(d, &globs, v->p, v->p->rules[v->rule[i]].headers);
			if (r == 0)
				r = add_names(d, &globs, v->p, v->p->rules[v->rule[i]].strip);
		}
	}
	if (r == 0 && globs.n != 0)
		r = diff_globs(d, &globs, letters, &found);
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		struct diff_case c = { .op = DIFF_HEADER, .who = who, .subject = found.text[i] };

		for (int side = OLD; side <= NEW; side++) {
			enum header_verdict h = rights_header(who->rights[side], found.text[i]);

			c.said[side] = (struct diff_said){ .also = words[h],
				.verdict = h == HEADER_REFUSE ? VERDICT_DENY : VERDICT_ALLOW,
				.rule = RULE_NONE,
				.reason = h == HEADER_REFUSE ? REASON_NO_RULE : REASON_RULE };
		}
		r = diff_put(d, &c);
	}
	diff_texts_deinit(&globs);
	diff_texts_deinit(&found);
	return err_pass(r);
}
