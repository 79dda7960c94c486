/*
 * audit_say - see audit_say.h. A record's texts were written by whoever sent a command, and a log
 * may be forged as a whole: nothing of it reaches a terminal but through say_text().
 */
#include "gateway/cli/audit_say.h"

#include <stdio.h>

#include "policy/core/json.h"
#include "policy/core/shown.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* ---- text ---- */

void
say_text(struct buf *b, struct bytes s)
{
	buf_put_shown(b, s);
}

void
say_cell(struct buf *b, struct bytes s, size_t width, size_t most)
{
	size_t n = 0;

	for (; s.len > 0 && n < most; n++)
		s = bytes_from(s, buf_put_shown_one(b, s));
	if (s.len > 0) {
		buf_put_str(b, "~");
		n++;
	}
	for (; n < width; n++)
		buf_put_u8(b, ' ');
}

void
say_time(struct buf *b, int64_t ns)
{
	uint8_t room[RECORD_TIME_LEN];
	struct buf t = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };

	record_put_time(&t, ns);
	buf_put(b, bytes_of(room, 10));
	buf_put_u8(b, ' ');
	buf_put(b, bytes_of(room + 11, 12));
}

void
say_latency(struct buf *b, uint64_t us)
{
	char text[48];

	if (us < 10000)
		snprintf(text, sizeof(text), "%u.%u ms", (unsigned)(us / 1000),
		    (unsigned)(us % 1000 / 100));
	else if (us < 10000000)
		snprintf(text, sizeof(text), "%u ms", (unsigned)(us / 1000));
	else
		snprintf(text, sizeof(text), "%llu s", (unsigned long long)(us / 1000000));
	buf_put_str(b, text);
}

/* ---- parts ---- */

void
say_who(struct buf *b, const struct record *r)
{
	if (r->name.len > 0) {
		say_text(b, r->name);
	} else if (r->user.len > 0) {
		say_text(b, bytes_upto(r->user, 12));
		if (r->user.len > 12)
			buf_put_u8(b, '~');
	} else if (r->has_conn) {
		buf_put_str(b, "connection ");
		buf_put_dec(b, r->edge);
		buf_put_u8(b, '.');
		buf_put_dec(b, r->client);
	} else {
		buf_put_u8(b, '-');
	}
}

void
say_verb(struct buf *b, const struct record *r)
{
	/* a command that the edge refused is told like one that the dispatcher did */
	if (r->verb.len > 0 && (r->kind != RECORD_DENIAL || bytes_is(r->what, "command"))) {
		say_text(b, r->verb);
		return;
	}
	buf_put_str(b, record_kind_name(r->kind));
	if (r->what.len > 0) {
		buf_put_u8(b, ' ');
		say_text(b, r->what);
	}
}

enum { KEY = 56, KEY_SHOWN = 16 };

static bool
is_key_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

/* put_short() - say_text() with each public key cut: they are long, and sixteen letters are told
 * from others. */
static void
put_short(struct buf *b, struct bytes s)
{
	size_t from = 0, run = 0;

	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && is_key_byte(s.ptr[i])) {
			run++;
			continue;
		}
		if (run == KEY) {
			say_text(b, bytes_of(s.ptr + from, i - from - KEY + KEY_SHOWN));
			buf_put_u8(b, '~');
			from = i;
		}
		run = 0;
	}
	say_text(b, bytes_from(s, from));
}

/* first_of() - the first text that is not empty. */
static struct bytes
first_of(const struct bytes *const text[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i]->len > 0)
			return *text[i];
	return BYTES_NULL;
}

void
say_target(struct buf *b, const struct record *r)
{
	const struct bytes *const name[] = { &r->image, &r->target, &r->application,
		&r->link_source, &r->object, &r->subject, &r->detail, &r->segment };
	struct bytes what = first_of(name, sizeof(name) / sizeof(name[0]));
	size_t from = b->len;

	if (r->kind == RECORD_OPEN && r->source.len > 0) {
		buf_put_str(b, "from ");
		say_text(b, r->source);
		buf_put_str(b, what.len > 0 ? " by " : "");
	}
	put_short(b, what);
	if (r->link_source.len > 0 && what.ptr == r->link_source.ptr) {
		buf_put_str(b, " to ");
		put_short(b, r->link_target);
	}
	if (r->has_count) {
		buf_put_str(b, " x");
		buf_put_dec(b, r->count);
	}
	if (r->parts > 1) {
		buf_put_str(b, " and more, parts: ");
		buf_put_dec(b, r->parts);
	}
	if (r->host.len > 0) {
		buf_put_str(b, what.len > 0 ? " on " : "on ");
		say_text(b, bytes_upto(r->host, 16));
		if (r->host.len > 16)
			buf_put_u8(b, '~');
	} else if (r->every_host) {
		buf_put_str(b, " on every host");
	}
	if (r->from != 0 || r->to != 0) {
		buf_put_str(b, b->len > from ? " records " : "records ");
		buf_put_dec(b, r->from);
		buf_put_str(b, "..");
		buf_put_dec(b, r->to);
	}
	if (r->summed > 0) {
		/* with a denial these are others of its connection that have no record of their own */
		buf_put_str(b, b->len > from ? ", " : "");
		buf_put_str(b, r->kind == RECORD_DENIAL ? "others not told: " : "times: ");
		buf_put_dec(b, r->summed);
	}
	if (b->len == from)
		buf_put_u8(b, '-');
}

void
say_outcome(struct buf *b, const struct record *r)
{
	say_text(b, r->outcome);
	if (r->first_us > 0) {
		buf_put_str(b, " in ");
		say_latency(b, r->first_us);
	}
	if (r->answers > 1) {
		buf_put_str(b, ", answers: ");
		buf_put_dec(b, r->answers);
	}
	if (r->success.len > 0) {
		buf_put_str(b, ", success: ");
		say_text(b, r->success);
	}
	if (r->error.len > 0) {
		buf_put_str(b, ": ");
		say_text(b, r->error);
	}
}

/* ---- lines ---- */

/* in_short() - a part as a string that fits its room, cut at a character. */
static void
in_short(char *out, size_t room, void (*part)(struct buf *, const struct record *),
    const struct record *r)
{
	struct buf b;
	size_t n;

	buf_init(&b, RECORD_LINE_MAX * 8);
	part(&b, r);
	n = b.len < room ? b.len : room - 2;
	while (n > 0 && n < b.len && (b.ptr[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		memcpy(out, b.ptr, n);
	if (n < b.len)
		out[n++] = '~';
	out[n] = '\0';
	buf_deinit(&b);
}

void
say_keep(struct said *s, const struct record *r)
{
	s->seq = r->seq;
	in_short(s->who, sizeof(s->who), say_who, r);
	in_short(s->verb, sizeof(s->verb), say_verb, r);
	in_short(s->target, sizeof(s->target), say_target, r);
}

static void
paint(struct buf *b, bool colour, const char *how)
{
	if (colour)
		buf_put_str(b, how);
}

/* put_decision() - in colour, and with what decided. */
static void
put_decision(struct buf *b, const struct record *r, bool colour)
{
	bool deny =
	    bytes_is(r->decision, "deny") || r->kind == RECORD_DENIAL || r->kind == RECORD_SUMMARY;

	if (r->decision.len == 0 && r->reason.len == 0 && r->why.len == 0 && !deny)
		return;
	buf_put_str(b, " ");
	if (r->decision.len > 0 || deny) {
		buf_put_u8(b, ' ');
		paint(b, colour, deny ? RED : GREEN);
		if (r->decision.len > 0)
			say_text(b, r->decision);
		else
			buf_put_str(b, "deny");
		paint(b, colour, PLAIN);
	}
	if (r->rule.len > 0) {
		buf_put_str(b, " rule=");
		say_text(b, r->rule);
	}
	if (r->would_deny)
		buf_put_str(b, " (would deny)");
	if (r->reason.len > 0 && !bytes_is(r->reason, "rule")) {
		buf_put_str(b, " reason=");
		say_text(b, r->reason);
	}
	if (r->field.len > 0) {
		buf_put_str(b, " field=");
		say_text(b, r->field);
	}
	if (r->why.len > 0) {
		buf_put_str(b, r->decision.len > 0 || r->reason.len > 0 || deny ? ": " : " ");
		say_text(b, r->why);
	}
}

static void
put_outcome_line(struct buf *b, const struct record *r, const struct said *of, bool colour)
{
	bool good = bytes_is(r->outcome, "answered") || bytes_is(r->outcome, "forwarded");

	if (of != NULL) {
		say_cell(b, bytes_str(of->who), 16, sizeof(of->who));
		buf_put_u8(b, ' ');
		say_cell(b, bytes_str(of->verb), 16, sizeof(of->verb));
		buf_put_u8(b, ' ');
		buf_put_str(b, of->target);
	} else {
		buf_put_str(b, "command ");
		buf_put_dec(b, r->of);
		buf_put_u8(b, ' ');
		say_text(b, r->verb);
	}
	buf_put_str(b, "  -> ");
	paint(b, colour, good && !bytes_is(r->success, "no") ? GREEN : YELLOW);
	say_outcome(b, r);
	paint(b, colour, PLAIN);
}

static void
put_cell_of(struct buf *b, void (*part)(struct buf *, const struct record *),
    const struct record *r, size_t width)
{
	size_t from = b->len, n = 0;

	part(b, r);
	/* characters, not bytes: those that go on one are not counted */
	for (size_t i = from; i < b->len; i++)
		n += (b->ptr[i] & 0xc0) != 0x80;
	for (; n < width && !buf_failed(b); n++)
		buf_put_u8(b, ' ');
	buf_put_u8(b, ' ');
}

void
say_line(struct buf *b, const struct record *r, const struct said *of, bool colour)
{
	bool own = r->kind == RECORD_SEGMENT || r->kind == RECORD_CHECKPOINT;

	paint(b, colour, DIM);
	say_time(b, r->time_ns);
	buf_put_str(b, "  ");
	if (!own)
		paint(b, colour, PLAIN);
	if (r->kind == RECORD_OUTCOME) {
		put_outcome_line(b, r, of, colour);
	} else {
		put_cell_of(b, say_who, r, 16);
		if (!own)
			paint(b, colour, BOLD);
		put_cell_of(b, say_verb, r, 16);
		if (!own)
			paint(b, colour, PLAIN);
		say_target(b, r);
		put_decision(b, r, colour);
	}
	paint(b, colour, PLAIN);
	buf_put_u8(b, '\n');
}

void
say_bad(struct buf *b, uint64_t segment, uint64_t line, const char *why, bool colour)
{
	paint(b, colour, RED);
	buf_put_str(b, "no record: segment ");
	buf_put_dec(b, segment);
	if (line > 0) {
		buf_put_str(b, " line ");
		buf_put_dec(b, line);
	}
	buf_put_str(b, ": ");
	buf_put_str(b, why);
	paint(b, colour, PLAIN);
	buf_put_u8(b, '\n');
}

/* put_value() - a member's value: texts decoded, each line of one behind blanks. */
static void
put_value(struct buf *b, const struct json *j, size_t at, uint8_t *room, size_t size)
{
	struct bytes v;

	if (j->tok[at].kind != JSON_STRING || json_text(j, at, room, size, &v) != 0) {
		say_text(b, json_raw(j, at));
		return;
	}
	while (v.len > 0) {
		struct bytes line = bytes_upto(v, bytes_find(v, '\n'));

		say_text(b, line);
		v = bytes_from(v, line.len + 1);
		if (v.len > 0)
			buf_put_str(b, "\n                ");
	}
}

void
say_fields(struct buf *b, struct bytes line)
{
	enum { TOKENS = 1024 };
	autofree(mem_freep) struct json_tok *tok = calloc(TOKENS, sizeof(*tok));
	autofree(mem_freep) uint8_t *room = malloc(RECORD_LINE_MAX);
	struct json j = { .text = line, .tok = tok, .cap = TOKENS, .max_depth = 2 };
	size_t at;

	if (tok == NULL || room == NULL || json_read(&j) != 0 || j.tok[0].kind != JSON_OBJECT) {
		say_text(b, line);
		buf_put_u8(b, '\n');
		return;
	}
	at = json_first(&j, 0);
	for (uint32_t i = 0; i < j.tok[0].n; i++, at = j.tok[at + 1].next) {
		buf_put_str(b, "  ");
		say_cell(b, json_raw(&j, at), 13, 64);
		buf_put_u8(b, ' ');
		put_value(b, &j, at + 1, room, RECORD_LINE_MAX);
		buf_put_u8(b, '\n');
	}
}
