/*
 * profile - see profile.h. A strict reader of lines: what it does not know by its letter is an error,
 * since a grant that is read as something else is a hole, and one that is not read at all is a
 * process that dies of its first use. All errors of a file are reported at once.
 */
#include "seccomp/profile.h"

#include <stdarg.h>
#include <stdio.h>

#include "seccomp/names.h"

enum { REPORT_MAX = 20 };

/* A line being read: ->at is where. */
struct reader {
	struct profile *p;
	struct text_report *r;
	const char *file;
	struct bytes line; /* without its comment */
	size_t at;
	unsigned number;
	bool bad, failed;
};

void
profile_init(struct profile *p)
{
	memset(p, 0, sizeof(*p));
}

void
profile_deinit(struct profile *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->grant[i].test);
	free(p->grant);
	for (size_t i = 0; i < p->n_files; i++)
		free(p->file[i]);
	profile_init(p);
}

void
profile_error(struct text_report *r, const char *file, unsigned line, unsigned col, const char *fmt, ...)
{
	char what[256], text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (++r->errors > REPORT_MAX)
		return;
	snprintf(text, sizeof(text), "%.200s:%u:%u: error: %s\n", file, line, col, what);
	buf_put_str(&r->out, text);
}

/* bad() - an error where the reader stands. Return: false, for whom it is handy. */
static bool bad(struct reader *rd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool
bad(struct reader *rd, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	rd->bad = true;
	profile_error(rd->r, rd->file, rd->number, (unsigned)rd->at + 1, "%s", what);
	return false;
}

/* ---- words ---- */

static bool
is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void
blanks(struct reader *rd)
{
	while (rd->at < rd->line.len && (rd->line.ptr[rd->at] == ' ' || rd->line.ptr[rd->at] == '\t'))
		rd->at++;
}

/* ended() - nothing but blanks is left. */
static bool
ended(struct reader *rd)
{
	blanks(rd);
	return rd->at == rd->line.len;
}

/* word() - the next one; empty when something else comes. */
static struct bytes
word(struct reader *rd)
{
	size_t from;

	blanks(rd);
	from = rd->at;
	while (rd->at < rd->line.len && is_word(rd->line.ptr[rd->at]))
		rd->at++;
	return bytes_of(rd->line.ptr + from, rd->at - from);
}

/* mark() - is the next thing @text? Then it is taken. */
static bool
mark(struct reader *rd, const char *text)
{
	blanks(rd);
	if (!bytes_starts(bytes_from(rd->line, rd->at), bytes_str(text)))
		return false;
	rd->at += strlen(text);
	return true;
}

/* ---- values ---- */

/* digit() - its value in @base; -1: none. */
static int
digit(uint8_t c, unsigned base)
{
	int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

	return d >= 0 && (unsigned)d < base ? d : -1;
}

static bool
number(struct bytes s, uint64_t *out)
{
	unsigned base = bytes_starts(s, BYTES_LIT("0x")) ? 16 : 10;
	uint64_t v = 0;

	s = bytes_from(s, base == 16 ? 2 : 0);
	if (s.len == 0 || (base == 10 && s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int d = digit(s.ptr[i], base);

		if (d < 0 || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	*out = v;
	return true;
}

/* value() - term { "|" term }. */
static bool
value(struct reader *rd, uint64_t *out)
{
	*out = 0;
	do {
		struct bytes w = word(rd);
		uint64_t v;

		if (w.len == 0)
			return bad(rd, "expected a number or the name of a constant");
		if (!(w.ptr[0] >= '0' && w.ptr[0] <= '9' ? number(w, &v) : names_value(w, &v))) {
			rd->at -= w.len;
			return bad(rd, "%.*s is no number and no constant known here", TEXT_ARG(w));
		}
		*out |= v;
	} while (mark(rd, "|"));
	return true;
}

static bool
set(struct reader *rd, struct profile_test *t)
{
	t->op = PROFILE_IN;
	if (!mark(rd, "{"))
		return bad(rd, "expected `{` after `in`");
	do {
		if (t->n == PROFILE_MAX_VALUES)
			return bad(rd, "more than %d values", PROFILE_MAX_VALUES);
		if (!value(rd, &t->value[t->n]))
			return false;
		for (size_t i = 0; i < t->n; i++) {
			if (t->value[i] == t->value[t->n])
				return bad(rd, "this value stands in the set already");
		}
		t->n++;
	} while (mark(rd, ","));
	return mark(rd, "}") || bad(rd, "expected `,` or `}`");
}

static bool
masked(struct reader *rd, struct profile_test *t)
{
	t->op = PROFILE_MASKED;
	t->n = 1;
	if (!value(rd, &t->mask))
		return false;
	if (!mark(rd, "=="))
		return bad(rd, "expected `==` after the mask");
	if (!value(rd, &t->value[0]))
		return false;
	if (t->mask == 0 || (t->value[0] & ~t->mask) != 0)
		return bad(rd, "this test can never decide anything: its value is not within its mask");
	return true;
}

/* ---- tests and lines ---- */

static bool
test(struct reader *rd, struct profile_test *t)
{
	/* the longer ones first */
	static const struct {
		const char *text;
		enum profile_op op;
	} ops[] = { { "==", PROFILE_EQ }, { "!=", PROFILE_NE }, { "<=", PROFILE_LE }, { ">=", PROFILE_GE },
		{ "<", PROFILE_LT }, { ">", PROFILE_GT } };
	struct bytes arg = word(rd);

	memset(t, 0, sizeof(*t));
	if (arg.len != 1 || arg.ptr[0] < '0' || arg.ptr[0] >= '0' + PROFILE_ARGS) {
		rd->at -= arg.len;
		return bad(rd, "expected the number of an argument, 0 to %d", PROFILE_ARGS - 1);
	}
	t->arg = (uint8_t)(arg.ptr[0] - '0');
	if (mark(rd, "&"))
		return masked(rd, t);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (mark(rd, ops[i].text)) {
			t->op = ops[i].op;
			t->n = 1;
			return value(rd, &t->value[0]);
		}
	}
	if (bytes_is(word(rd), "in"))
		return set(rd, t);
	return bad(rd, "expected one of == != < <= > >= & in");
}

static bool
tests(struct reader *rd, struct profile_grant *g, struct profile_test *t)
{
	bool in = false;

	do {
		if (!test(rd, &t[g->n]))
			return false;
		for (size_t i = 0; i < g->n; i++) {
			if (t[i].arg == t[g->n].arg)
				return bad(rd, "argument %d is tested twice", t[i].arg);
		}
		if (t[g->n].op == PROFILE_IN && in)
			return bad(rd, "two sets in one line: write a line for each of one's values");
		in = in || t[g->n].op == PROFILE_IN;
		g->n++;
	} while (mark(rd, ",")); /* no more than arguments, since none is tested twice */
	return ended(rd) || bad(rd, "expected `,` or the end of the line");
}

static bool
same_test(const struct profile_test *a, const struct profile_test *b)
{
	return a->arg == b->arg && a->op == b->op && a->mask == b->mask && a->n == b->n &&
	       memcmp(a->value, b->value, a->n * sizeof(a->value[0])) == 0;
}

static bool
same(const struct profile_grant *a, const struct profile_grant *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!same_test(&a->test[i], &b->test[i]))
			return false;
	}
	return true;
}

/* fresh() - does @g say something that was not said, and does not contradict it? */
static bool
fresh(struct reader *rd, const struct profile_grant *g)
{
	for (size_t i = 0; i < rd->p->n; i++) {
		const struct profile_grant *o = &rd->p->grant[i];

		if (strcmp(o->name, g->name) != 0)
			continue;
		rd->at = g->col - 1;
		if (same(o, g))
			return bad(rd, "%s again: it stands in %.100s:%u", g->name, o->file, o->line);
		if (o->n == 0 || g->n == 0)
			return bad(rd, "%s with a test beside %s without one (%.100s:%u)", g->name, g->name,
			    o->file, o->line);
		if (o->error != g->error)
			return bad(rd, "%s is granted here and refused there (%.100s:%u)", g->name, o->file,
			    o->line);
	}
	return true;
}

static void
keep(struct reader *rd, struct profile_grant *g, const struct profile_test *t)
{
	struct profile *p = rd->p;
	struct profile_grant *more;

	if (p->n == PROFILE_MAX_GRANTS) {
		bad(rd, "more than %d grants", PROFILE_MAX_GRANTS);
		return;
	}
	more = realloc(p->grant, (p->n + 1) * sizeof(*more));
	g->test = calloc(g->n > 0 ? g->n : 1, sizeof(*t));
	if (more != NULL)
		p->grant = more;
	if (more == NULL || g->test == NULL) {
		free(g->test);
		rd->failed = true;
		return;
	}
	if (g->n > 0)
		memcpy(g->test, t, g->n * sizeof(*t));
	if (!fresh(rd, g)) {
		free(g->test);
		return;
	}
	p->grant[p->n++] = *g;
}

/* take_name() - a word of at most 31 bytes. */
static bool
take_name(struct reader *rd, char out[PROFILE_MAX_NAME], const char *what)
{
	struct bytes w = word(rd);

	if (w.len == 0 || w.len >= PROFILE_MAX_NAME) {
		rd->at -= w.len;
		return bad(rd, "expected %s", what);
	}
	memcpy(out, w.ptr, w.len);
	out[w.len] = '\0';
	return true;
}

static void
use(struct reader *rd)
{
	struct profile *p = rd->p;
	char name[PROFILE_MAX_NAME];

	if (!take_name(rd, name, "the name of a profile"))
		return;
	if (!ended(rd)) {
		bad(rd, "expected the end of the line");
		return;
	}
	for (size_t i = 0; i < p->n_uses; i++) {
		if (strcmp(p->use[i], name) == 0) {
			bad(rd, "%s is taken in already", name);
			return;
		}
	}
	if (p->n_uses == PROFILE_MAX_USES)
		bad(rd, "more than %d profiles taken in", PROFILE_MAX_USES);
	else
		memcpy(p->use[p->n_uses++], name, sizeof(name));
}

/* a_line() - ->line is what stands before the comment; @why: there is a reason after it. */
static void
a_line(struct reader *rd, bool why)
{
	struct profile_test t[PROFILE_ARGS + 1];
	struct profile_grant g = { .line = rd->number, .file = rd->file };

	if (ended(rd))
		return;
	g.col = (unsigned)rd->at + 1;
	if (!take_name(rd, g.name, "the name of a system call, `use` or `refuse`"))
		return;
	if (!why) {
		bad(rd, "a line that grants something says why, after a #");
		return;
	}
	if (strcmp(g.name, "use") == 0) {
		use(rd);
		return;
	}
	if (strcmp(g.name, "refuse") == 0) {
		struct bytes e = word(rd);

		g.error = names_error(e);
		if (g.error == 0) {
			rd->at -= e.len;
			bad(rd, "expected an error to refuse with, such as EPERM or ENOSYS");
			return;
		}
		if (!take_name(rd, g.name, "the name of a system call"))
			return;
	}
	if (ended(rd) || tests(rd, &g, t))
		keep(rd, &g, t);
}

/* plain() - are all bytes printable ASCII or tabs? Then nothing looks like what it is not. */
static bool
plain(struct reader *rd, struct bytes line)
{
	for (size_t i = 0; i < line.len; i++) {
		if ((line.ptr[i] < 0x20 && line.ptr[i] != '\t') || line.ptr[i] >= 0x7f) {
			rd->at = i;
			return bad(rd, "byte 0x%02x may not stand here", line.ptr[i]);
		}
	}
	return true;
}

/* reason() - does a comment hold a word? */
static bool
reason(struct bytes comment)
{
	for (size_t i = 0; i < comment.len; i++) {
		if (is_word(comment.ptr[i]))
			return true;
	}
	return false;
}

int
profile_parse(struct profile *p, const char *file, struct bytes text, struct text_report *r)
{
	struct reader rd = { .p = p, .r = r };

	if (text.len > PROFILE_MAX_FILE || p->n_files == sizeof(p->file) / sizeof(p->file[0])) {
		profile_error(r, file, 1, 1, "too large, or one profile too many");
		return PROFILE_BAD;
	}
	p->file[p->n_files] = strdup(file);
	if (p->file[p->n_files] == NULL)
		return err_raise(-ENOMEM);
	rd.file = p->file[p->n_files++];
	while (text.len > 0 && !rd.failed) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));
		size_t hash = bytes_find(line, '#');

		text = bytes_from(text, line.len + 1);
		rd.number++;
		rd.at = 0;
		rd.line = bytes_upto(line, hash);
		if (plain(&rd, line))
			a_line(&rd, reason(bytes_from(line, hash)));
	}
	if (rd.failed)
		return err_raise(-ENOMEM);
	return rd.bad ? PROFILE_BAD : 0;
}
