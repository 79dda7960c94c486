/*
 * module - what a checked module is, inside the room. Immutable once loaded; shared by stores.
 */
#ifndef HOST_WASM_MODULE_PRIV_H
#define HOST_WASM_MODULE_PRIV_H

#include "host/wasm/engine.h"
#include "host/wasm/ops.h"

#define PAGE_BYTES 65536U
#define MAX_PAGES 65536U
#define NO_MAX UINT32_MAX
#define NONE UINT32_MAX

/* An initial value. @op is its opcode: a constant, ref.null, ref.func, global.get. */
struct constant {
	uint8_t op, type;
	uint32_t index;
	uint64_t bits;
};

struct import {
	uint32_t module, module_len, name, name_len; /* places in the image */
	uint32_t kind, index;                        /* index in the space of its kind */
};

struct export
{
	uint32_t name, name_len;
	uint32_t kind, index;
};

/* A function with a body. Its frame: parameters, locals, then operands, 8 bytes each. */
struct body {
	uint32_t type, code;    /* code: first word in the module's code */
	uint16_t slots, params; /* of the frame */
	uint16_t zero, nothing; /* locals behind the parameters */
};

struct tabletype {
	struct wasm_range range;
	uint8_t type;
};

struct globaltype {
	struct constant init; /* op 0 for an imported one */
	uint8_t type;
	bool is_mutable;
};

enum segment_mode { SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_DECLARED };

struct data {
	uint32_t at, len; /* in the image */
	uint32_t mode;
	struct constant offset;
};

/* An element is an index of a function, ELEM_NULL, or ELEM_GLOBAL with the index of a global. */
#define ELEM_NULL UINT32_MAX
#define ELEM_GLOBAL 0x80000000U
struct elem {
	uint32_t first, len; /* in the module's elems */
	uint32_t mode, table;
	uint8_t type;
	struct constant offset;
};

struct wasm_module {
	uint8_t *image;
	size_t image_len;
	size_t cost, budget; /* bytes held, and how many may be */
	struct wasm_limits limits;

	struct wasm_functype *types;
	uint32_t *canon; /* of each type: the first that is equal to it */
	uint32_t ntypes;
	struct import *imports;
	uint32_t nimports;
	struct export *exports;
	uint32_t *by_name; /* exports sorted by name */
	uint32_t nexports;

	/* index spaces, imported ones first */
	uint32_t *func_types;
	uint8_t *func_refs; /* a bit: may ref.func name it? */
	uint32_t nfuncs, imported_funcs;
	struct tabletype *tables;
	uint32_t ntables, imported_tables;
	struct wasm_range memory;
	bool has_memory, imports_memory;
	struct globaltype *globals;
	uint32_t nglobals, imported_globals;

	struct body *bodies; /* nfuncs - imported_funcs */
	union insn *code;
	uint32_t code_len, code_cap;
	struct data *datas;
	uint32_t ndatas;
	bool has_data_count;
	struct elem *elems;
	uint32_t nelems;
	uint32_t *elem_items;
	uint32_t nelem_items, elem_items_cap;
	uint32_t start; /* NONE */
};

/*
 * module_alloc() - zeroed memory for @n things of @size, paid from the module's budget; freed with
 * free() and module_give_back(). @out is NULL for @n = 0. Return: 0, WASM_LIMIT, -ENOMEM.
 */
int module_alloc(struct wasm_module *m, size_t n, size_t size, void *out) must_check;
/* module_grow() - room for at least @need things in an array; the same answers. */
int module_grow(
    struct wasm_module *m, void *array, uint32_t *cap, uint32_t need, size_t size) must_check;
/* module_give_back() - @bytes of the budget are free again. */
void module_give_back(struct wasm_module *m, size_t bytes);

/* functype_eq() - are two function types the same? */
bool functype_eq(const struct wasm_functype *a, const struct wasm_functype *b);

static inline bool
module_may_ref(const struct wasm_module *m, uint32_t func)
{
	return (m->func_refs[func / 8] >> (func % 8) & 1) != 0;
}

static inline void
module_let_ref(struct wasm_module *m, uint32_t func)
{
	m->func_refs[func / 8] |= (uint8_t)(1U << (func % 8));
}

#endif
