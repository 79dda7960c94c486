/*
 * text_priv - a text in its files: text.c has the tree's memory, text_lex.c what stands in a line,
 * text_parse.c the grammar, text_names.c the names of one block.
 */
#ifndef POLICY_CORE_TEXT_PRIV_H
#define POLICY_CORE_TEXT_PRIV_H

#include <stdarg.h>

#include "policy/core/text.h"

/* A run of nodes, handed out one by one and freed together. */
struct text_block {
	struct text_block *next;
	size_t used, cap;
	struct text_node node[];
};

/* text_alloc() - a tree that owns a copy of @file and of @in (which *copy points to). NULL: no
 * memory. */
struct text *text_alloc(const char *file, struct bytes in, uint8_t **copy);
/* text_node() - one zeroed node of the tree. NULL: no memory. */
struct text_node *text_node(struct text *t);

/* text_vreport() - one message line; text_error() and text_warn() without their counters. */
void text_vreport(struct text_report *r, const struct text *t, const struct text_node *at,
    const char *what, const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

/* The names in a block that is being read; zeroed but for ->block it begins. */
struct text_names {
	const struct text_node *block; /* its entries so far */
	size_t n;                      /* how many */
	struct text_slot *slot;        /* a power of two, at most half full; NULL: few entries */
	size_t slots;
};

/*
 * text_names_first() - the entry that has the name of @n already, or NULL; then @n is remembered
 * and the caller puts it into the block, and counts it. Return: 0, -ENOMEM.
 */
int text_names_first(
    struct text_names *f, const struct text_node *n, const struct text_node **first) must_check;
void text_names_deinit(struct text_names *f);

/* A file while it is read. */
struct lexer {
	struct text *t;
	struct text_report *r;
	uint8_t *s;
	size_t len, at;
	uint32_t line;
	size_t line_at; /* where the line begins */
	size_t errors;
};

static inline bool
lex_at_end(const struct lexer *x)
{
	return x->at == x->len;
}

/* lex_peek() - the next byte; NUL at the end, and NUL is a byte no rule below accepts. */
static inline uint8_t
lex_peek(const struct lexer *x)
{
	return x->at < x->len ? x->s[x->at] : 0;
}

/* lex_newline_len() - length of the line end at @at, or 0. */
static inline size_t
lex_newline_len(const struct lexer *x, size_t at)
{
	if (at == x->len || x->s[at] > '\r')
		return 0;
	if (x->s[at] == '\n')
		return 1;
	return x->len - at >= 2 && x->s[at] == '\r' && x->s[at + 1] == '\n' ? 2 : 0;
}

bool lex_is_word(uint8_t c);
/* lex_place() - a node that only says where. */
struct text_node lex_place(const struct lexer *x, size_t at);
/* lex_fail() - report an error. Return: TEXT_BAD. */
int lex_fail(struct lexer *x, const struct text_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void lex_skip_blank(struct lexer *x);
/* lex_skip_void() - blanks, line ends and comments. Return: 0, TEXT_BAD. */
int lex_skip_void(struct lexer *x) must_check;
void lex_to_line_end(struct lexer *x);
/* lex_what_is() - the byte at the front, for a message; @room holds it. */
const char *lex_what_is(const struct lexer *x, char room[16]);
/* lex_word() - a bare word, perhaps empty; in a @key it ends before an operator. */
struct bytes lex_word(struct lexer *x, bool key);
/* lex_string() - from its opening quote. Return: 0, TEXT_BAD. */
int lex_string(struct lexer *x, struct bytes *out) must_check;
/* lex_close_string() - inside a string: move behind it, or to the end of the line. Return:
 * TEXT_BAD. */
int lex_close_string(struct lexer *x);

#endif
