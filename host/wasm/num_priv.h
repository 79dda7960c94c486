/*
 * num - the numeric operations C does not have, exactly as core specification 4.3 defines them.
 *
 * A NaN that comes out of an operation is what the machine makes of it: quiet, which is all the
 * specification asks. Shifts and counts never leave the range in which C defines them.
 */
#ifndef HOST_WASM_NUM_PRIV_H
#define HOST_WASM_NUM_PRIV_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t
num_clz32(uint32_t x)
{
	return x != 0 ? (uint32_t)__builtin_clz(x) : 32;
}

static inline uint32_t
num_ctz32(uint32_t x)
{
	return x != 0 ? (uint32_t)__builtin_ctz(x) : 32;
}

static inline uint32_t
num_popcnt32(uint32_t x)
{
	return (uint32_t)__builtin_popcount(x);
}

static inline uint64_t
num_clz64(uint64_t x)
{
	return x != 0 ? (uint64_t)__builtin_clzll(x) : 64;
}

static inline uint64_t
num_ctz64(uint64_t x)
{
	return x != 0 ? (uint64_t)__builtin_ctzll(x) : 64;
}

static inline uint64_t
num_popcnt64(uint64_t x)
{
	return (uint64_t)__builtin_popcountll(x);
}

static inline uint32_t
num_rotl32(uint32_t x, uint32_t n)
{
	return x << (n & 31) | x >> (-n & 31);
}

static inline uint32_t
num_rotr32(uint32_t x, uint32_t n)
{
	return x >> (n & 31) | x << (-n & 31);
}

static inline uint64_t
num_rotl64(uint64_t x, uint64_t n)
{
	return x << (n & 63) | x >> (-n & 63);
}

static inline uint64_t
num_rotr64(uint64_t x, uint64_t n)
{
	return x >> (n & 63) | x << (-n & 63);
}

static inline float
num_f32(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static inline uint32_t
num_bits32(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline double
num_f64(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static inline uint64_t
num_bits64(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* Division by zero is defined by IEEE 754, whatever a sanitizer thinks of it. */
__attribute__((no_sanitize("float-divide-by-zero"))) static inline float
num_div32(float x, float y)
{
	return x / y;
}

__attribute__((no_sanitize("float-divide-by-zero"))) static inline double
num_div64(double x, double y)
{
	return x / y;
}

/* x + 0 would lose the sign of a zero; adding a NaN to itself makes it quiet */
#define NUM_ROUND(W, T, name, fn)                                                                  \
	static inline T num_##name##W(T x)                                                         \
	{                                                                                          \
		return x != x ? x + x : fn(x);                                                     \
	}
NUM_ROUND(32, float, ceil, ceilf)
NUM_ROUND(64, double, ceil, ceil)
NUM_ROUND(32, float, floor, floorf)
NUM_ROUND(64, double, floor, floor)
NUM_ROUND(32, float, trunc, truncf)
NUM_ROUND(64, double, trunc, trunc)
NUM_ROUND(32, float, nearest, rintf) /* in the default mode: ties to even */
NUM_ROUND(64, double, nearest, rint)
NUM_ROUND(32, float, sqrt, sqrtf)
NUM_ROUND(64, double, sqrt, sqrt)

#define NUM_MINMAX(W, T)                                                                           \
	static inline T num_min##W(T x, T y)                                                       \
	{                                                                                          \
		if (x != x || y != y)                                                              \
			return x + y;                                                              \
		if (x == y)                                                                        \
			return signbit(x) ? x : y;                                                 \
		return x < y ? x : y;                                                              \
	}                                                                                          \
	static inline T num_max##W(T x, T y)                                                       \
	{                                                                                          \
		if (x != x || y != y)                                                              \
			return x + y;                                                              \
		if (x == y)                                                                        \
			return signbit(x) ? y : x;                                                 \
		return x > y ? x : y;                                                              \
	}
NUM_MINMAX(32, float)
NUM_MINMAX(64, double)

#endif
