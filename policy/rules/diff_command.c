/*
 * diff_command - commands: every form there is, filled in with one of each class of what rules ask
 * about, read as the gate reads it and put to both policies.
 *
 * A form is looked at when a rule about one of its verbs is only on one side. Only fields that some
 * such rule has a condition on get more than one value: the others cannot change an answer. A field
 * that no form has a place for is named as not decided. Of lists none, one and two values are
 * tried.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules/diff_form.h"

enum { PLACES = 32, TEXT_MAX = 64 * 1024 };

struct values {
	size_t n, cap;
	struct diff_value *value;
};

struct commands {
	struct diff *d;
	struct diff_person *who;
	uint64_t changed; /* verbs of rules that only one side has */
	bool denied;      /* something besides verbs that touches commands is only on one side */
	const struct diff_form *form;
	size_t n;
	char letter[PLACES];
	bool needed[PLACES];
	struct values values[PLACES];
	struct body_arena arena;
};

/* ---- which forms matter ---- */

static bool
touches_commands(const struct policy *p, const struct pol_rule *rule)
{
	for (uint32_t i = 0; (rule->flags & POL_DENY) != 0 && i < rule->publish.n; i++)
		if (command_overlaps_under(
			&p->prefixes, pol_bytes(p, p->items[rule->publish.first + i].text)))
			return true;
	return false;
}

static void
find_changed(struct commands *x, int side)
{
	const struct view *v = x->who->rights[side]->view;
	const struct view *other = x->who->rights[1 - side]->view;

	for (size_t i = 0; i < v->n_rules; i++) {
		const struct pol_rule *rule = &v->p->rules[v->rule[i]];
		bool same = false;

		for (size_t k = 0; k < other->n_rules && !same; k++)
			same =
			    diff_rule_same(v->p, rule, other->p, &other->p->rules[other->rule[k]]);
		if (same)
			continue;
		x->changed |= pol_verbs(rule);
		x->denied |= touches_commands(v->p, rule);
	}
}

/* ---- the conditions that matter to a form ---- */

struct conds {
	size_t n, cap;
	const struct pol_cond **cond;
	const struct policy **of;
};

static int
add_cond(struct conds *c, const struct pol_cond *cond, const struct policy *p)
{
	if (c->n == c->cap) {
		size_t cap = c->cap != 0 ? c->cap * 2 : 16;
		const struct pol_cond **more =
		    reallocarray((void *)(uintptr_t)c->cond, cap, sizeof(void *));
		const struct policy **of;

		if (more == NULL)
			return err_raise(-ENOMEM);
		c->cond = more;
		of = reallocarray((void *)(uintptr_t)c->of, cap, sizeof(void *));
		if (of == NULL)
			return err_raise(-ENOMEM);
		c->of = of;
		c->cap = cap;
	}
	c->cond[c->n] = cond;
	c->of[c->n++] = p;
	return 0;
}

static void
conds_deinit(struct conds *c)
{
	free((void *)(uintptr_t)c->cond);
	free((void *)(uintptr_t)c->of);
}

static bool
of_image(enum policy_field f)
{
	return f >= POLICY_FIELD_IMAGE && f <= POLICY_FIELD_SCHEME;
}

/* Does a condition on @f ask about this place? */
static bool
asks_about(const struct diff_place *place, enum policy_field f)
{
	return place->field == f || (place->kind == PLACE_IMAGE && of_image(f));
}

static int
conds_for(const struct commands *x, const struct diff_place *place, struct conds *out)
{
	int r = 0;

	for (int side = OLD; side <= NEW; side++) {
		const struct view *v = x->who->rights[side]->view;

		for (size_t i = 0; i < v->n_verb_rules; i++) {
			const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];

			if ((pol_verbs(rule) & x->form->may_be) == 0)
				continue;
			for (uint32_t k = 0; r == 0 && k < rule->where.n; k++) {
				const struct pol_cond *c = &v->p->conds[rule->where.first + k];

				if (asks_about(place, (enum policy_field)c->field))
					r = add_cond(out, c, v->p);
			}
		}
	}
	return err_pass(r);
}

/* always_there() - decided by who, where and which form it is, not by what fills a place. */
static bool
always_there(enum policy_field f)
{
	return f == POLICY_FIELD_KIND || f == POLICY_FIELD_HOST || f == POLICY_FIELD_LATTICE ||
	       f == POLICY_FIELD_HOST_LABEL || f == POLICY_FIELD_EVERY_HOST;
}

/* has_place() - is there a form of these verbs that a condition on @f asks about? */
static bool
has_place(uint64_t verbs, enum policy_field f)
{
	const struct diff_form *form;
	char letter[PLACES];
	bool needed[PLACES];

	for (size_t i = 0; (form = diff_form_nth(i)) != NULL; i++) {
		size_t n = (form->may_be & verbs) != 0 ? diff_form_places(form, letter, needed) : 0;

		for (size_t k = 0; k < n; k++)
			if (asks_about(diff_place_of(letter[k]), f))
				return true;
	}
	return false;
}

/* open_fields() - conditions on what no form of these verbs has a place for. */
static void
open_fields(struct commands *x)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct view *v = x->who->rights[side]->view;

		for (size_t i = 0; i < v->n_verb_rules; i++) {
			const struct pol_rule *rule = &v->p->rules[v->verb_rule[i]];
			uint64_t verbs = pol_verbs(rule) & x->form->may_be & x->changed;

			for (uint32_t k = 0; k < rule->where.n && verbs != 0; k++) {
				enum policy_field f =
				    (enum policy_field)v->p->conds[rule->where.first + k].field;
				uint64_t can = verbs & where_row(f)->verbs;

				if (can != 0 && !always_there(f) && !has_place(can, f))
					diff_open(x->d, "conditions on", policy_field_name(f));
			}
		}
	}
}

/* ---- what a place can hold ---- */

static int
add_value(struct values *v, struct diff_value value)
{
	if (v->n == v->cap) {
		size_t cap = v->cap != 0 ? v->cap * 2 : 8;
		struct diff_value *more = reallocarray(v->value, cap, sizeof(*more));

		if (more == NULL)
			return err_raise(-ENOMEM);
		v->value = more;
		v->cap = cap;
	}
	v->value[v->n++] = value;
	return 0;
}

static int
add_texts(struct values *v, const struct diff_texts *t, bool pairs)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n; i++)
		r = add_value(v, (struct diff_value){ 1, { t->text[i] } });
	for (size_t i = 0; pairs && r == 0 && i < t->n; i++)
		for (size_t k = i + 1; r == 0 && k < t->n; k++)
			r = add_value(v, (struct diff_value){ 2, { t->text[i], t->text[k] } });
	return err_pass(r);
}

static int
add_number(struct commands *x, struct diff_texts *t, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	for (size_t i = 0; i < t->n; i++)
		if (bytes_is(t->text[i], text))
			return 0;
	return err_pass(diff_texts_add(t, diff_keep(x->d, bytes_str(text))));
}

/* Both ends of each range, and what lies beside them. */
static int
add_counts(struct commands *x, const struct conds *c, struct diff_texts *t)
{
	int r = add_number(x, t, 0);

	if (r == 0)
		r = add_number(x, t, 1);
	for (size_t i = 0; i < c->n; i++)
		for (uint32_t k = 0; r == 0 && k < c->cond[i]->values.n; k++) {
			const struct pol_range *range =
			    &c->of[i]->ranges[c->cond[i]->values.first + k];
			uint64_t min = pol_u64(range->min), max = pol_u64(range->max);

			r = add_number(x, t, min);
			if (r == 0 && min > 0)
				r = add_number(x, t, min - 1);
			if (r == 0 && max < UINT32_MAX)
				r = add_number(x, t, max);
			if (r == 0 && max < UINT32_MAX)
				r = add_number(x, t, max + 1);
		}
	return err_pass(r);
}

/* One of each class of texts; with a colon and without when it is cut there. */
static int
add_globs(
    struct commands *x, const struct diff_place *place, const struct conds *c, struct diff_texts *t)
{
	struct diff_texts globs = { 0 };
	int r = 0;

	for (size_t i = 0; i < c->n; i++)
		for (uint32_t k = 0; r == 0 && k < c->cond[i]->values.n; k++)
			r = diff_texts_add(
			    &globs, pol_bytes(c->of[i],
					c->of[i]->items[c->cond[i]->values.first + k].text));
	if (r == 0 && place->field == POLICY_FIELD_CONTRACT)
		r = diff_texts_add(&globs, BYTES_LIT("*:*"));
	if (r == 0)
		r = diff_globs(x->d, &globs, place->letters, t);
	if (r == 0)
		r = diff_texts_add(t, bytes_str(place->usual));
	diff_texts_deinit(&globs);
	return err_pass(r);
}

static int
fill_place(struct commands *x, size_t at)
{
	const struct diff_place *place = diff_place_of(x->letter[at]);
	struct values *v = &x->values[at];
	struct diff_texts t = { 0 };
	struct conds c = { 0 };
	bool scale = (x->form->may_be & VERB_BIT(VERB_ACTOR_SCALE)) != 0;
	int r = conds_for(x, place, &c);

	if (r == 0 && !x->needed[at])
		r = add_value(v, (struct diff_value){ 0 });
	if (r == 0 && place->kind == PLACE_LATTICE)
		r = add_texts(v, &x->d->lattices, false);
	else if (r == 0 && place->kind == PLACE_HOST)
		r = add_texts(v, &x->d->hosts, false);
	else if (r == 0 && place->kind == PLACE_FLAG)
		r = add_value(v, (struct diff_value){ 1, { BYTES_LIT("true") } });
	else if (r == 0 && c.n == 0 && x->needed[at] && !(scale && place->kind == PLACE_COUNT))
		r = add_value(v, (struct diff_value){ 1, { bytes_str(place->usual) } });
	else if (r == 0 && place->kind == PLACE_COUNT && (c.n != 0 || scale))
		r = add_counts(x, &c, &t);
	else if (r == 0 && place->kind == PLACE_IMAGE && c.n != 0)
		r = diff_images(x->d, c.cond, c.of, c.n, &t);
	else if (r == 0 && c.n != 0)
		r = add_globs(x, place, &c, &t);
	if (r == 0)
		r = add_texts(v, &t, place->kind == PLACE_LIST);
	diff_texts_deinit(&t);
	conds_deinit(&c);
	return err_pass(r);
}

/* ---- asking ---- */

/* open_form() - values that were found for its places make no body that can be read. */
static void
open_form(struct commands *x)
{
	uint64_t first = x->form->may_be & (~x->form->may_be + 1);

	for (int verb = 0; verb < VERB_COUNT; verb++)
		if (VERB_BIT(verb) == first)
			diff_open(x->d, "values without a body that can be read",
			    command_verb_name((enum verb)verb));
}

/* One side's word. Return: is it a command there that can be read? @refused: one that cannot. */
static bool
judge_side(
    struct commands *x, int side, const struct body_input *in, struct diff_case *c, bool *refused)
{
	struct rights *r = x->who->rights[side];
	struct command command;
	struct body body = { 0 };

	x->arena.used = 0;
	if (rights_classify(r, in->subject, &command) != 0) {
		c->said[side] = diff_said_of(x->d, side, rights_publish(r, in->subject));
		return false;
	}
	c->dialect = command.dialect;
	if (body_decode(&command, in, &x->arena, &body) != 0) {
		c->said[side] =
		    diff_said_of(x->d, side, rights_command_body(r, in->subject, &command, NULL));
		*refused = true;
		return false;
	}
	c->verb = body.effective;
	c->said[side] =
	    diff_said_of(x->d, side, rights_command_body(r, in->subject, &command, &body));
	return true;
}

static int
judge(struct commands *x, struct bytes subject, struct bytes payload)
{
	struct body_input in = { .subject = subject, .payload = payload };
	struct diff_case c = {
		.op = DIFF_COMMAND, .who = x->who, .subject = subject, .payload = &payload
	};
	bool any, refused = false;

	if (!diff_pay(x->d, 150))
		return DIFF_OPEN;
	any = judge_side(x, OLD, &in, &c, &refused);
	any |= judge_side(x, NEW, &in, &c, &refused);
	if (!any && refused) /* both refuse the one of its class that was tried */
		open_form(x);
	return any ? err_pass(diff_put(x->d, &c)) : 0;
}

/* The same where hosts hear it by a control prefix of either policy, when these are not the same.
 */
static int
judge_prefixed(struct commands *x, struct bytes subject, struct bytes payload)
{
	struct bytes usual = BYTES_LIT("wasmbus.ctl");
	int r = judge(x, subject, payload);

	if (!x->d->prefixes_differ || !bytes_starts(subject, usual))
		return err_pass(r);
	for (int side = OLD; side <= NEW; side++)
		for (size_t i = 0; r == 0 && i < x->d->p[side]->prefixes.n; i++) {
			struct buf b;

			buf_init(&b, SUBJECT_MAX_LEN);
			buf_put(&b, x->d->p[side]->prefixes.item[i]);
			buf_put(&b, bytes_from(subject, usual.len));
			if (!buf_failed(&b))
				r = judge(x, buf_bytes(&b), payload);
			buf_deinit(&b);
		}
	return err_pass(r);
}

/* Every combination of values. */
static int
ask(struct commands *x)
{
	struct diff_value value[PLACES];
	size_t at[PLACES] = { 0 };
	struct buf subject, payload;
	int r = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->values[i].n == 0)
			return 0; /* no lattice to speak of */
	buf_init(&subject, SUBJECT_MAX_LEN);
	buf_init(&payload, TEXT_MAX);
	for (size_t i = 0; r == 0 && i <= x->n;) {
		for (size_t k = 0; k < x->n; k++)
			value[k] = x->values[k].value[at[k]];
		buf_reset(&subject);
		buf_reset(&payload);
		diff_form_put(&subject, x->form->subject, x->letter, x->n, value);
		diff_form_put(&payload, x->form->body, x->letter, x->n, value);
		if (!buf_failed(&subject) && !buf_failed(&payload))
			r = judge_prefixed(x, buf_bytes(&subject), buf_bytes(&payload));
		for (i = 0; i < x->n && ++at[i] == x->values[i].n; i++)
			at[i] = 0;
		if (i == x->n)
			break;
	}
	buf_deinit(&subject);
	buf_deinit(&payload);
	return err_pass(r);
}

static int
ask_form(struct commands *x)
{
	int r = 0;

	x->n = diff_form_places(x->form, x->letter, x->needed);
	for (size_t i = 0; r == 0 && i < x->n; i++)
		r = fill_place(x, i);
	if (r == 0)
		open_fields(x);
	if (r == 0)
		r = ask(x);
	for (size_t i = 0; i < x->n; i++) {
		free(x->values[i].value);
		x->values[i] = (struct values){ 0 };
	}
	return err_pass(r);
}

int
diff_commands(struct diff *d, struct diff_person *who)
{
	struct commands x = { .d = d, .who = who, .arena = { .cap = BODY_ARENA } };
	int r = 0;

	find_changed(&x, OLD);
	find_changed(&x, NEW);
	x.denied |= d->prefixes_differ || d->lattices_differ; /* then all of them matter */
	if (x.changed == 0 && !x.denied)
		return 0;
	x.arena.mem = malloc(x.arena.cap);
	if (x.arena.mem == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; r == 0 && (x.form = diff_form_nth(i)) != NULL; i++)
		if (x.denied || (x.form->may_be & x.changed) != 0)
			r = ask_form(&x);
	free(x.arena.mem);
	return err_pass(r);
}
