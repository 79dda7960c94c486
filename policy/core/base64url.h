/*
 * base64url - RFC 4648 base64 with the URL alphabet and without padding: JWT parts and signatures.
 *
 * Strict: exactly this alphabet, a length that encoding can produce, spare bits zero. One value
 * has one text.
 */
#ifndef POLICY_CORE_BASE64URL_H
#define POLICY_CORE_BASE64URL_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum base64url_answer {
	BASE64URL_BAD_LENGTH =
	    1,                  /* no run of bytes has a text of this length, or it does not fit */
	BASE64URL_BAD_ALPHABET, /* a byte outside A-Z a-z 0-9 - _ (padding too), or spare bits set
				 */
};

/* base64url_len() - how long the text of @n bytes is. */
static inline size_t
base64url_len(size_t n)
{
	return n / 3 * 4 + (n % 3 * 8 + 5) / 6;
}

/* base64url_size() - how many bytes a text of @n characters holds, at most. */
static inline size_t
base64url_size(size_t n)
{
	return n / 4 * 3 + n % 4 * 3 / 4;
}

/* base64url_encode() - write base64url_len(in.len) characters and a NUL to @out. */
void base64url_encode(struct bytes in, char *out);
/* base64url_put() - append the text of @in to a buffer. */
void base64url_put(struct buf *b, struct bytes in);
/*
 * base64url_decode() - @text into @out (room @cap bytes).
 * Return: 0 with *len set, or an answer (@out may hold part of the value).
 */
int base64url_decode(struct bytes text, uint8_t *out, size_t cap, size_t *len) must_check;

#endif
