/*
 * text_lex - the bytes below the grammar of text.h: blanks, comments, words, strings, places.
 *
 * Works on the tree's own copy of the file. A string is unescaped where it stands, since that only
 * makes it shorter. Bytes that a terminal or a reader's eye would take for something else (control
 * bytes, characters that turn the direction of writing, bad UTF-8) are refused even in comments.
 */
#include <stdio.h>

#include "policy/core/text_priv.h"
#include "policy/core/utf8.h"

/* What a byte may be part of. */
enum {
	WORD = 1,
	KEY = 2,   /* a word that ends before an operator */
	PLAIN = 4, /* stands for itself in strings and comments */
};

static const uint8_t class_of[256] = {
	[' '] = PLAIN,
	['!'] = WORD | KEY | PLAIN,
	['#'] = PLAIN,
	['$' ... '&'] = WORD | KEY | PLAIN,
	['\''] = PLAIN,
	['(' ... '+'] = WORD | KEY | PLAIN,
	[','] = PLAIN,
	['-' ... ';'] = WORD | KEY | PLAIN,
	['<'] = WORD | PLAIN,
	['='] = PLAIN,
	['>'] = WORD | PLAIN,
	['?' ... 'Z'] = WORD | KEY | PLAIN,
	['['] = PLAIN,
	['\\'] = WORD | KEY,
	[']'] = PLAIN,
	['^' ... 'z'] = WORD | KEY | PLAIN,
	['{'] = PLAIN,
	['|'] = WORD | KEY | PLAIN,
	['}'] = PLAIN,
	['~'] = WORD | KEY | PLAIN,
};

bool
lex_is_word(uint8_t c)
{
	return class_of[c] & WORD;
}

/* lex_place() - a node that only says where. */
struct text_node
lex_place(const struct lexer *x, size_t at)
{
	return (struct text_node){ .line = x->line, .col = (uint32_t)(at - x->line_at + 1) };
}

int
lex_fail(struct lexer *x, const struct text_node *at, const char *fmt, ...)
{
	va_list ap;

	x->errors++;
	x->r->errors++;
	va_start(ap, fmt);
	text_vreport(x->r, x->t, at, "error: ", fmt, ap);
	va_end(ap);
	return TEXT_BAD;
}

void
lex_skip_blank(struct lexer *x)
{
	while (lex_peek(x) == ' ' || lex_peek(x) == '\t')
		x->at++;
}

/* lex_what_is() - the byte at the front, for a message; @room holds it. */
const char *
lex_what_is(const struct lexer *x, char room[16])
{
	uint8_t c = lex_peek(x);

	if (lex_at_end(x))
		return "the end of the file";
	if (lex_newline_len(x, x->at) != 0)
		return "the end of the line";
	if (c == '#')
		return "a comment";
	if (c > 0x20 && c < 0x7f)
		snprintf(room, 16, "'%c'", c);
	else
		snprintf(room, 16, "byte 0x%02x", c);
	return room;
}

/* raw_char() - a character of a comment or string as it stands in the file. Return: its bytes, 0
 * after a message. */
static size_t
raw_char(struct lexer *x, size_t at)
{
	struct text_node here = lex_place(x, at);
	uint32_t cp = 0;
	size_t n = utf8_next(bytes_of(x->s + at, x->len - at), &cp);

	if (n == 0)
		lex_fail(x, &here, "byte 0x%02x is not UTF-8; save the file as UTF-8", x->s[at]);
	else if ((cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0))
		lex_fail(
		    x, &here, "control byte 0x%02x; in a string write \\xHH", (unsigned int)cp);
	else if (utf8_is_bidi(cp))
		lex_fail(x, &here, "U+%04X turns the direction of writing; in a string write \\xHH",
		    (unsigned int)cp);
	else
		return n;
	return 0;
}

void
lex_to_line_end(struct lexer *x)
{
	while (!lex_at_end(x) && x->s[x->at] != '\n')
		x->at++;
}

static int
skip_comment(struct lexer *x)
{
	while (!lex_at_end(x) && lex_newline_len(x, x->at) == 0) {
		size_t n = class_of[x->s[x->at]] & PLAIN ? 1 : raw_char(x, x->at);

		x->at += n;
		if (n == 0) {
			lex_to_line_end(x);
			return TEXT_BAD;
		}
	}
	return 0;
}

/* lex_skip_void() - blanks, line ends and comments. */
int
lex_skip_void(struct lexer *x)
{
	for (;;) {
		size_t n;

		lex_skip_blank(x);
		n = lex_newline_len(x, x->at);
		if (n != 0) {
			x->at += n;
			x->line++;
			x->line_at = x->at;
		} else if (lex_peek(x) == '#') {
			int a = skip_comment(x);

			if (a != 0)
				return a;
		} else {
			return 0;
		}
	}
}

size_t
text_name_in_braces(struct bytes s)
{
	size_t n = 2;

	if (s.len < 4 || s.ptr[0] != '$' || s.ptr[1] != '{')
		return 0;
	while (n < s.len &&
	       ((s.ptr[n] >= 'a' && s.ptr[n] <= 'z') || (s.ptr[n] >= 'A' && s.ptr[n] <= 'Z') ||
		   (s.ptr[n] >= '0' && s.ptr[n] <= '9') || s.ptr[n] == '-' || s.ptr[n] == '_' ||
		   s.ptr[n] == '.'))
		n++;
	return n > 2 && n < s.len && s.ptr[n] == '}' ? n + 1 : 0;
}

/* lex_word() - see text_priv.h */
struct bytes
lex_word(struct lexer *x, bool key)
{
	const uint8_t *from = x->s + x->at, *end = x->s + x->len, *c = from;
	uint8_t wanted = key ? KEY : WORD;
	size_t n;

	for (;;) {
		while (c != end && (class_of[*c] & wanted) && (key || *c != '$'))
			c++;
		if (key || c == end || *c != '$')
			break;
		n = text_name_in_braces(bytes_of(c, (size_t)(end - c)));
		c += n != 0 ? n : 1;
	}
	/* "!" ends a key only as part of "!="; a word cannot run into "=" in any case */
	if (key && c != end && *c == '=' && c != from && c[-1] == '!')
		c--;
	x->at += (size_t)(c - from);
	return bytes_of(from, (size_t)(c - from));
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* unescape() - the escape at x->at. Return: its byte, or 0 (which no escape may give) after a
 * message. */
static uint8_t
unescape(struct lexer *x)
{
	struct text_node here = lex_place(x, x->at);
	uint8_t c = x->at + 1 < x->len ? x->s[x->at + 1] : 0;
	int hi, lo;

	if (c == '"' || c == '\\' || c == 'n' || c == 't') {
		x->at += 2;
		return c == 'n' ? '\n' : c == 't' ? '\t' : c;
	}
	if (c != 'x') {
		lex_fail(x, &here, "unknown escape; a string knows \\\" \\\\ \\n \\t \\xHH");
		return 0;
	}
	hi = x->len - x->at >= 4 ? hex_digit(x->s[x->at + 2]) : -1;
	lo = hi >= 0 ? hex_digit(x->s[x->at + 3]) : -1;
	if (lo < 0 || hi + lo == 0) {
		lex_fail(x, &here, "\\x needs two hexadecimal digits, not 00");
		return 0;
	}
	x->at += 4;
	return (uint8_t)(hi << 4 | lo);
}

/* lex_close_string() - after an error inside a string: move behind it, or to the end of the line.
 */
int
lex_close_string(struct lexer *x)
{
	while (!lex_at_end(x) && lex_newline_len(x, x->at) == 0) {
		uint8_t c = x->s[x->at++];

		if (c == '"')
			break;
		if (c == '\\' && !lex_at_end(x) && lex_newline_len(x, x->at) == 0)
			x->at++;
	}
	return TEXT_BAD;
}

static bool
all_utf8(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n == 0)
			return false;
		s = bytes_from(s, n);
	}
	return true;
}

/* lex_string() - from its opening quote; unescaped where it stands. */
int
lex_string(struct lexer *x, struct bytes *out)
{
	struct text_node here = lex_place(x, x->at);
	size_t from = ++x->at, to = from;
	bool escaped = false;

	while (lex_peek(x) != '"') {
		size_t start = x->at;

		if (lex_at_end(x) || lex_newline_len(x, start) != 0)
			return lex_fail(x, &here, "string without its closing quote on this line");
		if (x->s[start] == '\\') {
			escaped = true;
			x->s[to] = unescape(x);
			if (x->s[to++] == 0)
				return lex_close_string(x);
			continue;
		}
		if (!(class_of[x->s[start]] & PLAIN)) {
			x->at += raw_char(x, start);
			if (x->at == start)
				return lex_close_string(x);
		}
		while (class_of[lex_peek(x)] & PLAIN)
			x->at++;
		if (escaped)
			memmove(x->s + to, x->s + start, x->at - start);
		to += x->at - start;
	}
	x->at++;
	*out = bytes_of(x->s + from, to - from);
	if (escaped && !all_utf8(*out))
		return lex_fail(x, &here, "the escapes of this string do not make UTF-8");
	return 0;
}
