/*
 * text_parse - the grammar of text.h, from bytes to a tree.
 *
 * The input is copied once and words point into the copy; a string is unescaped where it stands,
 * since that only makes it shorter. Open blocks and lists are kept on small stacks, so nothing
 * recurses. Whatever could be read in two ways is refused with a message that says what to write
 * instead. After an error reading goes on at the next line, so that one look shows several; the
 * braces of the part passed over are still counted, or every later brace would be an error too.
 */
#include <stdio.h>

#include "policy/core/text_priv.h"
#include "policy/core/utf8.h"

enum {
	SLOTS_FIRST = 256,
};

/* Where a name was seen first: a slot of the table that finds duplicates. */
struct slot {
	const struct text_node *block;
	const struct text_node *node;
	uint64_t hash;
};

struct parser {
	struct text *t;
	struct text_report *r;
	uint8_t *s;
	size_t len, at;
	uint32_t line;
	size_t line_at; /* where the line begins */

	struct text_node *open[TEXT_MAX_DEPTH + 1]; /* the root and the open blocks */
	struct text_node **tail[TEXT_MAX_DEPTH + 1];
	size_t depth; /* of open[], without the root */
	size_t lost;  /* "{" passed over after an error and not yet closed */
	size_t errors;
	bool in_list;

	struct slot *slot; /* open addressing, a power of two, at most half full */
	size_t slots, filled;
};

/* place() - a node that only says where. */
static struct text_node
place(const struct parser *p, size_t at)
{
	return (struct text_node){ .line = p->line, .col = (uint32_t)(at - p->line_at + 1) };
}

static int __attribute__((format(printf, 3, 4)))
fail(struct parser *p, const struct text_node *at, const char *fmt, ...)
{
	va_list ap;

	p->errors++;
	p->r->errors++;
	va_start(ap, fmt);
	text_vreport(p->r, p->t, at, "error: ", fmt, ap);
	va_end(ap);
	return TEXT_BAD;
}

static bool
at_end(const struct parser *p)
{
	return p->at == p->len;
}

/* peek() - the next byte; NUL at the end, and NUL is a byte no rule below accepts. */
static uint8_t
peek(const struct parser *p)
{
	return p->at < p->len ? p->s[p->at] : 0;
}

/* newline_len() - length of the line end at @at, or 0. */
static size_t
newline_len(const struct parser *p, size_t at)
{
	if (at < p->len && p->s[at] == '\n')
		return 1;
	return p->len - at >= 2 && p->s[at] == '\r' && p->s[at + 1] == '\n' ? 2 : 0;
}

static bool
is_word(uint8_t c)
{
	static const bool not_word[256] = {
		['"'] = true,
		['\''] = true,
		['{'] = true,
		['}'] = true,
		['['] = true,
		[']'] = true,
		[','] = true,
		['='] = true,
		['#'] = true,
	};

	return c > 0x20 && c < 0x7f && !not_word[c];
}

static void
skip_blank(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t')
		p->at++;
}

/* what_is() - the byte at the front, for a message; @room holds it. */
static const char *
what_is(const struct parser *p, char room[16])
{
	uint8_t c = peek(p);

	if (at_end(p))
		return "the end of the file";
	if (newline_len(p, p->at) != 0)
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
raw_char(struct parser *p, size_t at)
{
	struct text_node here = place(p, at);
	uint32_t cp = 0;
	size_t n = utf8_next(bytes_of(p->s + at, p->len - at), &cp);

	if (n == 0)
		fail(p, &here, "byte 0x%02x is not UTF-8; save the file as UTF-8", p->s[at]);
	else if ((cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0))
		fail(p, &here, "control byte 0x%02x; in a string write \\xHH", (unsigned int)cp);
	else if (utf8_is_bidi(cp))
		fail(p, &here, "U+%04X turns the direction of writing; in a string write \\xHH",
		    (unsigned int)cp);
	else
		return n;
	return 0;
}

static void
to_line_end(struct parser *p)
{
	while (!at_end(p) && p->s[p->at] != '\n')
		p->at++;
}

static int
skip_comment(struct parser *p)
{
	while (!at_end(p) && newline_len(p, p->at) == 0) {
		uint8_t c = p->s[p->at];
		size_t n = c >= 0x20 && c < 0x7f ? 1 : raw_char(p, p->at);

		p->at += n;
		if (n == 0) {
			to_line_end(p);
			return TEXT_BAD;
		}
	}
	return 0;
}

/* skip_void() - blanks, line ends and comments. */
static int
skip_void(struct parser *p)
{
	for (;;) {
		size_t n;

		skip_blank(p);
		n = newline_len(p, p->at);
		if (n != 0) {
			p->at += n;
			p->line++;
			p->line_at = p->at;
		} else if (peek(p) == '#') {
			int a = skip_comment(p);

			if (a != 0)
				return a;
		} else {
			return 0;
		}
	}
}

/* word() - a bare word, not empty; in a @key it ends before an operator. */
static struct bytes
word(struct parser *p, bool key)
{
	size_t from = p->at;

	for (; is_word(peek(p)); p->at++) {
		uint8_t c = p->s[p->at];

		if (key && (c == '<' || c == '>'))
			break;
		if (key && c == '!' && p->at + 1 < p->len && p->s[p->at + 1] == '=')
			break;
	}
	return bytes_of(p->s + from, p->at - from);
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* unescape() - the escape at p->at. Return: its byte, or 0 (which no escape may give) after a
 * message. */
static uint8_t
unescape(struct parser *p)
{
	struct text_node here = place(p, p->at);
	uint8_t c = p->at + 1 < p->len ? p->s[p->at + 1] : 0;
	int hi, lo;

	if (c == '"' || c == '\\' || c == 'n' || c == 't') {
		p->at += 2;
		return c == 'n' ? '\n' : c == 't' ? '\t' : c;
	}
	if (c != 'x') {
		fail(p, &here, "unknown escape; a string knows \\\" \\\\ \\n \\t \\xHH");
		return 0;
	}
	hi = p->len - p->at >= 4 ? hex_digit(p->s[p->at + 2]) : -1;
	lo = hi >= 0 ? hex_digit(p->s[p->at + 3]) : -1;
	if (lo < 0 || hi + lo == 0) {
		fail(p, &here, "\\x needs two hexadecimal digits, not 00");
		return 0;
	}
	p->at += 4;
	return (uint8_t)(hi << 4 | lo);
}

/* close_string() - after an error inside a string: move behind it, or to the end of the line. */
static int
close_string(struct parser *p)
{
	while (!at_end(p) && newline_len(p, p->at) == 0) {
		uint8_t c = p->s[p->at++];

		if (c == '"')
			break;
		if (c == '\\' && !at_end(p) && newline_len(p, p->at) == 0)
			p->at++;
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

/* string() - from its opening quote; unescaped where it stands. */
static int
string(struct parser *p, struct bytes *out)
{
	struct text_node here = place(p, p->at);
	uint8_t *from = p->s + ++p->at, *to = from;

	while (peek(p) != '"') {
		size_t n = 1;

		if (at_end(p) || newline_len(p, p->at) != 0)
			return fail(p, &here, "string without its closing quote on the same line");
		if (p->s[p->at] == '\\') {
			*to = unescape(p);
			if (*to++ == 0)
				return close_string(p);
			continue;
		}
		if (p->s[p->at] < 0x20 || p->s[p->at] >= 0x7f)
			n = raw_char(p, p->at);
		if (n == 0)
			return close_string(p);
		memmove(to, p->s + p->at, n);
		to += n;
		p->at += n;
	}
	p->at++;
	*out = bytes_of(from, (size_t)(to - from));
	if (!all_utf8(*out))
		return fail(p, &here, "the escapes of this string do not make UTF-8");
	return 0;
}

/* gap() - what follows a complete value or block must not touch it. */
static int
gap(struct parser *p, bool after_word)
{
	struct text_node here = place(p, p->at);
	uint8_t c = peek(p);
	char room[16];

	if (at_end(p) || c == ' ' || c == '\t' || newline_len(p, p->at) != 0)
		return 0;
	if (p->in_list ? c == ',' || c == ']' : c == '}')
		return 0;
	if (c == '#' && !after_word)
		return 0;
	if (c == '#')
		return fail(p, &here,
		    "'#' touches a word; put the word in quotes, or a blank before the comment");
	if (p->in_list && c == '=')
		return fail(p, &here, "unexpected '=' in a list; is a ']' missing before it?");
	if (after_word)
		return fail(p, &here, "%s cannot be part of a word; put the word in quotes",
		    what_is(p, room));
	return fail(p, &here, "expected a blank before %s", what_is(p, room));
}

static int
new_node(struct parser *p, enum text_kind kind, struct text_node **out)
{
	struct text_node here = place(p, p->at), *n = text_node(p->t);

	*out = n;
	if (n == NULL)
		return err_raise(-ENOMEM);
	n->kind = kind;
	n->line = here.line;
	n->col = here.col;
	return 0;
}

/* scalar() - a word or a string, with the gap after it. */
static int
scalar(struct parser *p, struct text_node **out)
{
	struct text_node *n;
	int r = new_node(p, TEXT_WORD, &n);

	if (r != 0)
		return err_pass(r);
	*out = n;
	n->quoted = peek(p) == '"';
	if (n->quoted)
		r = string(p, &n->text);
	else if (peek(p) == '<' || peek(p) == '>' ||
		 (peek(p) == '!' && newline_len(p, p->at) == 0 && p->at + 1 < p->len &&
		     p->s[p->at + 1] == '='))
		return fail(p, n, "put a word that begins with an operator in quotes");
	else
		n->text = word(p, false);
	return r != 0 ? r : gap(p, !n->quoted);
}

/* Lists that are open, innermost last; `after` is what stands before the reading position. */
struct lists {
	struct text_node *open[TEXT_MAX_DEPTH];
	struct text_node **tail[TEXT_MAX_DEPTH];
	size_t depth;
	enum { AFTER_OPEN, AFTER_VALUE, AFTER_COMMA } after;
};

static int
list_open(struct parser *p, struct lists *l)
{
	struct text_node *n;
	int r = new_node(p, TEXT_LIST, &n);

	if (r != 0)
		return err_pass(r);
	if (l->depth == TEXT_MAX_DEPTH)
		return fail(p, n, "lists nested more than %d deep", TEXT_MAX_DEPTH);
	if (l->depth != 0) {
		*l->tail[l->depth - 1] = n;
		l->tail[l->depth - 1] = &n->next;
	}
	l->open[l->depth] = n;
	l->tail[l->depth++] = &n->child;
	l->after = AFTER_OPEN;
	p->at++;
	return 0;
}

static int
list_step(struct parser *p, struct lists *l)
{
	struct text_node here = place(p, p->at), *n = NULL;
	uint8_t c = peek(p);
	char room[16];
	int r;

	if (c == ',' && l->after == AFTER_VALUE) {
		p->at++;
		l->after = AFTER_COMMA;
		return 0;
	}
	if (c == ']' && l->after != AFTER_COMMA) {
		p->at++;
		l->depth--;
		l->after = AFTER_VALUE;
		p->in_list = l->depth != 0;
		return gap(p, false);
	}
	if (c == '[')
		return list_open(p, l);
	if (at_end(p))
		return fail(p, l->open[l->depth - 1], "the list opened here has no ']'");
	if (c != '"' && !is_word(c))
		return fail(p, &here, "expected a value%s, not %s",
		    l->after == AFTER_COMMA   ? " after ','"
		    : l->after == AFTER_VALUE ? ", ',' or ']'"
					      : " or ']'",
		    what_is(p, room));
	r = scalar(p, &n);
	if (r != 0)
		return err_pass(r);
	*l->tail[l->depth - 1] = n;
	l->tail[l->depth - 1] = &n->next;
	l->after = AFTER_VALUE;
	return 0;
}

static int
list(struct parser *p, struct text_node **out)
{
	struct lists l = { .depth = 0 };
	int r = list_open(p, &l);

	p->in_list = true;
	*out = l.open[0];
	while (r == 0 && l.depth != 0) {
		r = skip_void(p);
		if (r == 0)
			r = list_step(p, &l);
	}
	return r; /* in_list stays set after an error: recover() wants to know */
}

static uint64_t
name_hash(const struct text_node *block, const struct text_node *n)
{
	uint64_t h = (uint64_t)(uintptr_t)block;

	for (size_t i = 0; i < n->text.len; i++)
		h = (h ^ n->text.ptr[i]) * 0x100000001b3ULL;
	h = (h ^ 0xff) * 0x100000001b3ULL;
	for (size_t i = 0; i < n->label.len; i++)
		h = (h ^ n->label.ptr[i]) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static int
grow_slots(struct parser *p)
{
	size_t slots = p->slots != 0 ? p->slots * 4 : SLOTS_FIRST;
	struct slot *s = calloc(slots, sizeof(*s));

	if (s == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < p->slots; i++) {
		size_t at = p->slot[i].hash & (slots - 1);

		if (p->slot[i].node == NULL)
			continue;
		while (s[at].node != NULL)
			at = (at + 1) & (slots - 1);
		s[at] = p->slot[i];
	}
	free(p->slot);
	p->slot = s;
	p->slots = slots;
	return 0;
}

/* append() - put an entry or section into the open block, once. */
static int
append(struct parser *p, struct text_node *n)
{
	const struct text_node *block = p->open[p->depth];
	uint64_t h = name_hash(block, n);
	size_t at;

	*p->tail[p->depth] = n;
	p->tail[p->depth] = &n->next;
	if (p->lost != 0)
		return 0; /* we do not know which block this is */
	if (p->filled >= p->slots / 2) {
		int r = grow_slots(p);

		if (r != 0)
			return err_pass(r);
	}
	for (at = h & (p->slots - 1); p->slot[at].node != NULL; at = (at + 1) & (p->slots - 1)) {
		const struct text_node *o = p->slot[at].node;

		if (p->slot[at].hash != h || p->slot[at].block != block ||
		    !bytes_eq(o->text, n->text) || !bytes_eq(o->label, n->label))
			continue;
		fail(p, n, "'%.*s%s%.*s' stands here a second time; the first is at line %u:%u",
		    TEXT_ARG(n->text), n->label.len != 0 ? " " : "", TEXT_ARG(n->label), o->line,
		    o->col);
		return 0; /* a complete entry: nothing to pass over */
	}
	p->slot[at] = (struct slot){ .block = block, .node = n, .hash = h };
	p->filled++;
	return 0;
}

/* operator() - the operator at p->at, if there is one. */
static enum text_op
operator(struct parser *p) {
	uint8_t c = peek(p), next = p->at + 1 < p->len ? p->s[p->at + 1] : 0;
	size_t n = next == '=' ? 2 : 1;
	enum text_op op = TEXT_OP_NONE;

	if (c == '=') op = TEXT_EQ, n = 1;
	else if (c == '<') op = n == 2 ? TEXT_LE : TEXT_LT;
	else if (c == '>') op = n == 2 ? TEXT_GE : TEXT_GT;
	else if (c == '!' && n == 2) op = TEXT_NE;
	else if (c == 'i' && next == 'n' && !(p->len - p->at > 2 && is_word(p->s[p->at + 2])))
	    op = TEXT_IN,
	n = 2;
	if (op != TEXT_OP_NONE) p->at += n;
	return op;
}

/* value() - what stands behind an entry's operator. */
static int
value(struct parser *p, struct text_node *e)
{
	struct text_node here;
	char room[16];

	skip_blank(p);
	if (peek(p) == '[')
		return list(p, &e->child);
	if (peek(p) == '"' || is_word(peek(p)))
		return scalar(p, &e->child);
	here = place(p, p->at);
	return fail(
	    p, &here, "expected a value after '%s', not %s", text_op_word(e->op), what_is(p, room));
}

/* open_block() - from the "{" of section @n. */
static int
open_block(struct parser *p, struct text_node *n)
{
	int r;

	if (p->depth == TEXT_MAX_DEPTH)
		return fail(p, n, "blocks nested more than %d deep", TEXT_MAX_DEPTH);
	n->kind = TEXT_SECTION;
	r = append(p, n);
	if (r != 0)
		return err_pass(r);
	p->at++;
	p->open[++p->depth] = n;
	p->tail[p->depth] = &n->child;
	return 0;
}

/* section() - the label and "{" behind a section's kind. */
static int
section(struct parser *p, struct text_node *n)
{
	struct text_node here = place(p, p->at);
	bool quoted = peek(p) == '"';
	char room[16];
	int r;

	if (quoted) {
		r = string(p, &n->label);
		if (r != 0)
			return err_pass(r);
		if (n->label.len == 0)
			return fail(p, &here, "an empty label; leave it out");
	} else if (is_word(peek(p))) {
		n->label = word(p, false);
	}
	skip_blank(p);
	if (peek(p) == '{')
		return open_block(p, n);
	here = place(p, p->at);
	if (n->label.len != 0)
		return fail(p, &here, "expected '{' after '%.*s %.*s', not %s", TEXT_ARG(n->text),
		    TEXT_ARG(n->label), what_is(p, room));
	return fail(p, &here, "expected an operator, a label or '{' after '%.*s', not %s",
	    TEXT_ARG(n->text), what_is(p, room));
}

static int
entry(struct parser *p)
{
	struct text_node here = place(p, p->at), *n;
	char room[16];
	int r;

	if (peek(p) == '"')
		return fail(p, &here, "a key is a bare word; remove its quotes");
	r = new_node(p, TEXT_ENTRY, &n);
	if (r != 0)
		return err_pass(r);
	n->text = word(p, true);
	if (n->text.len == 0)
		return fail(
		    p, &here, "expected a key or a section's kind, not %s", what_is(p, room));
	if (bytes_is(n->text, "in"))
		return fail(p, &here, "expected a key before 'in'");
	if (peek(p) == '"')
		return gap(p, true);
	skip_blank(p);
	n->op = operator(p);
	if (n->op == TEXT_OP_NONE)
		return section(p, n);
	r = value(p, n);
	return r != 0 ? err_pass(r) : append(p, n);
}

/* close_block() - at "}". */
static int
close_block(struct parser *p)
{
	struct text_node here = place(p, p->at++);

	if (p->lost != 0)
		p->lost--;
	else if (p->depth != 0)
		p->depth--;
	else
		return fail(p, &here, "'}' without a block to close");
	return gap(p, false);
}

/* recover_list() - after an error in a list: behind its "]", or to something no list holds. */
static void
recover_list(struct parser *p)
{
	for (; !at_end(p); p->at++) {
		uint8_t c = p->s[p->at];

		if (c == '{' || c == '}' || c == '=' || c == ']')
			return;
		if (c == '\n') {
			p->line++;
			p->line_at = p->at + 1;
		}
		while (c == '#' && p->at + 1 < p->len && p->s[p->at + 1] != '\n')
			p->at++;
		if (c == '"') {
			p->at++;
			close_string(p);
			p->at--;
		}
	}
}

/* recover() - after an error: to the end of the line, counting its braces. */
static void
recover(struct parser *p)
{
	if (p->in_list)
		recover_list(p);
	p->in_list = false;
	while (!at_end(p) && p->s[p->at] != '\n' && p->s[p->at] != '#') {
		uint8_t c = p->s[p->at++];

		if (c == '"')
			close_string(p);
		else if (c == '{')
			p->lost++;
		else if (c == '}' && p->lost != 0)
			p->lost--;
		else if (c == '}' && p->depth != 0)
			p->depth--;
	}
	to_line_end(p);
}

/* parse_all() - Return: 0 (errors are counted in @p), or an accident. */
static int
parse_all(struct parser *p)
{
	for (;;) {
		int r = skip_void(p);

		if (r == 0 && at_end(p))
			break;
		if (r == 0)
			r = peek(p) == '}' ? close_block(p) : entry(p);
		if (r < 0)
			return err_pass(r);
		if (r != 0)
			recover(p);
		if (p->errors >= TEXT_MAX_ERRORS) {
			struct text_node here = place(p, p->at);

			fail(p, &here, "too many errors; the rest was not read");
			return 0;
		}
	}
	if (p->depth != 0 && p->lost == 0)
		fail(p, p->open[p->depth], "the block opened here has no '}'");
	return 0;
}

int
text_parse(struct text **out, const char *file, struct bytes in, struct text_report *r)
{
	struct parser p = { .r = r, .line = 1 };
	bool fits = in.len <= TEXT_MAX_FILE;
	autofree(text_freep) struct text *t = text_alloc(file, fits ? in : BYTES_NULL, &p.s);
	int a;

	*out = NULL;
	if (t == NULL)
		return err_raise(-ENOMEM);
	p.t = t;
	p.len = in.len;
	p.open[0] = t->root;
	p.tail[0] = &t->root->child;
	if (!fits) {
		text_error(r, t, NULL, "the file is larger than 4 MiB");
		return TEXT_BAD;
	}
	if (bytes_starts(in, BYTES_LIT("\xef\xbb\xbf"))) {
		text_error(r, t, NULL, "the file begins with a byte-order mark; save it without");
		return TEXT_BAD;
	}
	a = parse_all(&p);
	free(p.slot);
	if (a != 0)
		return err_pass(a);
	if (p.errors != 0)
		return TEXT_BAD;
	*out = take(t);
	return 0;
}
