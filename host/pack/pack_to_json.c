/*
 * pack_to_json - see pack_json.h. What is open is a stack of at most 16. What was written is read
 * by the reader of the other direction before it counts: a name that comes twice is seen there, by
 * the same rule.
 */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/pack/pack.h"
#include "host/pack/pack_json.h"
#include "policy/core/json.h"
#include "policy/core/utf8.h"

#define EXACT (INT64_C(1) << 53) /* beyond, JSON's readers do not agree */

struct level {
	bool map;
	size_t left; /* values, or pairs, still to come */
};

struct to_json {
	struct pack in;
	struct buf *out;
	size_t depth, begin; /* begin: of ours in ->out */
	struct level level[PACK_JSON_DEPTH];
	char *why;
};

/* readable() - bytes that are text, which people would rather read. */
static bool
readable(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || (cp < 0x20 && cp != '\n' && cp != '\r' && cp != '\t') ||
		    cp == 0x7f)
			return false;
		s = bytes_from(s, used);
	}
	return true;
}

static void
put_bytes(struct buf *b, struct bytes s)
{
	size_t n = sodium_base64_encoded_len(s.len, sodium_base64_VARIANT_ORIGINAL);
	uint8_t *to;

	if (readable(s)) {
		buf_put_str(b, "{\"$bytes\":");
		buf_put_json(b, s);
		buf_put_str(b, "}");
		return;
	}
	buf_put_str(b, "{\"$base64\":\"");
	to = buf_reserve(b, n);
	if (to == NULL)
		return;
	sodium_bin2base64((char *)to, n, s.ptr, s.len, sodium_base64_VARIANT_ORIGINAL);
	b->len += n - 1; /* without its NUL */
	buf_put_str(b, "\"}");
}

/* put_real() - as many digits as tell it from its neighbours, and a dot, so that it stays one. */
static void
put_real(struct buf *b, double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.17g", v == 0 ? 0 : v);
	buf_put_str(b, text);
	if (strpbrk(text, ".e") == NULL)
		buf_put_str(b, ".0");
}

/* take_fraction() - of 32 or 64 bits, the highest byte first. */
static double
take_fraction(struct pack *p)
{
	struct bytes raw = pack_skip(p);
	uint64_t u = 0;
	uint32_t half;
	double v = 0;
	float f;

	for (size_t i = 1; i < raw.len; i++)
		u = u << 8 | raw.ptr[i];
	half = (uint32_t)u;
	memcpy(&f, &half, sizeof(f));
	memcpy(&v, &u, sizeof(v));
	return raw.len == 1 + sizeof(f) ? (double)f : v;
}

static void
put_scalar(struct to_json *t, enum pack_kind kind)
{
	double real;

	switch (kind) {
	case PACK_NIL:
		pack_nil(&t->in);
		buf_put_str(t->out, "null");
		return;
	case PACK_BOOL:
		buf_put_str(t->out, pack_bool(&t->in) ? "true" : "false");
		return;
	case PACK_UINT:
	case PACK_SINT:
		buf_put_int(t->out, pack_int(&t->in, -EXACT, EXACT));
		return;
	case PACK_FLOAT:
		real = take_fraction(&t->in);
		if (!isfinite(real))
			pack_fail(&t->in, "a number that is none, or without end");
		put_real(t->out, real);
		return;
	case PACK_STR:
		buf_put_json(t->out, pack_text(&t->in, SIZE_MAX));
		return;
	case PACK_BIN:
		put_bytes(t->out, pack_data(&t->in, SIZE_MAX));
		return;
	case PACK_EXT:
		pack_fail(&t->in, "an extension type");
		return;
	default:
		pack_skip(&t->in); /* says what is wrong */
		pack_fail(&t->in, "not message-pack");
	}
}

/* put_name() - of a pair; none that means bytes. */
static void
put_name(struct to_json *t)
{
	struct bytes s;

	if (pack_peek(&t->in) != PACK_STR)
		pack_fail(&t->in, "a name that is not a text");
	s = pack_text(&t->in, SIZE_MAX);
	if (bytes_is(s, "$bytes") || bytes_is(s, "$base64"))
		pack_fail(&t->in, "a name that stands for bytes");
	buf_put_json(t->out, s);
	buf_put_str(t->out, ":");
}

static void
open_level(struct to_json *t, bool map)
{
	uint32_t n = map ? pack_map(&t->in, UINT32_MAX) : pack_array(&t->in, UINT32_MAX);

	if (t->depth == PACK_JSON_DEPTH) {
		pack_fail(&t->in, "nested too deep");
		return;
	}
	t->level[t->depth++] = (struct level){ map, n };
	buf_put_str(t->out, map ? "{" : "[");
}

/* close_levels() - all that are complete. */
static void
close_levels(struct to_json *t)
{
	while (t->depth > 0 && t->level[t->depth - 1].left == 0) {
		t->depth--;
		buf_put_str(t->out, t->level[t->depth].map ? "}" : "]");
	}
}

/* put_value() - the next value, with its name when it is within a map. Return: was one opened? */
static bool
put_value(struct to_json *t)
{
	struct level *l = t->depth > 0 ? &t->level[t->depth - 1] : NULL;
	enum pack_kind kind;

	if (l != NULL) {
		l->left--;
		if (l->map)
			put_name(t);
	}
	kind = pack_peek(&t->in);
	if (kind == PACK_ARRAY || kind == PACK_MAP) {
		open_level(t, kind == PACK_MAP);
		return true;
	}
	put_scalar(t, kind);
	return false;
}

/* check() - can it be read back? */
static int
check(const struct to_json *t)
{
	struct json j = { .max_depth = PACK_JSON_DEPTH, .allow_fraction = true };
	int r;

	j.text = bytes_from(buf_bytes(t->out), t->begin);
	j.cap = j.text.len < PACK_JSON_PARTS ? j.text.len : PACK_JSON_PARTS;
	j.tok = calloc(j.cap, sizeof(*j.tok));
	if (j.tok == NULL)
		return err_raise(-ENOMEM);
	r = json_read(&j);
	free(j.tok);
	if (r == 0)
		return 0;
	snprintf(t->why, PACK_JSON_WHY, "has no form as JSON: %s",
	    r == JSON_TOO_MANY ? "over 65,536 parts" : j.why);
	return err_raise(PACK_JSON_BAD);
}

static int
put_all(struct to_json *t)
{
	do {
		bool opened = put_value(t);

		if (opened && t->depth > 0 && t->level[t->depth - 1].left > 0)
			continue; /* its first comes without a comma */
		close_levels(t);
		if (t->depth > 0)
			buf_put_str(t->out, ",");
	} while (t->depth > 0 && pack_ok(&t->in) && !buf_failed(t->out));
	if (buf_failed(t->out)) {
		snprintf(t->why, PACK_JSON_WHY, "over %zu bytes as JSON", t->out->max);
		return err_raise(PACK_JSON_LARGE);
	}
	if (!pack_done(&t->in)) {
		snprintf(t->why, PACK_JSON_WHY, "%s, at byte %zu", t->in.why, t->in.at);
		return err_raise(PACK_JSON_BAD);
	}
	return check(t);
}

int
pack_to_json(struct buf *out, struct bytes pack, char why[PACK_JSON_WHY])
{
	struct to_json t = { .in = pack_of(pack), .out = out, .begin = out->len, .why = why };

	why[0] = '\0';
	return put_all(&t);
}
