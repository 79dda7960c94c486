/*
 * ops_pair - two words of prepared code run by one handler.
 *
 * A pair leaves both words as they are: only the number of the first says that its handler does the
 * second as well. A value that nobody but the second word reads is never written to its slot. That
 * saves a jump and the way through memory, which is what a loop of small operations waits for.
 *
 * The lists are what compilers write next to each other: shift and mask, scale and add, multiply
 * and mix, count and compare.
 */
#ifndef HOST_WASM_OPS_PAIR_H
#define HOST_WASM_OPS_PAIR_H

/*
 * X(N, name, form): N is 32 or 64. The form says what the second source is: S a slot, I a constant
 * of 16 bits, W a constant in a word of its own.
 */
#define OPS_FIRST(X, N)                                                                            \
	X(N, ADD, S)                                                                               \
	X(N, SUB, S)                                                                               \
	X(N, MUL, S)                                                                               \
	X(N, AND, S)                                                                               \
	X(N, OR, S)                                                                                \
	X(N, XOR, S)                                                                               \
	X(N, ADD, I)                                                                               \
	X(N, MUL, I)                                                                               \
	X(N, AND, I)                                                                               \
	X(N, XOR, I)                                                                               \
	X(N, SHL, I)                                                                               \
	X(N, SHR_S, I)                                                                             \
	X(N, SHR_U, I)                                                                             \
	X(N, ROTL, I)                                                                              \
	X(N, ROTR, I)                                                                              \
	X(N, ADD, W)                                                                               \
	X(N, MUL, W)                                                                               \
	X(N, AND, W)                                                                               \
	X(N, XOR, W)

/*
 * X(N, first name, first form, name, form): what is done with the value of the first. The form T is
 * S the other way round: the value is what is subtracted.
 */
#define OPS_SECOND(X, ...)                                                                         \
	X(__VA_ARGS__, ADD, S)                                                                     \
	X(__VA_ARGS__, SUB, S)                                                                     \
	X(__VA_ARGS__, SUB, T)                                                                     \
	X(__VA_ARGS__, MUL, S)                                                                     \
	X(__VA_ARGS__, AND, S)                                                                     \
	X(__VA_ARGS__, OR, S)                                                                      \
	X(__VA_ARGS__, XOR, S)                                                                     \
	X(__VA_ARGS__, ADD, I)                                                                     \
	X(__VA_ARGS__, AND, I)                                                                     \
	X(__VA_ARGS__, XOR, I)                                                                     \
	X(__VA_ARGS__, SHL, I)                                                                     \
	X(__VA_ARGS__, SHR_S, I)                                                                   \
	X(__VA_ARGS__, SHR_U, I)

/* X(N, first name, name): two that have nothing to do with each other, both with two slots */
#define OPS_BOTH(X, N)                                                                             \
	OPS_OTHER(X, N, ADD)                                                                       \
	OPS_OTHER(X, N, SUB)                                                                       \
	OPS_OTHER(X, N, AND)                                                                       \
	OPS_OTHER(X, N, OR)                                                                        \
	OPS_OTHER(X, N, XOR)
#define OPS_OTHER(X, ...)                                                                          \
	X(__VA_ARGS__, ADD)                                                                        \
	X(__VA_ARGS__, SUB)                                                                        \
	X(__VA_ARGS__, AND)                                                                        \
	X(__VA_ARGS__, OR)                                                                         \
	X(__VA_ARGS__, XOR)

/* X(N, name, compare, form): a value that is kept in its slot, compared, and a branch */
#define OPS_STEP(X, N)                                                                             \
	X(N, ADD, EQ, S)                                                                           \
	X(N, ADD, NE, S)                                                                           \
	X(N, ADD, LT_S, S)                                                                         \
	X(N, ADD, LT_U, S)                                                                         \
	X(N, ADD, GT_S, S)                                                                         \
	X(N, ADD, GT_U, S)                                                                         \
	X(N, ADD, LE_S, S)                                                                         \
	X(N, ADD, LE_U, S)                                                                         \
	X(N, ADD, GE_S, S)                                                                         \
	X(N, ADD, GE_U, S)                                                                         \
	X(N, ADD, EQ, I)                                                                           \
	X(N, ADD, NE, I)                                                                           \
	X(N, ADD, LT_S, I)                                                                         \
	X(N, ADD, LT_U, I)                                                                         \
	X(N, ADD, GT_S, I)                                                                         \
	X(N, ADD, GT_U, I)                                                                         \
	X(N, ADD, LE_S, I)                                                                         \
	X(N, ADD, LE_U, I)                                                                         \
	X(N, ADD, GE_S, I)                                                                         \
	X(N, ADD, GE_U, I)                                                                         \
	X(N, AND, EQ, I)                                                                           \
	X(N, AND, NE, I)

/* X(N, name, form): a value that is kept in its slot, and a jump */
#define OPS_JUMP(X)                                                                                \
	X(32, ADD, S)                                                                              \
	X(32, ADD, I)                                                                              \
	X(64, ADD, S)                                                                              \
	X(64, ADD, I)

#define OP_NAME_PAIR(N, name, form, second, second_form)                                           \
	OP_PAIR##N##_##name##_##form##_##second##_##second_form,
#define OP_NAME_PAIRS(...) OPS_SECOND(OP_NAME_PAIR, __VA_ARGS__)
#define OP_NAME_BOTH(N, name, other) OP_BOTH##N##_##name##_##other,
#define OP_NAME_JUMP(N, name, form) OP_JUMP##N##_##name##_##form,
#define OP_NAME_STEP(N, name, compare, form) OP_STEP##N##_##name##_##compare##_##form,

#endif
