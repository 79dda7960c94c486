/*
 * learn_test - see learn_test.h.
 *
 * What lies beyond is made from what was seen: one value is replaced, wherever it stands in subject
 * and body, by one that was not. Whether that still is a command, and whether it is refused for
 * this field and nothing else, says the code that decides for the gate; when it is not, there is no
 * line.
 */
#include "gateway/cli/learn_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules/expect.h"
#include "policy/rules/where.h"

enum { TEXT_MAX = 8 << 20, LINE_ROOM = 8192, TRIES = 16, DIGITS = 24 };

static const char *const unseen[] = { "registry.invalid/never/seen:1", "never-seen", "NNEVERSEEN" };

struct making {
	struct learn_tests *t;
	const struct learn *l;
	const struct policy *p;
	const char *stem;
	struct buf line, subject, body;
	uint8_t *arena;
};

/* ---- one line ---- */

/* put_question() - "PUB role=x subject [@file]". Return: can it be asked in a line? */
static bool
put_question(struct making *m, const struct learn_fact *f, struct bytes subject, bool body)
{
	buf_reset(&m->line);
	for (size_t i = 0; i < subject.len; i++)
		if (subject.ptr[i] <= 0x20 || subject.ptr[i] >= 0x7f)
			return false;
	buf_put_str(&m->line, "PUB role=");
	buf_put_str(&m->line, m->l->role[f->role].name);
	buf_put_u8(&m->line, ' ');
	buf_put(&m->line, subject);
	buf_put_str(&m->line, body ? " @x -> " : " -> ");
	return !buf_failed(&m->line);
}

/* ask() - what the policy says to a line with this payload. Return: 0, EXPECT_BAD, -ENOMEM. */
static int
ask(struct making *m, const char *promise, struct bytes body, struct expect_got *got)
{
	struct expect_reader reader;
	struct expect_case c;
	size_t len = m->line.len;
	int x;

	buf_put_str(&m->line, promise);
	expect_begin(&reader, buf_bytes(&m->line));
	x = expect_next(&reader, &c);
	if (x == 0)
		x = expect_judge(got, m->p, &c, "learned.expect", body);
	m->line.len = len;
	return x < 0 ? x : x == 0 ? 0 : EXPECT_BAD;
}

/* is_json() - or else YAML, by what a body begins with; the ending is for people. */
static bool
is_json(struct bytes s)
{
	while (s.len != 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\n' || s.ptr[0] == '\t'))
		s = bytes_from(s, 1);
	return s.len != 0 && (s.ptr[0] == '{' || s.ptr[0] == '[' || s.ptr[0] == '"');
}

/* payload_of() - its file; the same bytes stand in one. NULL: no memory, or too many. */
static const char *
payload_of(struct making *m, struct bytes body)
{
	struct learn_tests *t = m->t;
	struct learn_payload *more, *p;
	char name[512];

	for (size_t i = 0; i < t->n; i++)
		if (bytes_eq(buf_bytes(&t->payload[i].text), body))
			return t->payload[i].name;
	if (t->n == LEARN_PAYLOADS)
		return NULL;
	more = reallocarray(t->payload, t->n + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	t->payload = more;
	p = &t->payload[t->n];
	snprintf(name, sizeof(name), "%s-%zu.%s", m->stem, t->n + 1,
	    body.len == 0   ? "bin"
	    : is_json(body) ? "json"
			    : "yaml");
	p->name = strdup(name);
	buf_init(&p->text, body.len + 1);
	buf_put(&p->text, body);
	if (p->name == NULL || buf_failed(&p->text)) {
		free(p->name);
		buf_deinit(&p->text);
		return NULL;
	}
	t->n++;
	return p->name;
}

/* keep_line() - the line that was asked, with its payload's file. Return: 0, -ENOMEM. */
static int
keep_line(struct making *m, struct bytes body, bool with_body, const char *promise)
{
	struct buf *out = &m->t->text;
	struct bytes line = buf_bytes(&m->line);

	if (with_body) {
		const char *file = payload_of(m, body);

		if (file == NULL)
			return err_raise(-ENOMEM);
		buf_put(out, bytes_upto(line, line.len - strlen("@x -> ")));
		buf_put_u8(out, '@');
		buf_put_str(out, file);
		buf_put_str(out, " -> ");
	} else {
		buf_put(out, line);
	}
	buf_put_str(out, promise);
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

/* ---- what was seen ---- */

/* ask_seen() - Return: 0 with *held, -ENOMEM. */
static int
ask_seen(struct making *m, const struct learn_fact *f, const struct learn_example *e, bool body,
    const char *promise, struct expect_got *got)
{
	int x;

	*got = (struct expect_got){ .verdict = EXPECT_DENY };
	if (!put_question(m, f, bytes_str(e->subject), body))
		return 0;
	x = ask(m, promise, bytes_of(e->body, e->len), got);
	return x < 0 ? err_pass(x) : 0;
}

/*
 * put_seen() - a line with its payload, also an empty one: without, a condition would count as
 * holding. Only what a header says (a deleted key) has to do with its subject alone.
 */
static int
put_seen(struct making *m, const struct learn_fact *f, const struct learn_example *e)
{
	char promise[4 * LEARN_NAME];
	struct expect_got got;
	bool body = true;
	int x;

	if (!put_question(m, f, bytes_str(e->subject), body))
		return 0; /* a subject that no line can hold */
	snprintf(promise, sizeof(promise), "allow rule=%s  # #%llu\n", f->name,
	    (unsigned long long)e->seq);
	x = ask_seen(m, f, e, body, promise, &got);
	if (x == 0 && !got.held && e->len == 0 && got.d.reason == REASON_BODY) {
		body = false;
		snprintf(promise, sizeof(promise), "allow  # #%llu\n", (unsigned long long)e->seq);
		x = ask_seen(m, f, e, body, promise, &got);
	}
	if (x != 0)
		return err_pass(x);
	if (!got.held) {
		m->t->wrong_seq = e->seq;
		return 0;
	}
	m->t->allowed++;
	return err_pass(keep_line(m, bytes_of(e->body, e->len), body, promise));
}

/* ---- what was not ---- */

static bool
digit_at(struct bytes s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

/*
 * replace() - @what by @with wherever it stands, or with @nth only there, from 0. A number stands
 * only where no digit is beside it. Return: did it stand there?
 */
static bool
replace(struct buf *out, struct bytes in, struct bytes what, const char *with, const size_t *nth)
{
	bool number = digit_at(what, 0), found = false;
	size_t seen = 0;

	buf_reset(out);
	for (size_t i = 0; i < in.len;) {
		bool here = bytes_starts(bytes_from(in, i), what);

		if (here && number)
			here = !digit_at(in, i + what.len) && (i == 0 || !digit_at(in, i - 1));
		if (here && nth != NULL)
			here = seen++ == *nth;
		found |= here;
		if (here)
			buf_put_str(out, with);
		else
			buf_put_u8(out, in.ptr[i]);
		i += here ? what.len : 1;
	}
	return found && !buf_failed(out);
}

/* refused() - is what stands in m->subject and m->body denied for this field alone? */
static int
refused(struct making *m, const struct learn_fact *f, enum policy_field field, bool body, bool *is)
{
	struct expect_got got;
	int x;

	*is = false;
	if (!put_question(m, f, buf_bytes(&m->subject), body))
		return 0;
	x = ask(m, "deny\n", buf_bytes(&m->body), &got);
	if (x < 0)
		return err_pass(x);
	*is = x == 0 && got.verdict == EXPECT_DENY && got.d.reason == REASON_WHERE &&
	      got.d.field == field;
	return 0;
}

static int
keep_refused(struct making *m, enum policy_field field, bool body)
{
	char promise[128];

	snprintf(
	    promise, sizeof(promise), "deny reason=where field=%s\n", policy_field_name(field));
	m->t->denied++;
	return err_pass(keep_line(m, buf_bytes(&m->body), body, promise));
}

/* try_all() - another value in place of @what in subject and body. Return: 0 and *done, -ENOMEM. */
static int
try_all(struct making *m, const struct learn_fact *f, const struct learn_example *e,
    enum policy_field field, struct bytes what, const char *with, bool *done)
{
	bool in_subject = replace(&m->subject, bytes_str(e->subject), what, with, NULL);
	bool in_body = replace(&m->body, bytes_of(e->body, e->len), what, with, NULL);

	if (!in_subject && !in_body)
		return 0;
	return err_pass(refused(m, f, field, true, done));
}

/* try_each() - in place of one @what in the body after the other. */
static int
try_each(struct making *m, const struct learn_fact *f, const struct learn_example *e,
    enum policy_field field, struct bytes what, const char *with, bool *done)
{
	int x = 0;

	buf_reset(&m->subject);
	buf_put_str(&m->subject, e->subject);
	for (size_t i = 0; i < TRIES && x == 0 && !*done; i++) {
		if (!replace(&m->body, bytes_of(e->body, e->len), what, with, &i))
			break;
		x = refused(m, f, field, true, done);
	}
	return err_pass(x);
}

/* try_text() - a value that was never seen, and a line when that is refused. */
static int
try_text(struct making *m, const struct learn_fact *f, const struct learn_example *e,
    enum policy_field field, struct bytes what)
{
	bool done = false;
	int x = 0;

	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]) && x == 0 && !done; i++) {
		x = try_all(m, f, e, field, what, unseen[i], &done);
		if (x == 0 && !done)
			x = try_each(m, f, e, field, what, unseen[i], &done);
	}
	return x == 0 && done ? err_pass(keep_refused(m, field, true)) : err_pass(x);
}

static int
put_one_more(struct making *m, const struct learn_fact *f, const struct learn_example *e)
{
	const struct learn_values *v = &f->field[POLICY_FIELD_COUNT_OF];
	char was[DIGITS], more[DIGITS];
	bool done = false;
	int x;

	if (!v->numbers || v->any)
		return 0;
	snprintf(was, sizeof(was), "%llu", (unsigned long long)v->max);
	snprintf(more, sizeof(more), "%llu", (unsigned long long)v->max + 1);
	x = try_each(m, f, e, POLICY_FIELD_COUNT_OF, bytes_str(was), more, &done);
	return x == 0 && done ? err_pass(keep_refused(m, POLICY_FIELD_COUNT_OF, true))
			      : err_pass(x);
}

/* A value of the field as it is written in the example. */
struct finding {
	struct bytes what;
	bool image;
	uint8_t room[LEARN_TEXT];
};

/* find() - @ctx: the first text; kept, since some are put together on the way. */
static void
find(void *ctx, const struct where_value *v)
{
	struct finding *g = ctx;

	if (g->what.len != 0 || v->absent || v->head.len == 0 || v->head.len > sizeof(g->room))
		return;
	memcpy(g->room, v->head.ptr, v->head.len);
	g->what = bytes_of(g->room, v->head.len);
}

static int
put_unseen(struct making *m, const struct learn_fact *f, const struct learn_example *e,
    enum policy_field field)
{
	struct body_input in = { .subject = bytes_str(e->subject),
		.payload = bytes_of(e->body, e->len) };
	struct body_arena arena = { .mem = m->arena, .cap = BODY_ARENA };
	struct finding g = { .what = BYTES_NULL };
	struct where_taker taker = { find, &g };
	struct command c;
	struct body b;
	struct where_ask ask_of = { .c = &c, .b = &b };

	if (f->field[field].any || f->field[field].numbers || f->field[field].n == 0 ||
	    command_classify(in.subject, &c) != 0 || body_decode(&c, &in, &arena, &b) != 0)
		return 0;
	if (field == POLICY_FIELD_IMAGE)
		g.what = b.parts != NULL ? b.parts->image.raw : BYTES_NULL;
	else
		where_each(&ask_of, field, &taker);
	return g.what.len != 0 ? err_pass(try_text(m, f, e, field, g.what)) : 0;
}

/* ---- all of it ---- */

static int
put_fact(struct making *m, const struct learn_fact *f)
{
	struct buf *out = &m->t->text;
	struct learn_kind k;
	int x = 0;

	buf_put_str(out, "\n# ");
	buf_put_str(out, f->name);
	buf_put_u8(out, '\n');
	for (size_t i = 0; i < f->n_examples && x == 0; i++)
		x = put_seen(m, f, &f->example[i]);
	if (x == 0 && f->most.subject != NULL)
		x = put_one_more(m, f, &f->most);
	for (int i = POLICY_FIELD_NONE + 1; i < POLICY_FIELD_COUNT && x == 0; i++)
		if (learn_field_kind(m->l, f->verb, (enum policy_field)i, &k) && f->n_examples != 0)
			x = put_unseen(m, f, &f->example[0], (enum policy_field)i);
	return err_pass(x);
}

int
learn_tests_make(
    struct learn_tests *t, const struct learn *l, const struct policy *p, const char *stem)
{
	struct making m = { .t = t, .l = l, .p = p, .stem = stem, .arena = malloc(BODY_ARENA) };
	int x = m.arena != NULL ? 0 : -ENOMEM;

	*t = (struct learn_tests){ 0 };
	buf_init(&t->text, TEXT_MAX);
	buf_init(&m.line, LINE_ROOM);
	buf_init(&m.subject, LINE_ROOM);
	buf_init(&m.body, EXPECT_MAX_BODY);
	buf_put_str(&t->text,
	    "# What was seen is allowed, and what lies just beyond it is not.\n"
	    "# Payloads are those recorded, with commitments where secrets stood.\n");
	for (size_t i = 0; i < l->n_facts && x == 0; i++)
		if (l->fact[i]->n != 0)
			x = put_fact(&m, l->fact[i]);
	buf_deinit(&m.line);
	buf_deinit(&m.subject);
	buf_deinit(&m.body);
	free(m.arena);
	return err_pass(x);
}

void
learn_tests_deinit(struct learn_tests *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->payload[i].name);
		buf_deinit(&t->payload[i].text);
	}
	free(t->payload);
	buf_deinit(&t->text);
	*t = (struct learn_tests){ 0 };
}
