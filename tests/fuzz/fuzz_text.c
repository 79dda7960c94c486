/*
 * Any bytes as one of our own files. Properties:
 *  - a refusal says why, within its bounds; an acceptance says nothing;
 *  - every node is where it says: its line and column point at its first byte in the text;
 *  - what a tree is printed to, is parsed back to the same tree;
 *  - a node nobody used is named by text_unused(), and the readers of values survive every node.
 */
#include <stdlib.h>

#include "policy/core/buf.h"
#include "policy/core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* at_place() - the text from a node's line and column on. */
static struct bytes
at_place(struct bytes text, const struct text_node *n)
{
	for (uint32_t line = 1; line < n->line; line++) {
		size_t end = bytes_find(text, '\n');

		check(end < text.len);
		text = bytes_from(text, end + 1);
	}
	check(n->line > 0 && n->col > 0 && n->col <= bytes_find(text, '\n'));
	return bytes_from(text, n->col - 1);
}

static void
check_places(struct bytes text, const struct text_node *n, int depth)
{
	check(depth <= 2 * TEXT_MAX_DEPTH + 2);
	for (; n != NULL; n = n->next) {
		struct bytes here = at_place(text, n);

		if (n->kind == TEXT_LIST)
			check(here.ptr[0] == '[');
		else if (n->quoted)
			check(here.ptr[0] == '"');
		else
			check(n->text.len != 0 && bytes_starts(here, n->text));
		check(n->kind != TEXT_ENTRY || (n->op != TEXT_OP_NONE && n->child != NULL));
		check_places(text, n->child, depth + 1);
	}
}

static void
print_string(struct buf *b, struct bytes s)
{
	buf_put_u8(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf_put_u8(b, c);
		} else {
			buf_put_str(b, "\\x");
			buf_put_hex(b, bytes_of(&c, 1));
		}
	}
	buf_put_u8(b, '"');
}

static void
print(struct buf *b, const struct text_node *n)
{
	for (; n != NULL; n = n->next) {
		if (n->quoted)
			print_string(b, n->text);
		else
			buf_put(b, n->text);
		if (n->kind == TEXT_ENTRY) {
			buf_put_u8(b, ' ');
			buf_put_str(b, text_op_word(n->op));
			buf_put_u8(b, ' ');
		} else if (n->kind == TEXT_SECTION) {
			buf_put_u8(b, ' ');
			if (n->label.len != 0)
				print_string(b, n->label);
			buf_put_str(b, " {\n");
		} else if (n->kind == TEXT_LIST) {
			buf_put_str(b, "[\n");
		}
		print(b, n->child);
		if (n->kind == TEXT_SECTION)
			buf_put_u8(b, '}');
		else if (n->kind == TEXT_LIST)
			buf_put_u8(b, ']');
		if (n->kind == TEXT_ENTRY || n->kind == TEXT_SECTION || n->next != NULL)
			buf_put_u8(b, '\n');
	}
}

static void
check_same(const struct text_node *a, const struct text_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		check(a->kind == b->kind && a->op == b->op && a->quoted == b->quoted);
		check(bytes_eq(a->text, b->text) && bytes_eq(a->label, b->label));
		check_same(a->child, b->child);
	}
	check(a == NULL && b == NULL);
}

static void
check_printed(const struct text *t)
{
	struct text_report r;
	struct text *again;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	text_report_init(&r);
	print(&b, t->root->child);
	if (b.len <= TEXT_MAX_FILE) {
		check(text_parse(&again, "again", buf_bytes(&b), &r) == 0 && r.errors == 0);
		check_same(t->root, again->root);
		text_free(again);
	}
	text_report_deinit(&r);
	buf_deinit(&b);
}

/* read_values() - every reader on every entry and section; each answers 0 or reports one error. */
static void
read_values(const struct text *t, struct text_node *n, struct text_report *r)
{
	for (; n != NULL; n = n->next) {
		size_t before = r->errors;
		struct bytes s;
		uint64_t v = 7;
		size_t bad = 0;
		bool yes;

		if (n->kind != TEXT_ENTRY && n->kind != TEXT_SECTION)
			continue;
		bad += text_get_string(t, n, &s, r) != 0;
		bad += text_get_bool(t, n, &yes, r) != 0;
		bad += text_get_number(t, n, 5, 1000, &v, r) != 0;
		bad += text_get_size(t, n, 5, 1 << 20, &v, r) != 0;
		bad += text_get_duration_ms(t, n, 5, 86400000, &v, r) != 0;
		check(r->errors == before + bad && v >= 5 && v <= 86400000);
		read_values(t, n->child, r);
	}
}

static size_t
children(const struct text_node *n)
{
	size_t count = 0;

	for (n = n->child; n != NULL; n = n->next)
		count++;
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = size != 0 ? bytes_of(data, size) : BYTES_NULL;
	struct text_report r;
	struct text *t;
	int a;

	text_report_init(&r);
	a = text_parse(&t, "file", in, &r);
	if (a == 0) {
		check(r.errors == 0 && r.out.len == 0);
		check_places(in, t->root->child, 0);
		check_printed(t);
		text_unused(t, t->root, &r);
		check(r.errors == children(t->root));
		read_values(t, t->root->child, &r);
		text_free(t);
	} else {
		check(a == TEXT_BAD && t == NULL);
		check(r.errors > 0 && r.errors <= TEXT_MAX_ERRORS + 2 && r.out.len > 0);
	}
	check(r.out.len <= 64 << 10 && (r.out.len == 0 || r.out.ptr[r.out.len - 1] == '\n'));
	for (size_t i = 0; i < r.out.len; i++)
		check(r.out.ptr[i] == '\n' || (r.out.ptr[i] >= 0x20 && r.out.ptr[i] != 0x7f));
	text_report_deinit(&r);
	return 0;
}
