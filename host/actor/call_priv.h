/* call_priv - an actor from within: shared by call.c, wapc.c and wasi.c. */
#ifndef HOST_ACTOR_CALL_PRIV_H
#define HOST_ACTOR_CALL_PRIV_H

#include "host/actor/call.h"

/* Why an imported function ended the guest; the code of WASM_TRAP_HOST. */
enum stop {
	STOP_BOUNDS = 1, /* a place outside the memory */
	STOP_CEILING,
	STOP_ASKS,
	STOP_EXIT,
	STOP_CUT,
	STOP_ORDER, /* a word that has no meaning at this time */
};

/* Memory that was reserved before the guest ran. */
struct area {
	uint8_t *p;
	size_t len, max;
};

struct import_fn;

/* What an import of the guest leads to. */
struct binding {
	struct actor *actor;
	const struct import_fn *to;
};

struct actor {
	struct actor_limits limits;
	struct actor_ops ops;
	struct actor_world world;
	struct wasm_module *module;
	struct wasm_store *store;
	struct wasm_instance *instance;
	struct wasm_func *guest_call;
	struct binding *bindings; /* one for each import */
	int64_t init_left;
	uint64_t drawn; /* random bytes of this call */
	/* of the call that runs */
	bool in_call, has_response, has_error;
	size_t op_len;
	struct area request, response, error, answer, answer_error;
	uint32_t asks, lines, lines_dropped;
	const char *ceiling; /* which one was crossed */
};

struct import_fn {
	const char *name;
	const char *params; /* one 'i' (i32) or 'I' (i64) each */
	const char *result; /* "i" or "" */
	int (*fn)(struct actor *a, struct wasm_host_call *c);
};

extern const struct import_fn wapc_functions[]; /* ended by one without name */
extern const struct import_fn wasi_functions[];

/* guest_view() - bytes of the guest's memory; NULL when any lies outside. */
uint8_t *guest_view(const struct wasm_host_call *c, uint64_t at, uint64_t len);
/* guest_pay() - @n bytes are looked at or moved: a unit of fuel for 16. */
void guest_pay(struct wasm_host_call *c, uint64_t n);
/* stop_ceiling() - note which. Return: STOP_CEILING. */
int stop_ceiling(struct actor *a, const char *which);
/* actor_link() - an extern for each import of the module. Return: 0, ACTOR_REFUSED, -ENOMEM. */
int actor_link(struct actor *a, struct wasm_extern *externs, char why[ACTOR_WHY]) must_check;
/* actor_name_import() - put "module"."name" of an import, escaped and cut, after @text. */
void actor_name_import(const struct actor *a, uint32_t i, const char *text, char why[ACTOR_WHY]);

#endif
