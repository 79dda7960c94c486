/*
 * imports - which function of ours each import of a module becomes.
 *
 * Only exact names in the modules `wapc`, `wasmbus` and, where allowed, `wasi_snapshot_preview1`
 * are linked; the engine compares the signature. Everything else (a memory, a table, another
 * function) is refused by name. Names come from the module: they are shown escaped and cut.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host/actor/call_priv.h"

enum { PARAMS_MAX = 8, NAME_SHOWN = 60 };

static int
enter(void *ctx, struct wasm_host_call *call)
{
	const struct binding *b = ctx;

	return b->to->fn(b->actor, call);
}

static const struct import_fn *
find(const struct import_fn *table, struct bytes name)
{
	for (; table->name != NULL; table++)
		if (bytes_is(name, table->name))
			return table;
	return NULL;
}

static const struct import_fn *
resolve(const struct actor *a, const struct wasm_port *p)
{
	if (p->type.kind != WASM_FUNC)
		return NULL;
	if (bytes_is(p->module, "wapc") || bytes_is(p->module, "wasmbus"))
		return find(wapc_functions, p->name);
	if (a->limits.wasi && bytes_is(p->module, "wasi_snapshot_preview1"))
		return find(wasi_functions, p->name);
	return NULL;
}

/* type_of() - "iI" as value types. */
static uint32_t
type_of(const char *text, uint8_t out[PARAMS_MAX])
{
	uint32_t n = 0;

	for (; n < PARAMS_MAX && text[n] != '\0'; n++)
		out[n] = text[n] == 'I' ? WASM_I64 : WASM_I32;
	return n;
}

static int
make(struct actor *a, struct binding *b, struct wasm_extern *out)
{
	uint8_t params[PARAMS_MAX], results[PARAMS_MAX];
	struct wasm_functype t = { .params = params, .results = results };

	t.nparams = type_of(b->to->params, params);
	t.nresults = type_of(b->to->result, results);
	out->kind = WASM_FUNC;
	return wasm_func_new(a->store, &t, enter, b, &out->of.func);
}

/* shown() - a name as printable ASCII without quotes and backslashes, cut. */
static void
shown(struct bytes name, char out[NAME_SHOWN + 1])
{
	size_t n = name.len < NAME_SHOWN ? name.len : NAME_SHOWN;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = name.ptr[i];

		out[i] = c > 0x20 && c < 0x7f && c != '"' && c != '\\' ? (char)c : '?';
	}
	out[n] = '\0';
}

void
actor_name_import(const struct actor *a, uint32_t i, const char *text, char why[ACTOR_WHY])
{
	struct wasm_port p = wasm_import(a->module, i);
	char module[NAME_SHOWN + 1], name[NAME_SHOWN + 1];

	shown(p.module, module);
	shown(p.name, name);
	snprintf(why, ACTOR_WHY, "%s\"%s\".\"%s\"", text, module, name);
}

int
actor_link(struct actor *a, struct wasm_extern *externs, char why[ACTOR_WHY])
{
	uint32_t n = wasm_imports(a->module);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		struct wasm_port p = wasm_import(a->module, i);

		a->bindings[i] = (struct binding){ a, resolve(a, &p) };
		if (a->bindings[i].to == NULL) {
			actor_name_import(a, i, "an import that no host gives: ", why);
			return err_raise(ACTOR_REFUSED);
		}
		r = make(a, &a->bindings[i], &externs[i]);
	}
	return r < 0 ? err_pass(r) : 0;
}
