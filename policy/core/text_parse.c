/*
 * text_parse - the grammar of text.h, from bytes to a tree.
 *
 * Open blocks and lists are kept on small stacks, so nothing recurses. Whatever could be read in
 * two ways is refused with a message that says what to write instead. After an error reading goes
 * on at the next line, so that one look shows several; the braces of the part passed over are still
 * counted, or every later brace would be an error too.
 */
#include <stdio.h>

#include "policy/core/text_priv.h"
#include "policy/core/utf8.h"

/* A block that is open, and what it holds so far. */
struct frame {
	struct text_node *node;
	struct text_node **tail;
	struct text_names names;
};

struct parser {
	struct lexer x;
	struct frame open[TEXT_MAX_DEPTH + 1]; /* the root and the open blocks */
	size_t depth;                          /* of open[], without the root */
	size_t lost; /* "{" passed over after an error and not yet closed */
	bool in_list;
};

/* gap() - what follows a complete value or block must not touch it. */
static int
gap(struct parser *p, bool after_word)
{
	struct text_node here = lex_place(&p->x, p->x.at);
	uint8_t c = lex_peek(&p->x);
	char room[16];

	if (lex_at_end(&p->x) || c == ' ' || c == '\t' || lex_newline_len(&p->x, p->x.at) != 0)
		return 0;
	if (p->in_list ? c == ',' || c == ']' : c == '}')
		return 0;
	if (c == '#' && !after_word)
		return 0;
	if (c == '#')
		return lex_fail(&p->x, &here,
		    "'#' touches a word; put the word in quotes, or a blank before the comment");
	if (p->in_list && c == '=')
		return lex_fail(
		    &p->x, &here, "unexpected '=' in a list; is a ']' missing before it?");
	if (after_word)
		return lex_fail(&p->x, &here, "%s cannot be part of a word; put the word in quotes",
		    lex_what_is(&p->x, room));
	return lex_fail(&p->x, &here, "expected a blank before %s", lex_what_is(&p->x, room));
}

static int
new_node(struct parser *p, enum text_kind kind, struct text_node **out)
{
	struct text_node here = lex_place(&p->x, p->x.at), *n = text_node(p->x.t);

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
	n->quoted = lex_peek(&p->x) == '"';
	if (n->quoted)
		r = lex_string(&p->x, &n->text);
	else if (lex_peek(&p->x) == '<' || lex_peek(&p->x) == '>' ||
		 (lex_peek(&p->x) == '!' && lex_newline_len(&p->x, p->x.at) == 0 &&
		     p->x.at + 1 < p->x.len && p->x.s[p->x.at + 1] == '='))
		return lex_fail(&p->x, n, "put a word that begins with an operator in quotes");
	else
		n->text = lex_word(&p->x, false);
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
		return lex_fail(&p->x, n, "lists nested more than %d deep", TEXT_MAX_DEPTH);
	if (l->depth != 0) {
		*l->tail[l->depth - 1] = n;
		l->tail[l->depth - 1] = &n->next;
	}
	l->open[l->depth] = n;
	l->tail[l->depth++] = &n->child;
	l->after = AFTER_OPEN;
	p->x.at++;
	return 0;
}

static int
list_step(struct parser *p, struct lists *l)
{
	struct text_node here = lex_place(&p->x, p->x.at), *n = NULL;
	uint8_t c = lex_peek(&p->x);
	char room[16];
	int r;

	if (c == ',' && l->after == AFTER_VALUE) {
		p->x.at++;
		l->after = AFTER_COMMA;
		return 0;
	}
	if (c == ']' && l->after != AFTER_COMMA) {
		p->x.at++;
		l->depth--;
		l->after = AFTER_VALUE;
		p->in_list = l->depth != 0;
		return gap(p, false);
	}
	if (c == '[')
		return list_open(p, l);
	if (lex_at_end(&p->x))
		return lex_fail(&p->x, l->open[l->depth - 1], "the list opened here has no ']'");
	if (c != '"' && !lex_is_word(c))
		return lex_fail(&p->x, &here, "expected a value%s, not %s",
		    l->after == AFTER_COMMA   ? " after ','"
		    : l->after == AFTER_VALUE ? ", ',' or ']'"
					      : " or ']'",
		    lex_what_is(&p->x, room));
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
		r = lex_skip_void(&p->x);
		if (r == 0)
			r = list_step(p, &l);
	}
	return r; /* in_list stays set after an error: recover() wants to know */
}

/* append() - put an entry or section into the open block, once. */
static int
append(struct parser *p, struct text_node *n)
{
	struct frame *f = &p->open[p->depth];
	const struct text_node *first = NULL;

	if (p->lost == 0) { /* or we do not know which block this is */
		int r = text_names_first(&f->names, n, &first);

		if (r != 0)
			return err_pass(r);
	}
	if (first != NULL)
		lex_fail(&p->x, n, "'%.*s%s%.*s' is here a second time; the first is at line %u:%u",
		    TEXT_ARG(n->text), n->label.len != 0 ? " " : "", TEXT_ARG(n->label),
		    first->line, first->col);
	*f->tail = n;
	f->tail = &n->next;
	f->names.n++;
	return 0; /* a complete entry, even if there twice: nothing to pass over */
}

/* push() and pop() - the innermost open block. */
static void
push(struct parser *p, struct text_node *n)
{
	p->open[++p->depth] = (struct frame){ .node = n, .tail = &n->child, .names.block = n };
}

static void
pop(struct parser *p)
{
	text_names_deinit(&p->open[p->depth].names);
	p->depth--;
}

/* take_operator() - the operator at the front, if there is one. */
static enum text_op
take_operator(struct lexer *x)
{
	uint8_t c = lex_peek(x), next = x->at + 1 < x->len ? x->s[x->at + 1] : 0;
	bool then_equals = c != '=' && next == '=';
	enum text_op op = TEXT_OP_NONE;

	if (c == '=')
		op = TEXT_EQ;
	else if (c == '<')
		op = then_equals ? TEXT_LE : TEXT_LT;
	else if (c == '>')
		op = then_equals ? TEXT_GE : TEXT_GT;
	else if (c == '!' && then_equals)
		op = TEXT_NE;
	else if (c == 'i' && next == 'n' && (x->len - x->at == 2 || !lex_is_word(x->s[x->at + 2])))
		op = TEXT_IN;
	if (op != TEXT_OP_NONE)
		x->at += op == TEXT_IN || then_equals ? 2 : 1;
	return op;
}

/* value() - what stands behind an entry's operator. */
static int
value(struct parser *p, struct text_node *e)
{
	struct text_node here;
	char room[16];

	lex_skip_blank(&p->x);
	if (lex_peek(&p->x) == '[')
		return list(p, &e->child);
	if (lex_peek(&p->x) == '"' || lex_is_word(lex_peek(&p->x)))
		return scalar(p, &e->child);
	here = lex_place(&p->x, p->x.at);
	return lex_fail(&p->x, &here, "expected a value after '%s', not %s", text_op_word(e->op),
	    lex_what_is(&p->x, room));
}

/* open_block() - from the "{" of section @n. */
static int
open_block(struct parser *p, struct text_node *n)
{
	int r;

	if (p->depth == TEXT_MAX_DEPTH)
		return lex_fail(&p->x, n, "blocks nested more than %d deep", TEXT_MAX_DEPTH);
	n->kind = TEXT_SECTION;
	r = append(p, n);
	if (r != 0)
		return err_pass(r);
	p->x.at++;
	push(p, n);
	return 0;
}

/* section() - the label and "{" behind a section's kind. */
static int
section(struct parser *p, struct text_node *n)
{
	struct text_node here = lex_place(&p->x, p->x.at);
	bool quoted = lex_peek(&p->x) == '"';
	char room[16];
	int r;

	if (quoted) {
		r = lex_string(&p->x, &n->label);
		if (r != 0)
			return err_pass(r);
		if (n->label.len == 0)
			return lex_fail(&p->x, &here, "an empty label; leave it out");
	} else if (lex_is_word(lex_peek(&p->x))) {
		n->label = lex_word(&p->x, false);
	}
	lex_skip_blank(&p->x);
	if (lex_peek(&p->x) == '{')
		return open_block(p, n);
	here = lex_place(&p->x, p->x.at);
	if (n->label.len != 0)
		return lex_fail(&p->x, &here, "expected '{' after '%.*s %.*s', not %s",
		    TEXT_ARG(n->text), TEXT_ARG(n->label), lex_what_is(&p->x, room));
	return lex_fail(&p->x, &here, "expected an operator, a label or '{' after '%.*s', not %s",
	    TEXT_ARG(n->text), lex_what_is(&p->x, room));
}

static int
entry(struct parser *p)
{
	struct text_node here = lex_place(&p->x, p->x.at), *n;
	char room[16];
	int r;

	if (lex_peek(&p->x) == '"')
		return lex_fail(&p->x, &here, "a key is a bare word; remove its quotes");
	r = new_node(p, TEXT_ENTRY, &n);
	if (r != 0)
		return err_pass(r);
	n->text = lex_word(&p->x, true);
	if (n->text.len == 0)
		return lex_fail(&p->x, &here, "expected a key or a section's kind, not %s",
		    lex_what_is(&p->x, room));
	if (bytes_is(n->text, "in"))
		return lex_fail(&p->x, &here, "expected a key before 'in'");
	if (lex_peek(&p->x) == '"')
		return gap(p, true);
	lex_skip_blank(&p->x);
	n->op = take_operator(&p->x);
	if (n->op == TEXT_OP_NONE)
		return section(p, n);
	r = value(p, n);
	return r != 0 ? err_pass(r) : append(p, n);
}

/* close_block() - at "}". */
static int
close_block(struct parser *p)
{
	struct text_node here = lex_place(&p->x, p->x.at++);

	if (p->lost != 0)
		p->lost--;
	else if (p->depth != 0)
		pop(p);
	else
		return lex_fail(&p->x, &here, "'}' without a block to close");
	return gap(p, false);
}

/* recover_list() - after an error in a list: behind its "]", or to something no list holds. */
static void
recover_list(struct parser *p)
{
	for (; !lex_at_end(&p->x); p->x.at++) {
		uint8_t c = p->x.s[p->x.at];

		if (c == '{' || c == '}' || c == '=' || c == ']')
			return;
		if (c == '\n') {
			p->x.line++;
			p->x.line_at = p->x.at + 1;
		}
		while (c == '#' && p->x.at + 1 < p->x.len && p->x.s[p->x.at + 1] != '\n')
			p->x.at++;
		if (c == '"') {
			p->x.at++;
			lex_close_string(&p->x);
			p->x.at--;
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
	while (!lex_at_end(&p->x) && p->x.s[p->x.at] != '\n' && p->x.s[p->x.at] != '#') {
		uint8_t c = p->x.s[p->x.at++];

		if (c == '"')
			lex_close_string(&p->x);
		else if (c == '{')
			p->lost++;
		else if (c == '}' && p->lost != 0)
			p->lost--;
		else if (c == '}' && p->depth != 0)
			pop(p);
	}
	lex_to_line_end(&p->x);
}

/* parse_all() - Return: 0 (errors are counted in @p), or an accident. */
static int
parse_all(struct parser *p)
{
	for (;;) {
		int r = lex_skip_void(&p->x);

		if (r == 0 && lex_at_end(&p->x))
			break;
		if (r == 0)
			r = lex_peek(&p->x) == '}' ? close_block(p) : entry(p);
		if (r < 0)
			return err_pass(r);
		if (r != 0)
			recover(p);
		if (p->x.errors >= TEXT_MAX_ERRORS) {
			struct text_node here = lex_place(&p->x, p->x.at);

			lex_fail(&p->x, &here, "too many errors; the rest was not read");
			return 0;
		}
	}
	if (p->depth != 0 && p->lost == 0)
		lex_fail(&p->x, p->open[p->depth].node, "the block opened here has no '}'");
	return 0;
}

int
text_parse(struct text **out, const char *file, struct bytes in, struct text_report *r)
{
	struct parser p = { .x = { .r = r, .line = 1 } };
	bool fits = in.len <= TEXT_MAX_FILE;
	autofree(text_freep) struct text *t = text_alloc(file, fits ? in : BYTES_NULL, &p.x.s);
	int a;

	*out = NULL;
	if (t == NULL)
		return err_raise(-ENOMEM);
	p.x.t = t;
	p.x.len = in.len;
	p.open[0] =
	    (struct frame){ .node = t->root, .tail = &t->root->child, .names.block = t->root };
	if (!fits) {
		text_error(r, t, NULL, "the file is larger than 4 MiB");
		return TEXT_BAD;
	}
	if (bytes_starts(in, BYTES_LIT("\xef\xbb\xbf"))) {
		text_error(r, t, NULL, "the file begins with a byte-order mark; save it without");
		return TEXT_BAD;
	}
	a = parse_all(&p);
	while (p.depth != 0)
		pop(&p);
	text_names_deinit(&p.open[0].names);
	if (a != 0)
		return err_pass(a);
	if (p.x.errors != 0)
		return TEXT_BAD;
	*out = take(t);
	return 0;
}
