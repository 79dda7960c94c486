/*
 * store - what runs, inside the room: instances, their memories, tables, globals, functions.
 */
#ifndef HOST_WASM_STORE_PRIV_H
#define HOST_WASM_STORE_PRIV_H

#include "host/wasm/module_priv.h"

struct wasm_func {
	struct wasm_instance *instance; /* NULL for a host function */
	const struct body *body;
	const struct wasm_functype *type;
	wasm_host_fn fn;
	void *ctx;
};

/*
 * Reserved up to @cap when made: growing only moves @size, the bytes stay where they are. What was
 * written since the last reset lies in the @span bytes from @low, or up to 8 bytes below them.
 */
struct wasm_memory {
	uint8_t *data;
	uint64_t size; /* bytes in use */
	uint64_t low, span;
	uint32_t max; /* declared, NO_MAX when not */
	uint32_t cap; /* pages reserved */
};

struct wasm_table {
	uint64_t *items; /* a function is its address, null is 0 */
	uint32_t size, max, cap;
	uint8_t type;
	bool touched; /* since the last reset */
};

struct wasm_global {
	uint64_t bits;
	uint8_t type;
	bool is_mutable;
};

struct wasm_instance {
	struct wasm_store *store;
	const struct wasm_module *module;
	struct wasm_func **imported; /* functions */
	struct wasm_func *own;
	struct wasm_memory *memory; /* NULL when there is none */
	struct wasm_table **tables;
	struct wasm_global **globals;
	struct wasm_global *own_globals;
	bool *dropped_data, *dropped_elem;
	bool filled; /* once, by segments that all fitted */
};

struct frame {
	const union insn *ip; /* NULL: back to the host */
	uint64_t *fp;
	const struct body *body;
	struct wasm_instance *instance;
};

/* Something the store frees at its end. */
struct owned {
	struct owned *next;
	void (*free)(void *p);
	void *p;
};

struct wasm_store {
	struct wasm_limits limits;
	uint64_t *stack, *stack_end;
	struct frame *frames, *frames_end;
	struct frame *top; /* the next free one while running; NULL when idle */
	const struct body *running;
	struct wasm_instance *running_in;
	struct owned *owned;
};

/* store_own() - @p is freed with the store, also when this fails. Return: 0 or -ENOMEM. */
int store_own(struct wasm_store *s, void *p, void (*free_fn)(void *p)) must_check;
/* store_alloc() - zeroed, owned; NULL when there is no memory. */
void *store_alloc(struct wasm_store *s, size_t n, size_t size);

/* memory_touch() - @len bytes from @at, which are inside, are about to be written. */
void memory_touch(struct wasm_memory *m, uint64_t at, uint64_t len);
/* memory_grow() - pages before, or UINT32_MAX. table_grow() likewise. */
uint32_t memory_grow(struct wasm_memory *m, uint32_t pages);
uint32_t table_grow(struct wasm_table *t, uint32_t n, uint64_t item);

static inline struct wasm_func *
instance_func(const struct wasm_instance *i, uint32_t index)
{
	return index < i->module->imported_funcs ? i->imported[index]
						 : &i->own[index - i->module->imported_funcs];
}

static inline uint64_t
func_to_bits(const struct wasm_func *f)
{
	return (uint64_t)(uintptr_t)f;
}

static inline struct wasm_func *
func_of_bits(uint64_t bits)
{
	return (struct wasm_func *)(uintptr_t)bits;
}

/* instance_value() - a constant expression in an instance. */
uint64_t instance_value(const struct wasm_instance *i, const struct constant *c);
/* instance_elem() - element @at of a segment. */
uint64_t instance_elem(const struct wasm_instance *i, const struct elem *s, uint32_t at);

/* link_imports() - @imports are what the module asks for, and become its spaces' first entries. */
int link_imports(struct wasm_instance *i, const struct wasm_extern *imports,
    struct wasm_refusal *why) must_check;

/* What one bulk instruction works on: its indices, and its operands from the first on. */
struct bulk_args {
	uint32_t sub, x, y;
	uint64_t *slots;
};
/* interp_bulk() - do it; the result goes to the first slot. Fuel is paid by length before. */
enum wasm_trap_code interp_bulk(struct wasm_instance *i, const struct bulk_args *a, int64_t *fuel);

/* interp_run() - run the body of @f on the frame at @fp until it returns to the host. */
enum wasm_trap_code interp_run(
    struct wasm_store *s, const struct wasm_func *f, uint64_t *fp, int64_t *fuel, int *host_code);

/* call_slots() - wasm_call() without types: arguments and results from @slots[0] on. */
int call_slots(struct wasm_func *f, uint64_t *slots, struct wasm_store *s, int64_t *fuel,
    struct wasm_trap *trap) must_check;

#endif
