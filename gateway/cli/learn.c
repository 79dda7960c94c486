/*
 * learn - see learn.h: from records to facts.
 *
 * Every text comes from whoever sent the command, and the policy that comes of it is put in force
 * by somebody who reads it quickly. So a command is learned whole or not at all: when one of its
 * values holds a '*' (which would say more than was seen) or cannot be written down as itself, the
 * command is counted as refused and no part of it is granted.
 */
#include "gateway/cli/learn_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/commands/prefix.h"
#include "policy/rules/subject.h"

/* ---- who ---- */

static bool
is_key(struct bytes s, char type)
{
	if (s.len != NKEY_TEXT_LEN || s.ptr[0] != (uint8_t)type)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') && !(s.ptr[i] >= '2' && s.ptr[i] <= '7'))
			return false;
	return true;
}

static bool
is_name(struct bytes s)
{
	if (s.len == 0 || s.len > LEARN_NAME - 8)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') &&
		    !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '-' && s.ptr[i] != '_' &&
		    s.ptr[i] != '.')
			return false;
	return true;
}

/* role_tag() - the one "role:NAME" it carries that can be called by its name; or BYTES_NULL. */
static struct bytes
role_tag(const struct record *r)
{
	struct bytes found = BYTES_NULL;

	for (size_t i = 0; i < r->tags.n; i++) {
		struct bytes tag = r->tags.item[i];

		if (!bytes_starts(tag, BYTES_LIT("role:")))
			continue;
		if (found.ptr != NULL || !is_name(bytes_from(tag, 5)))
			return BYTES_NULL;
		found = tag;
	}
	return recall_cut(r, "tags") ? BYTES_NULL : found;
}

static bool
is_role(const struct learn_role *role, const struct record *r, struct bytes tag)
{
	if (!bytes_is(r->account, role->account))
		return false;
	return tag.ptr != NULL ? role->tag != NULL && bytes_is(tag, role->tag)
			       : role->tag == NULL && bytes_is(r->user, role->user);
}

/* show() - printable ASCII, for a comment. */
static void
show(char *to, size_t cap, struct bytes s)
{
	size_t n = s.len < cap - 1 ? s.len : cap - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f ? (char)s.ptr[i] : '.';
	to[n] = '\0';
}

/* role_of() - Return: 0, LEARN_SKIPS (nobody), -ENOMEM. */
static int
role_of(struct learn *l, const struct record *r, size_t *at)
{
	struct bytes tag = role_tag(r);
	struct learn_role *role;

	if (!is_key(r->account, 'A') || !is_key(r->user, 'U'))
		return LEARN_SKIPS;
	for (*at = 0; *at < l->n_roles; (*at)++)
		if (is_role(&l->role[*at], r, tag))
			return 0;
	if (l->n_roles == LEARN_ROLES)
		return LEARN_SKIPS;
	role = &l->role[l->n_roles];
	*role = (struct learn_role){ 0 };
	memcpy(role->account, r->account.ptr, r->account.len);
	memcpy(role->user, r->user.ptr, r->user.len);
	show(role->shown, sizeof(role->shown), r->name);
	if (tag.ptr != NULL) {
		role->tag = strndup((const char *)tag.ptr, tag.len);
		if (role->tag == NULL)
			return err_raise(-ENOMEM);
	}
	l->n_roles++;
	return 0;
}

/* ---- facts ---- */

static struct learn_fact *
fact_of(struct learn *l, size_t role, struct bytes lattice, enum verb verb)
{
	struct learn_fact *f;

	for (size_t i = 0; i < l->n_facts; i++) {
		f = l->fact[i];
		if (f->role == role && f->verb == verb && bytes_is(lattice, f->lattice))
			return f;
	}
	if (l->n_facts == LEARN_FACTS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->lattice = strndup((const char *)lattice.ptr, lattice.len);
	if (f->lattice == NULL) {
		free(f);
		return NULL;
	}
	f->role = role;
	f->verb = verb;
	l->fact[l->n_facts++] = f;
	return f;
}

static void
example_deinit(struct learn_example *e)
{
	free(e->subject);
	free(e->body);
	*e = (struct learn_example){ 0 };
}

/* keep_example() - as long as there is room; a test less is no harm. */
static void
keep_example(struct learn *l, struct learn_example *e, const struct record *r)
{
	size_t need = r->subject.len + r->body.len;

	if (need > l->budget)
		return;
	l->budget -= need;
	example_deinit(e);
	e->seq = r->seq;
	e->subject = strndup((const char *)r->subject.ptr, r->subject.len);
	e->len = r->body.len;
	if (r->body.len != 0) {
		e->body = malloc(r->body.len);
		if (e->body != NULL)
			memcpy(e->body, r->body.ptr, r->body.len);
	}
	if (e->subject == NULL || (r->body.len != 0 && e->body == NULL))
		example_deinit(e);
}

static void
count_fact(struct learn *l, struct learn_fact *f, const struct record *r)
{
	if (f->n < LEARN_SEQS)
		f->seq[f->n] = r->seq;
	if (f->n++ == 0) {
		f->first_seq = r->seq;
		f->first_ns = r->time_ns;
	}
	f->last_seq = r->seq;
	f->last_ns = r->time_ns;
	if (l->learned++ == 0) {
		l->first_seq = r->seq;
		l->first_ns = r->time_ns;
	}
	l->last_seq = r->seq;
	l->last_ns = r->time_ns;
	l->role[f->role].n++;
	l->role[f->role].used = true;
	l->replies += r->reply.len != 0 && !bytes_starts(r->reply, BYTES_LIT("_INBOX."));
}

/* admissible() - can all that was seen be said? Values that are known already can. */
static bool
admissible(struct learn *l, struct learn_fact *f, const struct looking *g, const struct record *r)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct seen *s = &g->seen[i];
		const struct learn_values *v = &f->field[s->field];
		bool known = s->absent || learn_is_number(s->field) ||
			     learn_values_covers(v, learn_seen_text(g, s));

		if (known || learn_sayable(l, f->verb, s->field, learn_seen_text(g, s)))
			continue;
		if (f->refused++ == 0) {
			f->refused_seq = r->seq;
			f->refused_field = s->field;
		}
		l->refused++;
		return false;
	}
	return true;
}

static int
take_seen(struct learn *l, struct learn_fact *f, const struct looking *g, const struct record *r)
{
	uint64_t most = f->field[POLICY_FIELD_COUNT_OF].max;
	bool news = f->n == 0;
	int x = 0;

	for (size_t i = 0; i < g->n && x == 0; i++) {
		const struct seen *s = &g->seen[i];
		struct learn_values *v = &f->field[s->field];
		struct learn_kind k;

		if (!learn_field_kind(l, f->verb, s->field, &k))
			continue;
		if (s->absent)
			v->none = true;
		else if (learn_is_number(s->field))
			learn_values_number(v, s->number, r->seq, &news);
		else
			x = learn_values_text(v, &k, learn_seen_text(g, s), r->seq, &news);
	}
	if (x != 0)
		return err_pass(x);
	if (news && f->n_examples < LEARN_EXAMPLES) {
		keep_example(l, &f->example[f->n_examples], r);
		f->n_examples += f->example[f->n_examples].subject != NULL;
	}
	if (f->field[POLICY_FIELD_COUNT_OF].max > most)
		keep_example(l, &f->most, r);
	count_fact(l, f, r);
	return 0;
}

/* ---- records ---- */

/* verb_of() - what has to be granted for it; VERB_NONE: no verb can. */
static enum verb
verb_of(const struct recall *m)
{
	enum verb v = m->state == RECALL_READ ? m->body.effective : m->command.verb;

	return v == VERB_UNKNOWN || v == VERB_HOST_EVENT || (VERBS_NO_COMMAND & VERB_BIT(v)) != 0
		   ? VERB_NONE
		   : v;
}

static int
learn_command(struct learn *l, const struct record *r, struct looking *g)
{
	const struct recall *m = &l->recall;
	struct where_ask ask = { .c = &m->command, .b = &m->body };
	struct where_taker taker = { learn_look, g };
	struct bytes lattice = command_lattice(&m->command);
	enum verb verb = verb_of(m);
	struct learn_fact *f;
	struct learn_kind k;
	size_t role;
	int x = role_of(l, r, &role);

	if (x < 0)
		return err_pass(x);
	if (x != 0 || verb == VERB_NONE || lattice.len == 0) {
		l->skipped[x != 0 ? LEARN_NO_WHO : LEARN_NO_VERB]++;
		return 0;
	}
	g->n = g->used = 0;
	g->full = false;
	for (int i = POLICY_FIELD_NONE + 1; i < POLICY_FIELD_COUNT && m->state == RECALL_READ;
	     i++) {
		g->field = (enum policy_field)i;
		if (learn_field_kind(l, verb, g->field, &k))
			where_each(&ask, g->field, &taker);
	}
	f = g->full ? NULL : fact_of(l, role, lattice, verb);
	if (f == NULL) {
		l->skipped[LEARN_TOO_MANY]++;
		return 0;
	}
	return admissible(l, f, g, r) ? err_pass(take_seen(l, f, g, r)) : 0;
}

int
learn_record(struct learn *l, const struct record *r)
{
	struct recall *m = &l->recall;
	struct looking *g;
	int x;

	if (!bytes_is(r->decision, "allow")) {
		l->denied++;
		return 0;
	}
	l->allowed++;
	if (r->would_deny && !l->observed) {
		l->skipped[LEARN_OBSERVED]++;
		return 0;
	}
	if (recall_cut(r, "subject") || !subject_literal(r->subject) ||
	    recall_command(m, l->prefixes, r, l->arena) != 0) {
		l->skipped[LEARN_NO_VERB]++;
		return 0;
	}
	if (m->state != RECALL_READ &&
	    (m->command.verb == VERB_ACTOR_SCALE || learn_has_fields(l, m->command.verb))) {
		l->skipped[LEARN_NO_BODY]++;
		return 0;
	}
	g = malloc(sizeof(*g));
	if (g == NULL)
		return err_raise(-ENOMEM);
	x = learn_command(l, r, g);
	free(g);
	return err_pass(x);
}

/* ---- the end ---- */

static bool
name_taken(const struct learn *l, size_t upto, const char *name)
{
	for (size_t i = 0; i < upto; i++)
		if (strcmp(l->role[i].name, name) == 0)
			return true;
	return false;
}

/* name_roles() - by the tag, or by the end of the user's key; numbered when that is taken. */
static void
name_roles(struct learn *l)
{
	for (size_t i = 0; i < l->n_roles; i++) {
		struct learn_role *role = &l->role[i];
		char stem[LEARN_NAME - 6];

		if (role->tag != NULL)
			snprintf(stem, sizeof(stem), "%.*s", (int)sizeof(stem) - 1, role->tag + 5);
		else
			snprintf(stem, sizeof(stem), "user-%.12s", role->user + NKEY_TEXT_LEN - 12);
		snprintf(role->name, sizeof(role->name), "%s", stem);
		if (strcmp(stem, "none") == 0)
			snprintf(role->name, sizeof(role->name), "%s-1", stem);
		for (unsigned n = 2; name_taken(l, i, role->name) && n < 10000; n++)
			snprintf(role->name, sizeof(role->name), "%s-%u", stem, n);
	}
}

static int
by_name(const void *a, const void *b, void *ctx)
{
	const struct learn_fact *x = *(struct learn_fact *const *)a,
				*y = *(struct learn_fact *const *)b;
	const struct learn *l = ctx;
	int d = strcmp(l->role[x->role].name, l->role[y->role].name);

	if (d == 0)
		d = strcmp(x->lattice, y->lattice);
	return d != 0 ? d : (x->verb > y->verb) - (x->verb < y->verb);
}

static void
name_facts(struct learn *l)
{
	for (size_t i = 0; i < l->n_facts; i++) {
		struct learn_fact *f = l->fact[i];

		snprintf(f->name, sizeof(f->name), "learned-%zu-%.16s-%.12s-%s", i + 1,
		    l->role[f->role].name, f->lattice, command_verb_name(f->verb));
	}
}

int
learn_end(struct learn *l)
{
	size_t kept = 0;
	struct learn_kind k;
	int x = 0;

	for (size_t i = 0; i < l->n_facts && x == 0; i++)
		for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_COUNT && x == 0; f++)
			if (learn_field_kind(l, l->fact[i]->verb, (enum policy_field)f, &k))
				x = learn_values_end(&l->fact[i]->field[f], &k);
	name_roles(l);
	qsort_r(l->fact, l->n_facts, sizeof(struct learn_fact *), by_name, l);
	/* of what only ever was refused nothing is granted; it goes to the end */
	for (size_t i = 0; i < l->n_facts; i++) {
		struct learn_fact *f = l->fact[i];

		if (f->n == 0)
			continue;
		l->fact[i] = l->fact[kept];
		l->fact[kept++] = f;
	}
	qsort_r(l->fact, kept, sizeof(struct learn_fact *), by_name, l);
	name_facts(l);
	return err_pass(x);
}

int
learn_init(struct learn *l)
{
	l->min = 3;
	l->budget = LEARN_BUDGET;
	buf_init(&l->scratch, 16 << 10);
	l->role = calloc(LEARN_ROLES, sizeof(*l->role));
	l->fact = calloc(LEARN_FACTS, sizeof(struct learn_fact *));
	l->arena = malloc(BODY_ARENA);
	l->prefixes = calloc(1, sizeof(*l->prefixes));
	if (l->role == NULL || l->fact == NULL || l->arena == NULL || l->prefixes == NULL)
		return err_raise(-ENOMEM);
	return 0;
}

static void
fact_free(struct learn_fact *f)
{
	for (size_t i = 0; i < POLICY_FIELD_COUNT; i++)
		learn_values_deinit(&f->field[i]);
	for (size_t i = 0; i < LEARN_EXAMPLES; i++)
		example_deinit(&f->example[i]);
	example_deinit(&f->most);
	free(f->lattice);
	free(f);
}

void
learn_deinit(struct learn *l)
{
	for (size_t i = 0; i < l->n_facts; i++)
		fact_free(l->fact[i]);
	for (size_t i = 0; i < l->n_roles; i++)
		free(l->role[i].tag);
	free(l->role);
	free(l->fact);
	free(l->arena);
	free(l->prefixes);
	buf_deinit(&l->scratch);
}

const char *
learn_skip_text(enum learn_skip why)
{
	static const char *const texts[LEARN_SKIPS] = {
		[LEARN_OBSERVED] =
		    "allowed only because a rule observes (--observed learns them too)",
		[LEARN_NO_BODY] = "body not recorded whole, or unreadable without its secrets",
		[LEARN_NO_VERB] = "granted by no verb, or under a control prefix",
		[LEARN_NO_WHO] = "nobody a role could name",
		[LEARN_TOO_MANY] = "too many of them, or too much in one",
	};

	return why < LEARN_SKIPS ? texts[why] : "";
}
