/*
 * json_string - escapes, and what two names have in common (see json_priv.h).
 *
 * Go's encoding/json matches names with the folding that unicode.SimpleFold gives, in which U+017F
 * is an "s" and U+212A a "k"; other readers fold ASCII only, or nothing. Names that any of them
 * takes for one are the same name here. Source: Go, src/encoding/json/fold.go.
 */
#include "policy/core/json_priv.h"
#include "policy/core/utf8.h"

/* hex4() - four hexadecimal digits. Return: their value, or -1. */
static int32_t
hex4(const uint8_t *p)
{
	int32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		uint8_t c = p[i];
		int32_t d = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

size_t
json_escape_next(struct bytes s, uint32_t *cp, const char **why)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple;
	int32_t hi, lo;

	*why = "unknown escape in a string";
	if (s.len < 2 || s.ptr[1] == 0)
		return 0;
	simple = strchr(from, s.ptr[1]);
	if (simple != NULL) {
		*cp = (uint8_t)to[simple - from];
		return 2;
	}
	if (s.ptr[1] != 'u')
		return 0;
	*why = "\\u needs four hexadecimal digits";
	if (s.len < 6 || (hi = hex4(s.ptr + 2)) < 0)
		return 0;
	*why = "U+0000 in a string";
	if (hi == 0)
		return 0;
	*cp = (uint32_t)hi;
	if (hi < 0xd800 || hi > 0xdfff)
		return 6;
	*why = "lone surrogate in a string";
	if (hi > 0xdbff || s.len < 12 || s.ptr[6] != '\\' || s.ptr[7] != 'u')
		return 0;
	lo = hex4(s.ptr + 8);
	if (lo < 0xdc00 || lo > 0xdfff)
		return 0;
	*cp = 0x10000 + (((uint32_t)hi - 0xd800) << 10) + ((uint32_t)lo - 0xdc00);
	return 12;
}

size_t
json_string_next(struct bytes raw, uint32_t *cp)
{
	const char *why;

	return raw.ptr[0] == '\\' ? json_escape_next(raw, cp, &why) : utf8_next(raw, cp);
}

/* fold() - what a reader that ignores case may take @cp for. */
static uint32_t
fold(uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		return cp | 0x20;
	return cp == 0x17f ? 's' : cp == 0x212a ? 'k' : cp;
}

uint32_t
json_name_hash(struct bytes raw)
{
	uint64_t h = 0, w = 0;
	size_t filled = 0;

	while (raw.len != 0) {
		uint8_t c[4];
		uint32_t cp = 0;
		size_t used = json_string_next(raw, &cp);
		size_t n = utf8_put(c, fold(cp));

		for (size_t i = 0; i < n; i++) {
			w |= (uint64_t)(c[i] | 0x20) << (8 * filled);
			if (++filled == 8) {
				h = json_mix(h, w);
				w = filled = 0;
			}
		}
		raw = bytes_from(raw, used);
	}
	return (uint32_t)(filled != 0 ? json_mix(h, w) : h);
}

bool
json_name_same(struct bytes a, struct bytes b)
{
	while (a.len != 0 && b.len != 0) {
		uint32_t ca = 0, cb = 0;

		a = bytes_from(a, json_string_next(a, &ca));
		b = bytes_from(b, json_string_next(b, &cb));
		if (fold(ca) != fold(cb))
			return false;
	}
	return a.len == b.len;
}
