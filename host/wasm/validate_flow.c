/*
 * validate_flow - blocks, branches, calls.
 *
 * Wherever two ways meet, operands stand in their own slots: they are brought there before a block
 * is entered and before its end is reached, so the code behind does not care which way was taken.
 */
#include "host/wasm/validate_priv.h"

/* Code behind an unconditional branch: nothing is written until the block ends. */
static void
set_unreachable(struct validator *v)
{
	struct control *c = validate_control(v);

	validate_drop(v, c->height);
	c->unreachable = true;
	v->dead = true;
	prepare_forget(v);
}

static int
read_blocktype(struct validator *v, struct wasm_functype *t)
{
	size_t at = v->r.at;
	int64_t n;
	int e = reader_s33(&v->r, &n);

	memset(t, 0, sizeof(*t));
	if (e != 0)
		return err_pass(e);
	if (n >= 0) {
		if (n >= v->m->ntypes)
			return validate_refuse(v, WASM_INVALID, "unknown type");
		*t = v->m->types[n];
		return 0;
	}
	if (v->r.at != at + 1)
		return reader_refuse(&v->r, WASM_MALFORMED, at, "malformed block type");
	if (v->r.image[at] == 0x40)
		return 0;
	t->results = v->r.image + at;
	t->nresults = 1;
	return decode_valtype_ok(v->d, v->r.image[at], at);
}

static int
enter(struct validator *v, uint8_t opcode)
{
	struct wasm_functype t;
	struct operand cond = { 0 };
	int e = read_blocktype(v, &t);
	uint32_t jump = NONE;

	v->cost -= opcode == 4 ? 0 : 1;
	if (e == 0 && opcode == 4)
		e = validate_pop(v, WASM_I32, &cond);
	if (e == 0)
		e = validate_top(v, t.params, t.nparams);
	if (e != 0)
		return err_pass(e);
	prepare_settle_all(v);
	if (opcode == 3)
		prepare_flush(v);
	if (opcode == 4)
		jump = prepare_if(v, &cond, false);
	e = validate_pops(v, t.params, t.nparams);
	if (e == 0)
		e = validate_enter(v, opcode, &t);
	if (e != 0)
		return err_pass(e);
	validate_control(v)->else_fixup = jump;
	v->clean = v->height;
	return 0;
}

/* The operands at an end are exactly the results, in their own slots. */
static int
check_end(struct validator *v, struct control *c)
{
	int e = validate_top(v, c->type.results, c->type.nresults);

	if (e != 0)
		return err_pass(e);
	if (v->height > c->height + c->type.nresults ||
	    (!c->unreachable && v->height != c->height + c->type.nresults))
		return validate_refuse(
		    v, WASM_INVALID, "type mismatch: values remain at the end of a block");
	return 0;
}

static int
else_branch(struct validator *v)
{
	struct control *c = validate_control(v);
	int e;

	if (c->opcode != 4)
		return validate_refuse(v, WASM_MALFORMED, "else without if");
	e = check_end(v, c);
	if (e != 0)
		return err_pass(e);
	v->cost--;
	if (!v->dead) {
		prepare_settle(v, c->type.nresults);
		prepare_jump(v, c, prepare_emit(v, OP_BR, prepare_charge(v), 0, 0));
	}
	validate_drop(v, c->height);
	v->dead = c->dead;
	v->cost = 0;
	prepare_bind(v, c->else_fixup);
	c->opcode = 5;
	c->else_fixup = NONE;
	c->unreachable = false;
	e = validate_pushes(v, c->type.params, c->type.nparams);
	v->clean = v->height;
	return e;
}

static int
end_function(struct validator *v, struct control *c)
{
	int e;

	if (c->fixups != NONE) {
		prepare_settle(v, c->type.nresults);
		validate_drop(v, 0);
		v->dead = false;
		prepare_bind(v, c->fixups);
		e = validate_pushes(v, c->type.results, c->type.nresults);
		if (e != 0)
			return err_pass(e);
	}
	prepare_return(v);
	v->depth--;
	validate_drop(v, 0);
	return 0;
}

static int
end(struct validator *v)
{
	struct control *c = validate_control(v), ended;
	int e = check_end(v, c);

	if (e != 0)
		return err_pass(e);
	if (c->opcode == 4 && (c->type.nparams != c->type.nresults ||
				  (c->type.nparams != 0 && memcmp(c->type.params, c->type.results,
							       c->type.nparams) != 0)))
		return validate_refuse(
		    v, WASM_INVALID, "type mismatch: an if without else returns values");
	v->cost = v->dead ? 0 : v->cost - 1;
	if (c->opcode == 0)
		return end_function(v, c);
	if (!v->dead)
		prepare_settle(v, c->type.nresults);
	ended = *c;
	validate_drop(v, c->height);
	v->dead = c->dead;
	v->depth--;
	if (ended.fixups != NONE || ended.else_fixup != NONE) {
		prepare_bind(v, ended.fixups);
		prepare_bind(v, ended.else_fixup);
	}
	e = validate_pushes(v, ended.type.results, ended.type.nresults);
	v->clean = v->height;
	return e;
}

static int
read_label(struct validator *v, struct control **c)
{
	uint32_t label;
	int e = reader_u32(&v->r, &label);

	if (e != 0)
		return err_pass(e);
	if (label >= v->depth)
		return validate_refuse(v, WASM_INVALID, "unknown label");
	*c = &v->controls[v->depth - 1 - label];
	return 0;
}

static int
br(struct validator *v)
{
	struct control *c;
	int e = read_label(v, &c);

	if (e == 0)
		e = validate_top(v, control_types(c), control_arity(c));
	if (e != 0)
		return err_pass(e);
	if (!v->dead)
		prepare_br(v, c);
	set_unreachable(v);
	return 0;
}

static int
br_if(struct validator *v)
{
	struct operand cond;
	struct control *c;
	int e = read_label(v, &c);

	if (e == 0)
		e = validate_pop(v, WASM_I32, &cond);
	if (e == 0)
		e = validate_top(v, control_types(c), control_arity(c));
	if (e != 0)
		return err_pass(e);
	if (!v->dead) {
		prepare_br_if(v, c, &cond);
		return 0;
	}
	e = validate_pops(v, control_types(c), control_arity(c));
	return e != 0 ? err_pass(e) : validate_pushes(v, control_types(c), control_arity(c));
}

/* One entry: where to, and which slot the operands are copied to. */
static int
br_table_entry(struct validator *v, struct control *c, uint32_t arity)
{
	uint32_t at;

	if (control_arity(c) != arity)
		return validate_refuse(v, WASM_INVALID, "type mismatch: labels of br_table differ");
	at = prepare_emit_word(v, (union insn){ .op_ = (uint16_t)prepare_slot(v, c->height) });
	prepare_jump(v, c, at);
	return validate_top(v, control_types(c), arity);
}

static int
br_table(struct validator *v)
{
	struct operand index;
	struct control *c;
	uint32_t n, arity = 0;
	int e = reader_count(&v->r, v->m->limits.branch_targets, "branch targets", &n);

	if (e == 0)
		e = validate_pop(v, WASM_I32, &index);
	for (uint32_t i = 0; e == 0 && i <= n; i++) {
		e = read_label(v, &c);
		if (e == 0 && i == 0) {
			uint32_t from = prepare_source(v, &index), cost;

			arity = control_arity(c);
			e = validate_top(v, control_types(c), arity);
			prepare_settle(v, e == 0 ? arity : 0);
			cost = prepare_charge(v);
			prepare_emit(v, OP_BR_TABLE, from, cost, arity);
			prepare_emit_word(
			    v, (union insn){ .lo = n,
				   .hi = prepare_slot(v, v->height - (v->dead ? 0 : arity)) });
		}
		if (e == 0)
			e = br_table_entry(v, c, arity);
	}
	if (e == 0)
		set_unreachable(v);
	return e;
}

static int
return_op(struct validator *v)
{
	struct control *c = &v->controls[0];
	int e = validate_top(v, c->type.results, c->type.nresults);

	if (e != 0)
		return err_pass(e);
	if (!v->dead)
		prepare_return(v);
	set_unreachable(v);
	return 0;
}

/* Arguments in a row are the callee's first locals; its results come back to the same place. */
static int
call_with(struct validator *v, const struct wasm_functype *t, uint16_t op,
    const struct operand *index, union insn word)
{
	uint32_t from, base, cost;
	int e = validate_top(v, t->params, t->nparams);

	if (e != 0)
		return err_pass(e);
	from = index != NULL ? prepare_source(v, index) : 0;
	prepare_settle(v, t->nparams);
	v->cost += t->nparams / 8;
	base = prepare_slot(v, v->height - (v->dead ? 0 : t->nparams));
	cost = prepare_charge(v);
	e = validate_pops(v, t->params, t->nparams);
	if (e == 0)
		e = validate_pushes(v, t->results, t->nresults);
	if (e != 0 || v->dead)
		return e;
	prepare_emit(v, op, base, cost, from);
	prepare_emit_word(v, word);
	return 0;
}

static int
call(struct validator *v)
{
	struct wasm_module *m = v->m;
	uint32_t func;
	int e = reader_u32(&v->r, &func);
	bool own;

	if (e != 0)
		return err_pass(e);
	if (func >= m->nfuncs)
		return validate_refuse(v, WASM_INVALID, "unknown function");
	own = func >= m->imported_funcs;
	return call_with(v, &m->types[m->func_types[func]], own ? OP_CALL : OP_CALL_IMPORT, NULL,
	    (union insn){ .imm = own ? func - m->imported_funcs : func });
}

static int
call_indirect(struct validator *v)
{
	struct operand index;
	uint32_t type, table = 0;
	int e = reader_u32(&v->r, &type);

	if (e == 0)
		e = reader_u32(&v->r, &table);
	if (e != 0)
		return err_pass(e);
	if (table >= v->m->ntables)
		return validate_refuse(v, WASM_INVALID, "unknown table");
	if (v->m->tables[table].type != WASM_FUNCREF)
		return validate_refuse(
		    v, WASM_INVALID, "type mismatch: the table holds no functions");
	if (type >= v->m->ntypes)
		return validate_refuse(v, WASM_INVALID, "unknown type");
	e = validate_pop(v, WASM_I32, &index);
	if (e != 0)
		return err_pass(e);
	return call_with(v, &v->m->types[type], OP_CALL_INDIRECT, &index,
	    (union insn){ .lo = type, .hi = table });
}

int
validate_flow(struct validator *v, uint8_t opcode)
{
	switch (opcode) {
	case 0x00:
		if (!v->dead)
			prepare_emit(v, OP_UNREACHABLE, 0, prepare_charge(v), 0);
		set_unreachable(v);
		return 0;
	case 0x01:
		v->cost--;
		return 0;
	case 0x02:
	case 0x03:
	case 0x04:
		return enter(v, opcode);
	case 0x05:
		return else_branch(v);
	case 0x0b:
		return end(v);
	case 0x0c:
		return br(v);
	case 0x0d:
		return br_if(v);
	case 0x0e:
		return br_table(v);
	case 0x0f:
		return return_op(v);
	case 0x10:
		return call(v);
	default:
		return call_indirect(v);
	}
}
