/*
 * interp_bulk - bulk memory and table instructions, each checked as a whole before its first write.
 *
 * They are the only instructions whose time depends on an operand: a unit of fuel for each 16 bytes
 * or 4 elements, paid before anything is moved.
 */
#include "host/wasm/store_priv.h"

static bool
pay(int64_t *fuel, uint32_t n, unsigned int shift)
{
	*fuel -= n >> shift;
	return *fuel >= 0;
}

static bool
fits(uint64_t at, uint64_t n, uint64_t size)
{
	return at + n <= size; /* both below 2^32 */
}

static enum wasm_trap_code
memory_op(struct wasm_instance *i, const struct bulk_args *a, int64_t *fuel)
{
	uint32_t to = (uint32_t)a->slots[0], from = (uint32_t)a->slots[1],
		 n = (uint32_t)a->slots[2];
	struct wasm_memory *m = i->memory;

	if (!fits(to, n, m->size))
		return WASM_TRAP_MEMORY_BOUNDS;
	if (a->sub == BULK_MEMORY_COPY && !fits(from, n, m->size))
		return WASM_TRAP_MEMORY_BOUNDS;
	if (a->sub == BULK_MEMORY_INIT &&
	    !fits(from, n, i->dropped_data[a->x] ? 0 : i->module->datas[a->x].len))
		return WASM_TRAP_MEMORY_BOUNDS;
	if (!pay(fuel, n, 4))
		return WASM_TRAP_FUEL;
	memory_touch(m, to, n);
	if (a->sub == BULK_MEMORY_FILL)
		memset(m->data + to, (int)(a->slots[1] & 0xff), n);
	else if (a->sub == BULK_MEMORY_COPY)
		memmove(m->data + to, m->data + from, n);
	else
		memcpy(m->data + to, i->module->image + i->module->datas[a->x].at + from, n);
	return WASM_TRAP_NONE;
}

static enum wasm_trap_code
table_init(struct wasm_instance *i, const struct bulk_args *a, int64_t *fuel)
{
	uint32_t to = (uint32_t)a->slots[0], from = (uint32_t)a->slots[1],
		 n = (uint32_t)a->slots[2];
	const struct elem *s = &i->module->elems[a->y];
	struct wasm_table *t = i->tables[a->x];

	if (!fits(to, n, t->size) || !fits(from, n, i->dropped_elem[a->y] ? 0 : s->len))
		return WASM_TRAP_TABLE_BOUNDS;
	if (!pay(fuel, n, 2))
		return WASM_TRAP_FUEL;
	t->touched = true;
	for (uint32_t k = 0; k < n; k++)
		t->items[to + k] = instance_elem(i, s, from + k);
	return WASM_TRAP_NONE;
}

static enum wasm_trap_code
table_copy(struct wasm_instance *i, const struct bulk_args *a, int64_t *fuel)
{
	uint32_t to = (uint32_t)a->slots[0], from = (uint32_t)a->slots[1],
		 n = (uint32_t)a->slots[2];
	struct wasm_table *x = i->tables[a->x], *y = i->tables[a->y];

	if (!fits(to, n, x->size) || !fits(from, n, y->size))
		return WASM_TRAP_TABLE_BOUNDS;
	if (!pay(fuel, n, 2))
		return WASM_TRAP_FUEL;
	x->touched = true;
	memmove(x->items + to, y->items + from, n * sizeof(*x->items));
	return WASM_TRAP_NONE;
}

static enum wasm_trap_code
table_fill(struct wasm_table *t, const struct bulk_args *a, int64_t *fuel)
{
	uint32_t to = (uint32_t)a->slots[0], n = (uint32_t)a->slots[2];

	if (!fits(to, n, t->size))
		return WASM_TRAP_TABLE_BOUNDS;
	if (!pay(fuel, n, 2))
		return WASM_TRAP_FUEL;
	t->touched = true;
	for (uint32_t k = 0; k < n; k++)
		t->items[to + k] = a->slots[1];
	return WASM_TRAP_NONE;
}

/* What refuses by -1 costs nothing; what grows pays for what it writes. */
static enum wasm_trap_code
table_grow_op(struct wasm_table *t, const struct bulk_args *a, int64_t *fuel)
{
	uint32_t n = (uint32_t)a->slots[1];

	if (n <= t->cap - t->size && !pay(fuel, n, 2))
		return WASM_TRAP_FUEL;
	t->touched = true;
	a->slots[0] = table_grow(t, n, a->slots[0]);
	return WASM_TRAP_NONE;
}

static enum wasm_trap_code
table_at(struct wasm_table *t, const struct bulk_args *a)
{
	uint32_t at = (uint32_t)a->slots[0];

	if (at >= t->size)
		return WASM_TRAP_TABLE_BOUNDS;
	if (a->sub == BULK_TABLE_GET) {
		a->slots[0] = t->items[at];
		return WASM_TRAP_NONE;
	}
	t->touched = true;
	t->items[at] = a->slots[1];
	return WASM_TRAP_NONE;
}

enum wasm_trap_code
interp_bulk(struct wasm_instance *i, const struct bulk_args *a, int64_t *fuel)
{
	switch ((enum bulk)a->sub) {
	case BULK_MEMORY_INIT:
	case BULK_MEMORY_COPY:
	case BULK_MEMORY_FILL:
		return memory_op(i, a, fuel);
	case BULK_DATA_DROP:
		i->dropped_data[a->x] = true;
		return WASM_TRAP_NONE;
	case BULK_ELEM_DROP:
		i->dropped_elem[a->x] = true;
		return WASM_TRAP_NONE;
	case BULK_TABLE_INIT:
		return table_init(i, a, fuel);
	case BULK_TABLE_COPY:
		return table_copy(i, a, fuel);
	case BULK_TABLE_GROW:
		return table_grow_op(i->tables[a->x], a, fuel);
	case BULK_TABLE_SIZE:
		a->slots[0] = i->tables[a->x]->size;
		return WASM_TRAP_NONE;
	case BULK_TABLE_FILL:
		return table_fill(i->tables[a->x], a, fuel);
	case BULK_TABLE_GET:
	case BULK_TABLE_SET:
		return table_at(i->tables[a->x], a);
	}
	return WASM_TRAP_UNREACHABLE;
}
