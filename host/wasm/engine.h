/*
 * engine - load, link and call WebAssembly modules.
 *
 * The one door into this room: a module is bytes that were checked, a store owns everything that
 * runs, an instance is a module linked to its imports. The shape is that of wasmtime's C API
 * (module, store, instance, extern, trap, fuel), so that another engine can stand behind it.
 * Nothing here opens a descriptor or asks a clock; nothing allocates while guest code runs.
 */
#ifndef HOST_WASM_ENGINE_H
#define HOST_WASM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/wasm/limits.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

/* Value types, with the bytes that stand for them in a module. */
enum wasm_valtype {
	WASM_I32 = 0x7f,
	WASM_I64 = 0x7e,
	WASM_F32 = 0x7d,
	WASM_F64 = 0x7c,
	WASM_FUNCREF = 0x70,
	WASM_EXTERNREF = 0x6f,
};

enum wasm_kind { WASM_FUNC, WASM_TABLE, WASM_MEMORY, WASM_GLOBAL };

/* Why a module, a link or a call was not taken. */
enum wasm_answer {
	WASM_DONE = 0,
	WASM_MALFORMED,   /* the bytes do not encode a module */
	WASM_INVALID,     /* they do, and it does not type-check */
	WASM_UNSUPPORTED, /* a proposal we refuse; the text names it */
	WASM_LIMIT,       /* above a limit of struct wasm_limits; the text names it */
	WASM_UNLINKED,    /* an import is missing or of another type */
	WASM_MISMATCH,    /* a call with other arguments than the function takes */
	WASM_TRAPPED,     /* the guest stopped; see struct wasm_trap */
};

enum wasm_trap_code {
	WASM_TRAP_NONE = 0,
	WASM_TRAP_UNREACHABLE,
	WASM_TRAP_MEMORY_BOUNDS,
	WASM_TRAP_TABLE_BOUNDS,
	WASM_TRAP_UNDEFINED_ELEMENT,     /* call_indirect beyond the table */
	WASM_TRAP_UNINITIALIZED_ELEMENT, /* call_indirect of a null */
	WASM_TRAP_INDIRECT_TYPE,
	WASM_TRAP_DIVIDE_BY_ZERO,
	WASM_TRAP_INTEGER_OVERFLOW,
	WASM_TRAP_INVALID_CONVERSION,
	WASM_TRAP_CALL_DEPTH,
	WASM_TRAP_VALUE_STACK,
	WASM_TRAP_FUEL,
	WASM_TRAP_HOST,    /* an imported function said stop */
	WASM_TRAP_REENTRY, /* an imported function called into the running store */
};

/* Where a load stopped: @offset counts from the first byte of the module. */
struct wasm_refusal {
	enum wasm_answer answer;
	size_t offset;
	char text[120]; /* plain ASCII, none of it from the module */
};

struct wasm_trap {
	enum wasm_trap_code code;
	uint32_t function; /* index in its module; UINT32_MAX when none was running */
	int host_code;     /* WASM_TRAP_HOST: what the imported function returned */
};

struct wasm_value {
	uint8_t type;  /* enum wasm_valtype */
	uint64_t bits; /* i32 and f32 in the low half; references are opaque, 0 is null */
};

struct wasm_functype {
	const uint8_t *params, *results; /* one enum wasm_valtype each */
	uint32_t nparams, nresults;
};

struct wasm_range {
	uint32_t min, max; /* pages or elements; max is UINT32_MAX when none is declared */
};

/* What an import wants or an export is; which members count depends on kind. */
struct wasm_externtype {
	enum wasm_kind kind;
	struct wasm_functype func;
	struct wasm_range range; /* table, memory */
	uint8_t valtype;         /* table, global */
	bool is_mutable;         /* global */
};

struct wasm_module;
struct wasm_store;
struct wasm_instance;
struct wasm_func;
struct wasm_table;
struct wasm_memory;
struct wasm_global;

struct wasm_extern {
	enum wasm_kind kind;
	union {
		struct wasm_func *func;
		struct wasm_table *table;
		struct wasm_memory *memory;
		struct wasm_global *global;
	} of;
};

/* What an imported function sees of the call to it. */
struct wasm_host_call {
	struct wasm_instance *caller; /* NULL when the host itself calls */
	uint64_t *slots;              /* arguments come in, results leave, both from slot 0 */
	int64_t *fuel;                /* may be lowered; below zero ends the guest after return */
};

/* Return: 0, or a code > 0 that ends the guest with WASM_TRAP_HOST. */
typedef int (*wasm_host_fn)(void *ctx, struct wasm_host_call *call);

/*
 * wasm_load() - check a module and prepare it to run
 * @image:  borrowed; copied
 * @limits: NULL for the defaults; copied
 * @out:    given when 0 is returned; free with wasm_module_free(), after every store using it
 * @why:    filled when an answer > 0 is returned
 *
 * Time is linear in the size of the image, memory at most limits->memory_factor times it plus
 * limits->memory_floor: what would need more is refused.
 *
 * Return: 0; WASM_MALFORMED, WASM_INVALID, WASM_UNSUPPORTED, WASM_LIMIT; -ENOMEM.
 */
int wasm_load(struct bytes image, const struct wasm_limits *limits, struct wasm_module **out,
    struct wasm_refusal *why) must_check;
void wasm_module_free(struct wasm_module *m);
void wasm_module_freep(struct wasm_module **m);

/* wasm_module_cost() - bytes of memory the module holds, its copy of the image included. */
size_t wasm_module_cost(const struct wasm_module *m);

/* One import or export of a module; names are UTF-8 and hostile, valid as long as the module. */
struct wasm_port {
	struct bytes module, name; /* module is empty for an export */
	struct wasm_externtype type;
};
uint32_t wasm_imports(const struct wasm_module *m);
uint32_t wasm_exports(const struct wasm_module *m);
/* wasm_import(), wasm_export() - describe number @i, which must be below the count. */
struct wasm_port wasm_import(const struct wasm_module *m, uint32_t i);
struct wasm_port wasm_export(const struct wasm_module *m, uint32_t i);

/*
 * wasm_store_new() - the owner of instances and of host objects, with the stacks a call runs on.
 * @limits: NULL for the defaults; copied. Return: 0 or -ENOMEM.
 */
int wasm_store_new(const struct wasm_limits *limits, struct wasm_store **out) must_check;
void wasm_store_free(struct wasm_store *s);
void wasm_store_freep(struct wasm_store **s);

/*
 * Host objects, owned by the store. @type is copied; @ctx is handed to @fn untouched.
 * Return: 0, WASM_LIMIT (a minimum above the maximum or the store's limits), -ENOMEM.
 */
int wasm_func_new(struct wasm_store *s, const struct wasm_functype *type, wasm_host_fn fn,
    void *ctx, struct wasm_func **out) must_check;
int wasm_memory_new(
    struct wasm_store *s, struct wasm_range range, struct wasm_memory **out) must_check;
int wasm_table_new(struct wasm_store *s, uint8_t valtype, struct wasm_range range,
    struct wasm_table **out) must_check;
int wasm_global_new(struct wasm_store *s, struct wasm_value value, bool is_mutable,
    struct wasm_global **out) must_check;

/*
 * wasm_instantiate() - link a module, fill its memory and tables, run its start function
 * @imports: one per import of the module, in its order; borrowed
 * @fuel:    paid for segments and the start function; lowered
 * @out:     owned by the store
 * @why:     for WASM_UNLINKED and WASM_LIMIT; its offset is the number of the import
 * @trap:    for WASM_TRAPPED. The instance stays in the store, as the specification asks: functions
 *           it already put into a shared table may still be called.
 *
 * Return: 0, WASM_UNLINKED, WASM_LIMIT, WASM_TRAPPED, -ENOMEM.
 */
int wasm_instantiate(struct wasm_store *s, const struct wasm_module *m,
    const struct wasm_extern *imports, int64_t *fuel, struct wasm_instance **out,
    struct wasm_refusal *why, struct wasm_trap *trap) must_check;

/*
 * The two halves of wasm_instantiate(), for who closes doors in between: wasm_link() allocates all
 * there is to allocate and runs nothing; wasm_begin(), once, fills memory and tables and runs the
 * start function. An instance is not to be called before.
 *
 * Return: 0, WASM_UNLINKED, WASM_LIMIT, -ENOMEM; 0, WASM_TRAPPED.
 */
int wasm_link(struct wasm_store *s, const struct wasm_module *m, const struct wasm_extern *imports,
    struct wasm_instance **out, struct wasm_refusal *why) must_check;
int wasm_begin(struct wasm_instance *i, int64_t *fuel, struct wasm_trap *trap) must_check;

/*
 * wasm_reset() - bring an instance back to what wasm_instantiate() made of it
 *
 * Memory, tables and globals of its own are set back; imported ones only where the module's
 * segments write them. The start function runs again, under @fuel. Takes time in proportion to what
 * lies between the lowest and the highest byte that was written or viewed since.
 *
 * Return: 0 or WASM_TRAPPED.
 */
int wasm_reset(struct wasm_instance *i, int64_t *fuel, struct wasm_trap *trap) must_check;

/* wasm_lookup() - an export by name. Return: found or not. */
bool wasm_lookup(const struct wasm_instance *i, struct bytes name, struct wasm_extern *out);

/* wasm_func_type() - valid as long as the function's store and module. */
struct wasm_functype wasm_func_type(const struct wasm_func *f);

/*
 * wasm_call() - run a function to its end, a trap, or the end of its fuel
 * @args:    checked against the function's type
 * @results: room for as many as the function's type says
 * @fuel:    units left; lowered, and 0 after WASM_TRAP_FUEL
 *
 * Neither this nor anything it runs makes a system call, unless an imported function does.
 *
 * Return: 0, WASM_MISMATCH, WASM_TRAPPED.
 */
int wasm_call(struct wasm_func *f, const struct wasm_value *args, uint32_t nargs,
    struct wasm_value *results, int64_t *fuel, struct wasm_trap *trap) must_check;

/* wasm_running() - index of the function a store is in, for a report from an imported function. */
uint32_t wasm_running(const struct wasm_store *s);

/*
 * Where a store keeps what it is in, for who looks into this process from outside: the word at @at, less
 * @base, is a number of functions times @size; they begin with number @first, and are @count.
 */
struct wasm_place {
	uint64_t at, base;
	uint32_t size, first, count;
};
/* wasm_running_place() - of a store with one instance, that of @m. */
struct wasm_place wasm_running_place(const struct wasm_store *s, const struct wasm_module *m);
/* wasm_place_function() - which function a word from there means; UINT32_MAX: none. */
uint32_t wasm_place_function(const struct wasm_place *p, uint64_t word);

/* wasm_memory() - the memory of an instance, its own or imported; NULL when it has none. */
struct wasm_memory *wasm_memory(const struct wasm_instance *i);
uint64_t wasm_memory_size(const struct wasm_memory *m);

/*
 * wasm_view() - the bytes [@at, @at + @len) of a memory, checked before anything is touched
 *
 * Valid until the memory is reset or freed (growing does not move it): not to be written after.
 * Guest code may change them. Return: a pointer, or NULL when any of them lies outside.
 */
uint8_t *wasm_view(struct wasm_memory *m, uint64_t at, uint64_t len);

struct wasm_value wasm_global_get(const struct wasm_global *g);
uint32_t wasm_table_size(const struct wasm_table *t);

/* wasm_trap_text(), wasm_answer_text() - a few plain words; never NULL. */
const char *wasm_trap_text(enum wasm_trap_code code);
const char *wasm_answer_text(enum wasm_answer answer);

#endif
