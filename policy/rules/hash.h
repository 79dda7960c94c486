/*
 * hash - a fast keyed hash of short byte runs, for caches and tries inside one process.
 *
 * Sixteen bytes a step, one wide multiplication each (the folded multiply of wyhash). Not for secrets
 * and not collision-proof against who knows the key: every user compares the bytes as well, and a
 * table's probing is bounded by its fill.
 */
#ifndef POLICY_RULES_HASH_H
#define POLICY_RULES_HASH_H

#include "policy/core/bytes.h"

static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
hash_read(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

static inline uint64_t
hash_bytes(uint64_t seed, struct bytes s)
{
	const uint8_t *p = s.ptr;
	size_t n = s.len;
	uint64_t h = seed ^ (n * UINT64_C(0x9e3779b97f4a7c15)), tail = 0;

	for (; n >= 16; n -= 16, p += 16)
		h = hash_fold(hash_read(p, 8) ^ UINT64_C(0xa0761d6478bd642f), hash_read(p + 8, 8) ^ h);
	if (n >= 8) {
		h = hash_fold(h ^ hash_read(p, 8), UINT64_C(0x8ebc6af09c88c6e3));
		n -= 8;
		p += 8;
	}
	if (n >= 4)
		tail = hash_read(p, 4) << 32 | hash_read(p + n - 4, 4);
	else if (n > 0)
		tail = (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1];
	return hash_fold(h ^ tail, UINT64_C(0xe7037ed1a0b428db));
}

#endif
