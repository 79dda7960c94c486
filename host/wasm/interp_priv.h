/*
 * interp_priv - the forms a handler of the interpreter can have, one macro each.
 *
 * They speak of the locals of interp_run(): ip, fp, left, mem, mem_size, low, span, inst, labels,
 * trap. Included by interp.c alone; the lists they are given are those of ops.h and ops_pair.h.
 */
#ifndef HOST_WASM_INTERP_PRIV_H
#define HOST_WASM_INTERP_PRIV_H

#include "host/wasm/num_priv.h"
#include "host/wasm/store_priv.h"

typedef uint32_t T_u32;
typedef uint64_t T_u64;
typedef int32_t T_s32;
typedef int64_t T_s64;
typedef float T_f32;
typedef double T_f64;

static inline uint64_t
of_s32(int32_t v)
{
	return (uint32_t)v;
}

#define GET_u32(s) ((uint32_t)fp[s])
#define GET_s32(s) ((int32_t)(uint32_t)fp[s])
#define GET_u64(s) (fp[s])
#define GET_s64(s) ((int64_t)fp[s])
#define GET_f32(s) num_f32((uint32_t)fp[s])
#define GET_f64(s) num_f64(fp[s])
#define PUT_u32(v) (fp[ip->a] = (uint32_t)(v))
#define PUT_s32(v) (fp[ip->a] = of_s32(v))
#define PUT_u64(v) (fp[ip->a] = (uint64_t)(v))
#define PUT_s64(v) (fp[ip->a] = (uint64_t)(v))
#define PUT_f32(v) (fp[ip->a] = num_bits32(v))
#define PUT_f64(v) (fp[ip->a] = num_bits64(v))
#define MIN_s32 INT32_MIN
#define MAX_s32 INT32_MAX
#define MIN_u32 0
#define MAX_u32 UINT32_MAX
#define MIN_s64 INT64_MIN
#define MAX_s64 INT64_MAX
#define MIN_u64 0
#define MAX_u64 UINT64_MAX

#define NEXT goto *labels[ip->op]
#define SKIP(n)                                                                                    \
	do {                                                                                       \
		ip += (n);                                                                         \
		NEXT;                                                                              \
	} while (0)
#define TRAP(t)                                                                                    \
	do {                                                                                       \
		trap = (t);                                                                        \
		goto trapped;                                                                      \
	} while (0)
#define CHARGE(n)                                                                                  \
	do {                                                                                       \
		left -= (n);                                                                       \
		if (__builtin_expect(left < 0, 0))                                                 \
			TRAP(WASM_TRAP_FUEL);                                                      \
	} while (0)
/* the target is counted from the second word */
#define BRANCH_IF(cond)                                                                            \
	do {                                                                                       \
		if (cond) {                                                                        \
			ip += 1 + ip[1].rel;                                                       \
			NEXT;                                                                      \
		}                                                                                  \
		SKIP(2);                                                                           \
	} while (0)

#define DIV_S(x, y, min)                                                                           \
	__extension__({                                                                            \
		if (y == 0)                                                                        \
			TRAP(WASM_TRAP_DIVIDE_BY_ZERO);                                            \
		if (y == -1 && x == min)                                                           \
			TRAP(WASM_TRAP_INTEGER_OVERFLOW);                                          \
		x / y;                                                                             \
	})
#define DIV_U(x, y)                                                                                \
	__extension__({                                                                            \
		if (y == 0)                                                                        \
			TRAP(WASM_TRAP_DIVIDE_BY_ZERO);                                            \
		x / y;                                                                             \
	})
#define REM_S(x, y)                                                                                \
	__extension__({                                                                            \
		if (y == 0)                                                                        \
			TRAP(WASM_TRAP_DIVIDE_BY_ZERO);                                            \
		y == -1 ? 0 : x % y;                                                               \
	})
#define REM_U(x, y)                                                                                \
	__extension__({                                                                            \
		if (y == 0)                                                                        \
			TRAP(WASM_TRAP_DIVIDE_BY_ZERO);                                            \
		x % y;                                                                             \
	})

/* --- one handler for each line of ops.h --- */

#define DO_UNARY(name, in, out, value)                                                             \
	op_##name:                                                                                 \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b);                                                  \
		PUT_##out(value);                                                                  \
		SKIP(1);                                                                           \
	}
#define DO_CMP(name, in, value)                                                                    \
	op_##name:                                                                                 \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b), y = GET_##in(ip->c);                             \
		PUT_u32(value);                                                                    \
		SKIP(1);                                                                           \
	}
#define DO_BINARY(name, in, value)                                                                 \
	op_##name:                                                                                 \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b), y = GET_##in(ip->c);                             \
		PUT_##in(value);                                                                   \
		SKIP(1);                                                                           \
	}
#define DO_CMP_I(name, in, value)                                                                  \
	op_##name##_I:                                                                             \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b), y = (T_##in)(int16_t)ip->c;                      \
		PUT_u32(value);                                                                    \
		SKIP(1);                                                                           \
	}
#define DO_BINARY_I(name, in, value)                                                               \
	op_##name##_I:                                                                             \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b), y = (T_##in)(int16_t)ip->c;                      \
		PUT_##in(value);                                                                   \
		SKIP(1);                                                                           \
	}
#define DO_BINARY_W(name, in, value)                                                               \
	op_##name##_W:                                                                             \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b), y = (T_##in)ip[1].imm;                           \
		PUT_##in(value);                                                                   \
		SKIP(2);                                                                           \
	}
#define DO_CMP_BR(name, in, value)                                                                 \
	op_##name##_BR:                                                                            \
	{                                                                                          \
		const T_##in x = GET_##in(ip->a), y = GET_##in(ip->b);                             \
		CHARGE(ip->c);                                                                     \
		BRANCH_IF(value);                                                                  \
	}
#define DO_CMP_BR_I(name, in, value)                                                               \
	op_##name##_BR_I:                                                                          \
	{                                                                                          \
		const T_##in x = GET_##in(ip->a), y = (T_##in)(int16_t)ip->b;                      \
		CHARGE(ip->c);                                                                     \
		BRANCH_IF(value);                                                                  \
	}
#define DO_TRUNC(name, in, out, low, high)                                                         \
	op_##name:                                                                                 \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b);                                                  \
		if (x != x)                                                                        \
			TRAP(WASM_TRAP_INVALID_CONVERSION);                                        \
		if (!(x > low && x < high))                                                        \
			TRAP(WASM_TRAP_INTEGER_OVERFLOW);                                          \
		PUT_##out((T_##out)x);                                                             \
		SKIP(1);                                                                           \
	}
#define DO_TRUNC_SAT(name, in, out, low, high)                                                     \
	op_##name##_SAT:                                                                           \
	{                                                                                          \
		const T_##in x = GET_##in(ip->b);                                                  \
		PUT_##out(x != x ? 0 : x <= low ? MIN_##out : x >= high ? MAX_##out : (T_##out)x); \
		SKIP(1);                                                                           \
	}
#define LOAD_FROM(ea, in_memory, out)                                                              \
	do {                                                                                       \
		in_memory v;                                                                       \
		if (__builtin_expect((ea) + sizeof(v) > mem_size, 0))                              \
			TRAP(WASM_TRAP_MEMORY_BOUNDS);                                             \
		memcpy(&v, mem + (ea), sizeof(v));                                                 \
		PUT_##out((T_##out)v);                                                             \
	} while (0)
/* One compare is for both: inside what is known to have been written lies inside the memory. */
#define STORE_TO(ea, in_memory, value)                                                             \
	do {                                                                                       \
		const in_memory v = (in_memory)(value);                                            \
		if (__builtin_expect((ea)-low + sizeof(v) > span, 0)) {                            \
			if ((ea) + sizeof(v) > mem_size)                                           \
				TRAP(WASM_TRAP_MEMORY_BOUNDS);                                     \
			memory_touch(inst->memory, ea, sizeof(v));                                 \
			low = inst->memory->low;                                                   \
			span = inst->memory->span;                                                 \
		}                                                                                  \
		memcpy(mem + (ea), &v, sizeof(v));                                                 \
	} while (0)

#define DO_LOAD(name, in_memory, out)                                                              \
	op_##name:                                                                                 \
	{                                                                                          \
		const uint64_t ea = (uint64_t)GET_u32(ip->b) + ip->c;                              \
		LOAD_FROM(ea, in_memory, out);                                                     \
		SKIP(1);                                                                           \
	}
#define DO_LOAD_FAR(name, in_memory, out)                                                          \
	op_##name##_FAR:                                                                           \
	{                                                                                          \
		const uint64_t ea = (uint64_t)GET_u32(ip->b) + ip[1].imm;                          \
		LOAD_FROM(ea, in_memory, out);                                                     \
		SKIP(2);                                                                           \
	}
#define DO_STORE(name, in_memory)                                                                  \
	op_##name:                                                                                 \
	{                                                                                          \
		const uint64_t ea = (uint64_t)GET_u32(ip->b) + ip->c;                              \
		STORE_TO(ea, in_memory, fp[ip->a]);                                                \
		SKIP(1);                                                                           \
	}
#define DO_STORE_K(name, in_memory)                                                                \
	op_##name##_K: /* a: the value */                                                          \
	{                                                                                          \
		const uint64_t ea = (uint64_t)GET_u32(ip->b) + ip->c;                              \
		STORE_TO(ea, in_memory, (uint64_t)(int64_t)(int16_t)ip->a);                        \
		SKIP(1);                                                                           \
	}
#define DO_STORE_FAR(name, in_memory)                                                              \
	op_##name##_FAR:                                                                           \
	{                                                                                          \
		const uint64_t ea = (uint64_t)GET_u32(ip->b) + ip[1].imm;                          \
		STORE_TO(ea, in_memory, fp[ip->a]);                                                \
		SKIP(2);                                                                           \
	}

/* --- pairs --- */

/* the operation alone, on bits */
#define VALUE_OF(name, in, value)                                                                  \
	static inline uint64_t value_##name(uint64_t a, uint64_t b)                                \
	{                                                                                          \
		const T_##in x = (T_##in)a, y = (T_##in)b;                                         \
		return (uint64_t)(value);                                                          \
	}
OPS_ARITH(VALUE_OF, 32)
OPS_BITS(VALUE_OF, 32)
OPS_ARITH(VALUE_OF, 64)
OPS_BITS(VALUE_OF, 64)
OPS_CMP(VALUE_OF, 32)
OPS_CMP(VALUE_OF, 64)

#define SOURCE_S GET_u64(ip->c)
#define SOURCE_I (uint64_t)(int64_t)(int16_t)ip->c
#define SOURCE_W ip[1].imm
#define LENGTH_S 1
#define LENGTH_I 1
#define LENGTH_W 2
#define THEN_S(value) value(t, SOURCE_S)
#define THEN_I(value) value(t, SOURCE_I)
#define THEN_T(value) value(GET_u64(ip->b), t)
#define AGAINST_S GET_u64(ip->b)
#define AGAINST_I (uint64_t)(int64_t)(int16_t)ip->b

#define DO_PAIR(N, name, form, second, second_form)                                                \
	op_PAIR##N##_##name##_##form##_##second##_##second_form:                                   \
	{                                                                                          \
		const T_u##N t = (T_u##N)value_I##N##_##name(GET_u64(ip->b), SOURCE_##form);       \
		ip += LENGTH_##form;                                                               \
		PUT_u##N(THEN_##second_form(value_I##N##_##second));                               \
		SKIP(1);                                                                           \
	}
#define DO_PAIRS(...) OPS_SECOND(DO_PAIR, __VA_ARGS__)
#define DO_BOTH(N, name, other)                                                                    \
	op_BOTH##N##_##name##_##other:                                                             \
	{                                                                                          \
		PUT_u##N(value_I##N##_##name(GET_u64(ip->b), GET_u64(ip->c)));                     \
		ip++;                                                                              \
		PUT_u##N(value_I##N##_##other(GET_u64(ip->b), GET_u64(ip->c)));                    \
		SKIP(1);                                                                           \
	}
#define DO_STEP(N, name, compare, form)                                                            \
	op_STEP##N##_##name##_##compare##_##form:                                                  \
	{                                                                                          \
		const T_u##N t = (T_u##N)value_I##N##_##name(GET_u64(ip->b), SOURCE_I);            \
		PUT_u##N(t);                                                                       \
		ip++;                                                                              \
		CHARGE(ip->c);                                                                     \
		BRANCH_IF(value_I##N##_##compare(t, AGAINST_##form) != 0);                         \
	}

#define DO_JUMP(N, name, form)                                                                     \
	op_JUMP##N##_##name##_##form:                                                              \
	{                                                                                          \
		PUT_u##N(value_I##N##_##name(GET_u64(ip->b), SOURCE_##form));                      \
		ip++;                                                                              \
		CHARGE(ip->a);                                                                     \
		SKIP(ip->rel);                                                                     \
	}

#define LABEL(name, ...) [OP_##name] = &&op_##name,
#define LABEL_I(name, ...) [OP_##name##_I] = &&op_##name##_I,
#define LABEL_W(name, ...) [OP_##name##_W] = &&op_##name##_W,
#define LABEL_BR(name, ...) [OP_##name##_BR] = &&op_##name##_BR,
#define LABEL_BR_I(name, ...) [OP_##name##_BR_I] = &&op_##name##_BR_I,
#define LABEL_FAR(name, ...) [OP_##name##_FAR] = &&op_##name##_FAR,
#define LABEL_SAT(name, ...) [OP_##name##_SAT] = &&op_##name##_SAT,
#define LABEL_K(name, ...) [OP_##name##_K] = &&op_##name##_K,
#define LABEL_PAIR(N, name, form, second, second_form)                                             \
	[OP_PAIR##N##_##name##_##form##_##second##_##second_form] =                                \
	    &&op_PAIR##N##_##name##_##form##_##second##_##second_form,
#define LABEL_PAIRS(...) OPS_SECOND(LABEL_PAIR, __VA_ARGS__)
#define LABEL_STEP(N, name, compare, form)                                                         \
	[OP_STEP##N##_##name##_##compare##_##form] = &&op_STEP##N##_##name##_##compare##_##form,
#define LABEL_BOTH(N, name, other)                                                                 \
	[OP_BOTH##N##_##name##_##other] = &&op_BOTH##N##_##name##_##other,
#define LABEL_JUMP(N, name, form) [OP_JUMP##N##_##name##_##form] = &&op_JUMP##N##_##name##_##form,

#endif
