/*
 * validate_op - numbers, memory accesses, locals, globals, constants and references.
 *
 * What an instruction takes and leaves is the specification's chapter 3.3; what is written for it
 * is the register form: a result slot and up to two sources, or a source and a small constant.
 */
#include "host/wasm/validate_priv.h"

#define I32 WASM_I32
#define I64 WASM_I64
#define F32 WASM_F32
#define F64 WASM_F64

struct signature {
	uint8_t in, out, arity;
};

/* clang-format off */
static const struct signature signatures[0x80] = {
	[0x45 - 0x45] = { I32, I32, 1 }, [0x46 - 0x45 ... 0x4f - 0x45] = { I32, I32, 2 },
	[0x50 - 0x45] = { I64, I32, 1 }, [0x51 - 0x45 ... 0x5a - 0x45] = { I64, I32, 2 },
	[0x5b - 0x45 ... 0x60 - 0x45] = { F32, I32, 2 }, [0x61 - 0x45 ... 0x66 - 0x45] = { F64, I32, 2 },
	[0x67 - 0x45 ... 0x69 - 0x45] = { I32, I32, 1 }, [0x6a - 0x45 ... 0x78 - 0x45] = { I32, I32, 2 },
	[0x79 - 0x45 ... 0x7b - 0x45] = { I64, I64, 1 }, [0x7c - 0x45 ... 0x8a - 0x45] = { I64, I64, 2 },
	[0x8b - 0x45 ... 0x91 - 0x45] = { F32, F32, 1 }, [0x92 - 0x45 ... 0x98 - 0x45] = { F32, F32, 2 },
	[0x99 - 0x45 ... 0x9f - 0x45] = { F64, F64, 1 }, [0xa0 - 0x45 ... 0xa6 - 0x45] = { F64, F64, 2 },
	[0xa7 - 0x45] = { I64, I32, 1 },
	[0xa8 - 0x45 ... 0xa9 - 0x45] = { F32, I32, 1 }, [0xaa - 0x45 ... 0xab - 0x45] = { F64, I32, 1 },
	[0xac - 0x45 ... 0xad - 0x45] = { I32, I64, 1 },
	[0xae - 0x45 ... 0xaf - 0x45] = { F32, I64, 1 }, [0xb0 - 0x45 ... 0xb1 - 0x45] = { F64, I64, 1 },
	[0xb2 - 0x45 ... 0xb3 - 0x45] = { I32, F32, 1 }, [0xb4 - 0x45 ... 0xb5 - 0x45] = { I64, F32, 1 },
	[0xb6 - 0x45] = { F64, F32, 1 },
	[0xb7 - 0x45 ... 0xb8 - 0x45] = { I32, F64, 1 }, [0xb9 - 0x45 ... 0xba - 0x45] = { I64, F64, 1 },
	[0xbb - 0x45] = { F32, F64, 1 }, [0xbc - 0x45] = { F32, I32, 1 }, [0xbd - 0x45] = { F64, I64, 1 },
	[0xbe - 0x45] = { I32, F32, 1 }, [0xbf - 0x45] = { I64, F64, 1 },
	[0xc0 - 0x45 ... 0xc1 - 0x45] = { I32, I32, 1 }, [0xc2 - 0x45 ... 0xc4 - 0x45] = { I64, I64, 1 },
};

/* of 0x28..0x3e: the value's type and the largest alignment, as a power of two */
static const struct { uint8_t type, align; } accesses[] = {
	{ I32, 2 }, { I64, 3 }, { F32, 2 }, { F64, 3 }, { I32, 0 }, { I32, 0 }, { I32, 1 }, { I32, 1 },
	{ I64, 0 }, { I64, 0 }, { I64, 1 }, { I64, 1 }, { I64, 2 }, { I64, 2 },
	{ I32, 2 }, { I64, 3 }, { F32, 2 }, { F64, 3 }, { I32, 0 }, { I32, 1 }, { I64, 0 }, { I64, 1 },
	{ I64, 2 },
};
/* clang-format on */

/* The form of @op whose second source is a small constant; 0 when there is none. */
static uint16_t
immediate_form(uint16_t op)
{
	if (op >= OP_I32_EQ && op <= OP_I32_GE_U)
		return (uint16_t)(op - OP_I32_EQ + OP_I32_EQ_I);
	if (op >= OP_I64_EQ && op <= OP_I64_GE_U)
		return (uint16_t)(op - OP_I64_EQ + OP_I64_EQ_I);
	if (op >= OP_I32_ADD && op <= OP_I32_MUL)
		return (uint16_t)(op - OP_I32_ADD + OP_I32_ADD_I);
	if (op >= OP_I32_AND && op <= OP_I32_ROTR)
		return (uint16_t)(op - OP_I32_AND + OP_I32_AND_I);
	if (op >= OP_I64_ADD && op <= OP_I64_MUL)
		return (uint16_t)(op - OP_I64_ADD + OP_I64_ADD_I);
	if (op >= OP_I64_AND && op <= OP_I64_ROTR)
		return (uint16_t)(op - OP_I64_AND + OP_I64_AND_I);
	return 0;
}

static bool
commutes(uint16_t op)
{
	switch (op) {
	case OP_I32_EQ:
	case OP_I32_NE:
	case OP_I64_EQ:
	case OP_I64_NE:
	case OP_I32_ADD:
	case OP_I32_MUL:
	case OP_I32_AND:
	case OP_I32_OR:
	case OP_I32_XOR:
	case OP_I64_ADD:
	case OP_I64_MUL:
	case OP_I64_AND:
	case OP_I64_OR:
	case OP_I64_XOR:
		return true;
	default:
		return false;
	}
}

/* Does a constant of this type fit the 16 signed bits of a word? */
static bool
fits(const struct operand *o, uint8_t type)
{
	int64_t n = type == I32 ? (int32_t)(uint32_t)o->value : (int64_t)o->value;

	return o->place == AT_CONST && n >= INT16_MIN && n <= INT16_MAX;
}

static int
binary(struct validator *v, uint16_t op, const struct signature *s)
{
	struct operand x, y;
	uint16_t imm = immediate_form(op);
	int e = validate_pop(v, s->in, &y);

	if (e == 0)
		e = validate_pop(v, s->in, &x);
	if (e == 0)
		e = validate_push(v, s->out);
	if (e != 0 || v->dead)
		return e;
	if (x.place == AT_CONST && commutes(op)) {
		struct operand swap = x;

		x = y;
		y = swap;
	}
	if (imm != 0 && fits(&y, s->in)) {
		prepare_result(v, imm, prepare_source(v, &x), (uint16_t)y.value);
	} else if (imm >= OP_I32_ADD_I && y.place == AT_CONST) {
		imm = (uint16_t)(imm - OP_I32_ADD_I + OP_I32_ADD_W);
		prepare_result_wide(v, imm, prepare_source(v, &x), y.value);
	} else {
		uint32_t b = prepare_source(v, &x);

		prepare_result(v, op, b, prepare_source(v, &y));
	}
	return 0;
}

static int
unary(struct validator *v, uint16_t op, uint8_t in, uint8_t out)
{
	struct operand x;
	int e = validate_pop(v, in, &x);

	if (e == 0)
		e = validate_push(v, out);
	if (e == 0 && !v->dead)
		prepare_result(v, op, prepare_source(v, &x), 0);
	return e;
}

int
validate_numeric(struct validator *v, uint8_t opcode)
{
	const struct signature *s = &signatures[opcode - 0x45];

	if (s->arity == 2)
		return binary(v, OP_NUMERIC(opcode), s);
	return unary(v, OP_NUMERIC(opcode), s->in, s->out);
}

/* Alignment and offset. The alignment is a promise nobody needs to keep. */
static int
read_access(struct validator *v, uint8_t natural, uint32_t *offset)
{
	uint32_t align;
	int e = reader_u32(&v->r, &align);

	if (e != 0)
		return err_pass(e);
	if ((align & 0x40) != 0 && align < 0x80)
		return validate_refuse(v, WASM_UNSUPPORTED, "multi-memory is not supported");
	e = reader_u32(&v->r, offset);
	if (e != 0)
		return err_pass(e);
	if (!v->m->has_memory)
		return validate_refuse(v, WASM_INVALID, "unknown memory 0");
	if (align > natural)
		return validate_refuse(
		    v, WASM_INVALID, "alignment must not be larger than natural");
	return 0;
}

int
validate_memory_op(struct validator *v, uint8_t opcode)
{
	uint16_t op = OP_LOADS(opcode);
	uint8_t type = accesses[opcode - 0x28].type;
	bool is_store = opcode >= 0x36;
	struct operand value = { 0 }, addr;
	uint32_t offset, a, b;
	bool far;
	int e = read_access(v, accesses[opcode - 0x28].align, &offset);

	if (e == 0 && is_store)
		e = validate_pop(v, type, &value);
	if (e == 0)
		e = validate_pop(v, I32, &addr);
	if (e == 0 && !is_store)
		e = validate_push(v, type);
	if (e != 0 || v->dead)
		return e;
	far = offset > UINT16_MAX;
	if (far)
		op = (uint16_t)(op - OP_I32_LOAD + OP_I32_LOAD_FAR);
	if (is_store && !far && fits(&value, type == I32 ? I32 : I64)) {
		op = (uint16_t)(op - OP_I32_STORE + OP_I32_STORE_K);
		prepare_emit(v, op, (uint16_t)value.value, prepare_source(v, &addr), offset);
		return 0;
	}
	b = prepare_source(v, &addr);
	a = is_store ? prepare_source(v, &value) : prepare_slot(v, v->height - 1);
	if (!is_store && !far) {
		prepare_result(v, op, b, offset);
		return 0;
	}
	if (!is_store) {
		prepare_result_wide(v, op, b, offset);
		return 0;
	}
	prepare_emit(v, op, a, b, far ? 0 : offset);
	if (far)
		prepare_emit_word(v, (union insn){ .imm = offset });
	return 0;
}

static int
local_op(struct validator *v, uint8_t opcode)
{
	struct operand o;
	uint32_t local;
	int e = reader_u32(&v->r, &local);

	if (e != 0)
		return err_pass(e);
	if (local >= v->nlocals)
		return validate_refuse(v, WASM_INVALID, "unknown local");
	if (opcode != 0x20) {
		e = validate_pop(v, v->local_types[local], &o);
		if (e != 0)
			return err_pass(e);
		if (!v->dead)
			prepare_local_set(v, local, &o);
		if (opcode == 0x21)
			return 0;
	}
	e = validate_push(v, v->local_types[local]);
	if (e == 0 && !v->dead)
		prepare_local_get(v, local);
	return e;
}

static int
global_op(struct validator *v, uint8_t opcode)
{
	struct operand o;
	uint32_t global;
	int e = reader_u32(&v->r, &global);

	if (e != 0)
		return err_pass(e);
	if (global >= v->m->nglobals)
		return validate_refuse(v, WASM_INVALID, "unknown global");
	if (opcode == 0x23) {
		e = validate_push(v, v->m->globals[global].type);
		if (e == 0 && !v->dead)
			prepare_result(v, OP_GLOBAL_GET, global, 0);
		return e;
	}
	if (!v->m->globals[global].is_mutable)
		return validate_refuse(v, WASM_INVALID, "global is immutable");
	e = validate_pop(v, v->m->globals[global].type, &o);
	if (e == 0 && !v->dead)
		prepare_emit(v, OP_GLOBAL_SET, prepare_source(v, &o), global, 0);
	return e;
}

static int
constant(struct validator *v, uint8_t opcode)
{
	static const uint8_t types[] = { I32, I64, F32, F64 };
	uint64_t bits = 0;
	int32_t i32 = 0;
	int64_t i64 = 0;
	int e;

	switch (opcode) {
	case 0x41:
		e = reader_s32(&v->r, &i32);
		bits = (uint32_t)i32;
		break;
	case 0x42:
		e = reader_s64(&v->r, &i64);
		bits = (uint64_t)i64;
		break;
	default:
		e = reader_fixed(&v->r, opcode == 0x43 ? 4 : 8, &bits);
	}
	if (e == 0)
		e = validate_push(v, types[opcode - 0x41]);
	if (e == 0 && !v->dead)
		prepare_const(v, bits);
	return e;
}

/* The type an annotated select names; one, and exactly one. */
static int
read_select_type(struct validator *v, uint8_t *type)
{
	uint32_t n;
	int e = reader_u32(&v->r, &n);

	if (e != 0)
		return err_pass(e);
	if (n != 1)
		return validate_refuse(v, WASM_INVALID, "invalid result arity");
	e = reader_byte(&v->r, type);
	return e != 0 ? err_pass(e) : decode_valtype_ok(v->d, *type, v->r.at - 1);
}

static int
select_op(struct validator *v, uint8_t opcode)
{
	struct operand cond, x, y;
	uint8_t type = ANY;
	uint32_t b;
	int e = opcode == 0x1c ? read_select_type(v, &type) : 0;

	if (e == 0)
		e = validate_pop(v, I32, &cond);
	if (e == 0)
		e = validate_pop(v, type, &y);
	if (e == 0)
		e = validate_pop(v, y.type, &x);
	if (e != 0)
		return err_pass(e);
	if (opcode == 0x1b && (x.type == WASM_FUNCREF || x.type == WASM_EXTERNREF))
		return validate_refuse(
		    v, WASM_INVALID, "type mismatch: select of references names no type");
	e = validate_push(v, x.type);
	if (e != 0 || v->dead)
		return e;
	b = prepare_source(v, &x);
	{
		uint32_t c = prepare_source(v, &y), z = prepare_source(v, &cond);

		prepare_emit(v, OP_SELECT, prepare_slot(v, v->height - 1), b, c);
		prepare_emit_word(v, (union insn){ .imm = z });
	}
	v->def = v->m->code_len - 2;
	v->def_end = v->m->code_len;
	return 0;
}

static int
reference(struct validator *v, uint8_t opcode)
{
	struct operand o;
	uint32_t func;
	uint8_t type = 0;
	int e;

	if (opcode == 0xd0) {
		e = reader_byte(&v->r, &type);
		if (e == 0)
			e = decode_valtype_ok(v->d, type, v->r.at - 1);
		if (e == 0 && type > WASM_FUNCREF)
			return validate_refuse(v, WASM_MALFORMED, "malformed reference type");
		if (e == 0)
			e = validate_push(v, type);
		if (e == 0 && !v->dead)
			prepare_const(v, 0);
		return e;
	}
	if (opcode == 0xd1) {
		e = validate_pop(v, ANY, &o);
		if (e == 0 && o.type != ANY && o.type > WASM_FUNCREF)
			return validate_refuse(v, WASM_INVALID, "type mismatch: not a reference");
		if (e == 0)
			e = validate_push(v, I32);
		if (e == 0 && !v->dead)
			prepare_result(v, OP_REF_IS_NULL, prepare_source(v, &o), 0);
		return e;
	}
	e = reader_u32(&v->r, &func);
	if (e != 0)
		return err_pass(e);
	if (func >= v->m->nfuncs)
		return validate_refuse(v, WASM_INVALID, "unknown function");
	if (!module_may_ref(v->m, func))
		return validate_refuse(v, WASM_INVALID, "undeclared function reference");
	e = validate_push(v, WASM_FUNCREF);
	if (e == 0 && !v->dead) {
		prepare_emit(v, OP_REF_FUNC, prepare_slot(v, v->height - 1), 0, 0);
		prepare_emit_word(v, (union insn){ .imm = func });
		prepare_forget(v);
	}
	return e;
}

int
validate_variable(struct validator *v, uint8_t opcode)
{
	struct operand o;

	switch (opcode) {
	case 0x1a:
		return validate_pop(v, ANY, &o);
	case 0x1b:
	case 0x1c:
		return select_op(v, opcode);
	case 0x20:
	case 0x21:
	case 0x22:
		return local_op(v, opcode);
	case 0x23:
	case 0x24:
		return global_op(v, opcode);
	case 0xd0:
	case 0xd1:
	case 0xd2:
		return reference(v, opcode);
	default:
		return constant(v, opcode);
	}
}
