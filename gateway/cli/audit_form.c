/*
 * audit_form - see audit_form.h.
 *
 * CSV is RFC 4180, with say_text()'s escapes; a cell that a spreadsheet would take for a formula
 * gets an apostrophe before it. CEF is ArcSight's Common Event Format, version 0: in its header |
 * and \ are escaped, in its extension = and \.
 */
#include "gateway/cli/audit_form.h"

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

static void
csv_cell(struct buf *b, struct bytes value)
{
	struct buf safe;
	bool formula = value.len > 0 && memchr("=+-@", value.ptr[0], 4) != NULL, quote;

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

/* cef_text() - say_text() with a backslash before what @special has. */
static void
cef_text(struct buf *b, struct bytes s, const char *special)
{
	struct buf safe;

	buf_init(&safe, RECORD_LINE_MAX * 8);
	say_text(&safe, s);
	for (size_t i = 0; i < safe.len; i++) {
		if (strchr(special, safe.ptr[i]) != NULL)
			buf_put_u8(b, '\\');
		buf_put_u8(b, safe.ptr[i]);
	}
	buf_deinit(&safe);
}

static void
cef_pair(struct buf *b, const char *key, struct bytes value)
{
	if (value.len == 0)
		return;
	buf_put_u8(b, ' ');
	buf_put_str(b, key);
	buf_put_u8(b, '=');
	cef_text(b, value, "\\=");
}

static void
cef_custom(struct buf *b, const char *key, const char *label, struct bytes value)
{
	if (value.len == 0)
		return;
	buf_put_u8(b, ' ');
	buf_put_str(b, key);
	buf_put_str(b, "Label=");
	buf_put_str(b, label);
	cef_pair(b, key, value);
}

static void
cef_number(struct buf *b, const char *key, uint64_t n)
{
	buf_put_u8(b, ' ');
	buf_put_str(b, key);
	buf_put_u8(b, '=');
	buf_put_dec(b, n);
}

/* cef_source() - src takes an address alone: 127.0.0.1:51234, [::1]:51234. */
static void
cef_source(struct buf *b, struct bytes source)
{
	size_t n = source.len;

	while (n > 0 && source.ptr[n - 1] != ':')
		n--;
	if (n == 0)
		return;
	if (source.ptr[0] == '[' && n >= 3)
		cef_pair(b, "src", bytes_of(source.ptr + 1, n - 3));
	else
		cef_pair(b, "src", bytes_upto(source, n - 1));
	cef_pair(b, "spt", bytes_from(source, n));
}

static void
cef_row(struct buf *b, const struct record *r, const struct record *outcome)
{
	bool deny =
	    bytes_is(r->decision, "deny") || r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY;
	struct buf name;

	buf_init(&name, 4096);
	say_verb(&name, r);
	buf_put_str(b, "CEF:0|Portcullis|portcullis|" PORTCULLIS_VERSION "|");
	buf_put_str(b, record_kind_name(r->kind));
	buf_put_u8(b, '|');
	cef_text(b, buf_bytes(&name), "\\|");
	buf_put_str(b, deny ? "|7|" : r->kind == RECORD_GAP ? "|8|" : "|3|");
	buf_put_str(b, "rt=");
	buf_put_int(b, r->time_ns / 1000000);
	cef_number(b, "cn1", r->seq);
	buf_put_str(b, " cn1Label=seq");
	cef_pair(b, "act", r->decision.len == 0 && deny ? BYTES_LIT("deny") : r->decision);
	cef_pair(b, "reason", r->reason);
	cef_pair(b, "suser", r->name);
	cef_pair(b, "suid", r->user);
	cef_source(b, r->source);
	cef_pair(b, "dhost", r->host);
	cef_pair(b, "externalId", r->id);
	cef_custom(b, "cs1", "rule", r->rule);
	cef_custom(b, "cs2", "lattice", r->lattice);
	cef_custom(b, "cs3", "image", r->image);
	cef_custom(b, "cs4", "subject", r->subject);
	cef_custom(b, "cs5", "policy", r->policy);
	cef_custom(b, "cs6", "account", r->account);
	if (outcome != NULL) {
		cef_pair(b, "outcome", outcome->outcome);
		cef_pair(b, "msg", outcome->error);
	} else {
		cef_pair(b, "msg", r->why.len > 0 ? r->why : r->detail);
	}
	buf_put_u8(b, '\n');
	buf_deinit(&name);
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
