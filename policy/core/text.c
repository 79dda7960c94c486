/*
 * text - see text.h: the tree, the messages about it, and the readers of values. The grammar itself
 * is in text_parse.c.
 *
 * A tree owns one copy of its file, into which every word points, and its nodes in blocks. Nothing
 * here trusts the words: they are the operator's, but a message about them goes to terminals and
 * logs, so what could steer a terminal is escaped there.
 */
#include "policy/core/text.h"

#include <stdarg.h>
#include <stdio.h>

#include "policy/core/text_priv.h"
#include "policy/core/utf8.h"

enum {
	REPORT_MAX = 64 << 10,
	MESSAGE_MAX = 1024,
	BLOCK_FIRST = 32,
	BLOCK_MAX = 4096,
};

void
text_report_init(struct text_report *r)
{
	*r = (struct text_report){ 0 };
	buf_init(&r->out, REPORT_MAX);
}

void
text_report_deinit(struct text_report *r)
{
	if (r != NULL)
		buf_deinit(&r->out);
}

/* put_safe() - append text with everything that is not printable as \xHH. */
static void
put_safe(struct buf *b, struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t n = utf8_next(s, &cp);

		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || utf8_is_bidi(cp)) {
			n = n != 0 ? n : 1;
			for (size_t i = 0; i < n; i++) {
				buf_put_str(b, "\\x");
				buf_put_hex(b, bytes_of(s.ptr + i, 1));
			}
		} else {
			buf_put(b, bytes_upto(s, n));
		}
		s = bytes_from(s, n);
	}
}

void
text_vreport(struct text_report *r, const struct text *t, const struct text_node *at,
    const char *what, const char *fmt, va_list ap)
{
	char text[MESSAGE_MAX];
	struct buf line;
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	buf_init(&line, REPORT_MAX);
	if (t != NULL && t->file != NULL) {
		put_safe(&line, bytes_str(t->file));
		buf_put_u8(&line, ':');
	}
	if (at != NULL && at->line != 0) {
		buf_put_dec(&line, at->line);
		buf_put_u8(&line, ':');
		buf_put_dec(&line, at->col);
		buf_put_u8(&line, ':');
	}
	if (line.len != 0)
		buf_put_u8(&line, ' ');
	buf_put_str(&line, what);
	if (n >= 0)
		put_safe(&line, bytes_str(text));
	if (n >= MESSAGE_MAX)
		buf_put_str(&line, "...");
	buf_put_u8(&line, '\n');
	/* a line goes in whole or not at all; the count is kept either way */
	if (!buf_failed(&line) && line.len <= r->out.max - r->out.len)
		buf_put(&r->out, buf_bytes(&line));
	buf_deinit(&line);
}

void
text_error(
    struct text_report *r, const struct text *t, const struct text_node *at, const char *fmt, ...)
{
	va_list ap;

	r->errors++;
	va_start(ap, fmt);
	text_vreport(r, t, at, "error: ", fmt, ap);
	va_end(ap);
}

void
text_warn(
    struct text_report *r, const struct text *t, const struct text_node *at, const char *fmt, ...)
{
	va_list ap;

	r->warnings++;
	va_start(ap, fmt);
	text_vreport(r, t, at, "warning: ", fmt, ap);
	va_end(ap);
}

struct text *
text_alloc(const char *file, struct bytes in, uint8_t **copy)
{
	autofree(text_freep) struct text *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->file = strdup(file != NULL ? file : "");
	t->bytes = malloc(in.len != 0 ? in.len : 1);
	if (t->file == NULL || t->bytes == NULL)
		return NULL;
	if (in.len != 0)
		memcpy(t->bytes, in.ptr, in.len);
	*copy = t->bytes;
	t->root = text_node(t);
	if (t->root == NULL)
		return NULL;
	t->root->kind = TEXT_SECTION;
	return take(t);
}

struct text_node *
text_node(struct text *t)
{
	struct text_block *b = t->blocks;

	if (b == NULL || b->used == b->cap) {
		size_t cap = b == NULL ? BLOCK_FIRST : b->cap < BLOCK_MAX ? b->cap * 2 : BLOCK_MAX;

		b = malloc(sizeof(*b) + cap * sizeof(b->node[0]));
		if (b == NULL)
			return NULL;
		*b = (struct text_block){ .next = t->blocks, .cap = cap };
		t->blocks = b;
	}
	b->node[b->used] = (struct text_node){ 0 };
	return &b->node[b->used++];
}

struct text_node *
text_add(struct text *t, const struct text_node *like)
{
	struct text_node *n = text_node(t);

	if (n != NULL) {
		*n = *like;
		n->next = NULL;
	}
	return n;
}

void
text_free(struct text *t)
{
	struct text_block *b, *next;

	if (t == NULL)
		return;
	for (b = t->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(t->bytes);
	free(t->file);
	free(t);
}

void
text_freep(struct text **t)
{
	text_free(*t);
	*t = NULL;
}

struct text_node *
text_find(struct text_node *block, const char *key)
{
	struct text_node *n = block != NULL ? block->child : NULL;

	for (; n != NULL; n = n->next)
		if (bytes_is(n->text, key))
			return text_use(n);
	return NULL;
}

struct text_node *
text_use(struct text_node *n)
{
	if (n != NULL)
		n->used = true;
	return n;
}

enum text_op
text_op(struct text_node *e)
{
	e->op_used = true;
	return e->op;
}

const char *
text_op_word(enum text_op op)
{
	static const char *const words[] = {
		[TEXT_OP_NONE] = "",
		[TEXT_EQ] = "=",
		[TEXT_LT] = "<",
		[TEXT_LE] = "<=",
		[TEXT_GT] = ">",
		[TEXT_GE] = ">=",
		[TEXT_NE] = "!=",
		[TEXT_IN] = "in",
	};

	return words[op];
}

/* Blocks are nested at most TEXT_MAX_DEPTH deep, so this recursion is as well. */
void
text_unused(const struct text *t, const struct text_node *block, struct text_report *r)
{
	for (const struct text_node *n = block->child; n != NULL; n = n->next) {
		const char *what = n->kind == TEXT_SECTION ? "section" : "key";

		if (n->used && n->kind == TEXT_SECTION)
			text_unused(t, n, r);
		if (n->used)
			continue;
		if (block->text.len != 0)
			text_error(r, t, n, "unknown %s '%.*s' in '%.*s'", what, TEXT_ARG(n->text),
			    TEXT_ARG(block->text));
		else
			text_error(r, t, n, "unknown %s '%.*s'", what, TEXT_ARG(n->text));
	}
}
