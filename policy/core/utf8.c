/*
 * utf8 - see utf8.h. The only decoder of UTF-8 in this project, so that no two readers can
 * disagree about what a name says. It looks at one code point and remembers nothing.
 */
#include "policy/core/utf8.h"

size_t
utf8_next(struct bytes s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c = s.ptr[0];
	size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > s.len)
		return 0;
	*cp = n == 1 ? c : c & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (s.ptr[i] >> 6 != 2)
			return 0;
		*cp = *cp << 6 | (s.ptr[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

size_t
utf8_put(uint8_t out[4], uint32_t cp)
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	for (size_t i = n; i > 1; i--) {
		out[i - 1] = (uint8_t)(0x80 | (cp & 0x3f));
		cp >>= 6;
	}
	out[0] = (uint8_t)((0xf00U >> n) | cp);
	return n;
}

/* Source: Unicode Standard Annex 9, explicit directional formatting characters, and the marks. */
bool
utf8_is_bidi(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e ||
	       cp == 0x200f || cp == 0x61c;
}
