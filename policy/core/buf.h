/*
 * buf - an owned, growing run of bytes with a ceiling given at birth and a sticky failure.
 *
 * Ten buf_put_*() calls are checked once: after the first one that does not fit (ceiling or
 * memory) the buffer stays as it was and buf_failed() answers true until buf_reset().
 */
#ifndef POLICY_CORE_BUF_H
#define POLICY_CORE_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/core/bytes.h"
#include "policy/core/err.h"

struct buf {
	uint8_t *ptr;
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
};

/* buf_init() - an empty buffer that never holds more than @max bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
/* buf_deinit() - free what it holds; NULL and half-built buffers are fine. */
void buf_deinit(struct buf *b);
/* buf_reset() - empty it and forget a failure; keeps the memory. */
void buf_reset(struct buf *b);
/* buf_failed() - did any put since the last reset not fit? */
static inline bool
buf_failed(const struct buf *b)
{
	return b->failed;
}
/* buf_bytes() - what it holds; valid until the next put, reset or deinit. */
static inline struct bytes
buf_bytes(const struct buf *b)
{
	return (struct bytes){ b->ptr, b->len };
}
/*
 * buf_reserve() - room for @n more bytes at the end.
 * Return: where to write (then add to ->len), or NULL and the sticky failure.
 */
uint8_t *buf_reserve(struct buf *b, size_t n);
/* buf_put() - append bytes. */
void buf_put(struct buf *b, struct bytes s);
/* buf_put_str() - append a NUL-terminated string without its NUL. */
void buf_put_str(struct buf *b, const char *s);
/* buf_put_u8() - append one byte. */
void buf_put_u8(struct buf *b, uint8_t c);
/* buf_put_u16/32/64() - append an integer, little endian. */
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
/* buf_put_dec() - append an unsigned number in decimal. */
void buf_put_dec(struct buf *b, uint64_t v);
/* buf_put_int() - append a signed number in decimal. */
void buf_put_int(struct buf *b, int64_t v);
/* buf_put_hex() - append bytes in lower-case hexadecimal. */
void buf_put_hex(struct buf *b, struct bytes s);
/*
 * buf_put_json() - append @s as a JSON string with its quotes. Always ASCII: control bytes, DEL,
 * quote, backslash and every byte above 0x7e become escapes; valid UTF-8 as \uXXXX (surrogate
 * pairs above the BMP), a byte that is not part of valid UTF-8 as U+FFFD.
 */
void buf_put_json(struct buf *b, struct bytes s);
/*
 * buf_take() - give the memory to the caller, NUL-terminated (the NUL is not counted).
 * Return: the memory (free() it), or NULL when the buffer has failed; the buffer is empty after.
 */
char *buf_take(struct buf *b, size_t *len) must_check;

/*
 * struct cursor - a bounded reader over bytes that buf_put_u8/16/32/64 and buf_put_sized wrote.
 * A read past the end sets ->failed, returns zeros, and every later read fails too.
 */
struct cursor {
	struct bytes in;
	bool failed;
};

/* buf_put_sized() - append a u32 length and then the bytes; cursor_sized() reads it back. */
void buf_put_sized(struct buf *b, struct bytes s);
/* buf_put_sized_str() - the same for a string; NULL is written as an empty one. */
void buf_put_sized_str(struct buf *b, const char *s);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
/* cursor_take() - the next @n bytes; borrowed from the input. */
struct bytes cursor_take(struct cursor *c, size_t n);
/* cursor_sized() - a u32 length and that many bytes; fails when longer than @max. */
struct bytes cursor_sized(struct cursor *c, size_t max);
/* cursor_done() - everything was read and nothing failed. */
static inline bool
cursor_done(const struct cursor *c)
{
	return !c->failed && c->in.len == 0;
}

#endif
