/*
 * link: imports are asked for by type, host functions see the guest's memory through checked views,
 * and a reset leaves nothing of a call behind.
 */
#include "tests/unit/host/wasm/suites.h"

/*
 * Imports h.f (i32) -> i32; exports memory m (1 page, at most 2, "abc" at 16) and
 * f(at): store8 at 0x5a; g = g + 1; memory.grow 1; h.f(memory.size + load8_u 16) + g. g begins
 * at 7.
 */
#define GUEST                                                                                      \
	0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x02, 0x07, 0x01, 0x01, 0x68, 0x01, 0x66,  \
	    0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05, 0x04, 0x01, 0x01, 0x01, 0x02, 0x06, 0x06,    \
	    0x01, 0x7f, 0x01, 0x41, 0x07, 0x0b, 0x07, 0x09, 0x02, 0x01, 0x6d, 0x02, 0x00, 0x01,    \
	    0x66, 0x00, 0x01, 0x0a, 0x25, 0x01, 0x23, 0x00, 0x20, 0x00, 0x41, 0xda, 0x00, 0x3a,    \
	    0x00, 0x00, 0x23, 0x00, 0x41, 0x01, 0x6a, 0x24, 0x00, 0x41, 0x01, 0x40, 0x00, 0x1a,    \
	    0x3f, 0x00, 0x41, 0x10, 0x2d, 0x00, 0x00, 0x6a, 0x10, 0x00, 0x23, 0x00, 0x6a, 0x0b,    \
	    0x0b, 0x09, 0x01, 0x00, 0x41, 0x10, 0x0b, 0x03, 0x61, 0x62, 0x63

struct host {
	struct wasm_store *store;
	uint32_t seen, calls;
	int64_t costs;
	int answer;
	bool reenter;
	int reentered;
};

/* Notes its argument, may charge, stop, or call back; doubles. */
static int
host_fn(void *ctx, struct wasm_host_call *call)
{
	struct host *h = ctx;
	struct wasm_extern f;

	h->seen = (uint32_t)call->slots[0];
	h->calls++;
	*call->fuel -= h->costs;
	if (h->reenter && wasm_lookup(call->caller, bytes_str("f"), &f)) {
		struct wasm_value in = { .type = WASM_I32 }, out[1];
		struct wasm_trap trap;

		h->reentered = wasm_call(f.of.func, &in, 1, out, call->fuel, &trap);
	}
	call->slots[0] = UINT64_C(0xffffffff00000000) | (h->seen * 2);
	return h->answer;
}

static const uint8_t i32[] = { WASM_I32 };
static const struct wasm_functype takes_i32 = { i32, i32, 1, 1 };

/* The guest needs its import from its own store: made by hand. */
static void
begin(struct rig *r, struct host *h)
{
	static const uint8_t image[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, GUEST };
	struct wasm_extern import = { .kind = WASM_FUNC };
	struct wasm_refusal why;

	memset(r, 0, sizeof(*r));
	memset(h, 0, sizeof(*h));
	r->fuel = 100000;
	ck_assert_int_eq(wasm_load(bytes_of(image, sizeof(image)), NULL, &r->module, &why), 0);
	ck_assert_int_eq(wasm_store_new(NULL, &r->store), 0);
	ck_assert_int_eq(wasm_func_new(r->store, &takes_i32, host_fn, h, &import.of.func), 0);
	ck_assert_int_eq(
	    wasm_instantiate(r->store, r->module, &import, &r->fuel, &r->instance, &why, &r->trap),
	    0);
}

START_TEST(a_module_tells_what_it_asks_for_and_gives)
{
	struct wasm_port p;
	struct host h;
	struct rig r;

	begin(&r, &h);
	ck_assert_uint_eq(wasm_imports(r.module), 1);
	p = wasm_import(r.module, 0);
	ck_assert(bytes_is(p.module, "h") && bytes_is(p.name, "f"));
	ck_assert(p.type.kind == WASM_FUNC && p.type.func.nparams == 1 &&
		  p.type.func.params[0] == WASM_I32);
	ck_assert_uint_eq(wasm_exports(r.module), 2);
	p = wasm_export(r.module, 0);
	ck_assert(bytes_is(p.name, "m") && p.type.kind == WASM_MEMORY);
	ck_assert_uint_eq(p.type.range.min, 1);
	ck_assert_uint_eq(p.type.range.max, 2);
	rig_deinit(&r);
}
END_TEST

START_TEST(host_and_guest_call_each_other)
{
	struct host h;
	struct rig r;
	uint32_t out = 0;

	begin(&r, &h);
	ck_assert_int_eq(rig_call(&r, 100, &out), 0);
	ck_assert_uint_eq(h.seen, 2 + 'a');
	ck_assert_uint_eq(out, 2 * (2 + 'a') + 8);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_view_never_reaches_outside)
{
	struct wasm_memory *m;
	struct host h;
	struct rig r;

	begin(&r, &h);
	m = wasm_memory(r.instance);
	ck_assert_uint_eq(wasm_memory_size(m), 65536);
	ck_assert_ptr_nonnull(wasm_view(m, 0, 65536));
	ck_assert_ptr_nonnull(wasm_view(m, 65536, 0));
	ck_assert_ptr_null(wasm_view(m, 65536, 1));
	ck_assert_ptr_null(wasm_view(m, 0, 65537));
	ck_assert_ptr_null(wasm_view(m, 1, UINT64_MAX));
	ck_assert_ptr_null(wasm_view(m, UINT64_MAX, 1));
	ck_assert_ptr_null(wasm_view(m, 0xfffffff0, 64));
	ck_assert(memcmp(wasm_view(m, 16, 3), "abc", 3) == 0);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_store_outside_memory_traps_and_changes_nothing)
{
	struct host h;
	struct rig r;

	begin(&r, &h);
	ck_assert_int_eq(rig_call(&r, 65536, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_MEMORY_BOUNDS);
	ck_assert_uint_eq(r.trap.function, 1);
	ck_assert_uint_eq(h.calls, 0);
	ck_assert_int_eq(rig_call(&r, UINT32_MAX, NULL), WASM_TRAPPED);
	ck_assert_int_eq(rig_call(&r, 65535, NULL), 0);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_host_function_can_stop_the_guest)
{
	struct host h;
	struct rig r;

	begin(&r, &h);
	h.answer = 42;
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_HOST);
	ck_assert_int_eq(r.trap.host_code, 42);
	ck_assert_uint_eq(r.trap.function, 1);
	h.answer = 0;
	h.costs = 1000000;
	ck_assert_int_eq(rig_call(&r, 0, NULL), WASM_TRAPPED);
	ck_assert_int_eq(r.trap.code, WASM_TRAP_FUEL);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_running_store_cannot_be_called)
{
	struct host h;
	struct rig r;
	uint32_t out = 0;

	begin(&r, &h);
	h.reenter = true;
	ck_assert_int_eq(rig_call(&r, 0, &out), 0);
	ck_assert_int_eq(h.reentered, WASM_TRAPPED);
	ck_assert_uint_eq(h.calls, 1);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_reset_leaves_nothing_behind)
{
	struct wasm_memory *m;
	struct host h;
	struct rig r;
	uint32_t out = 0;

	begin(&r, &h);
	ck_assert_int_eq(rig_call(&r, 16, &out), 0);
	m = wasm_memory(r.instance);
	ck_assert_uint_eq(wasm_memory_size(m), 131072);
	*wasm_view(m, 131071, 1) = 0x77;
	ck_assert_uint_eq(*wasm_view(m, 16, 1), 0x5a);
	ck_assert_int_eq(wasm_reset(r.instance, &r.fuel, &r.trap), 0);
	ck_assert_uint_eq(wasm_memory_size(m), 65536);
	ck_assert_ptr_null(wasm_view(m, 131071, 1));
	ck_assert(memcmp(wasm_view(m, 16, 3), "abc", 3) == 0);
	ck_assert_int_eq(rig_call(&r, 100, &out), 0);
	ck_assert_uint_eq(out, 2 * (2 + 'a') + 8); /* g began at 7 again */
	ck_assert_uint_eq(*wasm_view(m, 131071, 1), 0);
	rig_deinit(&r);
}
END_TEST

/* Import 0 is given as @x: the answer to that. */
static int
link_with(struct wasm_extern x, struct rig *r, struct wasm_refusal *why)
{
	struct wasm_instance *i;

	return wasm_instantiate(r->store, r->module, &x, &r->fuel, &i, why, &r->trap);
}

START_TEST(an_import_of_another_type_does_not_link)
{
	static const struct wasm_functype nothing;
	struct wasm_extern x = { .kind = WASM_FUNC };
	struct wasm_refusal why;
	struct host h;
	struct rig r;

	begin(&r, &h);
	ck_assert_int_eq(link_with(x, &r, &why), WASM_UNLINKED);
	ck_assert_uint_eq(why.offset, 0);
	ck_assert_int_eq(wasm_func_new(r.store, &nothing, host_fn, &h, &x.of.func), 0);
	ck_assert_int_eq(link_with(x, &r, &why), WASM_UNLINKED);
	x.kind = WASM_MEMORY;
	x.of.memory = wasm_memory(r.instance);
	ck_assert_int_eq(link_with(x, &r, &why), WASM_UNLINKED);
	rig_deinit(&r);
}
END_TEST

START_TEST(a_host_memory_is_no_smaller_than_its_minimum)
{
	struct wasm_memory *m;
	struct wasm_table *t;
	struct host h;
	struct rig r;

	begin(&r, &h);
	ck_assert_int_eq(wasm_memory_new(r.store, (struct wasm_range){ 2, 1 }, &m), WASM_LIMIT);
	ck_assert_int_eq(
	    wasm_memory_new(r.store, (struct wasm_range){ 65536, 65536 }, &m), WASM_LIMIT);
	ck_assert_int_eq(
	    wasm_table_new(r.store, WASM_FUNCREF, (struct wasm_range){ 2, 1 }, &t), WASM_LIMIT);
	ck_assert_int_eq(wasm_table_new(r.store, WASM_FUNCREF, (struct wasm_range){ 2, 3 }, &t), 0);
	ck_assert_uint_eq(wasm_table_size(t), 2);
	rig_deinit(&r);
}
END_TEST

TCase *
link_tests(void)
{
	TCase *t = tcase_create("link");

	tcase_add_test(t, a_module_tells_what_it_asks_for_and_gives);
	tcase_add_test(t, host_and_guest_call_each_other);
	tcase_add_test(t, a_view_never_reaches_outside);
	tcase_add_test(t, a_store_outside_memory_traps_and_changes_nothing);
	tcase_add_test(t, a_host_function_can_stop_the_guest);
	tcase_add_test(t, a_running_store_cannot_be_called);
	tcase_add_test(t, a_reset_leaves_nothing_behind);
	tcase_add_test(t, an_import_of_another_type_does_not_link);
	tcase_add_test(t, a_host_memory_is_no_smaller_than_its_minimum);
	return t;
}
