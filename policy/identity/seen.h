/*
 * seen - tokens whose signature was found good, so that it is not computed again when the same client comes
 * back. Nothing else about a token is remembered: who it is of, whether it is revoked, over, or of this
 * place is asked each time (login.c). Bounded; what is forgotten is verified again.
 */
#ifndef POLICY_IDENTITY_SEEN_H
#define POLICY_IDENTITY_SEEN_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { SEEN_SETS = 4096, SEEN_WAYS = 8, SEEN_KEY = 32, SEEN_NAME = 32 };

struct seen;

/* seen_new() - empty. @key: random bytes that nobody else knows. Return: NULL when out of memory. */
struct seen *seen_new(const uint8_t key[SEEN_KEY]) must_check;
void seen_free(struct seen *s);
/* seen_name() - what a token is remembered by: a keyed hash of every byte of it. */
void seen_name(const struct seen *s, struct bytes token, uint8_t name[SEEN_NAME]);
/* seen_before() - was seen_keep() called for it, and is it not forgotten? */
bool seen_before(const struct seen *s, const uint8_t name[SEEN_NAME]);
/* seen_keep() - its signature is good. The oldest of its set makes room. */
void seen_keep(struct seen *s, const uint8_t name[SEEN_NAME]);

#endif
