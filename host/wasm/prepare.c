/*
 * prepare - writing the code the interpreter runs.
 *
 * A frame is a row of slots: parameters, locals, then one slot for each place on the operand stack.
 * A word of code names its result slot and up to two sources. A local.get or a constant writes
 * nothing: the operand remembers where its value is, and the word that uses it reads it from there.
 * So `local.get a; local.get b; i32.add; local.set c` becomes one word.
 *
 * Operands that wait for the same local are chained, and everything below `clean` is known to be in
 * its slot: no instruction costs more than what the operands it touches paid when they were pushed.
 */
#include "host/wasm/validate_priv.h"

static bool
make_room(struct validator *v)
{
	struct wasm_module *m = v->m;
	int e;

	if (v->dead)
		return false;
	if (m->code_len < m->code_cap)
		return true;
	e = module_grow(m, &m->code, &m->code_cap, m->code_len + 1, sizeof(*m->code));
	if (e != 0) {
		v->fault = e;
		v->dead = true; /* the caller ends this body at once */
	}
	return e == 0;
}

uint32_t
prepare_emit_word(struct validator *v, union insn w)
{
	if (!make_room(v))
		return NONE;
	v->m->code[v->m->code_len] = w;
	return v->m->code_len++;
}

uint32_t
prepare_emit(struct validator *v, uint16_t op, uint32_t a, uint32_t b, uint32_t c)
{
	return prepare_emit_word(
	    v, (union insn){ .op = op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c });
}

/* The word at @at, @n long, was the last to be written and computed the top operand. */
static void
define(struct validator *v, uint32_t at, uint32_t n)
{
	if (at == NONE)
		return;
	v->before = v->word_end == at ? v->word : NONE;
	v->word = v->def = at;
	v->word_end = v->def_end = at + n;
}

void
prepare_result(struct validator *v, uint16_t op, uint32_t b, uint32_t c)
{
	prepare_pair(v, op, &b, &c);
	define(v, prepare_emit(v, op, prepare_slot(v, v->height - 1), b, c), 1);
}

void
prepare_result_wide(struct validator *v, uint16_t op, uint32_t b, uint64_t imm)
{
	uint32_t at = prepare_emit(v, op, prepare_slot(v, v->height - 1), b, 0);

	if (prepare_emit_word(v, (union insn){ .imm = imm }) != NONE)
		define(v, at, 2);
}

void
prepare_forget(struct validator *v)
{
	v->def_end = NONE;
	v->word_end = NONE;
	v->move_end = NONE;
}

/* Into a local; two in a row, where the second refills what the first read, are one word. */
static void
write_move(struct validator *v, uint32_t to, uint32_t from)
{
	union insn *last;

	if (v->move_end == v->m->code_len && !v->dead && v->m->code[v->move_end - 1].b == to) {
		last = &v->m->code[v->move_end - 1];
		last->op = OP_MOVE2;
		last->c = (uint16_t)from;
		v->move_end = NONE;
		return;
	}
	prepare_emit(v, OP_MOVE, to, from, 0);
	v->move_end = v->m->code_len;
}

/* A constant into @slot: in one word where 32 bits hold it, else in a word of its own. */
static void
write_const(struct validator *v, uint32_t slot, uint64_t bits)
{
	if (bits <= UINT32_MAX) {
		prepare_emit(v, OP_CONST, slot, (uint16_t)bits, (uint16_t)(bits >> 16));
		return;
	}
	prepare_emit(v, OP_CONST64, slot, 0, 0);
	prepare_emit_word(v, (union insn){ .imm = bits });
}

uint32_t
prepare_source(struct validator *v, const struct operand *o)
{
	uint32_t own = prepare_slot(v, o->index);

	if (o->place == AT_LOCAL)
		return (uint32_t)o->value;
	if (o->place == AT_CONST)
		write_const(v, own, o->value);
	return own;
}

static void
settle_one(struct validator *v, struct operand *o)
{
	if (o->place == AT_LOCAL)
		prepare_emit(v, OP_MOVE, prepare_slot(v, o->index), (uint32_t)o->value, 0);
	else if (o->place == AT_CONST)
		write_const(v, prepare_slot(v, o->index), o->value);
	o->place = AT_SLOT;
}

/* From the top down, so that each operand AT_LOCAL is the head of its chain when its turn comes. */
void
prepare_settle(struct validator *v, uint32_t n)
{
	if (v->dead)
		return;
	for (uint32_t i = v->height; i > v->height - n && i > v->clean; i--) {
		struct operand *o = &v->stack[i - 1];

		if (o->place == AT_LOCAL)
			v->waiting[o->value] = o->below;
		settle_one(v, o);
	}
}

void
prepare_settle_all(struct validator *v)
{
	prepare_settle(v, v->height - v->clean);
	v->clean = v->height;
}

void
prepare_local_get(struct validator *v, uint32_t local)
{
	struct operand *o = &v->stack[v->height - 1];

	o->place = AT_LOCAL;
	o->value = local;
	o->below = v->waiting[local];
	v->waiting[local] = v->height;
}

void
prepare_const(struct validator *v, uint64_t bits)
{
	struct operand *o = &v->stack[v->height - 1];

	o->place = AT_CONST;
	o->value = bits;
}

/* The last word computed @o and nothing has happened since: it may write elsewhere. */
static bool
is_last(const struct validator *v, const struct operand *o)
{
	return o->place == AT_SLOT && v->def_end == v->m->code_len &&
	       v->m->code[v->def].a == prepare_slot(v, o->index);
}

void
prepare_local_set(struct validator *v, uint32_t local, const struct operand *o)
{
	while (v->waiting[local] != 0) {
		struct operand *w = &v->stack[v->waiting[local] - 1];

		v->waiting[local] = w->below;
		settle_one(v, w);
	}
	if (o->place == AT_LOCAL && o->value == local)
		return;
	if (o->place == AT_CONST) {
		write_const(v, local, o->value);
		return;
	}
	if (is_last(v, o)) {
		v->m->code[v->def].a = (uint16_t)local;
		v->def_end = NONE;
		return;
	}
	write_move(v, local, prepare_source(v, o));
}

uint32_t
prepare_charge(struct validator *v)
{
	uint32_t cost = v->cost;

	if (v->dead)
		return 0;
	v->cost = 0;
	return cost > UINT16_MAX ? UINT16_MAX : cost;
}

void
prepare_flush(struct validator *v)
{
	if (v->cost != 0 && !v->dead)
		prepare_emit(v, OP_FUEL, prepare_charge(v), 0, 0);
}
