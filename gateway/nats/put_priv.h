/*
 * put_priv - runs of bytes into a buffer, without a call where they are short.
 *
 * Static and inline, as line_priv.h: what it copies are subjects, sids, numbers and small payloads.
 */
#ifndef GATEWAY_NATS_PUT_PRIV_H
#define GATEWAY_NATS_PUT_PRIV_H

#include "policy/core/buf.h"

/* Sixteen bytes that are moved at once. */
struct put_16 {
	uint64_t word[2];
};

/* put_ends() - copy @n bytes that two pieces of this size cover, from both ends. */
#define PUT_ENDS(type, to, from, n)                                                                \
	do {                                                                                       \
		type first_, last_;                                                                \
		memcpy(&first_, (from), sizeof(type));                                             \
		memcpy(&last_, (from) + (n) - sizeof(type), sizeof(type));                         \
		memcpy((to), &first_, sizeof(type));                                               \
		memcpy((to) + (n) - sizeof(type), &last_, sizeof(type));                           \
	} while (0)

/* put_run() - copy @s to @to. Return: behind it. */
static inline uint8_t *
put_run(uint8_t *to, struct bytes s)
{
	if (s.len > 32) {
		memcpy(to, s.ptr, s.len);
	} else if (s.len >= 16) {
		PUT_ENDS(struct put_16, to, s.ptr, s.len);
	} else if (s.len >= 8) {
		PUT_ENDS(uint64_t, to, s.ptr, s.len);
	} else if (s.len >= 4) {
		PUT_ENDS(uint32_t, to, s.ptr, s.len);
	} else if (s.len != 0) {
		to[0] = s.ptr[0];
		to[s.len / 2] = s.ptr[s.len / 2];
		to[s.len - 1] = s.ptr[s.len - 1];
	}
	return to + s.len;
}

/* put_room() - buf_reserve() where there is room already, without the call. */
static inline uint8_t *
put_room(struct buf *b, size_t n)
{
	if (!b->failed && b->len <= b->max && n <= b->max - b->len && n < b->cap - b->len)
		return b->ptr + b->len;
	return buf_reserve(b, n);
}

#endif
