/*
 * utf8 - one code point at a time, strictly: no overlong form, no surrogate, at most U+10FFFF.
 */
#ifndef POLICY_CORE_UTF8_H
#define POLICY_CORE_UTF8_H

#include "policy/core/bytes.h"

/* utf8_next() - the code point at the front of non-empty @s. Return: its bytes, 0 when invalid. */
size_t utf8_next(struct bytes s, uint32_t *cp);
/* utf8_put() - write valid @cp to @out. Return: bytes written, 1..4. */
size_t utf8_put(uint8_t out[4], uint32_t cp);
/* utf8_is_bidi() - does @cp turn the direction of writing, so that text reads other than it is? */
bool utf8_is_bidi(uint32_t cp);

#endif
