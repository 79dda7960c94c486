/*
 * bytes - a borrowed run of bytes: pointer and length, never owned, never terminated.
 *
 * Whoever hands out a `struct bytes` says how long it stays valid.
 */
#ifndef POLICY_CORE_BYTES_H
#define POLICY_CORE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *ptr;
	size_t len;
};

#define BYTES_NULL ((struct bytes){ NULL, 0 })
/* BYTES_LIT() - the bytes of a string literal, without its NUL. */
#define BYTES_LIT(s) ((struct bytes){ (const uint8_t *)("" s), sizeof(s) - 1 })

/* bytes_of() - a run over @len bytes at @p; borrows. */
static inline struct bytes
bytes_of(const void *p, size_t len)
{
	return (struct bytes){ p, len };
}

/* bytes_str() - the bytes of a NUL-terminated string, without the NUL; NULL gives an empty run. */
static inline struct bytes
bytes_str(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

/* bytes_eq() - same length and same content. Not constant time: never for secrets. */
static inline bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* bytes_is() - equal to a NUL-terminated string. */
static inline bool
bytes_is(struct bytes a, const char *s)
{
	return bytes_eq(a, bytes_str(s));
}

/* bytes_starts() - @a begins with @prefix. */
static inline bool
bytes_starts(struct bytes a, struct bytes prefix)
{
	return a.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

/* bytes_from() - @a without its first @n bytes; empty when there are fewer. */
static inline struct bytes
bytes_from(struct bytes a, size_t n)
{
	if (a.len == 0)
		return a; /* its pointer may be NULL, to which not even 0 may be added */
	return n >= a.len ? (struct bytes){ a.ptr + a.len, 0 }
			  : (struct bytes){ a.ptr + n, a.len - n };
}

/* bytes_upto() - the first @n bytes of @a, or all of it. */
static inline struct bytes
bytes_upto(struct bytes a, size_t n)
{
	return (struct bytes){ a.ptr, n < a.len ? n : a.len };
}

/* bytes_find() - position of @c in @a, or @a.len when it is not there. */
static inline size_t
bytes_find(struct bytes a, uint8_t c)
{
	const uint8_t *p = a.len != 0 ? memchr(a.ptr, c, a.len) : NULL;

	return p != NULL ? (size_t)(p - a.ptr) : a.len;
}

/* size_add() - @a + @b, or false when the sum does not fit. */
static inline bool
size_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

#endif
