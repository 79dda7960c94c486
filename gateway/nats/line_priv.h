/*
 * line_priv - the bytes of a control line: their classes, its fields, its numbers.
 *
 * Static and inline, because this is where a message's time goes: split() knows every line there
 * can be, quick_fields() the ordinary ones; what the second finds the first would have found.
 */
#ifndef GATEWAY_NATS_LINE_PRIV_H
#define GATEWAY_NATS_LINE_PRIV_H

#include <stddef.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "policy/core/bytes.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { FIELDS_MAX = 5 }; /* HMSG subject sid reply header total */

/* Classes of a byte in a control line. */
enum { C_BAD = 0, C_GRAPH = 1, C_DIGIT = 2, C_ALPHA = 4, C_BLANK = 8 };

#define CLS_4(c, x) [(c)] = (x), [(c) + 1] = (x), [(c) + 2] = (x), [(c) + 3] = (x)
#define CLS_26(c, x)                                                                               \
	CLS_4(c, x), CLS_4((c) + 4, x), CLS_4((c) + 8, x), CLS_4((c) + 12, x), CLS_4((c) + 16, x), \
	    CLS_4((c) + 20, x), [(c) + 24] = (x), [(c) + 25] = (x)

static const uint8_t cls[256] = {
	[' '] = C_BLANK,
	['\t'] = C_BLANK,
	[0x21] = C_GRAPH,
	[0x22] = C_GRAPH,
	[0x23] = C_GRAPH,
	CLS_4(0x24, C_GRAPH),
	CLS_4(0x28, C_GRAPH),
	CLS_4(0x2c, C_GRAPH),
	CLS_4('0', C_GRAPH | C_DIGIT),
	CLS_4('4', C_GRAPH | C_DIGIT),
	['8'] = C_GRAPH | C_DIGIT,
	['9'] = C_GRAPH | C_DIGIT,
	[0x3a] = C_GRAPH,
	[0x3b] = C_GRAPH,
	CLS_4(0x3c, C_GRAPH),
	[0x40] = C_GRAPH,
	CLS_26('A', C_GRAPH | C_ALPHA),
	[0x5b] = C_GRAPH,
	[0x5c] = C_GRAPH,
	[0x5d] = C_GRAPH,
	[0x5e] = C_GRAPH,
	[0x5f] = C_GRAPH,
	[0x60] = C_GRAPH,
	CLS_26('a', C_GRAPH | C_ALPHA),
	CLS_4(0x7b, C_GRAPH),
};

struct fields {
	struct bytes at[FIELDS_MAX];
	unsigned n;
};

/* field_end() - the first byte at or behind @s that is not 0x21..0x7e; there is one before @end. */
static inline const uint8_t *
field_end(const uint8_t *s, const uint8_t *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/*
	 * Eight at a time: the top bit of a byte is set in x + 0x01 for 0x7f, in x - 0x21 for less
	 * than 0x21, in x for the rest. A carry or borrow only disturbs bytes behind the first hit.
	 */
	while (end - s >= 8) {
		uint64_t x, hit;

		memcpy(&x, s, sizeof(x));
		hit = (x | (x + 0x0101010101010101U) | (x - 0x2121212121212121U)) &
		      0x8080808080808080U;
		if (hit != 0)
			return s + ((unsigned)__builtin_ctzll(hit) >> 3);
		s += 8;
	}
#endif
	while ((cls[*s] & C_GRAPH) != 0)
		s++;
	return s;
}

/*
 * split() - the fields between a verb and its line's CR; @end is the end of the run, at least one
 * LF behind the CR. False: a byte that may not be in a control line, or too many fields.
 */
static inline bool
split(const uint8_t *s, const uint8_t *cr, const uint8_t *end, struct fields *f)
{
	f->n = 0;
	for (;;) {
		const uint8_t *from;

		while (cls[*s] == C_BLANK)
			s++;
		if (s == cr)
			return true;
		if (unlikely(f->n == FIELDS_MAX))
			return false;
		from = s;
		s = field_end(s, end);
		if (unlikely(s == from || (s != cr && cls[*s] != C_BLANK)))
			return false;
		f->at[f->n++] = bytes_of(from, (size_t)(s - from));
	}
}

/*
 * read_size() - a plain decimal: 0, or digits without a leading zero. Larger than any ceiling of
 * ours is as good as exact, so nothing can overflow. Return: false when it is not such a number.
 */
static inline bool
read_size(struct bytes s, uint64_t *v)
{
	uint64_t n = 0;

	if (unlikely(s.ptr[0] == '0' && s.len != 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = (unsigned)s.ptr[i] - '0';

		if (unlikely(d > 9))
			return false;
		n = likely(n < UINT32_MAX) ? n * 10 + d : n;
	}
	*v = n;
	return true;
}

/*
 * quick_fields() - fields behind single blanks, from @at to a CRLF that lies before @end: the
 * common line, in one look at each byte. Return: the length from @at to behind its LF; or 0, and
 * the long way decides.
 */
#ifdef __SSE2__
static inline size_t
quick_fields(const uint8_t *at, const uint8_t *end, struct fields *f)
{
	const __m128i low = _mm_set1_epi8(0x20), high = _mm_set1_epi8(0x7f);
	const uint8_t *start = at, *from = at;
	unsigned n = 0;

	for (; end - at >= (ptrdiff_t)sizeof(__m128i); at += sizeof(__m128i)) {
		/* as signed numbers, bytes above 0x7f are below 0x20 */
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i graph = _mm_and_si128(_mm_cmpgt_epi8(x, low), _mm_cmplt_epi8(x, high));
		unsigned stops = (unsigned)_mm_movemask_epi8(graph) ^ 0xffffU;

		for (; stops != 0; stops &= stops - 1) {
			const uint8_t *s = at + __builtin_ctz(stops);

			if (unlikely(s == from || n == FIELDS_MAX))
				return 0;
			f->at[n++] = bytes_of(from, (size_t)(s - from));
			from = s + 1;
			if (*s == ' ')
				continue;
			if (unlikely(*s != '\r' || from == end || *from != '\n'))
				return 0;
			f->n = n;
			return (size_t)(from - start) + 1;
		}
	}
	return 0;
}
#else
static inline size_t
quick_fields(const uint8_t *at, const uint8_t *end, struct fields *f)
{
	(void)at;
	(void)end;
	(void)f;
	return 0;
}
#endif

#endif
