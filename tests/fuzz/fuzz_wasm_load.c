/*
 * fuzz_wasm_load: whatever the bytes are, they load or are refused with an offset inside them; what
 * loads stays inside its budget of memory, and each of its exported functions ends within its fuel,
 * twice the same way: two fresh instances agree on results, trap and fuel.
 */
#include <assert.h>
#include <stdlib.h>

#include "host/wasm/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMPORTS 64
#define FUEL 20000

static struct wasm_limits
limits(void)
{
	struct wasm_limits l = wasm_limits_default();

	l.memory_pages = 16;
	l.table_entries = 1000;
	l.call_depth = 100;
	l.stack_slots = 10000;
	l.locals = 2000;
	return l;
}

static int
zero(void *ctx, struct wasm_host_call *call)
{
	(void)ctx;
	*call->fuel -= 10;
	call->slots[0] = 0;
	return 0;
}

/* Something of the type each import asks for; only a function of at most one result. */
static int
make_import(struct wasm_store *s, const struct wasm_externtype *t, struct wasm_extern *x)
{
	x->kind = t->kind;
	switch (t->kind) {
	case WASM_FUNC:
		return t->func.nresults > 1 ? 1
					    : wasm_func_new(s, &t->func, zero, NULL, &x->of.func);
	case WASM_TABLE:
		return wasm_table_new(s, t->valtype, t->range, &x->of.table);
	case WASM_MEMORY:
		return wasm_memory_new(s, t->range, &x->of.memory);
	case WASM_GLOBAL:
		return wasm_global_new(
		    s, (struct wasm_value){ .type = t->valtype }, t->is_mutable, &x->of.global);
	}
	return 1;
}

static uint64_t
mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x100000001b3;
}

static uint64_t
call(struct wasm_func *f, uint64_t h)
{
	struct wasm_functype t = wasm_func_type(f);
	struct wasm_value args[256] = { 0 }, results[256];
	struct wasm_trap trap;
	int64_t fuel = FUEL;
	int r;

	for (uint32_t i = 0; i < t.nparams; i++)
		args[i].type = t.params[i];
	r = wasm_call(f, args, t.nparams, results, &fuel, &trap);
	assert(r == 0 || r == WASM_TRAPPED);
	assert(fuel >= 0 || r == WASM_TRAPPED);
	h = mix(mix(mix(h, (uint64_t)r), (uint64_t)trap.code), (uint64_t)fuel);
	for (uint32_t i = 0; r == 0 && i < t.nresults; i++) {
		assert(results[i].type == t.results[i]);
		/* an address is another one next time */
		h = mix(h, results[i].type == WASM_FUNCREF ? 0 : results[i].bits);
	}
	return h;
}

/* Call every export. Return: @h and all that could be seen. */
static uint64_t
call_all(const struct wasm_module *m, struct wasm_instance *i, uint64_t h)
{
	struct wasm_extern x;

	for (uint32_t k = 0; k < wasm_exports(m) && k < 64; k++) {
		struct wasm_port p = wasm_export(m, k);

		assert(wasm_lookup(i, p.name, &x) && x.kind == p.type.kind);
		if (x.kind == WASM_FUNC)
			h = call(x.of.func, h);
		if (x.kind == WASM_GLOBAL && wasm_global_get(x.of.global).type != WASM_FUNCREF)
			h = mix(h, wasm_global_get(x.of.global).bits);
	}
	return h;
}

/* All bytes of a memory. To look marks them as written: nothing is to be learnt from a later reset.
 */
static uint64_t
memory_of(struct wasm_instance *i, uint64_t h)
{
	struct wasm_memory *m = wasm_memory(i);
	uint64_t n = m != NULL ? wasm_memory_size(m) : 0;
	const uint8_t *p = n != 0 ? wasm_view(m, 0, n) : NULL;

	for (uint64_t k = 0; k + 8 <= n; k += 8) {
		uint64_t word;

		memcpy(&word, p + k, 8);
		if (word != 0)
			h = mix(mix(h, k), word);
	}
	return mix(h, n);
}

/* The memory of a new instance. */
static uint64_t
memory_after(const struct wasm_module *m, const struct wasm_limits *l)
{
	static const struct wasm_extern none[1];
	autofree(wasm_store_freep) struct wasm_store *s = NULL;
	struct wasm_instance *i;
	struct wasm_refusal why;
	struct wasm_trap trap;
	int64_t fuel = FUEL;

	assert(wasm_store_new(l, &s) == 0);
	assert(wasm_instantiate(s, m, none, &fuel, &i, &why, &trap) == 0);
	return memory_of(i, 0);
}

/* Link and call everything. Return: a hash of all that could be seen. */
static uint64_t
run(const struct wasm_module *m)
{
	struct wasm_extern imports[IMPORTS] = { 0 };
	autofree(wasm_store_freep) struct wasm_store *s = NULL;
	struct wasm_instance *i = NULL;
	struct wasm_limits l = limits();
	struct wasm_refusal why;
	struct wasm_trap trap;
	int64_t fuel = FUEL;
	uint64_t h = 0, again;
	int r;

	if (wasm_imports(m) > IMPORTS || wasm_store_new(&l, &s) != 0)
		return 0;
	for (uint32_t k = 0; k < wasm_imports(m); k++) {
		struct wasm_port p = wasm_import(m, k);

		if (make_import(s, &p.type, &imports[k]) != 0)
			return 0;
	}
	r = wasm_instantiate(s, m, imports, &fuel, &i, &why, &trap);
	h = mix(h, (uint64_t)r);
	if (r != 0)
		return h;
	again = call_all(m, i, h);
	fuel = FUEL;
	if (wasm_reset(i, &fuel, &trap) != 0)
		return mix(again, (uint64_t)trap.code);
	if (wasm_imports(m) == 0) { /* what is imported is not set back */
		assert(memory_after(m, &l) == memory_of(i, 0));
		assert(wasm_reset(i, &fuel, &trap) != 0 || call_all(m, i, h) == again);
	}
	return again;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree(wasm_module_freep) struct wasm_module *m = NULL;
	struct wasm_limits l = limits();
	struct wasm_refusal why;
	int r = wasm_load(bytes_of(data, size), &l, &m, &why);

	if (r != 0) {
		assert(
		    m == NULL && (int)why.answer == r && why.offset <= size && why.text[0] != '\0');
		return 0;
	}
	assert(wasm_module_cost(m) <= (size_t)l.memory_factor * size + l.memory_floor + 1024);
	assert(run(m) == run(m));
	return 0;
}
