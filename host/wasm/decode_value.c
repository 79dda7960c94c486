/*
 * decode_value - value types and constant expressions, WebAssembly core specification 5.3
 * and 3.3.10.
 *
 * Only what the specification's second version lets a constant be: one instruction. Arithmetic in
 * constants is a later proposal and refused by name.
 */
#include "host/wasm/decode_priv.h"

int
decode_valtype_ok(struct decoder *d, uint8_t type, size_t at)
{
	if (type == 0x7b)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, at, "SIMD is not supported (v128)");
	if (type == 0x69)
		return reader_refuse(
		    &d->r, WASM_UNSUPPORTED, at, "exception handling is not supported (exnref)");
	if (type >= 0x6a && type <= 0x6e)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, at, "GC types are not supported");
	if (type == 0x63 || type == 0x64)
		return reader_refuse(
		    &d->r, WASM_UNSUPPORTED, at, "typed function references are not supported");
	if (type < WASM_EXTERNREF || (type > WASM_FUNCREF && type < WASM_F64) || type > WASM_I32)
		return reader_refuse(&d->r, WASM_MALFORMED, at, "malformed value type");
	return 0;
}

int
decode_valtype(struct decoder *d, uint8_t *out)
{
	int e = reader_byte(&d->r, out);

	return e != 0 ? err_pass(e) : decode_valtype_ok(d, *out, d->r.at - 1);
}

int
decode_reftype(struct decoder *d, uint8_t *out)
{
	int e = decode_valtype(d, out);

	if (e != 0)
		return err_pass(e);
	if (*out > WASM_FUNCREF)
		return reader_refuse(
		    &d->r, WASM_MALFORMED, d->r.at - 1, "malformed reference type");
	return 0;
}

static int
read_operand(struct decoder *d, struct constant *c)
{
	int32_t i32 = 0;
	int64_t i64 = 0;
	int e = 0;

	switch (c->op) {
	case 0x41:
		e = reader_s32(&d->r, &i32);
		c->bits = (uint32_t)i32;
		c->type = WASM_I32;
		break;
	case 0x42:
		e = reader_s64(&d->r, &i64);
		c->bits = (uint64_t)i64;
		c->type = WASM_I64;
		break;
	case 0x43:
		e = reader_fixed(&d->r, 4, &c->bits);
		c->type = WASM_F32;
		break;
	case 0x44:
		e = reader_fixed(&d->r, 8, &c->bits);
		c->type = WASM_F64;
		break;
	case 0xd0:
		e = decode_reftype(d, &c->type);
		break;
	default: /* 0x23 global.get, 0xd2 ref.func */
		c->type = WASM_FUNCREF;
		e = reader_u32(&d->r, &c->index);
	}
	return e;
}

static int
check_index(struct decoder *d, struct constant *c, size_t at)
{
	if (c->op == 0xd2) {
		if (c->index >= d->m->nfuncs)
			return reader_refuse(&d->r, WASM_INVALID, at, "unknown function");
		module_let_ref(d->m, c->index);
	}
	if (c->op == 0x23) {
		if (c->index >= d->m->imported_globals)
			return reader_refuse(&d->r, WASM_INVALID, at,
			    "unknown global: a constant may only name imported ones");
		if (d->m->globals[c->index].is_mutable)
			return reader_refuse(&d->r, WASM_INVALID, at,
			    "constant expression required: the global is mutable");
		c->type = d->m->globals[c->index].type;
	}
	return 0;
}

static int
refuse_opcode(struct decoder *d, uint8_t op, size_t at)
{
	if (op == 0x6a || op == 0x6b || op == 0x6c || op == 0x7c || op == 0x7d || op == 0x7e)
		return reader_refuse(&d->r, WASM_INVALID, at,
		    "constant expression required: extended-const is not supported");
	if (op == 0xfd)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, at, "SIMD is not supported");
	if (op == 0xfb)
		return reader_refuse(&d->r, WASM_UNSUPPORTED, at, "GC is not supported");
	if ((op >= 0x06 && op <= 0x0a) || (op >= 0x12 && op <= 0x19) ||
	    (op >= 0x1d && op <= 0x1f) || op == 0x27 || (op >= 0xc5 && op <= 0xcf) ||
	    (op >= 0xd3 && op != 0xfc))
		return reader_refuse(&d->r, WASM_MALFORMED, at, "illegal opcode");
	return reader_refuse(&d->r, WASM_INVALID, at, "constant expression required");
}

static bool
may_be_constant(uint8_t op)
{
	return (op >= 0x41 && op <= 0x44) || op == 0x23 || op == 0xd0 || op == 0xd2;
}

int
decode_constant(struct decoder *d, uint8_t type, struct constant *out)
{
	size_t at = d->r.at;
	uint8_t end = 0;
	int e;

	memset(out, 0, sizeof(*out));
	e = reader_byte(&d->r, &out->op);
	if (e != 0)
		return err_pass(e);
	if (out->op == 0x0b)
		return reader_refuse(&d->r, WASM_INVALID, at, "type mismatch: empty expression");
	if (!may_be_constant(out->op))
		return refuse_opcode(d, out->op, at);
	e = read_operand(d, out);
	if (e == 0)
		e = check_index(d, out, at);
	if (e != 0)
		return err_pass(e);
	if (out->type != type)
		return reader_refuse(
		    &d->r, WASM_INVALID, at, "type mismatch in a constant expression");
	e = reader_byte(&d->r, &end);
	if (e != 0)
		return err_pass(e);
	if (end == 0x0b)
		return 0;
	if (may_be_constant(end))
		return reader_refuse(&d->r, WASM_INVALID, d->r.at - 1,
		    "type mismatch: a constant is one instruction: extended-const is not "
		    "supported");
	return refuse_opcode(d, end, d->r.at - 1);
}
