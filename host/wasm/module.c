/*
 * module - memory of a module, and what the host may ask about one.
 *
 * Every array of a module is paid from one budget, a multiple of its image: a short module that
 * asks for much memory ends with WASM_LIMIT, before the memory is touched.
 */
#include "host/wasm/module_priv.h"

int
module_alloc(struct wasm_module *m, size_t n, size_t size, void *out)
{
	void *p;
	size_t bytes;

	memset(out, 0, sizeof(void *));
	if (n == 0)
		return 0;
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > m->budget - m->cost)
		return err_raise(WASM_LIMIT);
	p = calloc(n, size);
	if (p == NULL)
		return err_raise(-ENOMEM);
	m->cost += bytes;
	memcpy(out, &p, sizeof(p));
	return 0;
}

/* A half more each time: all copies together cost three times the end. */
int
module_grow(struct wasm_module *m, void *array, uint32_t *cap, uint32_t need, size_t size)
{
	uint64_t want = (uint64_t)*cap + *cap / 2 + 16;
	uint64_t room = *cap + (m->budget - m->cost) / size;
	void *p;

	if (need <= *cap)
		return 0;
	if (want < need)
		want = need;
	if (want > room)
		want = room;
	if (want < need || want > UINT32_MAX)
		return err_raise(WASM_LIMIT);
	memcpy(&p, array, sizeof(p));
	p = realloc(p, (size_t)want * size);
	if (p == NULL)
		return err_raise(-ENOMEM);
	memcpy(array, &p, sizeof(p));
	m->cost += (size_t)(want - *cap) * size;
	*cap = (uint32_t)want;
	return 0;
}

void
module_give_back(struct wasm_module *m, size_t bytes)
{
	m->cost -= bytes;
}

void
wasm_module_free(struct wasm_module *m)
{
	if (m == NULL)
		return;
	free(m->types);
	free(m->canon);
	free(m->imports);
	free(m->exports);
	free(m->by_name);
	free(m->func_types);
	free(m->func_refs);
	free(m->tables);
	free(m->globals);
	free(m->bodies);
	free(m->code);
	free(m->datas);
	free(m->elems);
	free(m->elem_items);
	free(m->image);
	free(m);
}

void
wasm_module_freep(struct wasm_module **m)
{
	wasm_module_free(*m);
	*m = NULL;
}

size_t
wasm_module_cost(const struct wasm_module *m)
{
	return m->cost + sizeof(*m);
}

bool
functype_eq(const struct wasm_functype *a, const struct wasm_functype *b)
{
	return a->nparams == b->nparams && a->nresults == b->nresults &&
	       (a->nparams == 0 || memcmp(a->params, b->params, a->nparams) == 0) &&
	       (a->nresults == 0 || memcmp(a->results, b->results, a->nresults) == 0);
}

uint32_t
wasm_imports(const struct wasm_module *m)
{
	return m->nimports;
}

uint32_t
wasm_exports(const struct wasm_module *m)
{
	return m->nexports;
}

static struct wasm_externtype
type_of(const struct wasm_module *m, uint32_t kind, uint32_t index)
{
	struct wasm_externtype t = { .kind = kind };

	switch (t.kind) {
	case WASM_FUNC:
		t.func = m->types[m->func_types[index]];
		break;
	case WASM_TABLE:
		t.range = m->tables[index].range;
		t.valtype = m->tables[index].type;
		break;
	case WASM_MEMORY:
		t.range = m->memory;
		break;
	case WASM_GLOBAL:
		t.valtype = m->globals[index].type;
		t.is_mutable = m->globals[index].is_mutable;
		break;
	}
	return t;
}

struct wasm_port
wasm_import(const struct wasm_module *m, uint32_t i)
{
	const struct import *p = &m->imports[i];

	return (struct wasm_port){
		.module = bytes_of(m->image + p->module, p->module_len),
		.name = bytes_of(m->image + p->name, p->name_len),
		.type = type_of(m, p->kind, p->index),
	};
}

struct wasm_port
wasm_export(const struct wasm_module *m, uint32_t i)
{
	const struct export *p = &m->exports[i];

	return (struct wasm_port){
		.name = bytes_of(m->image + p->name, p->name_len),
		.type = type_of(m, p->kind, p->index),
	};
}
