/*
 * base32 - RFC 4648 base32 without padding, upper case: the alphabet NKeys are written in.
 *
 * Strict: exactly this alphabet, a length that encoding can produce, spare bits zero. One value
 * has one text.
 */
#ifndef POLICY_CORE_BASE32_H
#define POLICY_CORE_BASE32_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum base32_answer {
	BASE32_BAD_LENGTH = 1, /* no run of bytes has a text of this length, or it does not fit */
	BASE32_BAD_ALPHABET,   /* a byte outside A-Z 2-7 (padding and line ends too), or spare bits
				  set */
};

/* base32_len() - how long the text of @n bytes is. */
static inline size_t
base32_len(size_t n)
{
	return n / 5 * 8 + (n % 5 * 8 + 4) / 5;
}

/* base32_encode() - write base32_len(in.len) characters and a NUL to @out. */
void base32_encode(struct bytes in, char *out);
/*
 * base32_decode() - @text into @out (room @cap bytes).
 * Return: 0 with *len set, or an answer (@out may hold part of the value).
 */
int base32_decode(struct bytes text, uint8_t *out, size_t cap, size_t *len) must_check;

#endif
