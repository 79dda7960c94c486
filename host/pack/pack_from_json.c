/*
 * pack_from_json - see pack_json.h. The strict reader makes tokens in the order of the text, which
 * is the order message-pack writes in: one pass over them, no recursion.
 */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/pack/pack.h"
#include "host/pack/pack_json.h"
#include "policy/core/json.h"

enum { NUMBER_MAX = 63 };

struct to_pack {
	struct json j;
	struct buf *out;
	uint8_t *text; /* room for any string of it, unescaped */
	char *why;
};

static int
bad(const struct to_pack *t, size_t at, const char *why)
{
	snprintf(t->why, PACK_JSON_WHY, "%s, at byte %u", why, t->j.tok[at].start);
	return err_raise(PACK_JSON_BAD);
}

static int
text_at(const struct to_pack *t, size_t at, struct bytes *s)
{
	return json_text(&t->j, at, t->text, t->j.text.len, s) == 0 ? 0 : bad(t, at, "not a text");
}

/* put_fraction() - 64 bits of IEEE 754, the highest byte first. */
static void
put_fraction(struct buf *b, double v)
{
	uint64_t u;

	_Static_assert(sizeof(u) == sizeof(v), "a double is 64 bits");
	memcpy(&u, &v, sizeof(u));
	buf_put_u8(b, 0xcb);
	for (unsigned shift = 64; shift > 0; shift -= 8)
		buf_put_u8(b, (uint8_t)(u >> (shift - 8)));
}

/* put_number() - whole numbers stay whole; what has a dot or an exponent is a fraction. */
static int
put_number(const struct to_pack *t, size_t at)
{
	struct bytes raw = json_raw(&t->j, at);
	char text[NUMBER_MAX + 1];
	int64_t v;
	double d;

	if (json_int(&t->j, at, &v) == 0) {
		pack_put_int(t->out, v);
		return 0;
	}
	if (raw.len > NUMBER_MAX)
		return bad(t, at, "a number of too many digits");
	memcpy(text, raw.ptr, raw.len);
	text[raw.len] = '\0';
	d = strtod(text, NULL);
	if (strpbrk(text, ".eE") == NULL || !isfinite(d))
		return bad(t, at, "a number out of range");
	put_fraction(t->out, d == 0 ? 0 : d);
	return 0;
}

/* put_coded() - {"$bytes": ...} and {"$base64": ...}. */
static int
put_coded(const struct to_pack *t, size_t at, bool base64)
{
	struct bytes s = BYTES_NULL;
	int r = text_at(t, at, &s);
	size_t n = 0;

	if (r != 0)
		return err_pass(r);
	if (!base64) {
		pack_put_bin(t->out, s);
		return 0;
	}
	/* what comes out is never longer than what went in, and may lie where it lay */
	if (sodium_base642bin(t->text, t->j.text.len, (const char *)s.ptr, s.len, NULL, &n, NULL,
		sodium_base64_VARIANT_ORIGINAL) != 0)
		return bad(t, at, "not base64");
	pack_put_bin(t->out, bytes_of(t->text, n));
	return 0;
}

/* put_object() - a map, or bytes. *skip: tokens of it that are done. */
static int
put_object(const struct to_pack *t, size_t at, size_t *next)
{
	const struct json_tok *o = &t->j.tok[at];
	size_t name = json_first(&t->j, at);

	for (size_t i = 0, m = name; i < o->n; i++, m = t->j.tok[m + 1].next) {
		bool base64 = json_is(&t->j, m, "$base64");

		if (!base64 && !json_is(&t->j, m, "$bytes"))
			continue;
		if (o->n != 1)
			return bad(t, m, "$bytes and $base64 stand alone");
		*next = o->next;
		return put_coded(t, m + 1, base64);
	}
	pack_put_map(t->out, o->n);
	return 0;
}

static int
put_one(const struct to_pack *t, size_t at, size_t *next)
{
	struct bytes s = BYTES_NULL;
	int r;

	*next = at + 1;
	switch (t->j.tok[at].kind) {
	case JSON_NULL:
		pack_put_nil(t->out);
		return 0;
	case JSON_FALSE:
	case JSON_TRUE:
		pack_put_bool(t->out, t->j.tok[at].kind == JSON_TRUE);
		return 0;
	case JSON_NUMBER:
		return put_number(t, at);
	case JSON_STRING:
		r = text_at(t, at, &s);
		if (r == 0)
			pack_put_text(t->out, s);
		return err_pass(r);
	case JSON_ARRAY:
		pack_put_array(t->out, t->j.tok[at].n);
		return 0;
	case JSON_OBJECT:
		return put_object(t, at, next);
	default:
		return bad(t, at, "no value");
	}
}

static int
put_all(struct to_pack *t)
{
	int r = json_read(&t->j);

	if (r == JSON_TOO_MANY) {
		snprintf(t->why, PACK_JSON_WHY, "over %d parts", PACK_JSON_PARTS);
		return err_raise(PACK_JSON_BAD);
	}
	if (r != 0) {
		snprintf(t->why, PACK_JSON_WHY, "%s, at byte %zu", t->j.why, t->j.at);
		return err_raise(PACK_JSON_BAD);
	}
	for (size_t at = 0, next = 0; at < t->j.n; at = next) {
		r = put_one(t, at, &next);
		if (r != 0)
			return err_pass(r);
	}
	if (!buf_failed(t->out))
		return 0;
	snprintf(t->why, PACK_JSON_WHY, "over %zu bytes as message-pack", t->out->max);
	return err_raise(PACK_JSON_LARGE);
}

int
pack_from_json(struct buf *out, struct bytes json, char why[PACK_JSON_WHY])
{
	size_t cap = json.len < PACK_JSON_PARTS ? json.len + 1 : PACK_JSON_PARTS;
	struct to_pack t = { .out = out, .why = why };
	int r;

	why[0] = '\0';
	t.j = (struct json){
		.text = json, .cap = cap, .max_depth = PACK_JSON_DEPTH, .allow_fraction = true
	};
	t.j.tok = calloc(cap, sizeof(*t.j.tok));
	t.text = malloc(json.len + 1);
	r = t.j.tok == NULL || t.text == NULL ? err_raise(-ENOMEM) : put_all(&t);
	free(t.j.tok);
	free(t.text);
	return err_pass(r);
}
