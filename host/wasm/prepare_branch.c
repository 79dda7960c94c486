/*
 * prepare_branch - jumps: conditions fused with the compare before them, targets filled in when
 * known.
 *
 * A word that waits for its target holds, in the place of it, the word that waited before: the
 * chain costs no memory of its own, and each word is visited once.
 */
#include "host/wasm/validate_priv.h"

void
prepare_bind(struct validator *v, uint32_t fixups)
{
	union insn *code = v->m->code;

	while (fixups != NONE) {
		uint32_t next = (uint32_t)code[fixups].rel;

		code[fixups].rel = (int32_t)(v->m->code_len - fixups);
		fixups = next;
	}
	prepare_forget(v);
}

void
prepare_jump(struct validator *v, struct control *c, uint32_t at)
{
	if (at == NONE)
		return;
	if (c->opcode == 3) {
		v->m->code[at].rel = (int32_t)((int64_t)c->target - at);
		return;
	}
	v->m->code[at].rel = (int32_t)c->fixups;
	c->fixups = at;
}

/* The compare that holds when @op does not. */
static uint16_t
opposite(uint16_t op)
{
	/* EQ NE LT_S LT_U GT_S GT_U LE_S LE_U GE_S GE_U */
	static const uint8_t other[] = { 1, 0, 8, 9, 6, 7, 4, 5, 2, 3 };
	uint16_t first = op >= OP_I64_EQ_BR && op < OP_I64_EQ_BR + 10       ? OP_I64_EQ_BR
			 : op >= OP_I64_EQ_BR_I && op < OP_I64_EQ_BR_I + 10 ? OP_I64_EQ_BR_I
			 : op >= OP_I32_EQ_BR_I && op < OP_I32_EQ_BR_I + 10 ? OP_I32_EQ_BR_I
									    : OP_I32_EQ_BR;

	return (uint16_t)(first + other[op - first]);
}

/* The branch of a compare; 0 for what is no compare of integers. */
static uint16_t
branch_form(uint16_t op)
{
	if (op >= OP_I32_EQ && op <= OP_I32_GE_U)
		return (uint16_t)(op - OP_I32_EQ + OP_I32_EQ_BR);
	if (op >= OP_I64_EQ && op <= OP_I64_GE_U)
		return (uint16_t)(op - OP_I64_EQ + OP_I64_EQ_BR);
	if (op >= OP_I32_EQ_I && op <= OP_I64_GE_U_I)
		return (uint16_t)(op - OP_I32_EQ_I + OP_I32_EQ_BR_I);
	return 0;
}

static uint32_t
branch(struct validator *v, union insn w, uint32_t before)
{
	w.c = (uint16_t)prepare_charge(v);
	prepare_step(v, before, prepare_emit_word(v, w));
	return prepare_emit_word(v, (union insn){ .rel = -1 }); /* NONE: a chain of one */
}

static uint32_t
test_slot(struct validator *v, uint32_t slot, bool sense, bool wide, uint32_t before)
{
	uint16_t op = wide ? (sense ? OP_BR_NZ64 : OP_BR_Z64) : (sense ? OP_BR_NZ32 : OP_BR_Z32);

	return branch(v, (union insn){ .op = op, .a = (uint16_t)slot }, before);
}

/* A condition that was no compare, or not the last thing done. */
static uint32_t
test_operand(struct validator *v, const struct operand *cond, bool sense)
{
	uint32_t slot = prepare_source(v, cond);

	return test_slot(v, slot, sense, false, v->word_end == v->m->code_len ? v->word : NONE);
}

uint32_t
prepare_if(struct validator *v, const struct operand *cond, bool sense)
{
	union insn last;
	uint16_t op;

	if (v->dead)
		return NONE;
	if (cond->place != AT_SLOT || v->def_end != v->m->code_len || v->def != v->def_end - 1 ||
	    v->m->code[v->def].a != prepare_slot(v, cond->index))
		return test_operand(v, cond, sense);
	last = v->m->code[v->def];
	if (last.op == OP_I32_EQZ || last.op == OP_I64_EQZ) {
		v->m->code_len--;
		return test_slot(v, last.b, !sense, last.op == OP_I64_EQZ, v->before);
	}
	op = branch_form(last.op);
	if (op == 0)
		return test_operand(v, cond, sense);
	v->m->code_len--;
	last.op = sense ? op : opposite(op);
	last.a = last.b;
	last.b = last.c;
	return branch(v, last, v->before);
}

/* The top @n operands to the slots from @to; they lie at or below where the operands are. */
static void
carry(struct validator *v, uint32_t n, uint32_t to)
{
	uint32_t from;

	if (n == 1) {
		from = prepare_source(v, &v->stack[v->height - 1]);
		if (from != to)
			prepare_emit(v, OP_MOVE, to, from, 0);
		return;
	}
	prepare_settle(v, n);
	from = prepare_slot(v, v->height - n);
	v->cost += n / 8;
	if (n != 0 && from != to)
		prepare_emit(v, OP_COPY, to, from, n);
}

static void
jump(struct validator *v, struct control *c)
{
	uint32_t before = v->word_end == v->m->code_len ? v->word : NONE;
	uint32_t at = prepare_emit(v, OP_BR, prepare_charge(v), 0, 0);

	prepare_again(v, before, at);
	prepare_jump(v, c, at);
}

void
prepare_br(struct validator *v, struct control *c)
{
	if (c->opcode == 0) {
		prepare_return(v);
		return;
	}
	carry(v, control_arity(c), prepare_slot(v, c->height));
	jump(v, c);
}

/* Without operands to move it is one jump, else a jump around an unconditional one. */
void
prepare_br_if(struct validator *v, struct control *c, const struct operand *cond)
{
	uint32_t n = control_arity(c), around;
	uint32_t cost;

	if (n == 0 || (v->height - n == c->height && n != 0 && c->opcode != 0)) {
		prepare_settle(v, n);
		prepare_jump(v, c, prepare_if(v, cond, true));
		return;
	}
	prepare_settle(v, n);
	around = prepare_if(v, cond, false);
	cost = v->cost;
	prepare_br(v, c);
	v->cost = cost;
	if (!v->dead)
		prepare_bind(v, around);
}

void
prepare_return(struct validator *v)
{
	uint32_t n = v->type->nresults;

	if (v->dead)
		return;
	if (n == 0) {
		prepare_emit(v, OP_RET0, 0, prepare_charge(v), 0);
	} else if (n == 1) {
		uint32_t from = prepare_source(v, &v->stack[v->height - 1]);

		prepare_emit(v, OP_RET1, from, prepare_charge(v), 0);
	} else {
		prepare_settle(v, n);
		prepare_emit(v, OP_RET, prepare_slot(v, v->height - n), prepare_charge(v), n);
	}
}
