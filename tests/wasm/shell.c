/*
 * wasm_shell - the engine behind a line protocol, for tests that compare it with somebody else.
 *
 *   load N PATH                    -> ok | refused ANSWER OFFSET TEXT
 *   link N                         -> ok | unlinked TEXT | trap TEXT
 *   register N NAME                -> ok          exports of N as module NAME (both hex)
 *   call N NAME [TYPE:BITS]...     -> values [TYPE:BITS]... | trap TEXT | missing
 *   get N NAME                     -> values TYPE:BITS | missing
 *   exports N                      -> exports [NAME:PARAMS:RESULTS]... (functions only)
 *   memory N                       -> hash HEX
 *   log                            -> log [TYPE:BITS]... what imported functions nobody knows were
 * told fuel UNITS, limit NAME VALUE   -> ok reset                          -> ok          a new
 * store, nothing loaded or registered
 *
 * Bits are hexadecimal; externref N is N + 1 inside, because 0 is null. The module "spectest" of
 * the specification's tests is always there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/wasm/engine.h"

#define SLOTS 4096
#define REGISTERED 64
#define VALUES 64

struct registered {
	char name[256]; /* hex */
	uint32_t slot;
};

struct shell {
	struct wasm_limits limits;
	struct wasm_store *store;
	struct wasm_module *modules[SLOTS];
	struct wasm_instance *instances[SLOTS];
	struct registered registered[REGISTERED];
	uint32_t nregistered;
	struct wasm_extern spectest[16];
	int64_t fuel;
	struct wasm_value log[1024];
	uint32_t nlog;
	struct listener {
		struct shell *shell;
		uint8_t type;
	} listeners[4];
};

static const char *const spectest_names[] = { "print", "print_i32", "print_i64", "print_f32",
	"print_f64", "print_i32_f32", "print_f64_f64", "global_i32", "global_i64", "global_f32",
	"global_f64", "table", "memory" };

static int
print_nothing(void *ctx, struct wasm_host_call *call)
{
	(void)ctx;
	(void)call;
	return 0;
}

static void
need(int r)
{
	if (r == 0)
		return;
	fprintf(stderr, "wasm_shell: set-up failed: %d\n", r);
	exit(2);
}

static void
make_spectest(struct shell *sh)
{
	static const uint8_t params[][2] = { { 0, 0 }, { WASM_I32, 0 }, { WASM_I64, 0 },
		{ WASM_F32, 0 }, { WASM_F64, 0 }, { WASM_I32, WASM_F32 }, { WASM_F64, WASM_F64 } };
	static const struct wasm_value globals[] = { { WASM_I32, 666 }, { WASM_I64, 666 },
		{ WASM_F32, 0x4426a666 }, { WASM_F64, 0x4084d4cccccccccd } };

	for (uint32_t i = 0; i < 7; i++) {
		struct wasm_functype t = { .params = params[i],
			.nparams = params[i][0] == 0   ? 0
				   : params[i][1] == 0 ? 1
						       : 2 };

		sh->spectest[i].kind = WASM_FUNC;
		need(wasm_func_new(sh->store, &t, print_nothing, NULL, &sh->spectest[i].of.func));
	}
	for (uint32_t i = 0; i < 4; i++) {
		sh->spectest[7 + i].kind = WASM_GLOBAL;
		need(wasm_global_new(sh->store, globals[i], false, &sh->spectest[7 + i].of.global));
	}
	sh->spectest[11].kind = WASM_TABLE;
	need(wasm_table_new(
	    sh->store, WASM_FUNCREF, (struct wasm_range){ 10, 20 }, &sh->spectest[11].of.table));
	sh->spectest[12].kind = WASM_MEMORY;
	need(wasm_memory_new(sh->store, (struct wasm_range){ 1, 2 }, &sh->spectest[12].of.memory));
}

static void
clear(struct shell *sh)
{
	wasm_store_free(sh->store);
	sh->store = NULL;
	for (uint32_t i = 0; i < SLOTS; i++) {
		wasm_module_free(sh->modules[i]);
		sh->modules[i] = NULL;
		sh->instances[i] = NULL;
	}
	sh->nregistered = 0;
}

static void
reset(struct shell *sh)
{
	clear(sh);
	need(wasm_store_new(&sh->limits, &sh->store));
	make_spectest(sh);
}

static void
to_hex(struct bytes b, char *out, size_t size)
{
	size_t n = b.len * 2 + 1 <= size ? b.len : (size - 1) / 2;

	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", b.ptr[i]);
	out[2 * n] = '\0';
}

static size_t
from_hex(const char *text, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; n < size && text[2 * n] != '\0' && text[2 * n + 1] != '\0'; n++) {
		unsigned int c;

		if (sscanf(text + 2 * n, "%2x", &c) != 1)
			break;
		out[n] = (uint8_t)c;
	}
	return n;
}

static void
load(struct shell *sh, uint32_t n, const char *path)
{
	struct wasm_refusal why;
	FILE *f = fopen(path, "rb");
	uint8_t *image;
	size_t len;
	int r;

	if (f == NULL) {
		printf("refused file 0 cannot open\n");
		return;
	}
	image = malloc(64U << 20);
	len = image != NULL ? fread(image, 1, 64U << 20, f) : 0;
	fclose(f);
	/* exactly as large, so that a sanitizer sees a read past the end */
	image = realloc(image, len != 0 ? len : 1);
	wasm_module_free(sh->modules[n]);
	r = wasm_load(bytes_of(image, len), &sh->limits, &sh->modules[n], &why);
	free(image);
	if (r == 0)
		printf("ok %zu\n", wasm_module_cost(sh->modules[n]));
	else
		printf("refused %s %zu %s\n", r < 0 ? "accident" : wasm_answer_text(why.answer),
		    why.offset, why.text);
}

/* A function of one argument and no result, which the log remembers. */
static int
listen_in(void *ctx, struct wasm_host_call *call)
{
	const struct listener *l = ctx;

	if (l->shell->nlog < 1024)
		l->shell->log[l->shell->nlog++] =
		    (struct wasm_value){ .type = l->type, .bits = call->slots[0] };
	return 0;
}

/* An import nothing is registered for: a listener, where it is a function that could be one. */
static struct wasm_extern
listener_for(struct shell *sh, const struct wasm_externtype *t)
{
	static const uint8_t types[] = { WASM_I32, WASM_I64, WASM_F32, WASM_F64 };
	struct wasm_extern x = { .kind = t->kind };

	for (uint32_t i = 0;
	     t->kind == WASM_FUNC && t->func.nparams == 1 && t->func.nresults == 0 && i < 4; i++)
		if (t->func.params[0] == types[i]) {
			sh->listeners[i] = (struct listener){ sh, types[i] };
			need(wasm_func_new(
			    sh->store, &t->func, listen_in, &sh->listeners[i], &x.of.func));
		}
	return x;
}

static struct wasm_extern
find(struct shell *sh, struct bytes module, struct bytes name)
{
	struct wasm_extern x = { 0 };
	char hex[256];

	for (uint32_t i = 0; bytes_is(module, "spectest") && i < 13; i++)
		if (bytes_is(name, spectest_names[i]))
			return sh->spectest[i];
	to_hex(module, hex, sizeof(hex));
	for (uint32_t i = sh->nregistered; i > 0; i--)
		if (strcmp(sh->registered[i - 1].name, hex) == 0) {
			wasm_lookup(sh->instances[sh->registered[i - 1].slot], name, &x);
			break;
		}
	return x;
}

static void
link_module(struct shell *sh, uint32_t n)
{
	const struct wasm_module *m = sh->modules[n];
	struct wasm_extern imports[1024] = { 0 };
	struct wasm_refusal why;
	struct wasm_trap trap;
	int64_t fuel = sh->fuel;
	int r;

	for (uint32_t i = 0; m != NULL && i < wasm_imports(m) && i < 1024; i++) {
		struct wasm_port p = wasm_import(m, i);

		imports[i] = find(sh, p.module, p.name);
		if (bytes_is(p.module, "fuzzing-support"))
			imports[i] = listener_for(sh, &p.type);
	}
	r = m != NULL
		? wasm_instantiate(sh->store, m, imports, &fuel, &sh->instances[n], &why, &trap)
		: WASM_MALFORMED;
	if (r == 0)
		printf("ok\n");
	else if (r == WASM_TRAPPED)
		printf("trap %s\n", wasm_trap_text(trap.code));
	else
		printf("unlinked %s\n", r == WASM_MALFORMED ? "no module" : why.text);
}

static bool
lookup(struct shell *sh, uint32_t n, const char *hex, struct wasm_extern *x)
{
	uint8_t name[4096];
	size_t len = from_hex(hex, name, sizeof(name));

	return sh->instances[n] != NULL && wasm_lookup(sh->instances[n], bytes_of(name, len), x);
}

static void
print_values(const char *word, const struct wasm_value *v, uint32_t n)
{
	printf("%s", word);
	for (uint32_t i = 0; i < n; i++)
		printf(" %02x:%" PRIx64, v[i].type, v[i].bits);
	printf("\n");
}

static void
call(struct shell *sh, uint32_t n, const char *hex, char *rest)
{
	struct wasm_value args[VALUES], results[256];
	struct wasm_trap trap;
	struct wasm_extern x;
	int64_t fuel = sh->fuel;
	uint32_t nargs = 0;
	unsigned int type;
	uint64_t bits;
	int used = 0, r;

	while (nargs < VALUES && sscanf(rest, " %x:%" SCNx64 "%n", &type, &bits, &used) == 2) {
		args[nargs++] = (struct wasm_value){ .type = (uint8_t)type, .bits = bits };
		rest += used;
	}
	if (!lookup(sh, n, hex, &x) || x.kind != WASM_FUNC) {
		printf("missing\n");
		return;
	}
	r = wasm_call(x.of.func, args, nargs, results, &fuel, &trap);
	if (r == 0)
		print_values("values", results, wasm_func_type(x.of.func).nresults);
	else if (r == WASM_TRAPPED)
		printf("trap %s\n", wasm_trap_text(trap.code));
	else
		printf("mismatch\n");
}

static void
get(struct shell *sh, uint32_t n, const char *hex)
{
	struct wasm_extern x;
	struct wasm_value v;

	if (!lookup(sh, n, hex, &x) || x.kind != WASM_GLOBAL) {
		printf("missing\n");
		return;
	}
	v = wasm_global_get(x.of.global);
	print_values("values", &v, 1);
}

static void
print_exports(struct shell *sh, uint32_t n)
{
	const struct wasm_module *m = sh->modules[n];

	printf("exports");
	for (uint32_t i = 0; m != NULL && i < wasm_exports(m); i++) {
		struct wasm_port p = wasm_export(m, i);
		char hex[512];

		if (p.type.kind != WASM_FUNC)
			continue;
		to_hex(p.name, hex, sizeof(hex));
		printf(" %s:", hex);
		to_hex(bytes_of(p.type.func.params, p.type.func.nparams), hex, sizeof(hex));
		printf("%s:", hex);
		to_hex(bytes_of(p.type.func.results, p.type.func.nresults), hex, sizeof(hex));
		printf("%s", hex);
	}
	printf("\n");
}

static void
hash_memory(struct shell *sh, uint32_t n)
{
	struct wasm_memory *m = sh->instances[n] != NULL ? wasm_memory(sh->instances[n]) : NULL;
	uint64_t h = 0xcbf29ce484222325, size = m != NULL ? wasm_memory_size(m) : 0;
	const uint8_t *p = m != NULL ? wasm_view(m, 0, size) : NULL;

	for (uint64_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	printf("hash %" PRIx64 " %" PRIu64 "\n", h, size);
}

static void
register_as(struct shell *sh, uint32_t n, const char *name)
{
	struct registered *r = &sh->registered[sh->nregistered % REGISTERED];

	snprintf(r->name, sizeof(r->name), "%s", name);
	r->slot = n;
	sh->nregistered++;
	printf("ok\n");
}

static void
limit(struct shell *sh, const char *name, uint32_t value)
{
	if (strcmp(name, "memory_pages") == 0)
		sh->limits.memory_pages = value;
	else if (strcmp(name, "table_entries") == 0)
		sh->limits.table_entries = value;
	else if (strcmp(name, "call_depth") == 0)
		sh->limits.call_depth = value;
	printf("ok\n");
}

static void
serve(struct shell *sh, char *line)
{
	char verb[16] = "", arg[8200] = "";
	uint32_t n = 0;
	int used = 0;

	if (sscanf(line, "%15s %u %8199s%n", verb, &n, arg, &used) < 2)
		sscanf(line, "%15s %8199s %u", verb, arg, &n);
	if (strcmp(verb, "fuel") == 0)
		sscanf(line, "fuel %" SCNd64, &sh->fuel), printf("ok\n");
	else if (strcmp(verb, "limit") == 0)
		limit(sh, arg, n);
	else if (strcmp(verb, "reset") == 0)
		reset(sh), printf("ok\n");
	else if (n >= SLOTS)
		printf("no such slot\n");
	else if (strcmp(verb, "load") == 0)
		load(sh, n, arg);
	else if (strcmp(verb, "link") == 0)
		link_module(sh, n);
	else if (strcmp(verb, "register") == 0)
		register_as(sh, n, arg);
	else if (strcmp(verb, "call") == 0)
		call(sh, n, strcmp(arg, "-") == 0 ? "" : arg, line + used);
	else if (strcmp(verb, "get") == 0)
		get(sh, n, arg);
	else if (strcmp(verb, "exports") == 0)
		print_exports(sh, n);
	else if (strcmp(verb, "memory") == 0)
		hash_memory(sh, n);
	else if (strcmp(verb, "log") == 0)
		print_values("log", sh->log, sh->nlog), sh->nlog = 0;
	else
		printf("what?\n");
	fflush(stdout);
}

int
main(void)
{
	static struct shell sh;
	char *line = NULL;
	size_t cap = 0;

	sh.limits = wasm_limits_default();
	sh.fuel = INT64_C(1) << 40;
	reset(&sh);
	while (getline(&line, &cap, stdin) > 0)
		serve(&sh, line);
	free(line);
	clear(&sh);
	return 0;
}
