/*
 * instance - a module linked and filled, and brought back to that state between calls.
 *
 * Active segments are written in their order, each checked as a whole before its first byte, and
 * what was written before a failing one stays: core specification 4.5.4, second version.
 */
#include "host/wasm/store_priv.h"

uint64_t
instance_value(const struct wasm_instance *i, const struct constant *c)
{
	if (c->op == 0x23)
		return i->globals[c->index]->bits;
	if (c->op == 0xd2)
		return func_to_bits(instance_func(i, c->index));
	return c->bits;
}

uint64_t
instance_elem(const struct wasm_instance *i, const struct elem *s, uint32_t at)
{
	uint32_t item = i->module->elem_items[s->first + at];

	if (item == ELEM_NULL)
		return 0;
	if ((item & ELEM_GLOBAL) != 0)
		return i->globals[item & ~ELEM_GLOBAL]->bits;
	return func_to_bits(instance_func(i, item));
}

/* Room for every space; the imported entries are set by link_imports(). */
static int
make_spaces(struct wasm_instance *i)
{
	const struct wasm_module *m = i->module;
	struct wasm_store *s = i->store;

	i->imported = store_alloc(s, m->imported_funcs, sizeof(struct wasm_func *));
	i->own = store_alloc(s, m->nfuncs - m->imported_funcs, sizeof(*i->own));
	i->tables = store_alloc(s, m->ntables, sizeof(struct wasm_table *));
	i->globals = store_alloc(s, m->nglobals, sizeof(struct wasm_global *));
	i->own_globals = store_alloc(s, m->nglobals - m->imported_globals, sizeof(*i->own_globals));
	i->dropped_data = store_alloc(s, m->ndatas, sizeof(bool));
	i->dropped_elem = store_alloc(s, m->nelems, sizeof(bool));
	if (i->imported == NULL || i->own == NULL || i->tables == NULL || i->globals == NULL ||
	    i->own_globals == NULL || i->dropped_data == NULL || i->dropped_elem == NULL)
		return err_raise(-ENOMEM);
	return 0;
}

static int
make_own(struct wasm_instance *i)
{
	const struct wasm_module *m = i->module;
	int e = 0;

	for (uint32_t n = m->imported_funcs; n < m->nfuncs; n++) {
		struct wasm_func *f = &i->own[n - m->imported_funcs];

		f->instance = i;
		f->body = &m->bodies[n - m->imported_funcs];
		f->type = &m->types[m->func_types[n]];
	}
	for (uint32_t n = m->imported_globals; n < m->nglobals; n++) {
		struct wasm_global *g = &i->own_globals[n - m->imported_globals];

		g->type = m->globals[n].type;
		g->is_mutable = m->globals[n].is_mutable;
		i->globals[n] = g;
	}
	for (uint32_t n = m->imported_tables; e == 0 && n < m->ntables; n++)
		e = wasm_table_new(i->store, m->tables[n].type, m->tables[n].range, &i->tables[n]);
	if (e == 0 && m->has_memory && !m->imports_memory)
		e = wasm_memory_new(i->store, m->memory, &i->memory);
	return e;
}

static void
set_globals(struct wasm_instance *i)
{
	const struct wasm_module *m = i->module;

	for (uint32_t n = m->imported_globals; n < m->nglobals; n++)
		i->globals[n]->bits = instance_value(i, &m->globals[n].init);
}

/* Again, only where somebody wrote to the table meanwhile, or may have. */
static bool
elem_is_due(const struct wasm_instance *i, const struct elem *s)
{
	return s->mode == SEGMENT_ACTIVE && (!i->filled || s->table < i->module->imported_tables ||
						i->tables[s->table]->touched);
}

static enum wasm_trap_code
write_elems(struct wasm_instance *i, int64_t *fuel)
{
	const struct wasm_module *m = i->module;

	for (uint32_t n = 0; n < m->nelems; n++) {
		const struct elem *s = &m->elems[n];
		uint64_t slots[3] = { (uint32_t)instance_value(i, &s->offset), 0, s->len };
		struct bulk_args a = {
			.sub = BULK_TABLE_INIT, .x = s->table, .y = n, .slots = slots
		};
		enum wasm_trap_code t;

		i->dropped_elem[n] = false;
		if (s->mode == SEGMENT_PASSIVE)
			continue;
		t = elem_is_due(i, s) ? interp_bulk(i, &a, fuel) : WASM_TRAP_NONE;
		if (t != WASM_TRAP_NONE)
			return t;
		i->dropped_elem[n] = true;
	}
	return WASM_TRAP_NONE;
}

/* The first byte that may have been written since the last reset. */
static uint64_t
touched_from(const struct wasm_memory *m)
{
	return m->low > 8 ? m->low - 8 : 0;
}

/* The part of a segment at @at that was cleared goes back; that it is inside was seen before. */
static void
rewrite(struct wasm_instance *i, const struct data *s, uint32_t at)
{
	struct wasm_memory *m = i->memory;
	uint64_t from = touched_from(m), to = m->low + m->span;

	from = from > at ? from : at;
	to = to < (uint64_t)at + s->len ? to : (uint64_t)at + s->len;
	if (from < to)
		memcpy(m->data + from, i->module->image + s->at + (from - at), to - from);
}

static enum wasm_trap_code
write_datas(struct wasm_instance *i, int64_t *fuel)
{
	const struct wasm_module *m = i->module;

	for (uint32_t n = 0; n < m->ndatas; n++) {
		const struct data *s = &m->datas[n];
		uint64_t slots[3] = { (uint32_t)instance_value(i, &s->offset), 0, s->len };
		struct bulk_args a = { .sub = BULK_MEMORY_INIT, .x = n, .slots = slots };
		enum wasm_trap_code t = WASM_TRAP_NONE;

		i->dropped_data[n] = false;
		if (s->mode == SEGMENT_PASSIVE)
			continue;
		if (i->filled && !m->imports_memory)
			rewrite(i, s, (uint32_t)slots[0]);
		else
			t = interp_bulk(i, &a, fuel);
		if (t != WASM_TRAP_NONE)
			return t;
		i->dropped_data[n] = true;
	}
	return WASM_TRAP_NONE;
}

/* What was not written since is what segments made of it. */
static void
forget_touched(struct wasm_instance *i)
{
	const struct wasm_module *m = i->module;

	for (uint32_t n = m->imported_tables; n < m->ntables; n++)
		i->tables[n]->touched = false;
	if (m->has_memory && !m->imports_memory)
		i->memory->low = i->memory->span = 0;
}

/* Segments, then the start function: what makes an instance out of linked spaces. */
static int
fill(struct wasm_instance *i, int64_t *fuel, struct wasm_trap *trap)
{
	*trap = (struct wasm_trap){ .function = NONE };
	if (i->store->top != NULL) {
		trap->code = WASM_TRAP_REENTRY;
		return err_raise(WASM_TRAPPED);
	}
	trap->code = write_elems(i, fuel);
	if (trap->code == WASM_TRAP_NONE)
		trap->code = write_datas(i, fuel);
	if (trap->code == WASM_TRAP_FUEL)
		*fuel = 0;
	if (trap->code != WASM_TRAP_NONE)
		return err_raise(WASM_TRAPPED);
	forget_touched(i);
	i->filled = true;
	if (i->module->start == NONE)
		return 0;
	return call_slots(instance_func(i, i->module->start), NULL, i->store, fuel, trap);
}

int
wasm_link(struct wasm_store *s, const struct wasm_module *m, const struct wasm_extern *imports,
    struct wasm_instance **out, struct wasm_refusal *why)
{
	struct wasm_instance *i = store_alloc(s, 1, sizeof(*i));
	int e;

	*out = NULL;
	memset(why, 0, sizeof(*why));
	if (i == NULL)
		return err_raise(-ENOMEM);
	i->store = s;
	i->module = m;
	e = make_spaces(i);
	if (e == 0)
		e = link_imports(i, imports, why);
	if (e == 0)
		e = make_own(i);
	if (e == WASM_LIMIT) {
		why->answer = WASM_LIMIT;
		memcpy(why->text, "a memory or table is above the store's limits", 46);
	}
	if (e != 0)
		return err_pass(e);
	set_globals(i);
	*out = i;
	return 0;
}

int
wasm_begin(struct wasm_instance *i, int64_t *fuel, struct wasm_trap *trap)
{
	return fill(i, fuel, trap);
}

int
wasm_instantiate(struct wasm_store *s, const struct wasm_module *m,
    const struct wasm_extern *imports, int64_t *fuel, struct wasm_instance **out,
    struct wasm_refusal *why, struct wasm_trap *trap)
{
	int e = wasm_link(s, m, imports, out, why);

	return e == 0 ? wasm_begin(*out, fuel, trap) : err_pass(e);
}

/* Nothing but zeros where something was written. */
static void
clear_memory(struct wasm_instance *i)
{
	struct wasm_memory *m = i->memory;
	uint64_t from = touched_from(m);

	memset(m->data + from, 0, m->low + m->span - from);
	m->size = (uint64_t)i->module->memory.min * PAGE_BYTES;
}

static void
clear_table(struct wasm_table *t, uint32_t min)
{
	memset(t->items, 0, t->size * sizeof(*t->items));
	t->size = min;
}

int
wasm_reset(struct wasm_instance *i, int64_t *fuel, struct wasm_trap *trap)
{
	const struct wasm_module *m = i->module;

	if (i->store->top == NULL) {
		set_globals(i);
		if (m->has_memory && !m->imports_memory)
			clear_memory(i);
		for (uint32_t n = m->imported_tables; n < m->ntables; n++)
			if (i->tables[n]->touched)
				clear_table(i->tables[n], m->tables[n].range.min);
	}
	return fill(i, fuel, trap);
}

struct wasm_memory *
wasm_memory(const struct wasm_instance *i)
{
	return i->memory;
}

static struct wasm_extern
extern_of(const struct wasm_instance *i, const struct export *p)
{
	struct wasm_extern x = { .kind = p->kind };

	switch (x.kind) {
	case WASM_FUNC:
		x.of.func = instance_func(i, p->index);
		break;
	case WASM_TABLE:
		x.of.table = i->tables[p->index];
		break;
	case WASM_MEMORY:
		x.of.memory = i->memory;
		break;
	case WASM_GLOBAL:
		x.of.global = i->globals[p->index];
		break;
	}
	return x;
}

bool
wasm_lookup(const struct wasm_instance *i, struct bytes name, struct wasm_extern *out)
{
	const struct wasm_module *m = i->module;
	uint32_t low = 0, high = m->nexports;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct export *p = &m->exports[m->by_name[mid]];
		int c = p->name_len != name.len ? (p->name_len < name.len ? -1 : 1)
			: name.len == 0         ? 0
						: memcmp(m->image + p->name, name.ptr, name.len);

		if (c == 0) {
			*out = extern_of(i, p);
			return true;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
