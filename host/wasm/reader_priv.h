/*
 * reader - a place in the image that can only move forward, with the strict readings of the format.
 *
 * Each reading returns 0, or the answer it left in the refusal together with the offset at fault.
 */
#ifndef HOST_WASM_READER_PRIV_H
#define HOST_WASM_READER_PRIV_H

#include "host/wasm/engine.h"

struct reader {
	const uint8_t *image;
	size_t at, end; /* end: of the section or body, never behind the image's */
	struct wasm_refusal *why;
};

/* reader_refuse() - leave an answer and its place. Return: @answer. */
int reader_refuse(struct reader *r, enum wasm_answer answer, size_t at, const char *text);

int reader_byte(struct reader *r, uint8_t *out) must_check;
/* reader_u32() - unsigned LEB128 of 32 bits: at most 5 bytes, no bit beyond the 32nd. */
int reader_u32_slow(struct reader *r, uint32_t *out) must_check;
int reader_s32(struct reader *r, int32_t *out) must_check;
/* reader_s33() - a block type: signed LEB128 of 33 bits. */
int reader_s33(struct reader *r, int64_t *out) must_check;
int reader_s64(struct reader *r, int64_t *out) must_check;
/* reader_skip() - @n bytes exist and are passed over; @from is where they began. */
int reader_skip(struct reader *r, uint32_t n, size_t *from) must_check;
/* reader_fixed() - @n (4 or 8) bytes, little end first. */
int reader_fixed(struct reader *r, unsigned int n, uint64_t *out) must_check;
/* reader_name() - a length and that many bytes of UTF-8, at most @max. */
int reader_name(struct reader *r, uint32_t max, uint32_t *at, uint32_t *len) must_check;
/* reader_count() - the length of a vector: at most @max, and no more than bytes are left. */
int reader_count(struct reader *r, uint32_t max, const char *what, uint32_t *out) must_check;

static inline int
reader_u32(struct reader *r, uint32_t *out)
{
	if (r->at < r->end && r->image[r->at] < 0x80) {
		*out = r->image[r->at++];
		return 0;
	}
	return reader_u32_slow(r, out);
}

#endif
