/*
 * shown - see shown.h.
 */
#include "policy/core/shown.h"

#include <stdio.h>

#include "policy/core/utf8.h"

bool
shown(uint32_t cp)
{
	if (cp < 0x7f)
		return cp >= 0x20;
	if (cp <= 0xa0 || cp == 0xad || utf8_is_bidi(cp))
		return false;
	return !((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202f) ||
		 (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xe000 && cp <= 0xf8ff) || cp == 0x034f ||
		 cp == 0x115f || cp == 0x1160 || cp == 0x061c || cp == 0x180e || cp == 0x3164 ||
		 cp == 0xffa0 || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff ||
		 (cp >= 0xfff0 && cp <= 0xfffb) || cp >= 0xe0000);
}

size_t
buf_put_shown_one(struct buf *b, struct bytes s)
{
	char text[16];
	uint32_t cp;
	size_t n = utf8_next(s, &cp);

	if (n != 0 && shown(cp)) {
		buf_put(b, bytes_upto(s, n));
		return n;
	}
	if (n == 0) {
		n = 1;
		cp = 0xfffd;
	}
	snprintf(text, sizeof(text), cp > 0xffff ? "\\U%08x" : "\\u%04x", cp);
	buf_put_str(b, text);
	return n;
}

void
buf_put_shown(struct buf *b, struct bytes s)
{
	while (s.len > 0)
		s = bytes_from(s, buf_put_shown_one(b, s));
}
