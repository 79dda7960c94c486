/*
 * link - do the given objects fit the imports of a module? Core specification 4.5.4.
 */
#include <stdio.h>

#include "host/wasm/store_priv.h"

static int
refuse(struct wasm_refusal *why, uint32_t import, const char *text)
{
	why->answer = WASM_UNLINKED;
	why->offset = import;
	snprintf(why->text, sizeof(why->text), "%s", text);
	return err_raise(WASM_UNLINKED);
}

/* A range that is there fits one that is wanted: at least as large, and bounded at least as
 * tightly. */
static bool
range_fits(uint32_t size, uint32_t max, struct wasm_range want)
{
	return size >= want.min && (want.max == NO_MAX || max <= want.max);
}

static const char *
link_one(struct wasm_instance *i, const struct import *p, const struct wasm_extern *x)
{
	const struct wasm_module *m = i->module;

	switch (x->kind) {
	case WASM_FUNC:
		if (!functype_eq(x->of.func->type, &m->types[m->func_types[p->index]]))
			return "incompatible import type: the function has another signature";
		i->imported[p->index] = x->of.func;
		return NULL;
	case WASM_TABLE:
		if (x->of.table->type != m->tables[p->index].type ||
		    !range_fits(x->of.table->size, x->of.table->max, m->tables[p->index].range))
			return "incompatible import type: the table is of another type or size";
		i->tables[p->index] = x->of.table;
		return NULL;
	case WASM_MEMORY:
		if (!range_fits(
			(uint32_t)(x->of.memory->size / PAGE_BYTES), x->of.memory->max, m->memory))
			return "incompatible import type: the memory is of another size";
		i->memory = x->of.memory;
		return NULL;
	default:
		if (x->of.global->type != m->globals[p->index].type ||
		    x->of.global->is_mutable != m->globals[p->index].is_mutable)
			return "incompatible import type: the global is of another type";
		i->globals[p->index] = x->of.global;
		return NULL;
	}
}

int
link_imports(struct wasm_instance *i, const struct wasm_extern *imports, struct wasm_refusal *why)
{
	const struct wasm_module *m = i->module;

	for (uint32_t n = 0; n < m->nimports; n++) {
		const struct wasm_extern *x = &imports[n];
		const char *text;

		/* every member of the union is a pointer */
		if (x->of.func == NULL)
			return refuse(why, n, "unknown import: nothing is given for it");
		if ((uint32_t)x->kind != m->imports[n].kind)
			return refuse(why, n, "incompatible import type: another kind");
		text = link_one(i, &m->imports[n], x);
		if (text != NULL)
			return refuse(why, n, text);
	}
	return 0;
}
