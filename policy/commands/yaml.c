/*
 * yaml - a small YAML, as tokens like those the JSON reader makes.
 *
 * libyaml tells events; nothing is ever expanded. What makes one text mean two things, or a short
 * text a long one, is refused: anchors, aliases, tags, directives, merge keys, a second document, a
 * name twice, names that are not texts, a byte-order mark, deep nesting. A plain scalar is a number
 * only when it is written in plain digits, and null or true only in the words all YAMLs share;
 * where text is wanted its characters are taken as they stand, which is what the receiver does.
 *
 * The tokens' text is a copy (a quoted scalar has no place in the payload that reads like its
 * value), so ->from says where each token stands. libyaml counts characters; places are bytes.
 */
#include <yaml.h>

#include "policy/commands/body_priv.h"
#include "policy/commands/yaml.h"

enum { DEPTH_MAX = 16, MEMBERS_MAX = 256, NAME_MAX_LEN = 1024 };

struct open {
	uint32_t token;
	bool name_next; /* a mapping: a name comes, not a value */
};

struct builder {
	struct body_read *r;
	struct bytes payload;
	struct json_tok *tok;
	struct body_span *from;
	size_t n, cap;
	uint8_t *text;
	size_t len, room;
	struct open open[DEPTH_MAX];
	size_t depth;
	unsigned documents;
	size_t chars, bytes; /* the same place, in both */
	const char *why;
};

/* place() - the byte at which character @index stands; indexes come in order. */
static size_t
place(struct builder *b, size_t index)
{
	while (b->chars < index && b->bytes < b->payload.len) {
		b->bytes++;
		while (b->bytes < b->payload.len && (b->payload.ptr[b->bytes] & 0xc0) == 0x80)
			b->bytes++;
		b->chars++;
	}
	return b->bytes;
}

static int
no(struct builder *b, const char *why)
{
	b->why = why;
	return BODY_REFUSED;
}

static bool
is_any(struct bytes s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_is(s, words[i]))
			return true;
	return false;
}

static enum json_kind
kind_of_plain(struct bytes s)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const trues[] = { "true", "True", "TRUE" };
	static const char *const falses[] = { "false", "False", "FALSE" };
	bool digits = s.len != 0 && (s.ptr[0] != '0' || s.len == 1);

	for (size_t i = 0; i < s.len; i++)
		digits &= s.ptr[i] >= '0' && s.ptr[i] <= '9';
	if (digits)
		return JSON_NUMBER;
	if (is_any(s, nulls, N_FIELDS(nulls)))
		return JSON_NULL;
	if (is_any(s, trues, N_FIELDS(trues)))
		return JSON_TRUE;
	return is_any(s, falses, N_FIELDS(falses)) ? JSON_FALSE : JSON_STRING;
}

/* add() - one more token, counted in its container. Return: NULL and ->why when there is no room.
 */
static struct json_tok *
add(struct builder *b, enum json_kind kind, const yaml_event_t *e)
{
	struct open *in = b->depth != 0 ? &b->open[b->depth - 1] : NULL;
	struct json_tok *t = &b->tok[b->n];
	size_t at = place(b, e->start_mark.index);

	b->why = "more in it than there is room to judge";
	if (b->n == b->cap)
		return NULL;
	*t = (struct json_tok){ .kind = kind, .start = (uint32_t)b->len };
	b->from[b->n].at = (uint32_t)at;
	b->from[b->n].len = (uint32_t)(place(b, e->end_mark.index) - at);
	t->next = (uint32_t)++b->n;
	if (in == NULL)
		return t;
	b->why = "object with too many members";
	if (b->tok[in->token].kind == JSON_ARRAY)
		b->tok[in->token].n++;
	else if (in->name_next && ++b->tok[in->token].n > MEMBERS_MAX)
		return NULL;
	if (b->tok[in->token].kind == JSON_OBJECT)
		in->name_next = !in->name_next;
	return t;
}

static bool
name_comes(const struct builder *b)
{
	return b->depth != 0 && b->open[b->depth - 1].name_next;
}

static int
on_scalar(struct builder *b, const yaml_event_t *e)
{
	struct bytes s = bytes_of(e->data.scalar.value, e->data.scalar.length);
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, name = name_comes(b);
	enum json_kind kind = plain ? kind_of_plain(s) : JSON_STRING;
	struct json_tok *t;

	if (e->data.scalar.anchor != NULL)
		return no(b, "anchor");
	if (e->data.scalar.tag != NULL)
		return no(b, "tag");
	if (name && (kind == JSON_NULL || bytes_is(s, "<<")))
		return no(b, "merge key, or a name that is null");
	if (name && s.len > NAME_MAX_LEN)
		return no(b, "member name is too long");
	if (bytes_find(s, 0) < s.len)
		return no(b, "U+0000 in a text");
	t = add(b, name ? JSON_STRING : kind, e);
	if (t == NULL)
		return BODY_REFUSED;
	if (s.len > b->room - b->len)
		return no(b, "more in it than there is room to judge");
	if (s.len != 0)
		memcpy(b->text + b->len, s.ptr, s.len);
	b->len += s.len;
	t->len = (uint32_t)s.len;
	return 0;
}

static int
on_open(struct builder *b, const yaml_event_t *e, enum json_kind kind)
{
	bool mapping = kind == JSON_OBJECT;
	uint32_t token = (uint32_t)b->n;

	if ((mapping ? e->data.mapping_start.anchor : e->data.sequence_start.anchor) != NULL)
		return no(b, "anchor");
	if ((mapping ? e->data.mapping_start.tag : e->data.sequence_start.tag) != NULL)
		return no(b, "tag");
	if (name_comes(b))
		return no(b, "a name that is not a text");
	if (b->depth == DEPTH_MAX)
		return no(b, "nested too deeply");
	if (add(b, kind, e) == NULL)
		return BODY_REFUSED;
	b->open[b->depth++] = (struct open){ .token = token, .name_next = mapping };
	return 0;
}

static bool
same(const struct builder *b, const struct json_tok *x, const struct json_tok *y)
{
	return x->len == y->len && memcmp(b->text + x->start, b->text + y->start, x->len) == 0;
}

static int
on_close(struct builder *b)
{
	uint32_t token = b->open[--b->depth].token;
	struct json_tok *t = &b->tok[token];
	size_t m = token + 1;

	t->next = (uint32_t)b->n;
	if (t->kind != JSON_OBJECT)
		return 0;
	for (uint32_t i = 0; i < t->n; i++, m = b->tok[m + 1].next) {
		size_t o = token + 1;

		for (uint32_t k = 0; k < i; k++, o = b->tok[o + 1].next)
			if (same(b, &b->tok[o], &b->tok[m]))
				return no(b, "the same name twice in an object");
	}
	return 0;
}

static int
on_document(struct builder *b, const yaml_event_t *e)
{
	if (++b->documents > 1)
		return no(b, "a second document");
	if (e->data.document_start.version_directive != NULL ||
	    e->data.document_start.tag_directives.start !=
		e->data.document_start.tag_directives.end)
		return no(b, "directive");
	return 0;
}

static int
on_event(struct builder *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, e);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, e);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, e, JSON_OBJECT);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, e, JSON_ARRAY);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return on_close(b);
	case YAML_ALIAS_EVENT:
		return no(b, "alias");
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	default:
		return 0;
	}
}

static int
read_events(struct builder *b, yaml_parser_t *parser)
{
	yaml_event_t e;
	bool end = false;
	int x = 0;

	while (x == 0 && !end) {
		if (yaml_parser_parse(parser, &e) == 0) {
			place(b, parser->problem_mark.index);
			return no(b, parser->problem != NULL ? parser->problem : "not YAML");
		}
		end = e.type == YAML_STREAM_END_EVENT;
		x = on_event(b, &e);
		if (x != 0)
			place(b, e.start_mark.index);
		yaml_event_delete(&e);
	}
	return x;
}

/* A third of what is left for tokens, as much for places and text; the rest is for the value. */
static bool
make_room(struct builder *b, struct body_arena *a)
{
	size_t left = a->cap - a->used;

	b->cap = left / 2 / (sizeof(struct json_tok) + sizeof(struct body_span));
	if (b->cap > b->payload.len + 1)
		b->cap = b->payload.len + 1;
	b->room = b->payload.len * 2 < left / 4 ? b->payload.len * 2 : left / 4;
	b->tok = body_arena_take(a, b->cap * sizeof(struct json_tok));
	b->from = body_arena_take(a, b->cap * sizeof(struct body_span));
	b->text = body_arena_take(a, b->room);
	return b->tok != NULL && b->from != NULL && b->text != NULL && b->cap != 0;
}

int
yaml_read(struct body_read *r, struct bytes payload)
{
	struct builder b = { .r = r, .payload = payload };
	yaml_parser_t parser;
	int x;

	if (payload.len != 0 && (payload.ptr[0] == 0xef || payload.ptr[0] >= 0xfe))
		return body_refuse_at(r->fault, BYTES_NULL, 0, "byte-order mark");
	if (!make_room(&b, r->arena))
		return body_full(r);
	if (yaml_parser_initialize(&parser) == 0)
		return body_refuse_at(r->fault, BYTES_NULL, 0, "no memory to read YAML");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, payload.len != 0 ? payload.ptr : b.text, payload.len);
	x = read_events(&b, &parser);
	yaml_parser_delete(&parser);
	if (x != 0)
		return body_refuse_at(r->fault, BYTES_NULL, b.bytes, b.why);
	r->j.text = bytes_of(b.text, b.len);
	r->j.tok = b.tok;
	r->j.n = b.n;
	r->from = b.from;
	if (b.n == 0 || b.tok[0].kind != JSON_OBJECT)
		return body_refuse(r, 0, "not an object");
	return 0;
}

int
yaml_tokens(struct yaml *y, struct bytes text, struct body_arena *arena)
{
	struct body_read r = { .arena = arena, .fault = &y->fault };
	int x;

	memset(y, 0, sizeof(*y));
	arena->used = 0;
	x = yaml_read(&r, text);
	y->j = r.j;
	y->from = r.from;
	return err_pass(x);
}
