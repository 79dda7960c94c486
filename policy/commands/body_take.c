/*
 * body_take - takers of values (see body_priv.h): what a text, a name, a key, a number, a list and
 * a map must be to be taken for one. A taker that finds something else refuses the body.
 */
#include <stddef.h>

#include "policy/commands/body_priv.h"

enum { WORD_MAX = 1024, KEY_LEN = 56 };

/* Sets of ASCII characters, a bit each. */
static inline bool
in_set(const uint64_t set[2], uint8_t c)
{
	return c < 0x80 && (set[c >> 6] >> (c & 63) & 1) != 0;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* controls() - is a byte of @w below ' ', or DEL? A borrow can only come from a byte that is. */
static inline bool
controls(uint64_t w)
{
	uint64_t del = w ^ EACH(0x7f);

	return ((((w - EACH(0x20)) & ~w) | ((del - EACH(1)) & ~del)) & EACH(0x80)) != 0;
}

bool
body_word_ok(struct bytes s)
{
	uint64_t w = EACH(' ');
	size_t i = 0;

	if (s.len > WORD_MAX)
		return false;
	for (; s.len - i >= 8; i += 8) {
		memcpy(&w, s.ptr + i, 8);
		if (controls(w))
			return false;
	}
	if (i < s.len && i != 0) { /* the end once more, with what stands before it */
		memcpy(&w, s.ptr + s.len - 8, 8);
	} else {
		for (; i < s.len; i++)
			w = w << 8 | s.ptr[i];
	}
	return !controls(w);
}

bool
body_id_ok(struct bytes s)
{
	/* '!' to '~' without '*', '.' and '>' */
	static const uint64_t set[2] = { 0xbfffbbfe00000000, 0x7fffffffffffffff };
	bool ok = s.len != 0 && s.len <= WORD_MAX;

	for (size_t i = 0; i < s.len && i < WORD_MAX; i++)
		ok &= in_set(set, s.ptr[i]);
	return ok;
}

bool
body_key(struct bytes s, const char *types)
{
	if (s.len != KEY_LEN || strchr(types, s.ptr[0]) == NULL)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (s.ptr[i] >= '2' && s.ptr[i] <= '7')))
			return false;
	return true;
}

int
body_take_any(struct body_read *r, size_t at, void *into)
{
	(void)r;
	(void)at;
	(void)into;
	return 0;
}

int
body_take_text(struct body_read *r, size_t at, void *into)
{
	return body_text_at(r, at, into);
}

int
body_take_secret(struct body_read *r, size_t at, void *into)
{
	int x = body_text_at(r, at, into);

	return x != 0 ? err_pass(x) : body_secret_at(r, at);
}

int
body_take_word(struct body_read *r, size_t at, void *into)
{
	struct bytes *s = into;
	int x = body_text_at(r, at, s);

	if (x == 0 && !body_word_ok(*s))
		return body_refuse(r, at, "control characters in a name, or too long");
	return err_pass(x);
}

int
body_take_id(struct body_read *r, size_t at, void *into)
{
	struct bytes *s = into;
	int x = body_text_at(r, at, s);

	if (x == 0 && s->len != 0 && !body_id_ok(*s))
		return body_refuse(r, at, "not one token of a subject");
	return err_pass(x);
}

int
body_take_bool(struct body_read *r, size_t at, void *into)
{
	enum json_kind kind = r->j.tok[at].kind;

	if (kind != JSON_TRUE && kind != JSON_FALSE)
		return body_refuse(r, at, "not true or false");
	*(bool *)into = kind == JSON_TRUE;
	return 0;
}

/* number_at() - plain decimal digits, as a number or, in protojson, as a text; a '-' perhaps. */
static int
number_at(struct body_read *r, size_t at, struct body_number *v)
{
	const struct json_tok *t = &r->j.tok[at];
	struct bytes raw = json_raw(&r->j, at);

	*v = (struct body_number){ 0 };
	if (t->kind != JSON_NUMBER && !(r->protojson && t->kind == JSON_STRING))
		return body_refuse(r, at, "not a number");
	if (raw.len != 0 && raw.ptr[0] == '-') {
		v->negative = true;
		raw = bytes_from(raw, 1);
	}
	if (raw.len == 0 || (raw.ptr[0] == '0' && (raw.len > 1 || v->negative)))
		return body_refuse(r, at, "not a whole number in plain digits");
	for (size_t i = 0; i < raw.len; i++) {
		unsigned digit = raw.ptr[i] - (unsigned)'0';

		if (digit > 9)
			return body_refuse(r, at, "not a whole number in plain digits");
		if (__builtin_mul_overflow(v->value, UINT64_C(10), &v->value) ||
		    __builtin_add_overflow(v->value, (uint64_t)digit, &v->value))
			return body_refuse(r, at, "number is too large");
	}
	v->has = true;
	return 0;
}

int
body_take_u64(struct body_read *r, size_t at, void *into)
{
	struct body_number *v = into;
	int x = number_at(r, at, v);

	if (x == 0 && v->negative)
		return body_refuse(r, at, "number is negative");
	return err_pass(x);
}

int
body_take_u32(struct body_read *r, size_t at, void *into)
{
	struct body_number *v = into;
	int x = body_take_u64(r, at, v);

	if (x == 0 && v->value > UINT32_MAX)
		return body_refuse(r, at, "number is too large");
	return err_pass(x);
}

int
body_take_int(struct body_read *r, size_t at, void *into)
{
	struct body_number *v = into;
	int x = number_at(r, at, v);

	if (x == 0 && v->value > (uint64_t)INT64_MAX + v->negative)
		return body_refuse(r, at, "number is too large");
	return err_pass(x);
}

int
body_take_image(struct body_read *r, size_t at, void *into)
{
	struct bytes raw = BYTES_NULL;
	const char *why = NULL;
	int x = body_text_at(r, at, &raw);

	if (x != 0 || raw.len == 0)
		return err_pass(x);
	return image_parse(raw, into, &why) != 0 ? body_refuse(r, at, why) : 0;
}

int
body_take_ref_or_key(struct body_read *r, size_t at, void *into)
{
	struct body_part *part = into;
	struct bytes raw = BYTES_NULL;
	int x = body_text_at(r, at, &raw);

	if (x == 0 && body_key(raw, "MV")) {
		part->id = raw;
		return 0;
	}
	return x != 0 ? err_pass(x) : body_take_image(r, at, &part->image);
}

static int
take_map(struct body_read *r, size_t at, struct body_list *list, bool secret)
{
	struct bytes outer = r->field;
	size_t m = json_first(&r->j, at);

	if (r->j.tok[at].kind != JSON_OBJECT)
		return body_refuse(r, at, "not an object");
	for (uint32_t i = 0; i < r->j.tok[at].n; i++, m = r->j.tok[m + 1].next) {
		struct bytes key = BYTES_NULL, value = BYTES_NULL;
		int x = body_take_word(r, m, &key);

		if (x != 0)
			return err_pass(x);
		r->field = key;
		x = body_text_at(r, m + 1, &value);
		if (x == 0 && secret)
			x = body_secret_at(r, m + 1);
		if (x == 0)
			x = body_append(r, list, key, value, body_where(r, m + 1));
		if (x != 0)
			return err_pass(x);
	}
	r->field = outer;
	return 0;
}

int
body_take_map(struct body_read *r, size_t at, void *into)
{
	return take_map(r, at, into, false);
}

int
body_take_secret_map(struct body_read *r, size_t at, void *into)
{
	return take_map(r, at, into, true);
}

static int
take_name(struct body_read *r, size_t at, void *into)
{
	struct bytes s = BYTES_NULL;
	int x = body_take_word(r, at, &s);

	return x != 0 ? err_pass(x) : body_append(r, into, s, BYTES_NULL, body_where(r, at));
}

int
body_take_names(struct body_read *r, size_t at, void *into)
{
	return body_each(r, at, take_name, into);
}
