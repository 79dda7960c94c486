/*
 * prepare_pair - two words that one handler runs: which stand next to each other, and may be one.
 *
 * Nothing moves: the first word gets the number of the pair and the second stays what it was, so a
 * target that was bound to either still means the same. A pair is made only of words with no label
 * between them, and a first word that is already the second of a pair is left alone. Renumbering a
 * word that some pair has as its second changes nothing: the pair's handler does not look.
 *
 * Two that read different things are joined too, unless the second turns out to be the first of a
 * pair that saves the way through a slot: then they are parted again.
 */
#include "host/wasm/validate_priv.h"

#define INDEX_FIRST(N, name, form) FIRST_##name##_##form,
#define INDEX_SECOND(a, name, form) SECOND_##name##_##form,
enum first { OPS_FIRST(INDEX_FIRST, 0) FIRSTS };
enum second { OPS_SECOND(INDEX_SECOND, 0) SECONDS };

_Static_assert(OP_PAIR32_ADD_S_ADD_S + FIRSTS * SECONDS == OP_PAIR64_ADD_S_ADD_S &&
		   OP_PAIR64_XOR_W_SHR_U_I == OP_PAIR64_ADD_S_ADD_S + FIRSTS * SECONDS - 1,
    "the number of a pair is counted from its halves");

#define NUMBER_S(N, name) OP_I##N##_##name
#define NUMBER_I(N, name) OP_I##N##_##name##_I
#define NUMBER_W(N, name) OP_I##N##_##name##_W
#define ROW_FIRST(N, name, form) [NUMBER_##form(N, name)] = FIRST_##name##_##form + 1,
#define ROW_S(N, name) [NUMBER_S(N, name)] = SECOND_##name##_S + 1,
#define ROW_I(N, name) [NUMBER_I(N, name)] = SECOND_##name##_I + 1,
#define ROW_T(N, name) /* the operation of S, told apart by which source is the value */
#define ROW_SECOND(N, name, form) ROW_##form(N, name)

/* one more than the place in its list, 0 for what is in none */
static const uint8_t firsts[OP_COUNT] = { OPS_FIRST(ROW_FIRST, 32) OPS_FIRST(ROW_FIRST, 64) };
static const uint8_t seconds[OP_COUNT] = { OPS_SECOND(ROW_SECOND, 32) OPS_SECOND(ROW_SECOND, 64) };

#define INDEX_OTHER(a, name) OTHER_##name,
enum other { OPS_OTHER(INDEX_OTHER, 0) OTHERS };
#define ROW_OTHER(N, name) [NUMBER_S(N, name)] = OTHER_##name + 1,
static const uint8_t others[OP_COUNT] = { OPS_OTHER(ROW_OTHER, 32) OPS_OTHER(ROW_OTHER, 64) };

static bool
is_wide(uint16_t op)
{
	return (op >= OP_I64_ADD && op <= OP_I64_ROTR) ||
	       (op >= OP_I64_ADD_I && op <= OP_I64_ROTR_I);
}

/* Is the top operand's value, just computed by the last word, read as @b or @c? As @b then, @second
 * may become the form that reads it as @c. */
static bool
reads_last(const struct validator *v, uint16_t op, uint32_t *b, uint32_t *c, uint32_t *second)
{
	uint32_t value = v->m->code[v->def].a, other = *b;

	if (value < v->nlocals || *b == value)
		return value >= v->nlocals;
	if (op >= OP_I32_EQ_I || *c != value) /* beyond those of two slots */
		return false;
	if (op == OP_I32_SUB || op == OP_I64_SUB) {
		*second = SECOND_SUB_T;
		return true;
	}
	*b = value;
	*c = other;
	return true;
}

/* The last word and @op, which have nothing to do with each other. */
static void
both(struct validator *v, uint16_t op)
{
	uint16_t first = v->m->code[v->word].op;

	if (v->word == v->paired || v->word == v->both || others[first] == 0 || others[op] == 0 ||
	    is_wide(first) != is_wide(op))
		return;
	v->alone = first;
	v->m->code[v->word].op = (uint16_t)((is_wide(op) ? OP_BOTH64_ADD_ADD : OP_BOTH32_ADD_ADD) +
					    (others[first] - 1) * OTHERS + others[op] - 1);
	v->both = v->word_end;
}

void
prepare_pair(struct validator *v, uint16_t op, uint32_t *b, uint32_t *c)
{
	uint32_t second, first;
	union insn *code = v->m->code;

	if (seconds[op] == 0 || v->dead || v->word_end != v->m->code_len)
		return;
	second = seconds[op] - 1U;
	first = firsts[code[v->word].op];
	if (first == 0 || v->def_end != v->word_end || v->def == v->paired ||
	    !reads_last(v, op, b, c, &second)) {
		both(v, op);
		return;
	}
	if (v->def == v->both)
		code[v->both - 1].op = v->alone;
	code[v->def].op = (uint16_t)((is_wide(op) ? OP_PAIR64_ADD_S_ADD_S : OP_PAIR32_ADD_S_ADD_S) +
				     (first - 1) * SECONDS + second);
	v->paired = v->def_end;
}

/* The place of @branch among those of OPS_STEP, NONE for what is none of them; tests against zero
 * are compares with a constant of 0, and look like them. */
static uint32_t
branch_index(uint16_t branch, bool wide)
{
	uint16_t slots = wide ? OP_I64_EQ_BR : OP_I32_EQ_BR;
	uint16_t constants = wide ? OP_I64_EQ_BR_I : OP_I32_EQ_BR_I;
	uint16_t zero = wide ? OP_BR_Z64 : OP_BR_Z32;

	if (branch >= slots && branch < slots + 10)
		return (uint32_t)branch - slots;
	if (branch >= constants && branch < constants + 10)
		return (uint32_t)branch - constants + 10;
	return branch == zero ? 10 : branch == zero + 1 ? 11 : NONE;
}

void
prepare_step(struct validator *v, uint32_t word, uint32_t at)
{
	union insn *step;
	uint32_t n;
	bool wide;

	if (word == NONE || at == NONE || v->m->code[word].a != v->m->code[at].a)
		return;
	step = &v->m->code[word];
	wide = step->op == OP_I64_ADD_I || step->op == OP_I64_AND_I;
	n = branch_index(v->m->code[at].op, wide);
	if (n == NONE)
		return;
	if (step->op == OP_I32_ADD_I || step->op == OP_I64_ADD_I)
		step->op = (uint16_t)((wide ? OP_STEP64_ADD_EQ_S : OP_STEP32_ADD_EQ_S) + n);
	else if ((step->op == OP_I32_AND_I || wide) && (n == 10 || n == 11))
		step->op = (uint16_t)((wide ? OP_STEP64_AND_EQ_I : OP_STEP32_AND_EQ_I) + n - 10);
}

void
prepare_again(struct validator *v, uint32_t word, uint32_t at)
{
	union insn *step;

	if (word == NONE || at == NONE)
		return;
	step = &v->m->code[word];
	switch (step->op) {
	case OP_I32_ADD:
		step->op = OP_JUMP32_ADD_S;
		break;
	case OP_I32_ADD_I:
		step->op = OP_JUMP32_ADD_I;
		break;
	case OP_I64_ADD:
		step->op = OP_JUMP64_ADD_S;
		break;
	case OP_I64_ADD_I:
		step->op = OP_JUMP64_ADD_I;
		break;
	default:
		break;
	}
}
