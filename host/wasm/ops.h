/*
 * ops - the operations of the prepared code, one line each: name, input type, output type, value.
 *
 * The numeric lists stand in the order of the binary format (0x45 to 0xc4), so that the number of
 * an operation is a subtraction. Source of the order: WebAssembly core specification, 5.4.
 * Expressions speak of x and y; those that can trap speak of TRAP(code).
 */
#ifndef HOST_WASM_OPS_H
#define HOST_WASM_OPS_H

#include "host/wasm/ops_pair.h"

/* X(name, input, value): comparisons of integers; also fused with an immediate and with a branch */
#define OPS_CMP(X, W)                                                                              \
	X(I##W##_EQ, u##W, x == y)                                                                 \
	X(I##W##_NE, u##W, x != y)                                                                 \
	X(I##W##_LT_S, s##W, x < y)                                                                \
	X(I##W##_LT_U, u##W, x < y)                                                                \
	X(I##W##_GT_S, s##W, x > y)                                                                \
	X(I##W##_GT_U, u##W, x > y)                                                                \
	X(I##W##_LE_S, s##W, x <= y)                                                               \
	X(I##W##_LE_U, u##W, x <= y)                                                               \
	X(I##W##_GE_S, s##W, x >= y)                                                               \
	X(I##W##_GE_U, u##W, x >= y)

#define OPS_FCMP(X, W)                                                                             \
	X(F##W##_EQ, f##W, x == y)                                                                 \
	X(F##W##_NE, f##W, x != y)                                                                 \
	X(F##W##_LT, f##W, x < y)                                                                  \
	X(F##W##_GT, f##W, x > y)                                                                  \
	X(F##W##_LE, f##W, x <= y)                                                                 \
	X(F##W##_GE, f##W, x >= y)

/* X(name, input, output, value): one operand */
#define OPS_COUNT(X, W)                                                                            \
	X(I##W##_CLZ, u##W, u##W, num_clz##W(x))                                                   \
	X(I##W##_CTZ, u##W, u##W, num_ctz##W(x))                                                   \
	X(I##W##_POPCNT, u##W, u##W, num_popcnt##W(x))

/* X(name, input, value): two integers, no trap; also with an immediate */
#define OPS_ARITH(X, W)                                                                            \
	X(I##W##_ADD, u##W, x + y)                                                                 \
	X(I##W##_SUB, u##W, x - y)                                                                 \
	X(I##W##_MUL, u##W, x *y)

#define OPS_DIV(X, W)                                                                              \
	X(I##W##_DIV_S, s##W, DIV_S(x, y, INT##W##_MIN))                                           \
	X(I##W##_DIV_U, u##W, DIV_U(x, y))                                                         \
	X(I##W##_REM_S, s##W, REM_S(x, y))                                                         \
	X(I##W##_REM_U, u##W, REM_U(x, y))

#define OPS_BITS(X, W)                                                                             \
	X(I##W##_AND, u##W, x &y)                                                                  \
	X(I##W##_OR, u##W, x | y)                                                                  \
	X(I##W##_XOR, u##W, x ^ y)                                                                 \
	X(I##W##_SHL, u##W, x << (y & (W - 1)))                                                    \
	X(I##W##_SHR_S, s##W, x >> (y & (W - 1)))                                                  \
	X(I##W##_SHR_U, u##W, x >> (y & (W - 1)))                                                  \
	X(I##W##_ROTL, u##W, num_rotl##W(x, y))                                                    \
	X(I##W##_ROTR, u##W, num_rotr##W(x, y))

/* sign bits are moved as integers: a NaN keeps its payload. S is the sign bit. */
#define OPS_FUNARY(X, W, S)                                                                        \
	X(F##W##_ABS, u##W, u##W, x & ~(S))                                                        \
	X(F##W##_NEG, u##W, u##W, x ^ (S))                                                         \
	X(F##W##_CEIL, f##W, f##W, num_ceil##W(x))                                                 \
	X(F##W##_FLOOR, f##W, f##W, num_floor##W(x))                                               \
	X(F##W##_TRUNC, f##W, f##W, num_trunc##W(x))                                               \
	X(F##W##_NEAREST, f##W, f##W, num_nearest##W(x))                                           \
	X(F##W##_SQRT, f##W, f##W, num_sqrt##W(x))

#define OPS_FARITH(X, W, S)                                                                        \
	X(F##W##_ADD, f##W, x + y)                                                                 \
	X(F##W##_SUB, f##W, x - y)                                                                 \
	X(F##W##_MUL, f##W, x *y)                                                                  \
	X(F##W##_DIV, f##W, num_div##W(x, y))                                                      \
	X(F##W##_MIN, f##W, num_min##W(x, y))                                                      \
	X(F##W##_MAX, f##W, num_max##W(x, y))                                                      \
	X(F##W##_COPYSIGN, u##W, (x & ~(S)) | (y & (S)))

/* X(name, input, output, low, high): traps unless low < x < high */
#define OPS_TRUNC32(X)                                                                             \
	X(I32_TRUNC_F32_S, f32, s32, -2147483904.0f, 2147483648.0f)                                \
	X(I32_TRUNC_F32_U, f32, u32, -1.0f, 4294967296.0f)                                         \
	X(I32_TRUNC_F64_S, f64, s32, -2147483649.0, 2147483648.0)                                  \
	X(I32_TRUNC_F64_U, f64, u32, -1.0, 4294967296.0)
#define OPS_TRUNC64(X)                                                                             \
	X(I64_TRUNC_F32_S, f32, s64, -9223373136366403584.0f, 9223372036854775808.0f)              \
	X(I64_TRUNC_F32_U, f32, u64, -1.0f, 18446744073709551616.0f)                               \
	X(I64_TRUNC_F64_S, f64, s64, -9223372036854777856.0, 9223372036854775808.0)                \
	X(I64_TRUNC_F64_U, f64, u64, -1.0, 18446744073709551616.0)

/* C converts with the rounding mode in force, to nearest: what the specification asks */
#define OPS_CONVERT1(X) X(I32_WRAP_I64, u64, u32, (uint32_t)x)
#define OPS_CONVERT2(X)                                                                            \
	X(I64_EXTEND_I32_S, s32, s64, (int64_t)x)                                                  \
	X(I64_EXTEND_I32_U, u32, u64, (uint64_t)x)
#define OPS_CONVERT3(X)                                                                            \
	X(F32_CONVERT_I32_S, s32, f32, (float)x)                                                   \
	X(F32_CONVERT_I32_U, u32, f32, (float)x)                                                   \
	X(F32_CONVERT_I64_S, s64, f32, (float)x)                                                   \
	X(F32_CONVERT_I64_U, u64, f32, (float)x)                                                   \
	X(F32_DEMOTE_F64, f64, f32, (float)x)                                                      \
	X(F64_CONVERT_I32_S, s32, f64, (double)x)                                                  \
	X(F64_CONVERT_I32_U, u32, f64, (double)x)                                                  \
	X(F64_CONVERT_I64_S, s64, f64, (double)x)                                                  \
	X(F64_CONVERT_I64_U, u64, f64, (double)x)                                                  \
	X(F64_PROMOTE_F32, f32, f64, (double)x)                                                    \
	X(I32_REINTERPRET_F32, u32, u32, x)                                                        \
	X(I64_REINTERPRET_F64, u64, u64, x)                                                        \
	X(F32_REINTERPRET_I32, u32, u32, x)                                                        \
	X(F64_REINTERPRET_I64, u64, u64, x)                                                        \
	X(I32_EXTEND8_S, u32, s32, (int32_t)(int8_t)x)                                             \
	X(I32_EXTEND16_S, u32, s32, (int32_t)(int16_t)x)                                           \
	X(I64_EXTEND8_S, u64, s64, (int64_t)(int8_t)x)                                             \
	X(I64_EXTEND16_S, u64, s64, (int64_t)(int16_t)x)                                           \
	X(I64_EXTEND32_S, u64, s64, (int64_t)(int32_t)x)

/* X(name, in memory, in a slot): 0x28 to 0x35 and 0x36 to 0x3e */
#define OPS_LOAD(X)                                                                                \
	X(I32_LOAD, uint32_t, u32)                                                                 \
	X(I64_LOAD, uint64_t, u64)                                                                 \
	X(F32_LOAD, uint32_t, u32)                                                                 \
	X(F64_LOAD, uint64_t, u64)                                                                 \
	X(I32_LOAD8_S, int8_t, s32)                                                                \
	X(I32_LOAD8_U, uint8_t, u32)                                                               \
	X(I32_LOAD16_S, int16_t, s32)                                                              \
	X(I32_LOAD16_U, uint16_t, u32)                                                             \
	X(I64_LOAD8_S, int8_t, s64)                                                                \
	X(I64_LOAD8_U, uint8_t, u64)                                                               \
	X(I64_LOAD16_S, int16_t, s64)                                                              \
	X(I64_LOAD16_U, uint16_t, u64)                                                             \
	X(I64_LOAD32_S, int32_t, s64)                                                              \
	X(I64_LOAD32_U, uint32_t, u64)
#define OPS_STORE(X)                                                                               \
	X(I32_STORE, uint32_t)                                                                     \
	X(I64_STORE, uint64_t)                                                                     \
	X(F32_STORE, uint32_t)                                                                     \
	X(F64_STORE, uint64_t)                                                                     \
	X(I32_STORE8, uint8_t)                                                                     \
	X(I32_STORE16, uint16_t)                                                                   \
	X(I64_STORE8, uint8_t)                                                                     \
	X(I64_STORE16, uint16_t)                                                                   \
	X(I64_STORE32, uint32_t)

/* everything else; a, b, c and the words behind are told at each handler */
#define OPS_REST(X)                                                                                \
	X(UNREACHABLE)                                                                             \
	X(FUEL)                                                                                    \
	X(MOVE)                                                                                    \
	X(MOVE2)                                                                                   \
	X(COPY)                                                                                    \
	X(CONST)                                                                                   \
	X(CONST64)                                                                                 \
	X(BR)                                                                                      \
	X(BR_Z32)                                                                                  \
	X(BR_NZ32)                                                                                 \
	X(BR_Z64)                                                                                  \
	X(BR_NZ64)                                                                                 \
	X(BR_TABLE)                                                                                \
	X(RET0)                                                                                    \
	X(RET1)                                                                                    \
	X(RET)                                                                                     \
	X(CALL)                                                                                    \
	X(CALL_IMPORT)                                                                             \
	X(CALL_INDIRECT)                                                                           \
	X(SELECT)                                                                                  \
	X(GLOBAL_GET)                                                                              \
	X(GLOBAL_SET)                                                                              \
	X(MEMORY_SIZE)                                                                             \
	X(MEMORY_GROW)                                                                             \
	X(BULK)                                                                                    \
	X(REF_IS_NULL)                                                                             \
	X(REF_FUNC)

#define OP_NAME(name, ...) OP_##name,
#define OP_NAME_IMM(name, ...) OP_##name##_I,
#define OP_NAME_WIDE(name, ...) OP_##name##_W,
#define OP_NAME_BR(name, ...) OP_##name##_BR,
#define OP_NAME_BR_IMM(name, ...) OP_##name##_BR_I,
#define OP_NAME_FAR(name, ...) OP_##name##_FAR,
#define OP_NAME_K(name, ...) OP_##name##_K,
#define OP_NAME_SAT(name, ...) OP_##name##_SAT,

/* the lists of 0x45 to 0xc4, in order */
#define OPS_NUMERIC(EQZ, CMP, FCMP, COUNT, ARITH, DIV, BITS, FUNARY, FARITH, TRUNC, CONV)          \
	EQZ(I32_EQZ, u32, u32, x == 0)                                                             \
	OPS_CMP(CMP, 32)                                                                           \
	EQZ(I64_EQZ, u64, u32, x == 0)                                                             \
	OPS_CMP(CMP, 64)                                                                           \
	OPS_FCMP(FCMP, 32)                                                                         \
	OPS_FCMP(FCMP, 64)                                                                         \
	OPS_COUNT(COUNT, 32)                                                                       \
	OPS_ARITH(ARITH, 32)                                                                       \
	OPS_DIV(DIV, 32)                                                                           \
	OPS_BITS(BITS, 32)                                                                         \
	OPS_COUNT(COUNT, 64)                                                                       \
	OPS_ARITH(ARITH, 64)                                                                       \
	OPS_DIV(DIV, 64)                                                                           \
	OPS_BITS(BITS, 64)                                                                         \
	OPS_FUNARY(FUNARY, 32, 0x80000000U)                                                        \
	OPS_FARITH(FARITH, 32, 0x80000000U)                                                        \
	OPS_FUNARY(FUNARY, 64, 0x8000000000000000U)                                                \
	OPS_FARITH(FARITH, 64, 0x8000000000000000U)                                                \
	OPS_CONVERT1(CONV)                                                                         \
	OPS_TRUNC32(TRUNC)                                                                         \
	OPS_CONVERT2(CONV)                                                                         \
	OPS_TRUNC64(TRUNC)                                                                         \
	OPS_CONVERT3(CONV)

/* clang-format off */
enum op {
	OPS_NUMERIC(OP_NAME, OP_NAME, OP_NAME, OP_NAME, OP_NAME, OP_NAME, OP_NAME, OP_NAME, OP_NAME,
	    OP_NAME, OP_NAME)
	OPS_LOAD(OP_NAME) OPS_STORE(OP_NAME) OPS_LOAD(OP_NAME_FAR) OPS_STORE(OP_NAME_FAR)
	OPS_STORE(OP_NAME_K)
	OPS_TRUNC32(OP_NAME_SAT) OPS_TRUNC64(OP_NAME_SAT)
	/* same order in each pair of rows, so that one form is a fixed distance from another */
	OPS_CMP(OP_NAME_IMM, 32) OPS_CMP(OP_NAME_IMM, 64)
	OPS_CMP(OP_NAME_BR, 32) OPS_CMP(OP_NAME_BR, 64)
	OPS_CMP(OP_NAME_BR_IMM, 32) OPS_CMP(OP_NAME_BR_IMM, 64)
	OPS_ARITH(OP_NAME_IMM, 32) OPS_BITS(OP_NAME_IMM, 32)
	OPS_ARITH(OP_NAME_IMM, 64) OPS_BITS(OP_NAME_IMM, 64)
	/* the constant in a word of its own */
	OPS_ARITH(OP_NAME_WIDE, 32) OPS_BITS(OP_NAME_WIDE, 32)
	OPS_ARITH(OP_NAME_WIDE, 64) OPS_BITS(OP_NAME_WIDE, 64)
	OPS_REST(OP_NAME)
	OPS_FIRST(OP_NAME_PAIRS, 32) OPS_FIRST(OP_NAME_PAIRS, 64)
	OPS_STEP(OP_NAME_STEP, 32) OPS_STEP(OP_NAME_STEP, 64) OPS_JUMP(OP_NAME_JUMP)
	OPS_BOTH(OP_NAME_BOTH, 32) OPS_BOTH(OP_NAME_BOTH, 64)
	OP_COUNT
};
/* clang-format on */

/* what OP_BULK does, in b: the number of the opcode, or of the one behind 0xfc */
enum bulk {
	BULK_MEMORY_INIT = 8,
	BULK_DATA_DROP,
	BULK_MEMORY_COPY,
	BULK_MEMORY_FILL,
	BULK_TABLE_INIT,
	BULK_ELEM_DROP,
	BULK_TABLE_COPY,
	BULK_TABLE_GROW,
	BULK_TABLE_SIZE,
	BULK_TABLE_FILL,
	BULK_TABLE_GET = 0x25,
	BULK_TABLE_SET = 0x26,
};

/* the operation of a numeric opcode 0x45..0xc4 */
#define OP_NUMERIC(opcode) ((uint16_t)((opcode)-0x45 + OP_I32_EQZ))
#define OP_LOADS(opcode) ((uint16_t)((opcode)-0x28 + OP_I32_LOAD))
_Static_assert(
    OP_NUMERIC(0xc4) == OP_I64_EXTEND32_S, "numeric operations follow the binary format");
_Static_assert(OP_LOADS(0x3e) == OP_I64_STORE32, "memory operations follow the binary format");
_Static_assert(OP_NUMERIC(0x6a) == OP_I32_ADD && OP_NUMERIC(0x92) == OP_F32_ADD &&
		   OP_NUMERIC(0xa7) == OP_I32_WRAP_I64 &&
		   OP_NUMERIC(0xbc) == OP_I32_REINTERPRET_F32,
    "and so do those between");

/*
 * One word of prepared code. A branch target is counted in words from the word that holds it.
 * Two words: BR_IF and the fused compares (word 1: rel), CALL* (word 1: u32 pair), *_FAR (word 1:
 * imm).
 */
union insn {
	struct {
		uint16_t op, a, b, c;
	};
	struct {
		uint16_t op_, a_; /* in an entry of BR_TABLE: first slot to copy to, unused */
		int32_t rel;
	};
	struct {
		uint32_t lo, hi;
	};
	uint64_t imm;
};
_Static_assert(sizeof(union insn) == 8, "one word");

#endif
