/*
 * validate_bulk - memory.size and grow, and everything behind the prefix 0xfc: saturating
 * conversions, bulk memory, tables.
 *
 * The bulk instructions share one prepared form: their operands stand in a row, a second word holds
 * the indices of what they work on.
 */
#include "host/wasm/validate_priv.h"

struct bulk_form {
	uint32_t x, y; /* indices */
	uint8_t params[3];
	uint8_t nparams, result; /* result: 0 for none */
};

static int
need_table(struct validator *v, uint32_t table)
{
	return table < v->m->ntables ? 0 : validate_refuse(v, WASM_INVALID, "unknown table");
}

static int
need_memory(struct validator *v)
{
	return v->m->has_memory ? 0 : validate_refuse(v, WASM_INVALID, "unknown memory 0");
}

static int
need_data(struct validator *v, uint32_t data)
{
	if (!v->m->has_data_count)
		return validate_refuse(v, WASM_MALFORMED, "data count section required");
	return data < v->d->data_count ? 0
				       : validate_refuse(v, WASM_INVALID, "unknown data segment");
}

static int
need_elem(struct validator *v, uint32_t elem)
{
	return elem < v->m->nelems ? 0 : validate_refuse(v, WASM_INVALID, "unknown elem segment");
}

static int
zero_byte(struct validator *v)
{
	uint8_t b = 0;
	int e = reader_byte(&v->r, &b);

	if (e == 0 && b != 0)
		return reader_refuse(&v->r, WASM_MALFORMED, v->r.at - 1,
		    "zero byte expected: multi-memory is not supported");
	return e;
}

/* Three i32 for all that move a range; the element's type where a table takes one. */
static void
takes(struct bulk_form *f, uint8_t n, uint8_t a, uint8_t b, uint8_t c)
{
	f->nparams = n;
	f->params[0] = a;
	f->params[1] = b;
	f->params[2] = c;
}

static int
memory_form(struct validator *v, uint32_t sub, struct bulk_form *f)
{
	int e = 0;

	if (sub != BULK_DATA_DROP)
		takes(f, 3, WASM_I32, WASM_I32, WASM_I32);
	if (sub == BULK_MEMORY_INIT || sub == BULK_DATA_DROP)
		e = reader_u32(&v->r, &f->x);
	if (e == 0 && sub != BULK_DATA_DROP)
		e = zero_byte(v);
	if (e == 0 && sub == BULK_MEMORY_COPY)
		e = zero_byte(v);
	if (e == 0 && sub != BULK_DATA_DROP)
		e = need_memory(v);
	if (e == 0 && (sub == BULK_MEMORY_INIT || sub == BULK_DATA_DROP))
		e = need_data(v, f->x);
	return e;
}

static int
table_init_form(struct validator *v, struct bulk_form *f)
{
	int e = reader_u32(&v->r, &f->y);

	takes(f, 3, WASM_I32, WASM_I32, WASM_I32);
	if (e == 0)
		e = reader_u32(&v->r, &f->x);
	if (e == 0)
		e = need_table(v, f->x);
	if (e == 0)
		e = need_elem(v, f->y);
	if (e == 0 && v->m->tables[f->x].type != v->m->elems[f->y].type)
		return validate_refuse(v, WASM_INVALID, "type mismatch between segment and table");
	return e;
}

static int
table_copy_form(struct validator *v, struct bulk_form *f)
{
	int e = reader_u32(&v->r, &f->x);

	takes(f, 3, WASM_I32, WASM_I32, WASM_I32);
	if (e == 0)
		e = reader_u32(&v->r, &f->y);
	if (e == 0)
		e = need_table(v, f->x);
	if (e == 0)
		e = need_table(v, f->y);
	if (e == 0 && v->m->tables[f->x].type != v->m->tables[f->y].type)
		return validate_refuse(v, WASM_INVALID, "type mismatch between tables");
	return e;
}

static int
table_form(struct validator *v, uint32_t sub, struct bulk_form *f)
{
	uint8_t type;
	int e = reader_u32(&v->r, &f->x);

	if (e == 0)
		e = need_table(v, f->x);
	if (e != 0)
		return err_pass(e);
	type = v->m->tables[f->x].type;
	switch (sub) {
	case BULK_TABLE_GET:
		takes(f, 1, WASM_I32, 0, 0);
		f->result = type;
		break;
	case BULK_TABLE_SET:
		takes(f, 2, WASM_I32, type, 0);
		break;
	case BULK_TABLE_GROW:
		takes(f, 2, type, WASM_I32, 0);
		f->result = WASM_I32;
		break;
	case BULK_TABLE_SIZE:
		f->result = WASM_I32;
		break;
	default:
		takes(f, 3, WASM_I32, type, WASM_I32);
	}
	return 0;
}

static int
bulk_form(struct validator *v, uint32_t sub, struct bulk_form *f)
{
	int e;

	switch (sub) {
	case BULK_MEMORY_INIT:
	case BULK_DATA_DROP:
	case BULK_MEMORY_COPY:
	case BULK_MEMORY_FILL:
		return memory_form(v, sub, f);
	case BULK_TABLE_INIT:
		return table_init_form(v, f);
	case BULK_TABLE_COPY:
		return table_copy_form(v, f);
	case BULK_ELEM_DROP:
		e = reader_u32(&v->r, &f->x);
		return e != 0 ? err_pass(e) : need_elem(v, f->x);
	default:
		return table_form(v, sub, f);
	}
}

static int
bulk(struct validator *v, uint32_t sub)
{
	struct bulk_form f = { 0 };
	uint32_t base;
	int e = bulk_form(v, sub, &f);

	if (e == 0)
		e = validate_top(v, f.params, f.nparams);
	if (e != 0)
		return err_pass(e);
	prepare_settle(v, f.nparams);
	base = prepare_slot(v, v->height - (v->dead ? 0 : f.nparams));
	e = validate_pops(v, f.params, f.nparams);
	if (e == 0 && f.result != 0)
		e = validate_push(v, f.result);
	if (e != 0 || v->dead)
		return e;
	prepare_emit(v, OP_BULK, base, sub, 0);
	prepare_emit_word(v, (union insn){ .lo = f.x, .hi = f.y });
	return 0;
}

static int
saturating(struct validator *v, uint32_t sub)
{
	static const uint8_t in[] = { WASM_F32, WASM_F32, WASM_F64, WASM_F64 };
	struct operand x;
	int e = validate_pop(v, in[sub & 3], &x);

	if (e == 0)
		e = validate_push(v, sub < 4 ? WASM_I32 : WASM_I64);
	if (e == 0 && !v->dead)
		prepare_result(
		    v, (uint16_t)(OP_I32_TRUNC_F32_S_SAT + sub), prepare_source(v, &x), 0);
	return e;
}

static int
memory_size_grow(struct validator *v, uint8_t opcode)
{
	struct operand x = { 0 };
	int e = zero_byte(v);

	if (e == 0)
		e = need_memory(v);
	if (e == 0 && opcode == 0x40)
		e = validate_pop(v, WASM_I32, &x);
	if (e == 0)
		e = validate_push(v, WASM_I32);
	if (e != 0 || v->dead)
		return e;
	if (opcode == 0x40)
		prepare_result(v, OP_MEMORY_GROW, prepare_source(v, &x), 0);
	else
		prepare_result(v, OP_MEMORY_SIZE, 0, 0);
	return 0;
}

int
validate_bulk(struct validator *v, uint8_t opcode)
{
	uint32_t sub;
	int e;

	if (opcode == 0x3f || opcode == 0x40)
		return memory_size_grow(v, opcode);
	if (opcode == 0x25 || opcode == 0x26)
		return bulk(v, opcode);
	e = reader_u32(&v->r, &sub);
	if (e != 0)
		return err_pass(e);
	if (sub < 8)
		return saturating(v, sub);
	if (sub <= BULK_TABLE_FILL)
		return bulk(v, sub);
	return validate_refuse(v, WASM_MALFORMED, "illegal opcode behind 0xfc");
}
