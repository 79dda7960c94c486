/*
 * reader - the readings of the binary format, WebAssembly core specification 5.1 and 5.2.
 *
 * Numbers are read as strictly as it asks: no more bytes than the width allows, and the unused bits
 * of the last one are zero, or copies of the sign.
 */
#include <stdio.h>

#include "host/wasm/reader_priv.h"
#include "policy/core/utf8.h"

int
reader_refuse(struct reader *r, enum wasm_answer answer, size_t at, const char *text)
{
	r->why->answer = answer;
	r->why->offset = at;
	snprintf(r->why->text, sizeof(r->why->text), "%s", text);
	return err_raise((int)answer);
}

int
reader_byte(struct reader *r, uint8_t *out)
{
	if (r->at >= r->end)
		return reader_refuse(r, WASM_MALFORMED, r->at, "unexpected end");
	*out = r->image[r->at++];
	return 0;
}

/* @bits of a LEB128 number; a signed one comes back with its sign in all 64. */
static int
reader_leb(struct reader *r, unsigned int bits, bool is_signed, uint64_t *out)
{
	size_t start = r->at;
	unsigned int shift = 0;
	uint64_t v = 0;
	uint8_t c;

	do {
		uint8_t rest;

		if (shift >= bits)
			return reader_refuse(
			    r, WASM_MALFORMED, start, "integer representation too long");
		if (r->at >= r->end)
			return reader_refuse(
			    r, WASM_MALFORMED, r->at, "unexpected end of a number");
		c = r->image[r->at++];
		v |= (uint64_t)(c & 0x7f) << shift;
		shift += 7;
		if (shift <= bits)
			continue;
		/* the last byte: bits beyond the width are zero, or all copies of the sign */
		if ((c & 0x80) != 0)
			return reader_refuse(
			    r, WASM_MALFORMED, start, "integer representation too long");
		rest = (uint8_t)((c & 0x7f) >> (7 - (shift - bits) - (is_signed ? 1 : 0)));
		if (rest != 0 && !(is_signed && rest == (0x7fU >> (7 - (shift - bits) - 1))))
			return reader_refuse(r, WASM_MALFORMED, start, "integer too large");
	} while ((c & 0x80) != 0);
	if (is_signed && shift < 64 && (c & 0x40) != 0)
		v |= UINT64_MAX << shift;
	*out = v;
	return 0;
}

int
reader_u32_slow(struct reader *r, uint32_t *out)
{
	uint64_t v;
	int e = reader_leb(r, 32, false, &v);

	if (e == 0)
		*out = (uint32_t)v;
	return e;
}

int
reader_s32(struct reader *r, int32_t *out)
{
	uint64_t v;
	int e = reader_leb(r, 32, true, &v);

	if (e == 0)
		*out = (int32_t)(uint32_t)v;
	return e;
}

int
reader_s33(struct reader *r, int64_t *out)
{
	uint64_t v;
	int e = reader_leb(r, 33, true, &v);

	if (e == 0)
		*out = (int64_t)v;
	return e;
}

int
reader_s64(struct reader *r, int64_t *out)
{
	uint64_t v;
	int e = reader_leb(r, 64, true, &v);

	if (e == 0)
		*out = (int64_t)v;
	return e;
}

int
reader_skip(struct reader *r, uint32_t n, size_t *from)
{
	if (n > r->end - r->at)
		return reader_refuse(r, WASM_MALFORMED, r->at, "length out of bounds");
	*from = r->at;
	r->at += n;
	return 0;
}

int
reader_fixed(struct reader *r, unsigned int n, uint64_t *out)
{
	size_t from;
	int e = reader_skip(r, n, &from);

	if (e != 0)
		return err_pass(e);
	*out = 0;
	memcpy(out, r->image + from, n); /* our machines are little-endian, see docs/WASM.md */
	return 0;
}

int
reader_name(struct reader *r, uint32_t max, uint32_t *at, uint32_t *len)
{
	size_t from;
	struct bytes s;
	int e = reader_u32(r, len);

	if (e != 0)
		return err_pass(e);
	e = reader_skip(r, *len, &from);
	if (e != 0)
		return err_pass(e);
	if (*len > max)
		return reader_refuse(
		    r, WASM_LIMIT, from, "a name is longer than name_bytes allows");
	s = bytes_of(r->image + from, *len);
	while (s.len != 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n == 0)
			return reader_refuse(
			    r, WASM_MALFORMED, from + (*len - s.len), "malformed UTF-8 encoding");
		s = bytes_from(s, n);
	}
	*at = (uint32_t)from;
	return 0;
}

int
reader_count(struct reader *r, uint32_t max, const char *what, uint32_t *out)
{
	size_t start = r->at;
	char text[80];
	int e = reader_u32(r, out);

	if (e != 0)
		return err_pass(e);
	if (*out > r->end - r->at)
		return reader_refuse(
		    r, WASM_MALFORMED, start, "unexpected end: a count promises more");
	if (*out > max) {
		snprintf(text, sizeof(text), "more %s than the limit of %u", what, max);
		return reader_refuse(r, WASM_LIMIT, start, text);
	}
	return 0;
}
