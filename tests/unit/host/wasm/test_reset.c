/*
 * reset: after it an instance is what a new one is, whatever was written and wherever.
 *
 * The module, as text:
 * (module
 *  (type $v (func (result i32)))
 *  (memory (export "m") 2 4)
 *  (table (export "t") 3 8 funcref)
 *  (global $g (mut i32) (i32.const 5))
 *  (elem (i32.const 1) $one $two)
 *  (data (i32.const 16) "abc")
 *  (data (i32.const 69620) "0123456789abcdefghijklmnopqrstuvwxyz")
 *  (data (i32.const 69630) "OVER")
 *  (data (i32.const 69621) "LOW")
 *  (data $p "passive")
 *  (func $one (type $v) (i32.const 1))
 *  (func $two (type $v) (i32.const 2))
 *  (func (export "put") (param i32) (i64.store (local.get 0) (i64.const -1)))
 *  (func (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 5000)))
 *  (func (export "init") (param i32)
 *   (memory.init $p (local.get 0) (i32.const 0) (i32.const 7)) (data.drop $p))
 *  (func (export "grow") (param i32) (drop (memory.grow (local.get 0)))
 *   (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 9)))
 *  (func (export "set") (param i32) (table.set 0 (local.get 0) (ref.func $two)))
 *  (func (export "more") (param i32) (drop (table.grow 0 (ref.func $two) (local.get 0))))
 *  (func (export "f") (param i32) (result i32) (call_indirect (type $v) (local.get 0))))
 */
#include "tests/unit/host/wasm/suites.h"

#define MODULE                                                                                     \
	0x01, 0x0e, 0x03, 0x60, 0x00, 0x01, 0x7f, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x01, 0x7f, 0x01,  \
	    0x7f, 0x03, 0x0a, 0x09, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x02, 0x04,    \
	    0x05, 0x01, 0x70, 0x01, 0x03, 0x08, 0x05, 0x04, 0x01, 0x01, 0x02, 0x04, 0x06, 0x06,    \
	    0x01, 0x7f, 0x01, 0x41, 0x05, 0x0b, 0x07, 0x35, 0x09, 0x01, 0x6d, 0x02, 0x00, 0x01,    \
	    0x74, 0x01, 0x00, 0x03, 0x70, 0x75, 0x74, 0x00, 0x02, 0x04, 0x66, 0x69, 0x6c, 0x6c,    \
	    0x00, 0x03, 0x04, 0x69, 0x6e, 0x69, 0x74, 0x00, 0x04, 0x04, 0x67, 0x72, 0x6f, 0x77,    \
	    0x00, 0x05, 0x03, 0x73, 0x65, 0x74, 0x00, 0x06, 0x04, 0x6d, 0x6f, 0x72, 0x65, 0x00,    \
	    0x07, 0x01, 0x66, 0x00, 0x08, 0x09, 0x08, 0x01, 0x00, 0x41, 0x01, 0x0b, 0x02, 0x00,    \
	    0x01, 0x0c, 0x01, 0x05, 0x0a, 0x65, 0x09, 0x04, 0x00, 0x41, 0x01, 0x0b, 0x04, 0x00,    \
	    0x41, 0x02, 0x0b, 0x09, 0x00, 0x20, 0x00, 0x42, 0x7f, 0x37, 0x03, 0x00, 0x0b, 0x0c,    \
	    0x00, 0x20, 0x00, 0x41, 0x07, 0x41, 0x88, 0x27, 0xfc, 0x0b, 0x00, 0x0b, 0x0f, 0x00,    \
	    0x20, 0x00, 0x41, 0x00, 0x41, 0x07, 0xfc, 0x08, 0x04, 0x00, 0xfc, 0x09, 0x04, 0x0b,    \
	    0x16, 0x00, 0x20, 0x00, 0x40, 0x00, 0x1a, 0x3f, 0x00, 0x41, 0x80, 0x80, 0x04, 0x6c,    \
	    0x41, 0x01, 0x6b, 0x41, 0x09, 0x3a, 0x00, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xd2,    \
	    0x01, 0x26, 0x00, 0x0b, 0x0a, 0x00, 0xd2, 0x01, 0x20, 0x00, 0xfc, 0x0f, 0x00, 0x1a,    \
	    0x0b, 0x07, 0x00, 0x20, 0x00, 0x11, 0x00, 0x00, 0x0b, 0x0b, 0x52, 0x05, 0x00, 0x41,    \
	    0x10, 0x0b, 0x03, 0x61, 0x62, 0x63, 0x00, 0x41, 0xf4, 0x9f, 0x04, 0x0b, 0x24, 0x30,    \
	    0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65,    \
	    0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73,    \
	    0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x41, 0xfe, 0x9f, 0x04, 0x0b, 0x04,    \
	    0x4f, 0x56, 0x45, 0x52, 0x00, 0x41, 0xf5, 0x9f, 0x04, 0x0b, 0x03, 0x4c, 0x4f, 0x57,    \
	    0x01, 0x07, 0x70, 0x61, 0x73, 0x73, 0x69, 0x76, 0x65

static int
call(struct rig *r, const char *name, uint32_t arg)
{
	struct wasm_value in = { .type = WASM_I32, .bits = arg }, out[1];
	struct wasm_extern f;

	ck_assert(wasm_lookup(r->instance, bytes_str(name), &f));
	r->fuel = 100000;
	return wasm_call(f.of.func, &in, 1, out, &r->fuel, &r->trap);
}

static void
reset(struct rig *r)
{
	r->fuel = 100000;
	ck_assert_int_eq(wasm_reset(r->instance, &r->fuel, &r->trap), 0);
}

/* Is the memory that of a new instance? Looking counts as writing, so a reset comes after. */
static void
check_memory(struct rig *r, const struct rig *unused)
{
	struct wasm_memory *m = wasm_memory(r->instance), *n = wasm_memory(unused->instance);

	ck_assert_uint_eq(wasm_memory_size(m), wasm_memory_size(n));
	ck_assert(memcmp(wasm_view(m, 0, 131072), wasm_view(n, 0, 131072), 131072) == 0);
	reset(r);
}

START_TEST(one_store_is_undone_wherever_it_was)
{
	/* granules of 4 KiB begin at 69632: what lies across their edge is undone too */
	static const uint32_t at[] = { 0, 4090, 4088, 69625, 69631, 69632, 131064 };
	struct rig r, unused;

	RIG(&r, NULL, NULL, MODULE);
	RIG(&unused, NULL, NULL, MODULE);
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++) {
			ck_assert_int_eq(call(&r, "put", at[i]), 0);
			ck_assert_int_eq(call(&r, "put", at[k]), 0);
			reset(&r);
			check_memory(&r, &unused);
		}
	rig_deinit(&r);
	rig_deinit(&unused);
}
END_TEST

START_TEST(stores_in_any_order_are_undone)
{
	struct rig r, unused;
	uint32_t seed = 1;

	RIG(&r, NULL, NULL, MODULE);
	RIG(&unused, NULL, NULL, MODULE);
	for (size_t round = 0; round < 200; round++) {
		for (size_t i = 0; i < round % 7; i++) {
			static const char *const names[] = { "put", "put", "fill", "init" };

			seed = seed * 1664525 + 1013904223;
			(void)call(&r, names[seed >> 30], (seed >> 8) % 131072);
		}
		reset(&r);
		check_memory(&r, &unused);
	}
	rig_deinit(&r);
	rig_deinit(&unused);
}
END_TEST

START_TEST(a_store_outside_is_refused_before_and_after)
{
	struct rig r;

	RIG(&r, NULL, NULL, MODULE);
	for (uint32_t at = 131065; at < 131080; at++) {
		ck_assert_int_eq(call(&r, "put", at), WASM_TRAPPED);
		ck_assert_int_eq(r.trap.code, WASM_TRAP_MEMORY_BOUNDS);
		ck_assert_int_eq(call(&r, "put", at - 4096), 0); /* now the last bytes are known */
		ck_assert_int_eq(call(&r, "put", 131064), 0);
		ck_assert_int_eq(call(&r, "put", at), WASM_TRAPPED);
		ck_assert_int_eq(call(&r, "put", UINT32_MAX - at), WASM_TRAPPED);
		if (at % 3 == 0)
			reset(&r);
	}
	rig_deinit(&r);
}
END_TEST

START_TEST(what_the_host_wrote_is_undone)
{
	struct rig r, unused;

	RIG(&r, NULL, NULL, MODULE);
	RIG(&unused, NULL, NULL, MODULE);
	*wasm_view(wasm_memory(r.instance), 100000, 1) = 1;
	*wasm_view(wasm_memory(r.instance), 17, 1) = 1;
	reset(&r);
	check_memory(&r, &unused);
	rig_deinit(&r);
	rig_deinit(&unused);
}
END_TEST

START_TEST(what_grew_is_gone_and_comes_back_empty)
{
	struct rig r, unused;

	RIG(&r, NULL, NULL, MODULE);
	RIG(&unused, NULL, NULL, MODULE);
	for (uint32_t pages = 0; pages < 3; pages++) {
		ck_assert_int_eq(call(&r, "grow", pages), 0);
		reset(&r);
		check_memory(&r, &unused);
		ck_assert_int_eq(call(&r, "grow", 2), 0);
		ck_assert_uint_eq(*wasm_view(wasm_memory(r.instance), 196607, 1), 0);
		ck_assert_uint_eq(*wasm_view(wasm_memory(r.instance), 262143, 1), 9);
		reset(&r);
	}
	rig_deinit(&r);
	rig_deinit(&unused);
}
END_TEST

START_TEST(tables_come_back)
{
	struct rig r;
	uint32_t out = 0;

	RIG(&r, NULL, NULL, MODULE);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(call(&r, "set", 1), 0);
		ck_assert_int_eq(rig_call(&r, 1, &out), 0);
		ck_assert_uint_eq(out, 2);
		reset(&r);
		ck_assert_int_eq(rig_call(&r, 1, &out), 0);
		ck_assert_uint_eq(out, 1);
		ck_assert_int_eq(call(&r, "more", 2), 0);
		ck_assert_int_eq(rig_call(&r, 4, &out), 0);
		ck_assert_uint_eq(out, 2);
		reset(&r);
		ck_assert_int_eq(rig_call(&r, 3, &out), WASM_TRAPPED);
		ck_assert_int_eq(r.trap.code, WASM_TRAP_UNDEFINED_ELEMENT);
	}
	rig_deinit(&r);
}
END_TEST

START_TEST(dropped_segments_come_back)
{
	struct rig r;

	RIG(&r, NULL, NULL, MODULE);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(call(&r, "init", 0), 0);
		ck_assert_int_eq(call(&r, "init", 0), WASM_TRAPPED);
		reset(&r);
	}
	rig_deinit(&r);
}
END_TEST

TCase *
reset_tests(void)
{
	TCase *t = tcase_create("reset");

	tcase_add_test(t, one_store_is_undone_wherever_it_was);
	tcase_add_test(t, stores_in_any_order_are_undone);
	tcase_add_test(t, a_store_outside_is_refused_before_and_after);
	tcase_add_test(t, what_the_host_wrote_is_undone);
	tcase_add_test(t, what_grew_is_gone_and_comes_back_empty);
	tcase_add_test(t, tables_come_back);
	tcase_add_test(t, dropped_segments_come_back);
	return t;
}
