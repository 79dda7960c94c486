/*
 * validate - the state of checking one function body, shared by validate_*.c and prepare*.c.
 *
 * The checker walks a body once and keeps the specification's two stacks: operands and controls. An
 * operand also says where its value is, so that the same walk writes the prepared code.
 */
#ifndef HOST_WASM_VALIDATE_PRIV_H
#define HOST_WASM_VALIDATE_PRIV_H

#include "host/wasm/decode_priv.h"

/* Where the value of an operand is. Only AT_SLOT has been written to its own slot. */
enum place { AT_SLOT, AT_LOCAL, AT_CONST };

#define ANY 0 /* the type of what unreachable code left behind */

struct operand {
	uint8_t type; /* enum wasm_valtype or ANY */
	uint8_t place;
	uint32_t index; /* its position on the stack: its own slot is nlocals + index */
	uint32_t below; /* AT_LOCAL: the next operand that waits for the same local, plus one */
	uint64_t value; /* AT_LOCAL: the local; AT_CONST: the bits */
};

struct control {
	uint8_t opcode; /* 2 block, 3 loop, 4 if, 5 else, 0 the function itself */
	bool dead;      /* entered where no code is written */
	bool unreachable;
	struct wasm_functype type;
	uint32_t height;
	uint32_t target; /* loop: its first word */
	uint32_t fixups; /* chain of words that wait for the end, through their rel; NONE */
	uint32_t else_fixup;
};

struct validator {
	struct reader r;
	struct decoder *d;
	struct wasm_module *m;
	const struct wasm_functype *type;

	struct operand *stack;
	uint32_t height, max_height, stack_cap;
	uint32_t clean; /* operands below this one are all AT_SLOT */
	struct control *controls;
	uint32_t depth, controls_cap;
	uint8_t *local_types;
	uint32_t *waiting; /* per local: topmost operand AT_LOCAL there, plus one */
	uint32_t nlocals, local_types_cap, waiting_cap;

	size_t op_at; /* of the instruction being checked */
	bool dead;    /* no code is written here */
	int fault;    /* the writer ran out of budget or memory */
	uint32_t def; /* word that computes the top operand, while def_end is the end of the code */
	uint32_t def_end;
	uint32_t word, word_end; /* the last word with a result, and where it ended; */
	uint32_t before;         /* the one that ended where that one began, NONE */
	uint32_t paired, both;   /* the second word of the last pair, and of the last that share */
	uint16_t alone;          /* what the first of both was */
	uint32_t move_end;       /* the end of the code just behind a move to a local */
	uint32_t cost;           /* instructions not yet charged by a word of code */
	uint64_t work;           /* steps left, so that the time stays linear in the image */
};

/* --- validate.c: the two stacks --- */

int validate_refuse(struct validator *v, enum wasm_answer answer, const char *text);
/* validate_push() - one operand AT_SLOT. */
int validate_push(struct validator *v, uint8_t type) must_check;
/* validate_pop() - take the top operand, of @type or ANY. */
int validate_pop(struct validator *v, uint8_t type, struct operand *out) must_check;
/* validate_drop() - forget operands down to @height. */
void validate_drop(struct validator *v, uint32_t height);
/* validate_top() - are the top @n operands of these types? Takes none. */
int validate_top(struct validator *v, const uint8_t *types, uint32_t n) must_check;
int validate_pops(struct validator *v, const uint8_t *types, uint32_t n) must_check;
int validate_pushes(struct validator *v, const uint8_t *types, uint32_t n) must_check;
/* validate_work() - pay for @n steps. */
int validate_work(struct validator *v, uint64_t n) must_check;

static inline struct control *
validate_control(struct validator *v)
{
	return &v->controls[v->depth - 1];
}

/* --- instructions, by family; each reads its own immediates --- */

int validate_numeric(struct validator *v, uint8_t opcode) must_check;   /* 0x45..0xc4 */
int validate_memory_op(struct validator *v, uint8_t opcode) must_check; /* 0x28..0x3e */
int validate_bulk(struct validator *v, uint8_t opcode) must_check; /* 0x25 0x26 0x3f 0x40 0xfc */
int validate_variable(
    struct validator *v, uint8_t opcode) must_check; /* 0x1a..0x24, 0x41..0x44, 0xd0.. */
int validate_flow(struct validator *v, uint8_t opcode) must_check; /* 0x00..0x11 */
int validate_enter(struct validator *v, uint8_t opcode, const struct wasm_functype *t) must_check;

/* --- prepare.c: the writer --- */

/* prepare_emit() - one word. Return: its place, NONE when no code is written. */
uint32_t prepare_emit(struct validator *v, uint16_t op, uint32_t a, uint32_t b, uint32_t c);
uint32_t prepare_emit_word(struct validator *v, union insn w);
/* prepare_result() - one word whose result is the top operand, just pushed. */
void prepare_result(struct validator *v, uint16_t op, uint32_t b, uint32_t c);
/* prepare_result_wide() - the same in two words, with a constant in the second. */
void prepare_result_wide(struct validator *v, uint16_t op, uint32_t b, uint64_t imm);
/* prepare_forget() - the next word may be reached from elsewhere: the last one stays as it is. */
void prepare_forget(struct validator *v);
/* prepare_source() - the slot to read a popped operand from. */
uint32_t prepare_source(struct validator *v, const struct operand *o);
/* prepare_settle() - bring the top @n operands to their own slots. */
void prepare_settle(struct validator *v, uint32_t n);
/* prepare_settle_all() - bring all there; what is written after may be reached from elsewhere. */
void prepare_settle_all(struct validator *v);
void prepare_local_get(struct validator *v, uint32_t local);
/* prepare_local_set() - @o was popped; operands that wait for the old value get it first. */
void prepare_local_set(struct validator *v, uint32_t local, const struct operand *o);
void prepare_const(struct validator *v, uint64_t bits);
/* prepare_charge() - take what is to be charged; prepare_flush() - charge it with a word of its
 * own. */
uint32_t prepare_charge(struct validator *v);
void prepare_flush(struct validator *v);

/* --- prepare_branch.c --- */

/* prepare_bind() - the chain of words @fixups jumps to the next word. */
void prepare_bind(struct validator *v, uint32_t fixups);
/* prepare_if() - jump when @cond is zero (or, with @sense, when not). Return: the word with the
 * target. */
uint32_t prepare_if(struct validator *v, const struct operand *cond, bool sense);
/* prepare_jump() - the word @at jumps to control @c. */
void prepare_jump(struct validator *v, struct control *c, uint32_t at);
/* prepare_br() - leave to @c with the operands it takes. */
void prepare_br(struct validator *v, struct control *c);
void prepare_br_if(struct validator *v, struct control *c, const struct operand *cond);
void prepare_return(struct validator *v);

/* --- prepare_pair.c --- */

/* prepare_pair() - let the last word run @op as well, if @op, about to be written, can be the
 * second of a pair; its sources may change places. */
void prepare_pair(struct validator *v, uint16_t op, uint32_t *b, uint32_t *c);
/* prepare_step() - let @word run the branch @at right behind it as well, if they are a pair. */
void prepare_step(struct validator *v, uint32_t word, uint32_t at);
/* prepare_again() - the same with a jump that has no condition. */
void prepare_again(struct validator *v, uint32_t word, uint32_t at);

static inline uint32_t
prepare_slot(const struct validator *v, uint32_t index)
{
	return v->nlocals + index;
}

static inline uint32_t
control_arity(const struct control *c)
{
	return c->opcode == 3 ? c->type.nparams : c->type.nresults;
}

static inline const uint8_t *
control_types(const struct control *c)
{
	return c->opcode == 3 ? c->type.params : c->type.results;
}

#endif
