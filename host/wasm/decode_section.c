/*
 * decode_section - the sections that describe a module, each from its count to its end.
 *
 * Counts are held against limits before anything is allocated for them, and against the bytes that
 * are left: a vector cannot promise more entries than it has bytes.
 */
#include "host/wasm/decode_priv.h"

static int
refuse(struct decoder *d, enum wasm_answer answer, const char *text)
{
	return reader_refuse(&d->r, answer, d->r.at, text);
}

static int
read_types_of(struct decoder *d, uint32_t max, const char *what, const uint8_t **out, uint32_t *n)
{
	int e = reader_count(&d->r, max, what, n);

	if (e != 0)
		return err_pass(e);
	*out = d->m->image + d->r.at;
	for (uint32_t i = 0; i < *n; i++) {
		uint8_t type;

		e = decode_valtype(d, &type);
		if (e != 0)
			return err_pass(e);
	}
	return 0;
}

static int
read_functype(struct decoder *d, struct wasm_functype *t)
{
	const struct wasm_limits *l = &d->m->limits;
	uint8_t form;
	int e = reader_byte(&d->r, &form);

	if (e != 0)
		return err_pass(e);
	if (form == 0x5f || form == 0x5e || form == 0x50 || form == 0x4f || form == 0x4e)
		return reader_refuse(
		    &d->r, WASM_UNSUPPORTED, d->r.at - 1, "GC types are not supported");
	if (form != 0x60)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at - 1, "malformed function type");
	e = read_types_of(d, l->params, "parameters", &t->params, &t->nparams);
	if (e == 0)
		e = read_types_of(d, l->results, "results", &t->results, &t->nresults);
	return e;
}

static int
compare_types(const void *a, const void *b, void *ctx)
{
	const struct wasm_functype *types = ctx;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct wasm_functype *x = &types[i], *y = &types[j];
	int c = 0;

	if (x->nparams != y->nparams)
		return x->nparams < y->nparams ? -1 : 1;
	if (x->nresults != y->nresults)
		return x->nresults < y->nresults ? -1 : 1;
	if (x->nparams != 0)
		c = memcmp(x->params, y->params, x->nparams);
	if (c == 0 && x->nresults != 0)
		c = memcmp(x->results, y->results, x->nresults);
	if (c == 0)
		return i < j ? -1 : i > j;
	return c;
}

/* Equal types get one number, so that call_indirect compares numbers. */
static int
number_types(struct decoder *d)
{
	struct wasm_module *m = d->m;
	autofree(mem_freep) uint32_t *order = NULL;
	int e = module_alloc(m, m->ntypes, sizeof(*order), &order);

	if (e == 0)
		e = module_alloc(m, m->ntypes, sizeof(*m->canon), &m->canon);
	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; i < m->ntypes; i++)
		order[i] = i;
	if (m->ntypes > 1)
		qsort_r(order, m->ntypes, sizeof(*order), compare_types, m->types);
	for (uint32_t i = 0, first = 0; i < m->ntypes; i++) {
		if (!functype_eq(&m->types[order[i]], &m->types[order[first]]))
			first = i;
		m->canon[order[i]] = order[first];
	}
	module_give_back(m, m->ntypes * sizeof(*order));
	return 0;
}

int
decode_types(struct decoder *d)
{
	struct wasm_module *m = d->m;
	int e = reader_count(&d->r, m->limits.types, "types", &m->ntypes);

	if (e != 0)
		return err_pass(e);
	e = module_alloc(m, m->ntypes, sizeof(*m->types), &m->types);
	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; i < m->ntypes; i++) {
		e = read_functype(d, &m->types[i]);
		if (e != 0)
			return err_pass(e);
	}
	return number_types(d);
}

static int
refuse_range_flag(struct decoder *d, uint8_t flag, size_t at)
{
	if (flag > 7)
		return reader_refuse(&d->r, WASM_MALFORMED, at, "malformed limits flags");
	if ((flag & 4) != 0)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, at, "memory64 is not supported");
	return reader_refuse(
	    &d->r, WASM_UNSUPPORTED, at, "threads are not supported (shared memory)");
}

/* A range; neither end may lie above @most. */
static int
read_range(struct decoder *d, struct wasm_range *range, uint32_t most)
{
	uint8_t flag;
	int e = reader_byte(&d->r, &flag);

	if (e != 0)
		return err_pass(e);
	if (flag > 1)
		return refuse_range_flag(d, flag, d->r.at - 1);
	range->max = NO_MAX;
	e = reader_u32(&d->r, &range->min);
	if (e == 0 && flag == 1)
		e = reader_u32(&d->r, &range->max);
	if (e == 0 && range->min > range->max)
		return refuse(d, WASM_INVALID, "size minimum must not be greater than maximum");
	if (e == 0 && (range->min > most || (flag == 1 && range->max > most)))
		return refuse(d, WASM_INVALID, "memory size must be at most 65536 pages (4GiB)");
	return e;
}

static int
read_table(struct decoder *d, struct tabletype *t)
{
	int e = decode_reftype(d, &t->type);

	if (e == 0)
		e = read_range(d, &t->range, UINT32_MAX);
	if (e == 0 && t->range.min > d->m->limits.table_entries)
		return refuse(d, WASM_LIMIT, "a table is larger than table_entries allows");
	return e;
}

static int
read_memory(struct decoder *d)
{
	struct wasm_range *range = &d->m->memory;
	int e;

	if (d->m->has_memory)
		return refuse(d, WASM_INVALID, "multiple memories: multi-memory is not supported");
	e = read_range(d, range, MAX_PAGES);
	if (e != 0)
		return err_pass(e);
	if (range->min > d->m->limits.memory_pages)
		return refuse(d, WASM_LIMIT, "the memory is larger than memory_pages allows");
	d->m->has_memory = true;
	return 0;
}

static int
read_globaltype(struct decoder *d, struct globaltype *g)
{
	uint8_t flag = 0;
	int e = decode_valtype(d, &g->type);

	if (e == 0)
		e = reader_byte(&d->r, &flag);
	if (e == 0 && flag > 1)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at - 1, "malformed mutability");
	g->is_mutable = flag == 1;
	return e;
}

/* The entry behind an import's names: what it is, entered in the space of its kind. */
static int
read_import(struct decoder *d, struct import *p)
{
	struct wasm_module *m = d->m;
	uint8_t kind = 0;
	int e = reader_byte(&d->r, &kind);

	if (e != 0)
		return err_pass(e);
	p->kind = kind;
	switch (kind) {
	case WASM_FUNC:
		p->index = m->nfuncs++;
		e = reader_u32(&d->r, &m->func_types[p->index]);
		if (e == 0 && m->func_types[p->index] >= m->ntypes)
			return refuse(d, WASM_INVALID, "unknown type");
		return e;
	case WASM_TABLE:
		if (m->ntables >= m->limits.tables)
			return refuse(d, WASM_LIMIT, "more tables than the limit");
		p->index = m->ntables++;
		return read_table(d, &m->tables[p->index]);
	case WASM_MEMORY:
		m->imports_memory = true;
		return read_memory(d);
	case WASM_GLOBAL:
		p->index = m->nglobals++;
		return read_globaltype(d, &m->globals[p->index]);
	case 4:
		return reader_refuse(&d->r, WASM_UNSUPPORTED, d->r.at - 1,
		    "exception handling is not supported (tag import)");
	default:
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at - 1, "malformed import kind");
	}
}

/* Room in the index spaces for what the import section could bring; the sections behind add to it.
 */
static int
reserve_spaces(struct decoder *d, uint32_t n)
{
	struct wasm_module *m = d->m;
	uint32_t tables = n < m->limits.tables ? n : m->limits.tables;
	int e = module_alloc(m, n, sizeof(*m->imports), &m->imports);

	if (e == 0)
		e = module_alloc(m, n, sizeof(*m->func_types), &m->func_types);
	if (e == 0)
		e = module_alloc(m, tables, sizeof(*m->tables), &m->tables);
	if (e == 0)
		e = module_alloc(m, n, sizeof(*m->globals), &m->globals);
	return decode_answer(d, e);
}

int
decode_imports(struct decoder *d)
{
	struct wasm_module *m = d->m;
	uint32_t max = m->limits.name_bytes;
	int e = reader_count(&d->r, m->limits.imports, "imports", &m->nimports);

	if (e == 0)
		e = reserve_spaces(d, m->nimports);
	for (uint32_t i = 0; e == 0 && i < m->nimports; i++) {
		struct import *p = &m->imports[i];

		e = reader_name(&d->r, max, &p->module, &p->module_len);
		if (e == 0)
			e = reader_name(&d->r, max, &p->name, &p->name_len);
		if (e == 0)
			e = read_import(d, p);
	}
	m->imported_funcs = m->nfuncs;
	m->imported_tables = m->ntables;
	m->imported_globals = m->nglobals;
	return e;
}

/* @extra more entries behind the ones a space already has */
static int
widen(struct decoder *d, void *array, uint32_t have, uint32_t extra, size_t size)
{
	uint8_t *p;

	if (extra == 0)
		return 0;
	/* exactly: the count is final */
	if (((size_t)extra) * size > d->m->budget - d->m->cost)
		return decode_answer(d, WASM_LIMIT);
	memcpy(&p, array, sizeof(p));
	p = realloc(p, ((size_t)have + extra) * size);
	if (p == NULL)
		return err_raise(-ENOMEM);
	memset(p + (size_t)have * size, 0, (size_t)extra * size);
	memcpy(array, &p, sizeof(p));
	d->m->cost += (size_t)extra * size;
	return 0;
}

int
decode_functions(struct decoder *d)
{
	struct wasm_module *m = d->m;
	int e = reader_count(&d->r, m->limits.functions, "functions", &d->declared);

	if (e == 0)
		e = widen(d, &m->func_types, m->nfuncs, d->declared, sizeof(*m->func_types));
	for (uint32_t i = 0; e == 0 && i < d->declared; i++) {
		uint32_t *type = &m->func_types[m->nfuncs];

		e = reader_u32(&d->r, type);
		if (e == 0 && *type >= m->ntypes)
			return refuse(d, WASM_INVALID, "unknown type");
		m->nfuncs++;
	}
	return e;
}

int
decode_tables(struct decoder *d)
{
	struct wasm_module *m = d->m;
	uint32_t n;
	int e = reader_count(&d->r, m->limits.tables, "tables", &n);

	if (e != 0)
		return err_pass(e);
	if (n > m->limits.tables - m->ntables)
		return refuse(d, WASM_LIMIT, "more tables than the limit");
	e = widen(d, &m->tables, m->ntables, n, sizeof(*m->tables));
	for (uint32_t i = 0; e == 0 && i < n; i++)
		e = read_table(d, &m->tables[m->ntables++]);
	return e;
}

int
decode_memories(struct decoder *d)
{
	uint32_t n;
	int e = reader_count(&d->r, UINT32_MAX, "memories", &n);

	for (uint32_t i = 0; e == 0 && i < n; i++)
		e = read_memory(d);
	return e;
}

int
decode_globals(struct decoder *d)
{
	struct wasm_module *m = d->m;
	uint32_t n;
	int e = reader_count(&d->r, m->limits.globals, "globals", &n);

	if (e == 0)
		e = widen(d, &m->globals, m->nglobals, n, sizeof(*m->globals));
	for (uint32_t i = 0; e == 0 && i < n; i++) {
		struct globaltype *g = &m->globals[m->nglobals];

		e = read_globaltype(d, g);
		if (e == 0)
			e = decode_constant(d, g->type, &g->init);
		m->nglobals++;
	}
	return e;
}

static int
read_export(struct decoder *d, struct export *p)
{
	struct wasm_module *m = d->m;
	uint8_t kind = 0;
	int e = reader_name(&d->r, m->limits.name_bytes, &p->name, &p->name_len);

	if (e == 0)
		e = reader_byte(&d->r, &kind);
	if (e == 0)
		e = reader_u32(&d->r, &p->index);
	if (e != 0)
		return err_pass(e);
	p->kind = kind;
	switch (kind) {
	case WASM_FUNC:
		if (p->index >= m->nfuncs)
			return refuse(d, WASM_INVALID, "unknown function");
		module_let_ref(m, p->index);
		return 0;
	case WASM_TABLE:
		return p->index < m->ntables ? 0 : refuse(d, WASM_INVALID, "unknown table");
	case WASM_MEMORY:
		return p->index == 0 && m->has_memory ? 0
						      : refuse(d, WASM_INVALID, "unknown memory");
	case WASM_GLOBAL:
		return p->index < m->nglobals ? 0 : refuse(d, WASM_INVALID, "unknown global");
	case 4:
		return refuse(
		    d, WASM_UNSUPPORTED, "exception handling is not supported (tag export)");
	default:
		return refuse(d, WASM_MALFORMED, "malformed export kind");
	}
}

static int
compare_names(const void *a, const void *b, void *ctx)
{
	const struct wasm_module *m = ctx;
	const struct export *x = &m->exports[*(const uint32_t *)a];
	const struct export *y = &m->exports[*(const uint32_t *)b];

	if (x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	return memcmp(m->image + x->name, m->image + y->name, x->name_len);
}

/* Sorted, a name that stands twice stands beside itself. */
static int
sort_exports(struct decoder *d)
{
	struct wasm_module *m = d->m;
	int e = module_alloc(m, m->nexports, sizeof(*m->by_name), &m->by_name);

	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; i < m->nexports; i++)
		m->by_name[i] = i;
	if (m->nexports > 1)
		qsort_r(m->by_name, m->nexports, sizeof(*m->by_name), compare_names, m);
	for (uint32_t i = 1; i < m->nexports; i++)
		if (compare_names(&m->by_name[i - 1], &m->by_name[i], m) == 0)
			return reader_refuse(&d->r, WASM_INVALID, m->exports[m->by_name[i]].name,
			    "duplicate export name");
	return 0;
}

int
decode_exports(struct decoder *d)
{
	struct wasm_module *m = d->m;
	int e = reader_count(&d->r, m->limits.exports, "exports", &m->nexports);

	if (e != 0)
		return err_pass(e);
	e = module_alloc(m, m->nexports, sizeof(*m->exports), &m->exports);
	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; i < m->nexports; i++) {
		e = read_export(d, &m->exports[i]);
		if (e != 0)
			return err_pass(e);
	}
	return sort_exports(d);
}

int
decode_start(struct decoder *d)
{
	struct wasm_module *m = d->m;
	const struct wasm_functype *t;
	int e = reader_u32(&d->r, &m->start);

	if (e != 0)
		return err_pass(e);
	if (m->start >= m->nfuncs)
		return refuse(d, WASM_INVALID, "unknown function");
	t = &m->types[m->func_types[m->start]];
	if (t->nparams != 0 || t->nresults != 0)
		return refuse(d, WASM_INVALID, "start function takes or returns values");
	return 0;
}
