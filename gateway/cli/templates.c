/*
 * templates - fill in @NAMES@. Two characters @ with nothing but capitals and underscores between
 * them are a name; everything else, also a lone @, is text.
 */
#include "gateway/cli/templates.h"

/* name_at() - length of the name after the @ at the front of @s, or 0. */
static size_t
name_at(struct bytes s)
{
	size_t n = 0;

	while (
	    1 + n < s.len && ((s.ptr[1 + n] >= 'A' && s.ptr[1 + n] <= 'Z') || s.ptr[1 + n] == '_'))
		n++;
	return n > 0 && 1 + n < s.len && s.ptr[1 + n] == '@' ? n : 0;
}

int
template_fill(struct buf *out, struct bytes text, const struct template_value *values)
{
	while (text.len != 0) {
		size_t at = bytes_find(text, '@'), n;
		const struct template_value *v = values;

		buf_put(out, bytes_upto(text, at));
		text = bytes_from(text, at);
		if (text.len == 0)
			break;
		n = name_at(text);
		if (n == 0) {
			buf_put_u8(out, '@');
			text = bytes_from(text, 1);
			continue;
		}
		while (v->name != NULL && !bytes_is(bytes_of(text.ptr + 1, n), v->name))
			v++;
		if (v->name == NULL)
			return err_raise(-ENOENT);
		buf_put(out, v->value);
		text = bytes_from(text, n + 2);
	}
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

/* Source: nats-server conf/lex.go, lexDubQuotedString and lexStringEscape. */
void
template_quote(struct buf *out, struct bytes s)
{
	static const char hex[] = "0123456789ABCDEF";

	buf_put_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c == '"' || c == '\\') {
			buf_put_u8(out, '\\');
			buf_put_u8(out, c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_put_str(out, "\\x");
			buf_put_u8(out, (uint8_t)hex[c >> 4]);
			buf_put_u8(out, (uint8_t)hex[c & 15]);
		} else {
			buf_put_u8(out, c);
		}
	}
	buf_put_u8(out, '"');
}
