/*
 * interp - running prepared code.
 *
 * One function: each operation jumps to the next by its number. Guest calls push a frame, they do
 * not recurse here. Fuel goes down where control may turn: at each branch, call and return by the
 * number of instructions since the last one, so that no loop and no recursion is free. Every access
 * is held against the memory's size with an effective address of 64 bits.
 *
 * What it trusts: words written by prepare.c for a body that was validated. Slots are inside the
 * frame because the frame's size was counted there and held against the stack on entry.
 */
#include "host/wasm/interp_priv.h"

/* Another instance runs: its memory, code and bodies. */
#define RELOAD()                                                                                   \
	do {                                                                                       \
		mem = inst->memory != NULL ? inst->memory->data : NULL;                            \
		mem_size = inst->memory != NULL ? inst->memory->size : 0;                          \
		low = inst->memory != NULL ? inst->memory->low : 0;                                \
		span = inst->memory != NULL ? inst->memory->span : 0;                              \
		bodies = inst->module->bodies;                                                     \
		code = inst->module->code;                                                         \
	} while (0)

/* Enter @body on @args; @ip is where it returns to, in @from. */
#define ENTER()                                                                                    \
	do {                                                                                       \
		if (top == s->frames_end)                                                          \
			TRAP(WASM_TRAP_CALL_DEPTH);                                                \
		if (body->slots > (size_t)(s->stack_end - args))                                   \
			TRAP(WASM_TRAP_VALUE_STACK);                                               \
		CHARGE(body->zero >> 4);                                                           \
		*top++ =                                                                           \
		    (struct frame){ .ip = ip, .fp = fp, .body = s->running, .instance = from };    \
		s->running = body;                                                                 \
		fp = args;                                                                         \
		if (body->zero != 0)                                                               \
			memset(fp + body->params, 0, body->zero * sizeof(*fp));                    \
		ip = code + body->code;                                                            \
		NEXT;                                                                              \
	} while (0)

/* Back to who called, its results at the start of the frame; the host is a frame without code. */
#define LEAVE()                                                                                    \
	do {                                                                                       \
		top--;                                                                             \
		s->running = top->body;                                                            \
		ip = top->ip;                                                                      \
		fp = top->fp;                                                                      \
		if (ip == NULL)                                                                    \
			goto finished;                                                             \
		if (top->instance != inst) {                                                       \
			inst = top->instance;                                                      \
			s->running_in = inst;                                                      \
			RELOAD();                                                                  \
		}                                                                                  \
		NEXT;                                                                              \
	} while (0)

/* What a host function left in slots of 32 bits has no upper half. */
static void
trim_results(const struct wasm_functype *t, uint64_t *slots)
{
	for (uint32_t i = 0; i < t->nresults; i++)
		if (t->results[i] == WASM_I32 || t->results[i] == WASM_F32)
			slots[i] = (uint32_t)slots[i];
}

/* Is @f of type @want of @inst's module? Types of one module compare by number. */
static bool
same_type(const struct wasm_instance *inst, uint32_t want, const struct wasm_func *f)
{
	const struct wasm_module *m = inst->module;

	if (f->instance != NULL && f->instance->module == m)
		return m->canon[f->body->type] == m->canon[want];
	return functype_eq(f->type, &m->types[want]);
}

enum wasm_trap_code
interp_run(
    struct wasm_store *s, const struct wasm_func *f, uint64_t *fp, int64_t *fuel, int *host_code)
{
	/* clang-format off */
	static const void *const all_labels[OP_COUNT] = {
		OPS_NUMERIC(LABEL, LABEL, LABEL, LABEL, LABEL, LABEL, LABEL, LABEL, LABEL, LABEL, LABEL)
		OPS_LOAD(LABEL) OPS_STORE(LABEL) OPS_LOAD(LABEL_FAR) OPS_STORE(LABEL_FAR)
		OPS_STORE(LABEL_K)
		OPS_TRUNC32(LABEL_SAT) OPS_TRUNC64(LABEL_SAT)
		OPS_CMP(LABEL_I, 32) OPS_CMP(LABEL_I, 64)
		OPS_CMP(LABEL_BR, 32) OPS_CMP(LABEL_BR, 64) OPS_CMP(LABEL_BR_I, 32) OPS_CMP(LABEL_BR_I, 64)
		OPS_ARITH(LABEL_I, 32) OPS_BITS(LABEL_I, 32) OPS_ARITH(LABEL_I, 64) OPS_BITS(LABEL_I, 64)
		OPS_ARITH(LABEL_W, 32) OPS_BITS(LABEL_W, 32) OPS_ARITH(LABEL_W, 64) OPS_BITS(LABEL_W, 64)
		OPS_REST(LABEL)
		OPS_FIRST(LABEL_PAIRS, 32) OPS_FIRST(LABEL_PAIRS, 64)
		OPS_STEP(LABEL_STEP, 32) OPS_STEP(LABEL_STEP, 64) OPS_JUMP(LABEL_JUMP)
		OPS_BOTH(LABEL_BOTH, 32) OPS_BOTH(LABEL_BOTH, 64)
	};
	/* clang-format on */
	const void *const *labels = all_labels;
	struct frame *top = s->frames;
	struct wasm_instance *inst = f->instance, *from;
	const struct body *body = f->body, *bodies;
	const union insn *code, *ip = NULL;
	uint64_t *args = fp, mem_size, low, span;
	int64_t left = *fuel;
	uint8_t *mem;
	enum wasm_trap_code trap = WASM_TRAP_NONE;

	__asm__("" : "+r"(labels));
	s->top = top;
	from = inst;
	fp = NULL;
	RELOAD();

enter:
	ENTER();

	OPS_NUMERIC(DO_UNARY, DO_CMP, DO_CMP, DO_UNARY, DO_BINARY, DO_BINARY, DO_BINARY, DO_UNARY,
	    DO_BINARY, DO_TRUNC, DO_UNARY)
	OPS_LOAD(DO_LOAD)
	OPS_STORE(DO_STORE)
	OPS_LOAD(DO_LOAD_FAR)
	OPS_STORE(DO_STORE_FAR)
	OPS_STORE(DO_STORE_K)
	OPS_TRUNC32(DO_TRUNC_SAT)
	OPS_TRUNC64(DO_TRUNC_SAT)
	OPS_CMP(DO_CMP_I, 32)
	OPS_CMP(DO_CMP_I, 64)
	OPS_CMP(DO_CMP_BR, 32)
	OPS_CMP(DO_CMP_BR, 64)
	OPS_CMP(DO_CMP_BR_I, 32)
	OPS_CMP(DO_CMP_BR_I, 64)
	OPS_ARITH(DO_BINARY_I, 32)
	OPS_BITS(DO_BINARY_I, 32)
	OPS_ARITH(DO_BINARY_I, 64)
	OPS_BITS(DO_BINARY_I, 64)
	OPS_ARITH(DO_BINARY_W, 32)
	OPS_BITS(DO_BINARY_W, 32)
	OPS_ARITH(DO_BINARY_W, 64)
	OPS_BITS(DO_BINARY_W, 64)
	OPS_FIRST(DO_PAIRS, 32)
	OPS_FIRST(DO_PAIRS, 64)
	OPS_STEP(DO_STEP, 32)
	OPS_STEP(DO_STEP, 64)
	OPS_JUMP(DO_JUMP)
	OPS_BOTH(DO_BOTH, 32)
	OPS_BOTH(DO_BOTH, 64)

op_UNREACHABLE:
	CHARGE(ip->b);
	TRAP(WASM_TRAP_UNREACHABLE);
op_FUEL:
	CHARGE(ip->a);
	SKIP(1);
op_MOVE:
	fp[ip->a] = fp[ip->b];
	SKIP(1);
op_MOVE2: /* one after the other: a chain of two */
	fp[ip->a] = fp[ip->b];
	fp[ip->b] = fp[ip->c];
	SKIP(1);
op_COPY: /* upwards: the destination lies below */
	for (uint32_t i = 0; i < ip->c; i++)
		fp[ip->a + i] = fp[ip->b + i];
	SKIP(1);
op_CONST:
	fp[ip->a] = ip->hi;
	SKIP(1);
op_CONST64:
	fp[ip->a] = ip[1].imm;
	SKIP(2);
op_BR:
	CHARGE(ip->a);
	SKIP(ip->rel);
op_BR_Z32:
	CHARGE(ip->c);
	BRANCH_IF(GET_u32(ip->a) == 0);
op_BR_NZ32:
	CHARGE(ip->c);
	BRANCH_IF(GET_u32(ip->a) != 0);
op_BR_Z64:
	CHARGE(ip->c);
	BRANCH_IF(GET_u64(ip->a) == 0);
op_BR_NZ64:
	CHARGE(ip->c);
	BRANCH_IF(GET_u64(ip->a) != 0);
op_BR_TABLE : { /* word 1: count, first slot of the operands; then the entries, the default last */
	const uint32_t at = GET_u32(ip->a), n = ip->c, src = ip[1].hi;
	const union insn *entry = ip + 2 + (at < ip[1].lo ? at : ip[1].lo);

	CHARGE(ip->b);
	for (uint32_t i = 0; i < n; i++)
		fp[entry->op_ + i] = fp[src + i];
	ip = entry + entry->rel;
	NEXT;
}
op_RET0:
	CHARGE(ip->b);
	LEAVE();
op_RET1:
	CHARGE(ip->b);
	fp[0] = fp[ip->a];
	LEAVE();
op_RET:
	CHARGE(ip->b);
	for (uint32_t i = 0; i < ip->c; i++)
		fp[i] = fp[ip->a + i];
	LEAVE();
op_CALL:
	CHARGE(ip->b);
	body = &bodies[ip[1].imm];
	args = fp + ip->a;
	from = inst;
	ip += 2;
	ENTER();
op_CALL_IMPORT:
	CHARGE(ip->b);
	f = inst->imported[ip[1].imm];
	goto call;
op_CALL_INDIRECT : {
	const uint32_t at = GET_u32(ip->c);
	const struct wasm_table *t = inst->tables[ip[1].hi];

	CHARGE(ip->b);
	if (at >= t->size)
		TRAP(WASM_TRAP_UNDEFINED_ELEMENT);
	f = func_of_bits(t->items[at]);
	if (f == NULL)
		TRAP(WASM_TRAP_UNINITIALIZED_ELEMENT);
	if (!same_type(inst, ip[1].lo, f))
		TRAP(WASM_TRAP_INDIRECT_TYPE);
}
call: /* @f with the arguments of the word at @ip */
	args = fp + ip->a;
	ip += 2;
	if (f->instance == NULL) {
		struct wasm_host_call c = { .caller = inst, .slots = args, .fuel = fuel };

		*fuel = left;
		*host_code = f->fn(f->ctx, &c);
		left = *fuel;
		if (*host_code != 0)
			TRAP(WASM_TRAP_HOST);
		CHARGE(0);
		trim_results(f->type, args);
		RELOAD();
		NEXT;
	}
	body = f->body;
	from = inst;
	if (f->instance != inst) {
		inst = f->instance;
		s->running_in = inst;
		RELOAD();
	}
	goto enter;
op_SELECT: /* word 1: the slot of the condition */
	fp[ip->a] = fp[GET_u32(ip[1].imm) != 0 ? ip->b : ip->c];
	SKIP(2);
op_GLOBAL_GET:
	fp[ip->a] = inst->globals[ip->b]->bits;
	SKIP(1);
op_GLOBAL_SET:
	inst->globals[ip->b]->bits = fp[ip->a];
	SKIP(1);
op_MEMORY_SIZE:
	fp[ip->a] = mem_size / PAGE_BYTES;
	SKIP(1);
op_MEMORY_GROW:
	fp[ip->a] = memory_grow(inst->memory, GET_u32(ip->b));
	mem_size = inst->memory->size;
	SKIP(1);
op_BULK : { /* word 1: two indices */
	const struct bulk_args a = {
		.sub = ip->b, .x = ip[1].lo, .y = ip[1].hi, .slots = fp + ip->a
	};

	trap = interp_bulk(inst, &a, &left);
	if (trap != WASM_TRAP_NONE)
		goto trapped;
	SKIP(2);
}
op_REF_IS_NULL:
	PUT_u32(fp[ip->b] == 0);
	SKIP(1);
op_REF_FUNC:
	fp[ip->a] = func_to_bits(instance_func(inst, (uint32_t)ip[1].imm));
	SKIP(2);

finished:
trapped:
	*fuel = left;
	return trap;
}
