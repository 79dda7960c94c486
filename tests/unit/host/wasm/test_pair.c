/*
 * pair: two instructions that share a handler do what they do apart.
 *
 * Each test writes the same computation twice: once so that the words stand together, once with
 * something between them (a value that goes through a local, a block that begins). Operands are the
 * edges of their type. That the single operations are right, the specification's tests say.
 */
#include "tests/unit/host/wasm/suites.h"

/* add sub mul and or xor shl shr_s shr_u rotl rotr; those of 64 bits are 0x12 further */
static const uint8_t opcodes[] = { 0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77,
	0x78 };
#define OPCODES (sizeof(opcodes))
static const uint64_t edges[] = { 0, 1, 31, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff,
	0x123456789abcdef0, UINT64_MAX };
#define EDGES (sizeof(edges) / sizeof(*edges))

/* how the source of an instruction is written; all constants are signed LEB128 */
enum form { SLOT, SMALL, LARGE, FORMS };

struct code {
	uint8_t bytes[256];
	size_t len;
	bool wide;
};

static void
put(struct code *c, const uint8_t *bytes, size_t len)
{
	ck_assert_uint_le(c->len + len, sizeof(c->bytes));
	memcpy(c->bytes + c->len, bytes, len);
	c->len += len;
}

#define PUT(c, ...)                                                                                \
	do {                                                                                       \
		const uint8_t put_[] = { __VA_ARGS__ };                                            \
		put(c, put_, sizeof(put_));                                                        \
	} while (0)

static void
put_source(struct code *c, enum form form, uint8_t local)
{
	if (form == SLOT)
		PUT(c, 0x20, local);
	else if (form == SMALL)
		PUT(c, c->wide ? 0x42 : 0x41, 0x7b); /* -5 */
	else
		PUT(c, c->wide ? 0x42 : 0x41, 0xf8, 0xac, 0xd1, 0x91, 0x01); /* 0x12345678 */
}

static uint8_t
opcode(const struct code *c, size_t i)
{
	return (uint8_t)(opcodes[i] + (c->wide ? 0x12 : 0));
}

/* f(a, b, c), with a local 3 of the same type, of this body */
static struct wasm_func *
build(struct rig *r, const struct code *body)
{
	uint8_t type = body->wide ? 0x7e : 0x7f;
	struct wasm_limits small = wasm_limits_default();
	struct code m = { 0 };
	struct wasm_extern f;

	small.stack_slots = 64; /* many stores are made */
	small.call_depth = 4;
	PUT(&m, 0x01, 0x08, 0x01, 0x60, 0x03, type, type, type, 0x01, type);
	PUT(&m, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 'f', 0x00, 0x00);
	ck_assert_uint_lt(body->len, 100);
	PUT(&m, 0x0a, (uint8_t)(body->len + 6), 0x01, (uint8_t)(body->len + 4), 0x01, 0x01, type);
	put(&m, body->bytes, body->len);
	PUT(&m, 0x0b);
	rig_init(r, m.bytes, m.len, &small, NULL);
	ck_assert(wasm_lookup(r->instance, bytes_str("f"), &f));
	return f.of.func;
}

static uint64_t
ask(struct rig *r, struct wasm_func *f, bool wide, const uint64_t *args)
{
	struct wasm_value in[3], out[1];

	for (int i = 0; i < 3; i++)
		in[i] = (struct wasm_value){ .type = wide ? WASM_I64 : WASM_I32, .bits = args[i] };
	r->fuel = 100000;
	ck_assert_int_eq(wasm_call(f, in, 3, out, &r->fuel, &r->trap), 0);
	return out[0].bits;
}

/* Do two bodies say the same of all edges? @third: how many values of c are tried. */
static void
compare(const struct code *together, const struct code *apart, size_t third)
{
	struct rig x, y;
	struct wasm_func *f = build(&x, together), *g = build(&y, apart);

	for (size_t i = 0; i < EDGES * EDGES * third; i++) {
		uint64_t args[] = { edges[i % EDGES], edges[i / EDGES % EDGES],
			edges[(i / EDGES / EDGES * 5 + i) % EDGES] };
		uint64_t a = ask(&x, f, together->wide, args), b = ask(&y, g, apart->wide, args);

		if (a != b)
			ck_abort_msg(
			    "%#lx, %#lx, %#lx: together %#lx, apart %#lx, code %02x %02x %02x"
			    " %02x %02x %02x %02x %02x",
			    args[0], args[1], args[2], a, b, together->bytes[0], together->bytes[1],
			    together->bytes[2], together->bytes[3], together->bytes[4],
			    together->bytes[5], together->bytes[6], together->bytes[7]);
	}
	rig_deinit(&x);
	rig_deinit(&y);
}

/* a FIRST b, then SECOND c, where the first value is on the left */
static void
write_left(struct code *c, size_t first, enum form f1, size_t second, enum form f2, bool apart)
{
	PUT(c, 0x20, 0x00);
	put_source(c, f1, 1);
	PUT(c, opcode(c, first));
	if (apart)
		PUT(c, 0x21, 0x03, 0x20, 0x03);
	put_source(c, f2, 2);
	PUT(c, opcode(c, second));
}

/* c SECOND (a FIRST b) */
static void
write_right(struct code *c, size_t first, enum form f1, size_t second, bool apart)
{
	PUT(c, 0x20, 0x02, 0x20, 0x00);
	put_source(c, f1, 1);
	PUT(c, opcode(c, first));
	if (apart)
		PUT(c, 0x21, 0x03, 0x20, 0x03);
	PUT(c, opcode(c, second));
}

static void
one_first(size_t first, enum form form, bool wide)
{
	for (size_t second = 0; second < OPCODES; second++) {
		struct code x = { .wide = wide }, y = { .wide = wide };

		write_right(&x, first, form, second, false);
		write_right(&y, first, form, second, true);
		compare(&x, &y, 1);
		for (enum form f2 = 0; f2 < FORMS; f2++) {
			struct code p = { .wide = wide }, q = { .wide = wide };

			write_left(&p, first, form, second, f2, false);
			write_left(&q, first, form, second, f2, true);
			compare(&p, &q, 1);
		}
	}
}

START_TEST(a_value_used_at_once_is_the_value)
{
	for (enum form form = 0; form < FORMS; form++) {
		one_first((size_t)_i, form, false);
		one_first((size_t)_i, form, true);
	}
}
END_TEST

/* (a X b) + (b Y c) and the like: neighbours that read different things, then a reader of both */
START_TEST(neighbours_do_not_see_each_other)
{
	for (size_t second = 0; second < OPCODES * 2; second++) {
		struct code x = { .wide = second >= OPCODES }, y = { .wide = second >= OPCODES };
		uint8_t a = opcode(&x, (size_t)_i), b = opcode(&x, second % OPCODES);

		PUT(&x, 0x20, 0, 0x20, 1, a, 0x20, 1, 0x20, 2, b);
		put_source(&x, SMALL, 0);
		PUT(&x, opcode(&x, 5), opcode(&x, 2), 0x20, 0, opcode(&x, 0));
		PUT(&y, 0x20, 0, 0x20, 1, a, 0x21, 3, 0x20, 3, 0x03, 0x40, 0x0b);
		PUT(&y, 0x20, 1, 0x20, 2, b, 0x21, 3, 0x20, 3);
		put_source(&y, SMALL, 0);
		PUT(&y, opcode(&y, 5), 0x21, 3, 0x20, 3, opcode(&y, 2), 0x21, 3, 0x20, 3);
		PUT(&y, 0x20, 0, opcode(&y, 0));
		compare(&x, &y, 1);
	}
}
END_TEST

/* a counts from b towards c by 3, at most 5 times: the compare behind a step, and a jump back */
static void
write_loop(struct code *c, uint8_t compare_op, enum form form, bool apart)
{
	PUT(c, 0x20, 0x01, 0x21, 0x00);
	PUT(c, 0x02, 0x40, 0x03, 0x40); /* block, loop */
	PUT(c, 0x20, 0x03, c->wide ? 0x42 : 0x41, 5, c->wide ? 0x5a : 0x4f, 0x0d, 0x01);
	PUT(c, 0x20, 0x03, c->wide ? 0x42 : 0x41, 1, opcode(c, 0), 0x21, 0x03);
	PUT(c, 0x20, 0x00, c->wide ? 0x42 : 0x41, 3, opcode(c, 0), 0x21, 0x00);
	if (apart)
		PUT(c, 0x03, 0x40, 0x0b); /* a loop's beginning: a label */
	PUT(c, 0x20, 0x00);
	put_source(c, form, 2);
	PUT(c, compare_op, 0x0d, 0x00, 0x0b, 0x0b, 0x20, 0x00, 0x20, 0x03, opcode(c, 5));
}

START_TEST(a_step_and_its_compare_agree)
{
	for (enum form form = 0; form < FORMS; form++) {
		for (int wide = 0; wide < 2; wide++) {
			struct code x = { .wide = wide != 0 }, y = { .wide = wide != 0 };
			uint8_t op = (uint8_t)((wide != 0 ? 0x51 : 0x46) + _i);

			write_loop(&x, op, form, false);
			write_loop(&y, op, form, true);
			compare(&x, &y, EDGES);
		}
	}
}
END_TEST

/* while ((a & -5) != 0 or == 0) a += b, at most while fuel lasts: ends at once or after one */
static void
write_test(struct code *c, bool sense, bool apart)
{
	PUT(c, 0x02, 0x40, 0x20, 0x00);
	put_source(c, SMALL, 0);
	PUT(c, opcode(c, 3));
	if (apart)
		PUT(c, 0x21, 0x03, 0x20, 0x03);
	if (c->wide)
		PUT(c, 0x50);
	if (!sense)
		PUT(c, 0x45);
	PUT(c, 0x0d, 0x00, 0x20, 0x01, 0x21, 0x00, 0x0b, 0x20, 0x00);
}

START_TEST(a_mask_and_its_test_agree)
{
	for (int i = 0; i < 4; i++) {
		struct code x = { .wide = (i & 1) != 0 }, y = { .wide = (i & 1) != 0 };

		write_test(&x, (i & 2) != 0, false);
		write_test(&y, (i & 2) != 0, true);
		compare(&x, &y, 1);
	}
}
END_TEST

/* loop (if c-- ends, leave) a = a + (b or 3), back without a condition */
static void
write_again(struct code *c, enum form form, bool apart)
{
	PUT(c, 0x02, 0x40, 0x03, 0x40);
	PUT(c, 0x20, 0x03, c->wide ? 0x42 : 0x41, 9, c->wide ? 0x5a : 0x4f, 0x0d, 0x01);
	PUT(c, 0x20, 0x03, c->wide ? 0x42 : 0x41, 1, opcode(c, 0), 0x21, 0x03);
	PUT(c, 0x20, 0x00);
	put_source(c, form, 1);
	PUT(c, opcode(c, 0), 0x21, 0x00);
	if (apart)
		PUT(c, 0x03, 0x40, 0x0b);
	PUT(c, 0x0c, 0x00, 0x0b, 0x0b, 0x20, 0x00);
}

START_TEST(a_step_and_the_jump_back_agree)
{
	for (int i = 0; i < 4; i++) {
		struct code x = { .wide = (i & 1) != 0 }, y = { .wide = (i & 1) != 0 };

		write_again(&x, (i & 2) != 0 ? SMALL : SLOT, false);
		write_again(&y, (i & 2) != 0 ? SMALL : SLOT, true);
		compare(&x, &y, 1);
	}
}
END_TEST

TCase *
pair_tests(void)
{
	TCase *t = tcase_create("pair");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_value_used_at_once_is_the_value, 0, (int)OPCODES);
	tcase_add_loop_test(t, neighbours_do_not_see_each_other, 0, (int)OPCODES);
	tcase_add_loop_test(t, a_step_and_its_compare_agree, 0, 10);
	tcase_add_test(t, a_mask_and_its_test_agree);
	tcase_add_test(t, a_step_and_the_jump_back_agree);
	return t;
}
