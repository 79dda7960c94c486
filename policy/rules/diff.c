/*
 * diff - see diff.h: memory, the budget, and what was found, put together by what it is.
 *
 * Two cases are one difference when the same rules decide in both policies for the same reasons.
 * Roles only ask for things to be there, so what differs for somebody differs for everybody who has
 * these roles and nothing that speaks against it: the smallest identity stands for them, and a
 * larger one with the same difference is not listed again.
 */
#include "policy/rules/diff.h"

#include <stdio.h>
#include <time.h>

#include "policy/rules/diff_found.h"

enum { CHUNK = 64 * 1024, MEMORY_MAX = 256 << 20 };

/* Memory in one list; goes with the result. */
struct chunk {
	struct chunk *next;
	size_t used, cap, total;
	_Alignas(16) uint8_t mem[];
};

void *
diff_take(struct diff *d, size_t n)
{
	struct chunk *c = d->out->memory;
	size_t total = c != NULL ? c->total : 0;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || n > c->cap - c->used) {
		size_t cap = n > CHUNK ? n : CHUNK;
		struct chunk *more = total < MEMORY_MAX ? calloc(1, sizeof(*more) + cap) : NULL;

		if (more == NULL) {
			d->no_memory = true;
			return NULL;
		}
		*more = (struct chunk){ .next = c, .cap = cap, .total = total + cap };
		d->out->memory = c = more;
	}
	p = c->mem + c->used;
	c->used += n;
	return p;
}

struct bytes
diff_keep(struct diff *d, struct bytes s)
{
	uint8_t *copy = diff_take(d, s.len + 1);

	if (copy == NULL)
		return BYTES_LIT("");
	if (s.len != 0)
		memcpy(copy, s.ptr, s.len);
	return bytes_of(copy, s.len);
}

const char *
diff_keep_buf(struct diff *d, struct buf *b)
{
	const char *s = "";

	if (buf_failed(b))
		d->no_memory = true;
	else if (b->len != 0)
		s = (const char *)diff_keep(d, buf_bytes(b)).ptr;
	buf_deinit(b);
	return s;
}

bool
diff_pay(struct diff *d, uint64_t steps)
{
	if (d->left.steps < steps) {
		d->left.steps = 0;
		return false;
	}
	d->left.steps -= steps;
	return true;
}

void
diff_open(struct diff *d, const char *what, const char *of)
{
	const char **more;
	struct buf b;
	const char *text;

	buf_init(&b, 1024);
	buf_put_str(&b, what);
	buf_put_str(&b, of[0] != '\0' ? ": " : "");
	buf_put_str(&b, of);
	text = diff_keep_buf(d, &b);
	for (size_t i = 0; i < d->out->n_open; i++)
		if (strcmp(d->out->open[i], text) == 0)
			return;
	more = reallocarray(d->out->open, d->out->n_open + 1, sizeof(*more));
	if (more == NULL) {
		d->no_memory = true;
		return;
	}
	d->out->open = more;
	more[d->out->n_open++] = text;
}

/* One copy of each. */
static const char *
intern(struct diff *d, const char *text)
{
	for (size_t i = 0; i < d->rates.n; i++)
		if (bytes_is(d->rates.text[i], text))
			return (const char *)d->rates.text[i].ptr;
	if (diff_texts_add(&d->rates, diff_keep(d, bytes_str(text))) != 0) {
		d->no_memory = true;
		return "";
	}
	return (const char *)d->rates.text[d->rates.n - 1].ptr;
}

/* also_of() - the rate and the sample of what allows it, as they are written; NULL: neither. */
static const char *
also_of(struct diff *d, int side, struct decision dec)
{
	uint32_t rule = dec.rated != 0 ? dec.rated - 1 : dec.rule;
	bool allows = dec.rated != 0 || (dec.verdict == VERDICT_ALLOW && dec.reason == REASON_RULE);
	uint32_t sample = allows && !dec.would_deny ? policy_rule_sample(d->p[side], rule) : 1;
	char rate[POLICY_RATE_TEXT], both[POLICY_RATE_TEXT + 48];

	policy_rule_rate(d->p[side], dec.rated != 0 ? rule : RULE_NONE, rate);
	if (sample == 1)
		return rate[0] != '\0' ? intern(d, rate) : NULL;
	snprintf(both, sizeof(both), "%s%son record 1 in %u", rate, rate[0] != '\0' ? ", " : "",
	    sample);
	return intern(d, both);
}

struct diff_said
diff_said_of(struct diff *d, int side, struct decision dec)
{
	return (struct diff_said){
		.verdict = dec.verdict,
		.reason = dec.reason,
		.rule = dec.rule,
		.field = dec.field,
		.would_deny = dec.would_deny,
		.also = also_of(d, side, dec),
	};
}

/* ---- what was found ---- */

/* Where no rule denies, it is one and the same whether none names it or a condition fails. */
static bool
said_same(const struct diff_said *a, const struct diff_said *b)
{
	if (a->verdict == VERDICT_DENY && b->verdict == VERDICT_DENY && a->reason != REASON_RULE &&
	    b->reason != REASON_RULE)
		return true;
	return a->verdict == b->verdict && a->reason == b->reason && a->rule == b->rule &&
	       a->field == b->field && a->would_deny == b->would_deny &&
	       strcmp(a->also != NULL ? a->also : "", b->also != NULL ? b->also : "") == 0;
}

/* Has @who everything that @f is about? */
static bool
is_within(const struct diff_found *f, const struct diff_person *who)
{
	if (f->own.len != 0 && who->own.len == 0)
		return false;
	for (size_t i = 0; i < f->n_from; i++) {
		bool there = false;

		for (size_t k = 0; k < who->n_from && !there; k++)
			there = f->from[i] == who->from[k];
		if (!there)
			return false;
	}
	return true;
}

static struct diff_found *
find(struct diff *d, const struct diff_case *c, enum diff_kind kind)
{
	for (size_t i = 0; i < d->n_found; i++) {
		struct diff_found *f = &d->found[i];

		if (f->kind == kind && f->op == c->op && f->verb == c->verb &&
		    said_same(&f->said[OLD], &c->said[OLD]) &&
		    said_same(&f->said[NEW], &c->said[NEW]) && is_within(f, c->who))
			return f;
	}
	return NULL;
}

static int
new_found(struct diff *d, const struct diff_case *c, enum diff_kind kind, struct diff_found **out)
{
	struct diff_found *f;

	if (d->n_found == d->cap_found) {
		size_t cap = d->cap_found != 0 ? d->cap_found * 2 : 64;

		f = reallocarray(d->found, cap, sizeof(*f));
		if (f == NULL)
			return err_raise(-ENOMEM);
		d->found = f;
		d->cap_found = cap;
	}
	f = &d->found[d->n_found++];
	*f = (struct diff_found){ .kind = kind,
		.op = c->op,
		.verb = c->verb,
		.said = { c->said[OLD], c->said[NEW] },
		.who = c->who->who,
		.expect = { c->who->expect[0], c->who->expect[1] },
		.own = c->who->own,
		.n_from = c->who->n_from,
		.subject = diff_keep(d, c->subject),
		.other = diff_keep(d, c->other),
		.has_payload = c->payload != NULL };
	memcpy(f->from, c->who->from, sizeof(f->from));
	if (c->payload != NULL)
		f->payload = diff_keep(d, *c->payload);
	diff_found_begin(d, f, c->who);
	*out = f;
	return d->no_memory ? err_raise(-ENOMEM) : 0;
}

int
diff_put(struct diff *d, const struct diff_case *c)
{
	const struct diff_said *was = &c->said[OLD], *is = &c->said[NEW];
	enum diff_kind kind = DIFF_OTHER;
	struct diff_found *f;
	int r = 0;

	if (was->verdict != is->verdict)
		kind = is->verdict == VERDICT_ALLOW ? DIFF_MORE : DIFF_LESS;
	else if (was->would_deny == is->would_deny &&
		 strcmp(was->also != NULL ? was->also : "", is->also != NULL ? is->also : "") == 0)
		return 0;
	f = find(d, c, kind);
	if (f == NULL && d->n_found >= d->left.lines) {
		diff_open(d, "more differences than are listed", "");
		return DIFF_OPEN;
	}
	if (f == NULL)
		r = new_found(d, c, kind, &f);
	if (r == 0)
		diff_found_more(d, f, c);
	return err_pass(r);
}

/* ---- all of it ---- */

/* One of each class of lattices and hosts, for everybody. */
static int
add_tokens(struct diff_texts *t, struct bytes pattern)
{
	int r = 0;

	while (r == 0 && pattern.len != 0) {
		size_t dot = bytes_find(pattern, '.');
		struct bytes token = bytes_upto(pattern, dot);

		pattern = bytes_from(pattern, dot + 1);
		if (bytes_find(token, '*') == token.len && !bytes_is(token, ">"))
			r = diff_texts_add(t, token);
	}
	return err_pass(r);
}

/* What patterns of denies name may be a lattice, a host or a name of a command they are about. */
static int
add_denied(struct diff *d, struct diff_texts *tokens)
{
	int r = 0;

	for (int side = OLD; side <= NEW; side++) {
		const struct policy *p = d->p[side];

		for (size_t i = 0; r == 0 && i < p->n_rules; i++) {
			const struct pol_list lists[] = { p->rules[i].publish,
				p->rules[i].subscribe };

			for (size_t l = 0; (p->rules[i].flags & POL_DENY) != 0 && l < 2; l++)
				for (uint32_t k = 0; r == 0 && k < lists[l].n; k++) {
					struct bytes pattern =
					    pol_bytes(p, p->items[lists[l].first + k].text);

					if (command_overlaps_under(&p->prefixes, pattern))
						r = add_tokens(tokens, pattern);
				}
		}
	}
	return err_pass(r);
}

static int
add_conds(struct diff *d, enum policy_field field, struct diff_texts *globs)
{
	int r = 0;

	for (int side = OLD; side <= NEW; side++) {
		const struct policy *p = d->p[side];

		for (size_t i = 0; i < p->n_conds; i++)
			for (uint32_t k = 0; p->conds[i].field == (uint32_t)field && r == 0 &&
					     k < p->conds[i].values.n;
			     k++)
				r = diff_texts_add(globs,
				    pol_bytes(p, p->items[p->conds[i].values.first + k].text));
		for (size_t i = 0; field == POLICY_FIELD_LATTICE && i < p->n_files; i++)
			for (uint32_t k = 0; r == 0 && k < p->files[i].lattices.n; k++)
				r = diff_texts_add(globs,
				    pol_bytes(p, p->items[p->files[i].lattices.first + k].text));
	}
	return err_pass(r);
}

static int
survey(struct diff *d)
{
	static const char letters[] =
	    "xyzwvutsrqponmlkjihgfedcba0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct diff_texts lattices = { 0 }, hosts = { 0 }, tokens = { 0 }, found = { 0 };
	int r = add_denied(d, &tokens);

	if (r == 0)
		r = add_conds(d, POLICY_FIELD_LATTICE, &lattices);
	if (r == 0)
		r = add_conds(d, POLICY_FIELD_HOST, &hosts);
	for (size_t i = 0; r == 0 && i < tokens.n; i++) {
		r = diff_texts_add(&lattices, tokens.text[i]);
		if (r == 0)
			r = diff_texts_add(&d->hosts, tokens.text[i]);
	}
	if (r == 0)
		r = diff_globs(d, &lattices, letters, &found);
	for (size_t i = 0; r == 0 && i < found.n; i++)
		if (command_lattice_ok(found.text[i]))
			r = diff_texts_add(&d->lattices, found.text[i]);
	if (r == 0)
		r = diff_globs(d, &hosts, letters, &d->hosts);
	if (r == 0)
		r = diff_labelled_hosts(d);
	diff_texts_deinit(&lattices);
	diff_texts_deinit(&hosts);
	diff_texts_deinit(&tokens);
	diff_texts_deinit(&found);
	return err_pass(r);
}

/* A budget that ran out in one question is said, and the others are asked. */
static int
ask(struct diff *d, const struct diff_person *who, int r, const char *what)
{
	char text[128];

	if (r != DIFF_OPEN)
		return err_pass(r);
	if (d->left.steps == 0) {
		snprintf(text, sizeof(text), "%s (the budget is used up)", what);
		diff_open(d, text, who->who);
	}
	return 0;
}

static int
on_person(struct diff *d, struct diff_person *who)
{
	int r = ask(d, who, diff_data(d, who), "publish, subscribe, reply");

	if (r == 0)
		r = ask(d, who, diff_headers(d, who), "headers");
	if (r == 0)
		r = ask(d, who, diff_commands(d, who), "commands");
	return err_pass(r);
}

/* at_moments() - everybody, at each moment that matters to a rule. */
static int
at_moments(struct diff *d)
{
	int64_t *moment = NULL;
	size_t n = 0;
	int r = diff_moments(d->p, &moment, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		time_t t = (time_t)moment[i];
		struct tm tm;

		for (int side = OLD; side <= NEW && r >= 0; side++)
			r = policy_time(d->p[side], moment[i]);
		gmtime_r(&t, &tm);
		strftime(d->moment, sizeof(d->moment), "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (r >= 0)
			r = diff_people(d, on_person);
	}
	if (r == 0 && n == 0)
		r = diff_people(d, on_person);
	for (int side = OLD; n > 0 && side <= NEW; side++)
		if (policy_no_time(d->p[side]) < 0)
			r = -ENOMEM;
	free(moment);
	return err_pass(r);
}

int
policy_diff(struct diff_result *out, const struct policy *old, const struct policy *new,
    struct diff_budget budget)
{
	struct diff d = { .p = { old, new }, .left = budget, .out = out };
	int r;

	*out = (struct diff_result){ 0 };
	diff_compare_files(&d);
	r = survey(&d);
	if (r == 0)
		r = at_moments(&d);
	if (r == DIFF_OPEN) {
		diff_open(&d, "further identities (the budget is used up)", "");
		r = 0;
	}
	if (r == 0)
		r = diff_finish(&d);
	if (r == 0)
		r = diff_say_files(&d);
	diff_texts_deinit(&d.lattices);
	diff_texts_deinit(&d.hosts);
	diff_texts_deinit(&d.rates);
	diff_images_free(d.images);
	free(d.found);
	if (r == 0 && d.no_memory)
		r = -ENOMEM;
	return r < 0 ? err_raise(r) : 0;
}

void
diff_deinit(struct diff_result *r)
{
	struct chunk *c = r->memory;

	while (c != NULL) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
	free(r->line);
	free((void *)(uintptr_t)r->open);
	*r = (struct diff_result){ 0 };
}
