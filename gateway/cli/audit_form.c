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
	/* what no rule decided: by whom it was done, or what went wrong */
	if (r->rule.len == 0 && r->why.len > 0) {
		buf_put_str(b, r->reason.len > 0 ? ": " : "");
		say_text(b, r->why);
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

/* ---- the same on a terminal that is not wide enough for all of it ---- */

enum { WIDE = 150, TIME_LONG = 14, TIME_SHORT = 8, SEQ = 8, DECISION = 8, LEAST = 4 };

/* Columns of a narrow table: how many of what is left each has, in percent; 0: it is not there. */
struct narrow {
	size_t time, who, verb, target, rule, outcome;
};

static struct narrow
narrow(size_t across)
{
	static const size_t share[3][5] = { { 27, 33, 40, 0, 0 }, { 20, 24, 32, 24, 0 },
		{ 14, 16, 32, 18, 20 } };
	size_t time = across < 76 ? TIME_SHORT : TIME_LONG, fixed = time + SEQ + DECISION + 3;
	size_t left = across > fixed + 5 * LEAST ? across - fixed - 5 : 5 * LEAST;
	const size_t *s = share[left < 40 ? 0 : left < 78 ? 1 : 2];

	return (struct narrow){ time, left * s[0] / 100, left * s[1] / 100, left * s[2] / 100,
		left * s[3] / 100, left * s[4] / 100 };
}

/* put_cut() - @s in @width columns, its end cut where it is longer; nothing in none. */
static void
put_cut(struct buf *b, struct bytes s, size_t width)
{
	size_t n = 0, i = 0;

	if (width == 0)
		return;
	/* what is shown already: characters, not bytes, have a column each */
	for (size_t k = 0; k < s.len; k++)
		n += (s.ptr[k] & 0xc0) != 0x80;
	for (size_t put = 0; i < s.len; i++) {
		put += (s.ptr[i] & 0xc0) != 0x80;
		if (n > width && put == width)
			break;
		buf_put_u8(b, s.ptr[i]);
	}
	if (n > width)
		buf_put_u8(b, '~');
	for (; n < width; n++)
		buf_put_u8(b, ' ');
	buf_put_u8(b, ' ');
}

static void
cut(struct buf *b, void (*put)(struct buf *b, const struct record *r), const struct record *r,
    size_t width)
{
	struct buf v, shown;

	buf_init(&v, RECORD_LINE_MAX * 8);
	buf_init(&shown, RECORD_LINE_MAX * 32);
	if (r != NULL)
		put(&v, r);
	say_text(&shown, v.len > 0 ? buf_bytes(&v) : BYTES_LIT("-"));
	put_cut(b, buf_bytes(&shown), width);
	buf_deinit(&v);
	buf_deinit(&shown);
}

static void
put_clock(struct buf *b, const struct record *r)
{
	say_time(b, r->time_ns);
}

static void
narrow_row(struct buf *b, const struct record *r, const struct record *outcome, struct form_look look)
{
	struct narrow n = narrow(look.columns);
	bool deny = bytes_is(r->decision, "deny") || r->kind == RECORD_DENIAL;
	size_t seq = 1;
	struct buf t;

	for (uint64_t v = r->seq; v >= 10; v /= 10)
		seq++;
	if (seq > SEQ)
		n.target = n.target > seq - SEQ + LEAST ? n.target - (seq - SEQ) : LEAST;
	buf_init(&t, RECORD_TIME_LEN);
	put_clock(&t, r);
	put_cut(b, bytes_of(t.ptr + (n.time == TIME_SHORT ? 11 : 5), t.len > 19 ? n.time : 0), n.time);
	buf_deinit(&t);
	cut(b, put_seq, r, seq > SEQ ? seq : SEQ);
	cut(b, say_who, r, n.who);
	cut(b, say_verb, r, n.verb);
	cut(b, say_target, r, n.target);
	buf_put_str(b, !look.colour ? "" : deny ? "\033[31m" : "\033[32m");
	cut(b, put_decision, r, DECISION);
	buf_put_str(b, look.colour ? "\033[0m" : "");
	cut(b, put_rule, r, n.rule);
	cut(b, say_outcome, outcome, n.outcome);
	buf_put_u8(b, '\n');
}

static void
narrow_head(struct buf *b, struct form_look look)
{
	struct narrow n = narrow(look.columns);

	buf_put_str(b, look.colour ? "\033[1m" : "");
	put_cut(b, BYTES_LIT("UTC"), n.time);
	put_cut(b, BYTES_LIT("RECORD"), SEQ);
	put_cut(b, BYTES_LIT("WHO"), n.who);
	put_cut(b, BYTES_LIT("VERB"), n.verb);
	put_cut(b, BYTES_LIT("TARGET"), n.target);
	put_cut(b, BYTES_LIT("DECISION"), DECISION);
	put_cut(b, BYTES_LIT("RULE"), n.rule);
	put_cut(b, BYTES_LIT("OUTCOME"), n.outcome);
	buf_put_str(b, look.colour ? "\033[0m\n" : "\n");
}

void
form_head(struct buf *b, enum audit_form form, struct form_look look)
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
	if (look.columns > 0 && look.columns < WIDE) {
		narrow_head(b, look);
		return;
	}
	buf_put_str(b, look.colour ? "\033[1m" : "");
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		say_cell(b, bytes_str(head[i].name), head[i].width, head[i].width);
		buf_put_u8(b, ' ');
	}
	buf_put_str(b, look.colour ? "OUTCOME\033[0m\n" : "OUTCOME\n");
}

void
form_row(struct buf *b, enum audit_form form, const struct record *r, const struct record *outcome,
    struct form_look look)
{
	if (form == FORM_CSV)
		csv_row(b, r, outcome);
	else if (form == FORM_CEF)
		cef_row(b, r, outcome);
	else if (look.columns > 0 && look.columns < WIDE)
		narrow_row(b, r, outcome, look);
	else
		table_row(b, r, outcome, look.colour);
}
