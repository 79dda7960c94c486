/*
 * pack - see pack.h. libmpack's tokenizer says what each header means; it has no memory of its own
 * and is started anew for each value, so there is no state that could run behind the input.
 *
 * Every count is held against the bytes that are left: an element takes at least one, a pair two.
 * So a five-byte header that claims four billion elements is refused before anybody makes room.
 */
#include "host/pack/pack.h"

#include <mpack.h>

#include "policy/core/utf8.h"

void
pack_fail(struct pack *p, const char *why)
{
	if (p->why == NULL)
		p->why = why;
}

/* peek() - the header that comes next and its length; false at the end or when it is none. */
static bool
peek(const struct pack *p, mpack_token_t *tok, size_t *len)
{
	mpack_tokbuf_t buf = MPACK_TOKBUF_INITIAL_VALUE;
	size_t left = p->in.len - p->at;
	const char *from;

	if (p->why != NULL || left == 0)
		return false;
	from = (const char *)p->in.ptr + p->at;
	if (mpack_read(&buf, &from, &left, tok) != MPACK_OK)
		return false;
	*len = p->in.len - p->at - left;
	return true;
}

static bool
next(struct pack *p, mpack_token_t *tok)
{
	size_t len = 0;

	if (!peek(p, tok, &len)) {
		pack_fail(
		    p, p->at == p->in.len ? "message-pack ends too early" : "not message-pack");
		return false;
	}
	p->at += len;
	return true;
}

/* body() - the @n bytes that belong to a header just read. */
static struct bytes
body(struct pack *p, size_t n)
{
	struct bytes s;

	if (n > p->in.len - p->at) {
		pack_fail(p, "message-pack ends too early");
		return BYTES_NULL;
	}
	s = bytes_of(p->in.ptr + p->at, n);
	p->at += n;
	return s;
}

static enum pack_kind
kind_of(const mpack_token_t *tok)
{
	switch (tok->type) {
	case MPACK_TOKEN_NIL:
		return PACK_NIL;
	case MPACK_TOKEN_BOOLEAN:
		return PACK_BOOL;
	case MPACK_TOKEN_UINT:
		return PACK_UINT;
	case MPACK_TOKEN_SINT:
		return mpack_unpack_sint(*tok) < 0 ? PACK_SINT : PACK_UINT;
	case MPACK_TOKEN_FLOAT:
		return PACK_FLOAT;
	case MPACK_TOKEN_STR:
		return PACK_STR;
	case MPACK_TOKEN_BIN:
		return PACK_BIN;
	case MPACK_TOKEN_ARRAY:
		return PACK_ARRAY;
	case MPACK_TOKEN_MAP:
		return PACK_MAP;
	case MPACK_TOKEN_EXT:
		return PACK_EXT;
	case MPACK_TOKEN_CHUNK:
	default:
		return PACK_END;
	}
}

enum pack_kind
pack_peek(const struct pack *p)
{
	mpack_token_t tok;
	size_t len = 0;

	return peek(p, &tok, &len) ? kind_of(&tok) : PACK_END;
}

bool
pack_done(struct pack *p)
{
	if (p->why == NULL && p->at != p->in.len)
		pack_fail(p, "something after the value");
	return p->why == NULL;
}

void
pack_nil(struct pack *p)
{
	mpack_token_t tok;

	if (next(p, &tok) && tok.type != MPACK_TOKEN_NIL)
		pack_fail(p, "not nil");
}

bool
pack_bool(struct pack *p)
{
	mpack_token_t tok;

	if (!next(p, &tok))
		return false;
	if (tok.type != MPACK_TOKEN_BOOLEAN) {
		pack_fail(p, "not true or false");
		return false;
	}
	return mpack_unpack_boolean(tok);
}

uint64_t
pack_uint(struct pack *p, uint64_t max)
{
	mpack_token_t tok;
	uint64_t v;

	if (!next(p, &tok))
		return 0;
	if (kind_of(&tok) != PACK_UINT) {
		pack_fail(p, "not a number, or below zero");
		return 0;
	}
	v = tok.type == MPACK_TOKEN_SINT ? (uint64_t)mpack_unpack_sint(tok)
					 : mpack_unpack_uint(tok);
	if (v > max) {
		pack_fail(p, "number is too large");
		return 0;
	}
	return v;
}

int64_t
pack_int(struct pack *p, int64_t min, int64_t max)
{
	mpack_token_t tok;
	size_t len = 0;
	int64_t v;

	if (pack_peek(p) == PACK_UINT) {
		v = (int64_t)pack_uint(p, INT64_MAX);
	} else {
		if (!peek(p, &tok, &len) || kind_of(&tok) != PACK_SINT) {
			pack_fail(p, "not a number");
			return 0;
		}
		p->at += len;
		v = mpack_unpack_sint(tok);
	}
	if (p->why == NULL && (v < min || v > max)) {
		pack_fail(p, "number is too small or too large");
		return 0;
	}
	return p->why == NULL ? v : 0;
}

static bool
is_text(struct bytes s)
{
	size_t i = 0;

	while (i < s.len) {
		uint32_t cp = 0;
		size_t used;

		/* most of it is ASCII, which is itself */
		if (s.ptr[i] >= 0x01 && s.ptr[i] < 0x80) {
			i++;
			continue;
		}
		used = utf8_next(bytes_from(s, i), &cp);
		if (used == 0 || cp == 0)
			return false;
		i += used;
	}
	return true;
}

struct bytes
pack_text(struct pack *p, size_t max)
{
	mpack_token_t tok;
	struct bytes s;

	if (!next(p, &tok))
		return BYTES_NULL;
	if (tok.type != MPACK_TOKEN_STR) {
		pack_fail(p, "not a text");
		return BYTES_NULL;
	}
	s = body(p, tok.length);
	if (s.len > max)
		pack_fail(p, "text is too long");
	else if (!is_text(s))
		pack_fail(p, "bad UTF-8 or U+0000 in a text");
	return p->why == NULL ? s : BYTES_NULL;
}

struct bytes
pack_data(struct pack *p, size_t max)
{
	mpack_token_t tok;
	struct bytes s;

	if (!next(p, &tok))
		return BYTES_NULL;
	if (tok.type != MPACK_TOKEN_BIN && tok.type != MPACK_TOKEN_STR) {
		pack_fail(p, "not bytes");
		return BYTES_NULL;
	}
	s = body(p, tok.length);
	if (s.len > max)
		pack_fail(p, "more bytes than may be");
	return p->why == NULL ? s : BYTES_NULL;
}

struct bytes
pack_data_into(struct pack *p, size_t max, struct buf *room)
{
	uint32_t n;
	uint8_t *to;

	if (pack_peek(p) != PACK_ARRAY)
		return pack_data(p, max);
	n = pack_array(p, max < UINT32_MAX ? (uint32_t)max : UINT32_MAX);
	if (p->why != NULL || n == 0)
		return BYTES_NULL;
	to = buf_reserve(room, n);
	if (to == NULL) {
		pack_fail(p, "no room for these bytes");
		return BYTES_NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		to[i] = (uint8_t)pack_uint(p, UINT8_MAX);
	if (p->why != NULL)
		return BYTES_NULL;
	room->len += n;
	return bytes_of(to, n);
}

/* count() - elements, or pairs, of a header; each takes @each bytes at least. */
static uint32_t
count(struct pack *p, int type, uint32_t max, size_t each, const char *other)
{
	mpack_token_t tok;

	if (!next(p, &tok))
		return 0;
	if ((int)tok.type != type) {
		pack_fail(p, other);
		return 0;
	}
	if (tok.length > max)
		pack_fail(p, "more elements than may be");
	else if (tok.length > (p->in.len - p->at) / each)
		pack_fail(p, "message-pack ends too early");
	return p->why == NULL ? tok.length : 0;
}

uint32_t
pack_array(struct pack *p, uint32_t max)
{
	return count(p, MPACK_TOKEN_ARRAY, max, 1, "not a list");
}

uint32_t
pack_map(struct pack *p, uint32_t max)
{
	return count(p, MPACK_TOKEN_MAP, max, 2, "not a map");
}

struct bytes
pack_skip(struct pack *p)
{
	size_t from = p->at, depth = 0;
	uint64_t left[PACK_DEPTH + 1] = { 1 };

	for (;;) {
		mpack_token_t tok;

		while (left[depth] == 0) {
			if (depth-- == 0)
				return bytes_of(p->in.ptr + from, p->at - from);
		}
		left[depth]--;
		if (!next(p, &tok))
			return BYTES_NULL;
		if (tok.type == MPACK_TOKEN_ARRAY || tok.type == MPACK_TOKEN_MAP) {
			if (depth == PACK_DEPTH) {
				pack_fail(p, "nested too deeply");
				return BYTES_NULL;
			}
			left[++depth] =
			    (uint64_t)tok.length * (tok.type == MPACK_TOKEN_MAP ? 2 : 1);
		} else if (tok.type >= MPACK_TOKEN_BIN) {
			body(p, tok.length);
		}
		if (p->why != NULL)
			return BYTES_NULL;
	}
}
