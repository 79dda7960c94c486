/*
 * audit_form - see audit_form.h.
 *
 * CSV is RFC 4180, with say_text()'s escapes; a cell that a spreadsheet would take for a formula
 * gets an apostrophe before it. CEF is gateway/proc/cef.h's.
 */
#include "gateway/cli/audit_form.h"

#include "gateway/proc/cef.h"

/* ---- columns ---- */

static void
put_iso(struct buf *b, const struct record *r)
{
	record_put_time(b, r->time_ns);
}

static void
put_seq(struct buf *b, const struct record *r)
{
	buf_put_dec(b, r->seq);
}

static void
put_kind(struct buf *b, const struct record *r)
{
	buf_put_str(b, record_kind_name(r->kind));
}

static void
put_count(struct buf *b, const struct record *r)
{
	if (r->has_count)
		buf_put_dec(b, r->count);
}

static void
put_would(struct buf *b, const struct record *r)
{
	buf_put_str(b, r->would_deny ? "true" : "");
}

static void
put_tags(struct buf *b, const struct record *r)
{
	for (size_t i = 0; i < r->tags.n; i++) {
		if (i > 0)
			buf_put_u8(b, ' ');
		buf_put(b, r->tags.item[i]);
	}
}

static void
put_first_us(struct buf *b, const struct record *r)
{
	if (r->first_us > 0)
		buf_put_dec(b, r->first_us);
}

struct column {
	const char *name;
	size_t at; /* of a text; or */
	void (*put)(struct buf *b, const struct record *r);
	bool outcome; /* of the outcome's record */
};

#define TEXT(name)                                                                                 \
	{                                                                                          \
#name, offsetof(struct record, name), NULL, false                                  \
	}
#define OUT(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct record, name), NULL, true                                   \
	}

static const struct column columns[] = {
	{ "time", 0, put_iso, false },
	{ "seq", 0, put_seq, false },
	{ "kind", 0, put_kind, false },
	TEXT(what),
	TEXT(decision),
	{ "would_deny", 0, put_would, false },
	TEXT(rule),
	TEXT(reason),
	TEXT(field),
	TEXT(why),
	TEXT(verb),
	TEXT(lattice),
	TEXT(host),
	TEXT(object),
	TEXT(target),
	TEXT(application),
	TEXT(image),
	{ "count", 0, put_count, false },
	TEXT(subject),
	TEXT(name),
	TEXT(user),
	TEXT(account),
	{ "tags", 0, put_tags, false },
	TEXT(source),
	TEXT(id),
	TEXT(policy),
	TEXT(detail),
	OUT(outcome),
	OUT(success),
	OUT(error),
	{ "first_us", 0, put_first_us, true },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* put_column() - its value, not escaped for anything. */
static void
put_column(struct buf *b, const struct column *c, const struct record *r)
{
	struct bytes text;

	if (r == NULL)
		return;
	if (c->put != NULL) {
		c->put(b, r);
		return;
	}
	memcpy(&text, (const uint8_t *)r + c->at, sizeof(text));
	buf_put(b, text);
}

/* ---- CSV ---- */

/* computed() - would a spreadsheet? Also behind blanks, and for the full-width forms some read the same. */
static bool
computed(struct bytes s)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };

	while (s.len > 0 && s.ptr[0] == ' ')
		s = bytes_from(s, 1);
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (bytes_starts(s, bytes_str(wide[i])))
			return true;
	return s.len > 0 && memchr("=+-@", s.ptr[0], 4) != NULL;
}

static void
csv_cell(struct buf *b, struct bytes value)
{
	struct buf safe;
	bool formula = computed(value), quote;

	buf_init(&safe, RECORD_LINE_MAX * 8);
	say_text(&safe, value);
	value = buf_bytes(&safe);
	quote = formula || bytes_find(value, ',') < value.len || bytes_find(value, '"') < value.len;
	if (quote)
		buf_put_str(b, formula ? "\"'" : "\"");
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '"')
			buf_put_u8(b, '"');
		buf_put_u8(b, value.ptr[i]);
	}
	if (quote)
		buf_put_u8(b, '"');
	buf_deinit(&safe);
}

static void
csv_row(struct buf *b, const struct record *r, const struct record *outcome)
{
	struct buf v;

	buf_init(&v, RECORD_LINE_MAX * 2);
	for (size_t i = 0; i < COLUMNS; i++) {
		buf_reset(&v);
		put_column(&v, &columns[i], columns[i].outcome ? outcome : r);
		if (i > 0)
			buf_put_u8(b, ',');
		csv_cell(b, buf_bytes(&v));
	}
	buf_put_str(b, "\r\n");
	buf_deinit(&v);
}

/* ---- CEF ---- */

static void
cef_row(struct buf *b, const struct record *r, const struct record *outcome)
{
	cef_put(b, r, outcome);
	buf_put_u8(b, '\n');
}

/* ---- table ---- */

static void
cell(struct buf *b, void (*put)(struct buf *b, const struct record *r), const struct record *r,
    size_t width, size_t most)
{
	struct buf v;

	buf_init(&v, RECORD_LINE_MAX * 8);
	if (r != NULL)
		put(&v, r);
	if (v.len == 0)
		buf_put_u8(&v, '-');
	say_cell(b, buf_bytes(&v), width, most);
	buf_put_u8(b, ' ');
	buf_deinit(&v);
}

static void
put_rule(struct buf *b, const struct record *r)
{
	say_text(b, r->rule);
	if (r->rule.len == 0 || bytes_is(r->rule, "none"))
		if (r->reason.len > 0) {
			buf_put_str(b, r->rule.len > 0 ? ": " : "");
			say_text(b, r->reason);
		}
}

static void
put_decision(struct buf *b, const struct record *r)
{
	if (r->decision.len > 0)
		say_text(b, r->decision);
	else if (r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY)
		buf_put_str(b, "deny");
	else
		buf_put_u8(b, '-');
}

static void
table_row(struct buf *b, const struct record *r, const struct record *outcome, bool colour)
{
	bool deny = bytes_is(r->decision, "deny") || r->kind == RECORD_DENIAL;

	say_time(b, r->time_ns);
	buf_put_u8(b, ' ');
	cell(b, put_seq, r, 8, 20);
	cell(b, say_who, r, 14, 32);
	cell(b, say_verb, r, 16, 40);
	cell(b, say_target, r, 40, 96);
	if (colour)
		buf_put_str(b, deny ? "\033[31m" : "\033[32m");
	cell(b, put_decision, r, 8, 16);
	if (colour)
		buf_put_str(b, "\033[0m");
	cell(b, put_rule, r, 20, 48);
	if (outcome != NULL)
		say_outcome(b, outcome);
	else
		buf_put_u8(b, '-');
	buf_put_u8(b, '\n');
}

void
form_head(struct buf *b, enum audit_form form, bool colour)
{
	static const struct {
		const char *name;
		size_t width;
	} head[] = { { "TIME (UTC)", 23 }, { "RECORD", 8 }, { "WHO", 14 }, { "VERB", 16 },
		{ "TARGET", 40 }, { "DECISION", 8 }, { "RULE", 20 } };

	if (form == FORM_CSV) {
		for (size_t i = 0; i < COLUMNS; i++) {
			buf_put_str(b, i > 0 ? "," : "");
			buf_put_str(b, columns[i].name);
		}
		buf_put_str(b, "\r\n");
	}
	if (form != FORM_TABLE)
		return;
	buf_put_str(b, colour ? "\033[1m" : "");
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		say_cell(b, bytes_str(head[i].name), head[i].width, head[i].width);
		buf_put_u8(b, ' ');
	}
	buf_put_str(b, colour ? "OUTCOME\033[0m\n" : "OUTCOME\n");
}

void
form_row(struct buf *b, enum audit_form form, const struct record *r, const struct record *outcome,
    bool colour)
{
	if (form == FORM_CSV)
		csv_row(b, r, outcome);
	else if (form == FORM_CEF)
		cef_row(b, r, outcome);
	else
		table_row(b, r, outcome, colour);
}
