/*
 * call - from the host into a function: types are checked, stacks are set up, the trap is told.
 */
#include "host/wasm/store_priv.h"

struct wasm_functype
wasm_func_type(const struct wasm_func *f)
{
	return *f->type;
}

/* A host function called by the host: no frame of ours is involved. */
static int
call_host(struct wasm_func *f, uint64_t *slots, int64_t *fuel, struct wasm_trap *trap)
{
	struct wasm_host_call c = { .slots = slots, .fuel = fuel };

	trap->host_code = f->fn(f->ctx, &c);
	if (trap->host_code != 0)
		trap->code = WASM_TRAP_HOST;
	else if (*fuel < 0)
		trap->code = WASM_TRAP_FUEL;
	return trap->code == WASM_TRAP_NONE ? 0 : err_raise(WASM_TRAPPED);
}

int
call_slots(struct wasm_func *f, uint64_t *slots, struct wasm_store *s, int64_t *fuel,
    struct wasm_trap *trap)
{
	*trap = (struct wasm_trap){ .function = NONE };
	if (f->instance == NULL)
		return call_host(f, slots, fuel, trap);
	if (s->top != NULL) {
		trap->code = WASM_TRAP_REENTRY;
		return err_raise(WASM_TRAPPED);
	}
	s->running = f->body;
	s->running_in = f->instance;
	trap->code = interp_run(s, f, s->stack, fuel, &trap->host_code);
	s->top = NULL;
	if (trap->code != WASM_TRAP_NONE)
		trap->function = wasm_running(s);
	s->running = NULL;
	if (trap->code == WASM_TRAP_FUEL)
		*fuel = 0;
	return trap->code == WASM_TRAP_NONE ? 0 : err_raise(WASM_TRAPPED);
}

static bool
arguments_fit(const struct wasm_functype *t, const struct wasm_value *args, uint32_t nargs)
{
	if (nargs != t->nparams)
		return false;
	for (uint32_t i = 0; i < nargs; i++)
		if (args[i].type != t->params[i])
			return false;
	return true;
}

int
wasm_call(struct wasm_func *f, const struct wasm_value *args, uint32_t nargs,
    struct wasm_value *results, int64_t *fuel, struct wasm_trap *trap)
{
	const struct wasm_functype *t = f->type;
	struct wasm_store *s = f->instance != NULL ? f->instance->store : NULL;
	uint64_t small[16];
	uint64_t *slots = s != NULL ? s->stack : small;
	int e;

	*trap = (struct wasm_trap){ .function = NONE };
	if (!arguments_fit(t, args, nargs))
		return err_raise(WASM_MISMATCH);
	if (s != NULL && s->top != NULL) {
		trap->code = WASM_TRAP_REENTRY;
		return err_raise(WASM_TRAPPED);
	}
	/* a host function called directly has few arguments; ours are bounded by the stack */
	if (s == NULL && (nargs > 16 || t->nresults > 16))
		return err_raise(WASM_MISMATCH);
	if (s != NULL && (nargs > s->limits.stack_slots || t->nresults > s->limits.stack_slots)) {
		trap->code = WASM_TRAP_VALUE_STACK;
		return err_raise(WASM_TRAPPED);
	}
	for (uint32_t i = 0; i < nargs; i++)
		slots[i] = (args[i].type == WASM_I32 || args[i].type == WASM_F32)
			       ? (uint32_t)args[i].bits
			       : args[i].bits;
	e = call_slots(f, slots, s, fuel, trap);
	for (uint32_t i = 0; e == 0 && i < t->nresults; i++)
		results[i] = (struct wasm_value){ .type = t->results[i], .bits = slots[i] };
	return e;
}
