/*
 * load: what is not a module, what belongs to a proposal we refuse, and what is above a limit each
 * get their own answer, with the byte at fault.
 */
#include <stdlib.h>

#include "tests/unit/host/wasm/suites.h"

/* one type () -> (), one function of it, and the code section up to the body */
#define ONE_FUNCTION 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00
#define BODY(n, ...) ONE_FUNCTION, 0x0a, (n) + 3, 0x01, (n) + 1, 0x00, __VA_ARGS__

struct refusal_case {
	const char *says;
	uint8_t len;
	uint8_t sections[40];
	size_t offset;
	int answer;
};

static const struct refusal_case refusals[] = {
	{ "SIMD", 18, { BODY(3, 0xfd, 0x0c, 0x0b) }, 23, WASM_UNSUPPORTED },
	{ "threads", 18, { BODY(3, 0xfe, 0x00, 0x0b) }, 23, WASM_UNSUPPORTED },
	{ "tail calls", 18, { BODY(3, 0x12, 0x00, 0x0b) }, 23, WASM_UNSUPPORTED },
	{ "exception handling", 18, { BODY(3, 0x06, 0x40, 0x0b) }, 23, WASM_UNSUPPORTED },
	{ "GC", 18, { BODY(3, 0xfb, 0x00, 0x0b) }, 23, WASM_UNSUPPORTED },
	{ "illegal opcode", 18, { BODY(3, 0xc7, 0x00, 0x0b) }, 23, WASM_MALFORMED },
	{ "type mismatch", 16, { BODY(1, 0x1a) }, 23, WASM_INVALID },
	{ "SIMD", 6, { 0x01, 0x04, 0x01, 0x60, 0x01, 0x7b }, 13, WASM_UNSUPPORTED },
	{ "memory64", 5, { 0x05, 0x03, 0x01, 0x04, 0x01 }, 11, WASM_UNSUPPORTED },
	{ "threads", 6, { 0x05, 0x04, 0x01, 0x03, 0x01, 0x01 }, 11, WASM_UNSUPPORTED },
	{ "multi-memory", 7, { 0x05, 0x05, 0x02, 0x00, 0x01, 0x00, 0x01 }, 13, WASM_INVALID },
	{ "exception handling", 2, { 0x0d, 0x00 }, 8, WASM_UNSUPPORTED },
	{ "extended-const", 11,
	    { 0x06, 0x09, 0x01, 0x7f, 0x00, 0x41, 0x01, 0x41, 0x01, 0x6a, 0x0b }, 0, WASM_INVALID },
	{ "memory_pages", 7, { 0x05, 0x05, 0x01, 0x00, 0x80, 0x80, 0x04 }, 15, WASM_LIMIT },
	{ "section id", 2, { 0x7f, 0x00 }, 8, WASM_MALFORMED },
	{ "out of order", 6, { 0x03, 0x01, 0x00, 0x01, 0x01, 0x00 }, 11, WASM_MALFORMED },
	{ "length out of bounds", 3, { 0x01, 0x05, 0x00 }, 8, WASM_MALFORMED },
	{ "UTF-8", 4, { 0x00, 0x02, 0x01, 0xff }, 11, WASM_MALFORMED },
	{ "too long", 8, { 0x01, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00 }, 9, WASM_MALFORMED },
};

START_TEST(a_refusal_names_its_reason_and_byte)
{
	const struct refusal_case *c = &refusals[_i];
	struct wasm_refusal why;
	int r = try_load(c->sections, c->len, NULL, &why);

	if (r != c->answer || (int)why.answer != r || strstr(why.text, c->says) == NULL)
		ck_abort_msg(
		    "case %d (%s): answer %d at %zu: %s", _i, c->says, r, why.offset, why.text);
	if (c->offset != 0 && why.offset != c->offset)
		ck_abort_msg("case %d (%s): offset %zu: %s", _i, c->says, why.offset, why.text);
}
END_TEST

START_TEST(bytes_that_are_no_module_are_refused)
{
	struct wasm_module *m;
	struct wasm_refusal why;

	ck_assert_int_eq(wasm_load(BYTES_NULL, NULL, &m, &why), WASM_MALFORMED);
	ck_assert_int_eq(wasm_load(bytes_str("#!/bin/sh"), NULL, &m, &why), WASM_MALFORMED);
	ck_assert_int_eq(wasm_load(BYTES_LIT("\0asm\2\0\0\0"), NULL, &m, &why), WASM_MALFORMED);
	ck_assert_uint_eq(why.offset, 4);
	ck_assert_int_eq(wasm_load(BYTES_LIT("\0asm\x0d\0\1\0"), NULL, &m, &why), WASM_UNSUPPORTED);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(the_empty_module_is_one)
{
	struct wasm_refusal why;

	ck_assert_int_eq(try_load((const uint8_t *)"", 0, NULL, &why), 0);
}
END_TEST

START_TEST(zero_limits_allow_nothing)
{
	static const struct wasm_limits none;
	struct wasm_refusal why;

	ck_assert_int_eq(try_load((const uint8_t *)"", 0, &none, &why), WASM_LIMIT);
}
END_TEST

/* --- generated modules: the same shape at the limit and one above it --- */

struct image {
	uint8_t *p;
	size_t len;
};

static void
put(struct image *m, const void *bytes, size_t n)
{
	m->p = realloc(m->p, m->len + n);
	ck_assert_ptr_nonnull(m->p);
	memcpy(m->p + m->len, bytes, n);
	m->len += n;
}

static void
put_u32(struct image *m, uint32_t v)
{
	do {
		uint8_t c = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));

		put(m, &c, 1);
		v >>= 7;
	} while (v != 0);
}

static void
put_section(struct image *m, uint8_t id, struct image *content)
{
	put(m, &id, 1);
	put_u32(m, (uint32_t)content->len);
	put(m, content->p, content->len);
	free(content->p);
	*content = (struct image){ 0 };
}

/* A module of one function () -> () with this body. */
static struct image
around(struct image *body)
{
	static const uint8_t before[] = { ONE_FUNCTION };
	struct image m = { 0 }, code = { 0 };

	put(&m, before, sizeof(before));
	put_u32(&code, 1);
	put_u32(&code, (uint32_t)body->len);
	put(&code, body->p, body->len);
	free(body->p);
	put_section(&m, 10, &code);
	return m;
}

static int
answer(struct image m, const struct wasm_limits *l, struct wasm_refusal *why)
{
	int r = try_load(m.p, m.len, l, why);

	free(m.p);
	return r;
}

static struct image
nested(uint32_t depth)
{
	struct image body = { 0 };

	put_u32(&body, 0);
	for (uint32_t i = 0; i < depth; i++)
		put(&body, "\x02\x40", 2);
	for (uint32_t i = 0; i <= depth; i++)
		put(&body, "\x0b", 1);
	return around(&body);
}

START_TEST(nesting_has_a_limit)
{
	struct wasm_limits l = wasm_limits_default();
	struct wasm_refusal why;

	l.nesting = 100;
	ck_assert_int_eq(answer(nested(99), &l, &why), 0);
	ck_assert_int_eq(answer(nested(100), &l, &why), WASM_LIMIT);
	ck_assert(strstr(why.text, "nested") != NULL);
	ck_assert_int_eq(answer(nested(10000), NULL, &why), WASM_LIMIT);
}
END_TEST

static struct image
with_locals(uint32_t n)
{
	struct image body = { 0 };

	put_u32(&body, 1);
	put_u32(&body, n);
	put(&body, "\x7f\x0b", 2);
	return around(&body);
}

START_TEST(locals_have_a_limit)
{
	struct wasm_refusal why;

	ck_assert_int_eq(answer(with_locals(10000), NULL, &why), 0);
	ck_assert_int_eq(answer(with_locals(10001), NULL, &why), WASM_LIMIT);
	ck_assert_int_eq(answer(with_locals(UINT32_MAX), NULL, &why), WASM_LIMIT);
}
END_TEST

static struct image
with_br_table(uint32_t n)
{
	struct image body = { 0 };

	put(&body, "\0\x41\0\x0e", 4);
	put_u32(&body, n);
	for (uint32_t i = 0; i <= n; i++)
		put_u32(&body, 0);
	put(&body, "\x0b", 1);
	return around(&body);
}

START_TEST(branch_tables_have_a_limit)
{
	struct wasm_limits l = wasm_limits_default();
	struct wasm_refusal why;

	l.branch_targets = 1000;
	ck_assert_int_eq(answer(with_br_table(1000), &l, &why), 0);
	ck_assert_int_eq(answer(with_br_table(1001), &l, &why), WASM_LIMIT);
}
END_TEST

START_TEST(a_count_cannot_promise_more_than_there_are_bytes)
{
	static const uint8_t types[] = { 0x01, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f };
	struct wasm_refusal why;

	ck_assert_int_eq(try_load(types, sizeof(types), NULL, &why), WASM_MALFORMED);
}
END_TEST

/* What grows fastest: one byte of code, one word prepared. It stays inside its budget or is
 * refused. */
START_TEST(memory_stays_in_proportion_to_the_image)
{
	struct wasm_limits l = wasm_limits_default();
	struct image body = { 0 }, m;
	struct wasm_module *module;
	struct wasm_refusal why;
	struct image whole = { 0 };
	uint8_t hundred[100];
	int r;

	memset(hundred, 0x45, sizeof(hundred)); /* i32.eqz */

	put(&body, "\0\x41\0", 3);
	for (uint32_t i = 0; i < 3000; i++)
		put(&body, hundred, sizeof(hundred));
	put(&body, "\x1a\x0b", 2);
	m = around(&body);
	put(&whole, "\0asm\1\0\0\0", 8);
	put(&whole, m.p, m.len);
	r = wasm_load(bytes_of(whole.p, whole.len), &l, &module, &why);
	ck_assert(r == 0 || r == WASM_LIMIT);
	if (r == 0)
		ck_assert_uint_le(wasm_module_cost(module), 8 * whole.len + l.memory_floor + 4096);
	wasm_module_free(module);
	l.memory_factor = 2;
	l.memory_floor = 65536;
	ck_assert_int_eq(wasm_load(bytes_of(whole.p, whole.len), &l, &module, &why), WASM_LIMIT);
	free(m.p);
	free(whole.p);
}
END_TEST

TCase *
load_tests(void)
{
	TCase *t = tcase_create("load");

	tcase_add_loop_test(t, a_refusal_names_its_reason_and_byte, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, bytes_that_are_no_module_are_refused);
	tcase_add_test(t, the_empty_module_is_one);
	tcase_add_test(t, zero_limits_allow_nothing);
	tcase_add_test(t, nesting_has_a_limit);
	tcase_add_test(t, locals_have_a_limit);
	tcase_add_test(t, branch_tables_have_a_limit);
	tcase_add_test(t, a_count_cannot_promise_more_than_there_are_bytes);
	tcase_add_test(t, memory_stays_in_proportion_to_the_image);
	return t;
}
