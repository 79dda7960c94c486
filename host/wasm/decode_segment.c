/*
 * decode_segment - element and data segments, WebAssembly core specification 5.5.12 and 5.5.14.
 *
 * An element becomes one 32-bit word whatever way it was written, so that a table of functions
 * costs four times its shortest form and no more.
 */
#include "host/wasm/decode_priv.h"

static int
push_item(struct decoder *d, uint32_t item)
{
	struct wasm_module *m = d->m;
	int e = module_grow(
	    m, &m->elem_items, &m->elem_items_cap, m->nelem_items + 1, sizeof(*m->elem_items));

	if (e != 0)
		return decode_answer(d, e);
	m->elem_items[m->nelem_items++] = item;
	return 0;
}

/* An element written as an expression. */
static int
read_item_expr(struct decoder *d, uint8_t type)
{
	struct constant c;
	int e = decode_constant(d, type, &c);

	if (e != 0)
		return err_pass(e);
	if (c.op == 0xd0)
		return push_item(d, ELEM_NULL);
	return push_item(d, c.op == 0x23 ? ELEM_GLOBAL | c.index : c.index);
}

static int
read_item_index(struct decoder *d)
{
	size_t at = d->r.at;
	uint32_t func;
	int e = reader_u32(&d->r, &func);

	if (e != 0)
		return err_pass(e);
	if (func >= d->m->nfuncs)
		return reader_refuse(&d->r, WASM_INVALID, at, "unknown function");
	module_let_ref(d->m, func);
	return push_item(d, func);
}

/* Table index and offset of an active segment. */
static int
read_place(struct decoder *d, uint32_t flag, struct elem *s)
{
	size_t at = d->r.at;
	int e = 0;

	if ((flag & 1) != 0) {
		s->mode = (flag & 2) != 0 ? SEGMENT_DECLARED : SEGMENT_PASSIVE;
		return 0;
	}
	s->mode = SEGMENT_ACTIVE;
	if ((flag & 2) != 0)
		e = reader_u32(&d->r, &s->table);
	if (e == 0 && s->table >= d->m->ntables)
		return reader_refuse(&d->r, WASM_INVALID, at, "unknown table");
	if (e == 0)
		e = decode_constant(d, WASM_I32, &s->offset);
	return e;
}

/* What the elements are: a kind byte (0: functions) or a type; short forms leave it out. */
static int
read_kind(struct decoder *d, uint32_t flag, struct elem *s)
{
	uint8_t kind = 0;
	int e = 0;

	s->type = WASM_FUNCREF;
	if ((flag & 3) != 0 && (flag & 4) != 0)
		return decode_reftype(d, &s->type);
	if ((flag & 3) != 0)
		e = reader_byte(&d->r, &kind);
	if (e == 0 && kind != 0)
		return reader_refuse(&d->r, WASM_MALFORMED, d->r.at - 1, "malformed element kind");
	return e;
}

static int
read_elem(struct decoder *d, struct elem *s)
{
	size_t at = d->r.at;
	uint32_t flag;
	int e = reader_u32(&d->r, &flag);

	if (e != 0)
		return err_pass(e);
	if (flag > 7)
		return reader_refuse(&d->r, WASM_MALFORMED, at, "malformed elements segment kind");
	e = read_place(d, flag, s);
	if (e == 0)
		e = read_kind(d, flag, s);
	if (e != 0)
		return err_pass(e);
	if (s->mode == SEGMENT_ACTIVE && d->m->tables[s->table].type != s->type)
		return reader_refuse(
		    &d->r, WASM_INVALID, at, "type mismatch between segment and table");
	s->first = d->m->nelem_items;
	e = reader_count(&d->r, UINT32_MAX, "elements", &s->len);
	for (uint32_t i = 0; e == 0 && i < s->len; i++)
		e = (flag & 4) != 0 ? read_item_expr(d, s->type) : read_item_index(d);
	return e;
}

int
decode_elems(struct decoder *d)
{
	struct wasm_module *m = d->m;
	int e = reader_count(&d->r, m->limits.elem_segments, "element segments", &m->nelems);

	if (e != 0)
		return err_pass(e);
	e = module_alloc(m, m->nelems, sizeof(*m->elems), &m->elems);
	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; e == 0 && i < m->nelems; i++)
		e = read_elem(d, &m->elems[i]);
	return e;
}

int
decode_data_count(struct decoder *d)
{
	d->m->has_data_count = true;
	return reader_u32(&d->r, &d->data_count);
}

static int
read_data(struct decoder *d, struct data *s)
{
	size_t at = d->r.at, from = 0;
	uint32_t flag, memory = 0;
	int e = reader_u32(&d->r, &flag);

	if (e != 0)
		return err_pass(e);
	if (flag > 2)
		return reader_refuse(&d->r, WASM_MALFORMED, at, "malformed data segment kind");
	if (flag == 2)
		e = reader_u32(&d->r, &memory);
	s->mode = flag == 1 ? SEGMENT_PASSIVE : SEGMENT_ACTIVE;
	if (e == 0 && s->mode == SEGMENT_ACTIVE) {
		if (memory != 0 || !d->m->has_memory)
			return reader_refuse(&d->r, WASM_INVALID, at, "unknown memory");
		e = decode_constant(d, WASM_I32, &s->offset);
	}
	if (e == 0)
		e = reader_u32(&d->r, &s->len);
	if (e == 0)
		e = reader_skip(&d->r, s->len, &from);
	s->at = (uint32_t)from;
	return e;
}

int
decode_datas(struct decoder *d)
{
	struct wasm_module *m = d->m;
	size_t at = d->r.at;
	int e = reader_count(&d->r, m->limits.data_segments, "data segments", &m->ndatas);

	if (e != 0)
		return err_pass(e);
	if (m->has_data_count && m->ndatas != d->data_count)
		return reader_refuse(&d->r, WASM_MALFORMED, at,
		    "data count and data section have inconsistent lengths");
	e = module_alloc(m, m->ndatas, sizeof(*m->datas), &m->datas);
	if (e != 0)
		return decode_answer(d, e);
	for (uint32_t i = 0; e == 0 && i < m->ndatas; i++)
		e = read_data(d, &m->datas[i]);
	return e;
}
