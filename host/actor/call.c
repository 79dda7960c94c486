/*
 * call - see call.h. This file is the life of an actor; the words it speaks are in wapc.c and
 * wasi.c, which imports it gets in imports.c.
 *
 * The engine is believed in what it says about traps and sizes; the guest in nothing. A guest that
 * says it is done without having answered has failed, and so has one that failed without a word.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host/actor/call_priv.h"

struct actor_limits
actor_limits_default(void)
{
	return (struct actor_limits){
		.request = 1024 * 1024,
		.response = 1024 * 1024,
		.error = 4096,
		.ask_payload = 1024 * 1024,
		.ask_answer = 1024 * 1024,
		.asks = 1000,
		.log_lines = 100,
		.log_bytes = 1024,
		.memory_pages = 512,
		.init_fuel = 50 * 1000 * 1000,
		.call_fuel = 500 * 1000 * 1000,
		.ask_fuel = 1000,
		.wasi = true,
	};
}

bool
actor_limits_sane(const struct actor_limits *l)
{
	return l->request <= ACTOR_MAX_AREA && l->response <= ACTOR_MAX_AREA &&
	       l->error <= ACTOR_MAX_AREA && l->ask_payload <= ACTOR_MAX_AREA &&
	       l->ask_answer <= ACTOR_MAX_AREA && l->log_bytes <= 65536 &&
	       l->memory_pages < 65536 && l->init_fuel >= 0 && l->call_fuel >= 0 &&
	       l->ask_fuel >= 0 && l->ask_fuel <= INT32_MAX;
}

const char *
actor_answer_name(enum actor_answer a)
{
	static const char *const names[ACTOR_ANSWERS] = { "done", "refused", "error", "trapped",
		"limit", "no_answer", "exited", "cut", "too_large" };

	return a < ACTOR_ANSWERS ? names[a] : "unknown";
}

bool
actor_token_ok(struct bytes name)
{
	bool part = false;

	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' ||
			     c == '/' || c == '=';

		if (!plain && (c != '.' || !part))
			return false;
		part = plain;
	}
	return part && name.len <= ACTOR_MAX_NAME;
}

uint8_t *
guest_view(const struct wasm_host_call *c, uint64_t at, uint64_t len)
{
	struct wasm_memory *m = c->caller != NULL ? wasm_memory(c->caller) : NULL;

	return m != NULL ? wasm_view(m, at, len) : NULL;
}

void
guest_pay(struct wasm_host_call *c, uint64_t n)
{
	*c->fuel -= (int64_t)(n / 16) + 1;
}

int
stop_ceiling(struct actor *a, const char *which)
{
	a->ceiling = which;
	return STOP_CEILING;
}

static int
area_new(struct area *area, size_t max)
{
	area->p = malloc(max != 0 ? max : 1);
	area->len = 0;
	area->max = max;
	return area->p != NULL ? 0 : err_raise(-ENOMEM);
}

void
actor_free(struct actor *a)
{
	if (a == NULL)
		return;
	wasm_store_free(a->store);
	wasm_module_free(a->module);
	free(a->request.p);
	free(a->response.p);
	free(a->error.p);
	free(a->answer.p);
	free(a->answer_error.p);
	free(a->bindings);
	free(a);
}

void
actor_freep(struct actor **a)
{
	actor_free(*a);
	*a = NULL;
}

struct wasm_place
actor_running_place(const struct actor *a)
{
	return wasm_running_place(a->store, a->module);
}

size_t
actor_cost(const struct actor *a)
{
	return wasm_module_cost(a->module);
}

static int
answer(struct actor_outcome *got, enum actor_answer what, const char *why)
{
	got->answer = what;
	snprintf(got->why, sizeof(got->why), "%s", why);
	return (int)what;
}

/* trapped() - the engine's word, or ours when it was one of our functions that stopped the guest.
 */
static int
trapped(const struct actor *a, const struct wasm_trap *trap, struct actor_outcome *got)
{
	got->trap = *trap;
	if (trap->code != WASM_TRAP_HOST) {
		answer(got, ACTOR_TRAPPED, wasm_trap_text(trap->code));
		return (int)got->answer;
	}
	switch ((enum stop)trap->host_code) {
	case STOP_CEILING:
		snprintf(got->why, sizeof(got->why), "above the ceiling of %s",
		    a->ceiling != NULL ? a->ceiling : "?");
		got->answer = ACTOR_LIMIT;
		return (int)got->answer;
	case STOP_ASKS:
		return answer(got, ACTOR_LIMIT, "more host calls than one call may make");
	case STOP_EXIT:
		return answer(got, ACTOR_EXITED, "the guest called proc_exit");
	case STOP_CUT:
		return answer(got, ACTOR_CUT, "the host ended the call");
	case STOP_ORDER:
		return answer(got, ACTOR_TRAPPED, "a word of a call outside of one");
	default:
		return answer(got, ACTOR_TRAPPED,
		    "out of bounds: a place outside the memory was named to the host");
	}
}

/* exports() - the memory and `__guest_call` (i32, i32) -> i32. */
static int
exports(struct actor *a, struct actor_outcome *got)
{
	struct wasm_functype t;
	struct wasm_extern x;

	if (wasm_memory(a->instance) == NULL)
		return answer(got, ACTOR_REFUSED, "the module has no memory");
	if (!wasm_lookup(a->instance, bytes_str("__guest_call"), &x) || x.kind != WASM_FUNC)
		return answer(got, ACTOR_REFUSED, "the module exports no function __guest_call");
	t = wasm_func_type(x.of.func);
	if (t.nparams != 2 || t.nresults != 1 || t.params[0] != WASM_I32 ||
	    t.params[1] != WASM_I32 || t.results[0] != WASM_I32)
		return answer(got, ACTOR_REFUSED,
		    "__guest_call has another signature than (i32, i32) -> i32");
	a->guest_call = x.of.func;
	return 0;
}

static int
load(struct actor *a, struct bytes module, struct actor_outcome *got)
{
	struct wasm_limits limits = wasm_limits_default();
	struct wasm_refusal why;
	int r;

	limits.memory_pages = a->limits.memory_pages;
	r = wasm_load(module, &limits, &a->module, &why);
	if (r > 0) {
		snprintf(got->why, sizeof(got->why), "%s at byte %zu: %s",
		    wasm_answer_text(why.answer), why.offset, why.text);
		got->answer = ACTOR_REFUSED;
		return ACTOR_REFUSED;
	}
	return r == 0 ? wasm_store_new(&limits, &a->store) : err_pass(r);
}

static int
instantiate(struct actor *a, struct actor_outcome *got)
{
	uint32_t n = wasm_imports(a->module);
	autofree(mem_freep) struct wasm_extern *externs = calloc(n + 1, sizeof(*externs));
	struct wasm_refusal why = { 0 };
	int r;

	a->bindings = calloc(n + 1, sizeof(*a->bindings));
	if (externs == NULL || a->bindings == NULL)
		return err_raise(-ENOMEM);
	r = actor_link(a, externs, got->why);
	if (r == 0)
		r = wasm_link(a->store, a->module, externs, &a->instance, &why);
	else if (r > 0)
		return (int)(got->answer = ACTOR_REFUSED);
	if (r == WASM_UNLINKED && why.offset < n) {
		actor_name_import(
		    a, (uint32_t)why.offset, "an import has another type: ", got->why);
		got->answer = ACTOR_REFUSED;
		return ACTOR_REFUSED;
	}
	if (r > 0)
		return answer(got, ACTOR_REFUSED, why.text);
	return r == 0 ? exports(a, got) : err_pass(r);
}

int
actor_new(struct bytes module, const struct actor_limits *limits, const struct actor_ops *ops,
    const struct actor_world *world, struct actor **out, struct actor_outcome *got)
{
	autofree(actor_freep) struct actor *a = calloc(1, sizeof(*a));
	int r;

	memset(got, 0, sizeof(*got));
	if (a == NULL)
		return err_raise(-ENOMEM);
	if (!actor_limits_sane(limits))
		return answer(got, ACTOR_REFUSED, "the limits contradict themselves");
	a->limits = *limits;
	a->ops = *ops;
	a->world = *world;
	a->init_left = limits->init_fuel;
	r = area_new(&a->request, limits->request);
	if (r == 0)
		r = area_new(&a->response, limits->response);
	if (r == 0)
		r = area_new(&a->error, limits->error);
	if (r == 0)
		r = area_new(&a->answer, limits->ask_answer);
	if (r == 0)
		r = area_new(&a->answer_error, limits->error);
	if (r == 0)
		r = load(a, module, got);
	if (r == 0)
		r = instantiate(a, got);
	if (r == 0)
		*out = take(a);
	return err_pass(r);
}

/* outset() - after a start function or an initialiser. */
static int
outset(struct actor *a, int r, const struct wasm_trap *trap, struct actor_outcome *got)
{
	got->fuel = a->limits.init_fuel - (a->init_left > 0 ? a->init_left : 0);
	got->memory = wasm_memory_size(wasm_memory(a->instance));
	if (r == WASM_TRAPPED)
		return trapped(a, trap, got);
	return r == 0 ? 0 : answer(got, ACTOR_REFUSED, "an initialiser cannot be called");
}

/* initialise() - those there are, in this order. */
static int
initialise(struct actor *a, struct actor_outcome *got)
{
	static const char *const names[] = { "_initialize", "_start", "wapc_init" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct wasm_trap trap = { 0 };
		struct wasm_extern x;
		struct wasm_functype t;
		int r;

		if (!wasm_lookup(a->instance, bytes_str(names[i]), &x) || x.kind != WASM_FUNC)
			continue;
		t = wasm_func_type(x.of.func);
		if (t.nparams != 0 || t.nresults != 0)
			return answer(
			    got, ACTOR_REFUSED, "an initialiser has parameters or results");
		r = outset(
		    a, wasm_call(x.of.func, NULL, 0, NULL, &a->init_left, &trap), &trap, got);
		if (r != 0)
			return r;
	}
	return 0;
}

void
actor_set_world(struct actor *a, const struct actor_world *world)
{
	a->world = *world;
}

int
actor_init(struct actor *a, struct actor_outcome *got)
{
	struct wasm_trap trap = { 0 };
	int r;

	memset(got, 0, sizeof(*got));
	r = outset(a, wasm_begin(a->instance, &a->init_left, &trap), &trap, got);
	return r == 0 ? initialise(a, got) : r;
}

int
actor_fresh(struct actor *a, struct actor_outcome *got)
{
	struct wasm_trap trap = { 0 };
	int r;

	memset(got, 0, sizeof(*got));
	a->init_left = a->limits.init_fuel;
	a->answer.len = a->answer_error.len = 0;
	a->lines = a->lines_dropped = 0;
	r = outset(a, wasm_reset(a->instance, &a->init_left, &trap), &trap, got);
	return r == 0 ? initialise(a, got) : r;
}

/* finish() - what the guest's return value and its words together mean. */
static int
finish(struct actor *a, uint32_t returned, struct actor_outcome *got)
{
	if (returned == 1 && a->has_response) {
		got->out = bytes_of(a->response.p, a->response.len);
		return answer(got, ACTOR_DONE, "");
	}
	if (a->has_error) {
		got->out = bytes_of(a->error.p, a->error.len);
		return answer(got, ACTOR_ERROR, "the guest gave an error");
	}
	return answer(got, ACTOR_NO_ANSWER,
	    returned == 1 ? "the guest said it was done and gave no response"
			  : "the guest failed without a word");
}

/* begin() - nothing of an earlier call is left in the areas. */
static void
begin(
    struct actor *a, struct bytes operation, struct bytes payload, const struct actor_world *world)
{
	a->world = *world;
	a->drawn = 0;
	a->op_len = operation.len;
	a->request.len = operation.len + payload.len;
	if (operation.len != 0)
		memmove(a->request.p, operation.ptr, operation.len);
	if (payload.len != 0)
		memmove(a->request.p + operation.len, payload.ptr, payload.len);
	a->response.len = a->error.len = a->answer.len = a->answer_error.len = 0;
	a->has_response = a->has_error = false;
	a->asks = a->lines = a->lines_dropped = 0;
	a->ceiling = NULL;
}

int
actor_call(struct actor *a, struct bytes operation, struct bytes payload,
    const struct actor_world *world, int64_t fuel, struct actor_outcome *got)
{
	struct wasm_value args[2] = { { .type = WASM_I32 }, { .type = WASM_I32 } }, result = { 0 };
	struct wasm_trap trap = { 0 };
	int64_t left = fuel < a->limits.call_fuel ? fuel : a->limits.call_fuel, given = left;
	int r;

	memset(got, 0, sizeof(*got));
	if (operation.len > a->request.max || payload.len > a->request.max - operation.len)
		return answer(got, ACTOR_TOO_LARGE, "the request is above its ceiling");
	begin(a, operation, payload, world);
	args[0].bits = operation.len;
	args[1].bits = payload.len;
	a->in_call = true;
	r = wasm_call(a->guest_call, args, 2, &result, &left, &trap);
	a->in_call = false;
	got->fuel = given - (left > 0 ? left : 0);
	got->memory = wasm_memory_size(wasm_memory(a->instance));
	got->asks = a->asks;
	got->lines = a->lines;
	got->lines_dropped = a->lines_dropped;
	if (r == WASM_TRAPPED) {
		if (a->has_error) /* kits give the text of an exception before they trap */
			got->out = bytes_of(a->error.p, a->error.len);
		return trapped(a, &trap, got);
	}
	if (r != 0)
		return answer(got, ACTOR_REFUSED, "__guest_call cannot be called");
	return finish(a, (uint32_t)result.bits, got);
}
