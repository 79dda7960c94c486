/*
 * record_read - a line to its struct (see record.h), through the one strict JSON reader. Being JSON
 * with the right members is not enough: the struct is written again, and the line is accepted only
 * when that gives the same bytes.
 */
#include "policy/audit/record_priv.h"
#include "policy/core/json.h"

enum { TOKENS = 1024 };

struct record_reader {
	struct json_tok tok[TOKENS];
	uint8_t text[RECORD_LINE_MAX]; /* values that had escapes */
	size_t used;
	struct json json;
	struct buf again;
	const char *why;
};

struct record_reader *
record_reader_new(void)
{
	struct record_reader *rd = calloc(1, sizeof(*rd));

	if (rd != NULL)
		buf_init(&rd->again, RECORD_LINE_MAX);
	return rd;
}

void
record_reader_free(struct record_reader *rd)
{
	if (rd == NULL)
		return;
	buf_deinit(&rd->again);
	free(rd);
}

const char *
record_reader_why(const struct record_reader *rd)
{
	return rd->why;
}

/* text() - a string's value. */
static bool
text(struct record_reader *rd, size_t at, struct bytes *out)
{
	if (json_text(&rd->json, at, rd->text + rd->used, sizeof(rd->text) - rd->used, out) != 0)
		return false;
	if (out->ptr == rd->text + rd->used)
		rd->used += out->len;
	return true;
}

static bool
number(struct record_reader *rd, size_t at, uint64_t *out)
{
	int64_t v;

	if (json_int(&rd->json, at, &v) != 0 || v < 0)
		return false;
	*out = (uint64_t)v;
	return true;
}

static bool
list(struct record_reader *rd, size_t at, struct record_list *out)
{
	const struct json_tok *tok = rd->json.tok;

	if (tok[at].kind != JSON_ARRAY || tok[at].n > RECORD_LIST_MAX)
		return false;
	out->n = 0;
	for (size_t i = json_first(&rd->json, at); out->n < tok[at].n; i = tok[i].next)
		if (!text(rd, i, &out->item[out->n++]))
			return false;
	return true;
}

static bool
member(struct record_reader *rd, size_t at, const struct record_field *f, struct record *r)
{
	void *v = (uint8_t *)r + f->at;

	if (f->has != 0)
		*(bool *)((uint8_t *)r + f->has) = true;
	switch (f->type) {
	case FIELD_TEXT:
		return text(rd, at, v);
	case FIELD_NUM:
		return number(rd, at, v);
	case FIELD_FLAG:
		*(bool *)v = true;
		return rd->json.tok[at].kind == JSON_TRUE;
	case FIELD_LIST:
		return list(rd, at, v);
	case FIELD_HASH:
		return digest_from_hex(json_raw(&rd->json, at), v);
	}
	return false;
}

/* members() - those behind the head, which has seven. */
static bool
members(struct record_reader *rd, struct record *r)
{
	const struct json *j = &rd->json;
	size_t at = json_first(j, 0);

	for (uint32_t i = 0; i < j->tok[0].n; i++, at = j->tok[at + 1].next) {
		size_t f;

		if (i < 7)
			continue;
		f = record_field_of(json_raw(j, at));
		if (f == record_fields || !member(rd, at + 1, &record_field[f], r))
			return false;
	}
	return true;
}

static int
refuse(struct record_reader *rd, const char *why)
{
	rd->why = why;
	return RECORD_BAD;
}

int
record_decode(struct record_reader *rd, struct bytes line, struct record *r)
{
	struct record_head h;
	int err;

	*r = (struct record){ 0 };
	rd->used = 0;
	rd->why = "";
	rd->json = (struct json){ .text = line, .tok = rd->tok, .cap = TOKENS, .max_depth = 2 };
	if (line.len >= RECORD_LINE_MAX)
		return refuse(rd, "longer than a line can be");
	if (record_head(line, &h) != 0)
		return refuse(rd, "does not begin as a record");
	err = json_read(&rd->json);
	if (err != 0)
		return refuse(rd, err == JSON_BAD ? rd->json.why : "too many values");
	r->seq = h.seq;
	r->prev = h.prev;
	r->time_ns = h.time_ns;
	r->mono_ns = h.mono_ns;
	memcpy(r->run, h.run.ptr, h.run.len);
	r->kind = h.kind;
	if (!members(rd, r))
		return refuse(rd, "a member is unknown, or not of its type");
	buf_reset(&rd->again);
	err = record_encode(r, &rd->again);
	if (err != 0)
		return err > 0 ? refuse(rd, "a member that this kind does not have")
			       : err_pass(err);
	if (!bytes_eq(buf_bytes(&rd->again), line))
		return refuse(rd, "not in the one spelling a record has");
	return 0;
}

void
record_put_value(struct buf *b, struct bytes escaped)
{
	struct json_tok tok[1];
	struct json j = { .tok = tok, .cap = 1, .n = 1 };
	uint8_t *room = buf_reserve(b, escaped.len + 1);
	struct bytes v;

	tok[0] = (struct json_tok){
		.kind = JSON_STRING, .len = (uint32_t)escaped.len, .next = 1, .escaped = true
	};
	j.text = escaped;
	if (room != NULL && json_text(&j, 0, room, escaped.len, &v) == 0)
		b->len += v.len;
}
