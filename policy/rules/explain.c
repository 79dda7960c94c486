/*
 * explain - see explain.h.
 *
 * To hear one rule alone, it gets a policy of its own: the same snapshot with every other rule for
 * nobody. An observing rule is asked as if it were enforced, because alone it would not be heard.
 */
#include "policy/rules/explain_priv.h"

/* A copy of a policy whose rules can be silenced. */
struct solo {
	struct policy p;
	struct pol_rule *rules;
	struct view *views;
	struct identity id; /* the same one without lists of its own; borrows */
};

static int
solo_init(struct solo *s, const struct policy *p, const struct identity *id)
{
	*s = (struct solo){ .p = *p, .id = *id };
	s->p.clock = NULL; /* what a rule would say if it were in force */
	s->id.perms = (struct permissions){ 0 };
	s->rules = calloc(p->n_rules + 1, sizeof(*s->rules));
	if (s->rules == NULL)
		return err_raise(-ENOMEM);
	if (p->n_rules != 0)
		memcpy(s->rules, p->rules, p->n_rules * sizeof(*s->rules));
	for (size_t i = 0; i < p->n_rules; i++) {
		s->rules[i].flags &= ~(uint32_t)POL_EVERYONE;
		s->rules[i].to = (struct pol_list){ 0 };
	}
	s->p.rules = s->rules;
	s->p.views = &s->views;
	return 0;
}

/* What is asked, and what is known of it: the command, and its payload once it was read. */
struct query {
	const struct explain_question *q;
	bool reply;
	struct command c;
	bool is_command;
	const struct body *body;
};

/* ask() - one step as the gate asks it. */
static struct decision
ask(struct rights *r, const struct query *x)
{
	const struct explain_question *q = x->q;

	if (x->reply)
		return rights_reply(r, q->other);
	if (q->op == EXPLAIN_SUB)
		return rights_subscribe(r, q->subject, q->other);
	if (!x->is_command)
		return rights_publish(r, q->subject);
	return q->payload != NULL ? rights_command_body(r, q->subject, &x->c, x->body)
				  : rights_command(r, q->subject, &x->c);
}

/* ask_alone() - rule @number and no other. Return: 0, -EINVAL, -ENOMEM. */
static int
ask_alone(struct solo *s, const struct policy *p, uint32_t number, const struct query *x,
    struct decision *d)
{
	struct pol_rule silent = s->rules[number];
	struct rights *r = NULL;
	int got;

	s->rules[number].flags = p->rules[number].flags & ~(uint32_t)POL_OBSERVE;
	s->rules[number].to = p->rules[number].to;
	got = rights_new(&r, &s->p, &s->id);
	if (got == 0)
		*d = ask(r, x);
	rights_free(r);
	s->rules[number] = silent;
	return err_pass(got);
}

/* ask_each() - every rule of the identity's roles. */
static int
ask_each(struct explain_step *step, struct solo *s, const struct rights *r, const struct query *x)
{
	step->rule = calloc(r->view->n_all + 1, sizeof(*step->rule));
	if (step->rule == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < r->view->n_all; i++) {
		struct explain_rule *rule = &step->rule[i];
		struct decision d = { 0 };
		int got;

		rule->rule = r->view->all[i];
		got = ask_alone(s, r->p, rule->rule, x, &d);
		if (got != 0)
			return err_pass(got);
		rule->why = d.reason;
		rule->field = d.field;
		if (d.reason == REASON_RULE)
			rule->says = d.verdict == VERDICT_ALLOW ? EXPLAIN_ALLOWS : EXPLAIN_DENIES;
		rule->shut = policy_rule_shut(r->p, rule->rule);
		rule->observes = (r->p->rules[rule->rule].flags & POL_OBSERVE) != 0;
		rule->decides = step->d.reason != REASON_JWT && step->d.rule == rule->rule;
		step->n++;
	}
	return 0;
}

/* unnarrowed() - the same question by the same person without lists of its own. */
static int
unnarrowed(const struct solo *s, const struct rights *r, const struct query *x, struct decision *d)
{
	struct rights *free_one = NULL;
	int got = rights_new(&free_one, r->p, &s->id);

	if (got == 0)
		*d = ask(free_one, x);
	rights_free(free_one);
	return err_pass(got);
}

static int
take_step(struct explanation *e, struct solo *s, struct rights *r, const struct query *x)
{
	struct explain_step *step = &e->step[e->n_steps++];
	int got;

	step->subject = x->reply ? x->q->other : x->q->subject;
	e->d = step->d = ask(r, x);
	got = unnarrowed(s, r, x, &step->unnarrowed);
	return got != 0 ? err_pass(got) : err_pass(ask_each(step, s, r, x));
}

static int
list_roles(struct explanation *e, const struct rights *r)
{
	e->role = calloc(r->p->n_roles + 1, sizeof(*e->role));
	if (e->role == NULL)
		return err_raise(-ENOMEM);
	for (uint32_t i = 0; i < r->p->n_roles; i++)
		if ((r->view->roles[i / 64] >> (i % 64) & 1) != 0)
			e->role[e->n_roles++] = i;
	return 0;
}

/* read_body() - the payload of a command, when there is one. */
static int
read_body(struct explanation *e, const struct rights *r, struct query *x, struct body *body, struct body_arena *arena)
{
	struct body_input in = { .subject = x->q->subject };

	e->is_command = x->is_command =
	    command_classify_under(&r->p->prefixes, x->q->subject, &x->c) == 0;
	e->command = x->c;
	e->verb = x->is_command ? x->c.verb : VERB_NONE;
	if (!x->is_command || x->q->op != EXPLAIN_PUB || x->q->payload == NULL)
		return 0;
	in.payload = *x->q->payload;
	*arena = (struct body_arena){ .mem = malloc(BODY_ARENA), .cap = BODY_ARENA };
	if (arena->mem == NULL)
		return err_raise(-ENOMEM);
	e->refused = body_decode(&x->c, &in, arena, body) != 0;
	if (e->refused) {
		e->fault = body->fault;
	} else {
		x->body = body;
		e->verb = body->effective;
	}
	return 0;
}

static int
explain_all(struct explanation *e, struct solo *s, struct rights *r, const struct identity *id,
    struct query *x)
{
	int got = list_roles(e, r);

	if (got == 0)
		got = take_step(e, s, r, x);
	if (got == 0 && e->d.verdict == VERDICT_ALLOW && x->q->op == EXPLAIN_PUB &&
	    x->q->other.len != 0 && !subject_in_inbox(x->q->other)) {
		x->reply = true;
		got = take_step(e, s, r, x);
	}
	if (got == 0 && e->d.verdict == VERDICT_DENY)
		got = explain_remedy(e, r, id, x->q);
	return err_pass(got);
}

int
explain(struct explanation *out, const struct policy *p, const struct identity *id,
    const struct explain_question *q)
{
	struct query x = { .q = q };
	struct body_arena arena = { 0 };
	struct rights *r = NULL;
	struct body body;
	struct solo s;
	int got;

	*out = (struct explanation){ 0 };
	got = solo_init(&s, p, id);
	if (got == 0)
		got = rights_new(&r, p, id);
	if (got == 0)
		got = read_body(out, r, &x, &body, &arena);
	if (got == 0)
		got = explain_all(out, &s, r, id, &x);
	out->memory = arena.mem;
	rights_free(r);
	free(s.rules);
	return err_pass(got);
}

void
explanation_deinit(struct explanation *e)
{
	for (size_t i = 0; i < e->n_steps; i++)
		free(e->step[i].rule);
	free(e->role);
	free(e->remedy);
	free(e->memory);
	*e = (struct explanation){ 0 };
}

const char *
explain_role_name(const struct policy *p, uint32_t role)
{
	return role < p->n_roles ? p->strings + p->roles[role].name.off : "";
}

const char *
explain_role_file(const struct policy *p, uint32_t role)
{
	return role < p->n_roles ? p->strings + p->files[p->roles[role].file].name.off : "";
}
