/*
 * wipe - struct secret: a short secret in libsodium's guarded memory, wiped when it goes.
 *
 * Guarded means: its own page between unmapped ones, locked, left out of core dumps. Secrets are
 * compared in constant time and never printed; there is deliberately no function that formats one.
 */
#ifndef POLICY_CORE_WIPE_H
#define POLICY_CORE_WIPE_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

struct secret {
	uint8_t *ptr; /* NULL: no secret */
	size_t len;
};

/* secret_new() - copy @len (1..65536) bytes of @src into guarded memory. Return: 0, -ENOMEM, -EINVAL. */
int secret_new(struct secret *s, struct bytes src) must_check;
/* secret_random() - @len fresh random bytes. Return: 0, -ENOMEM, -EINVAL. */
int secret_random(struct secret *s, size_t len) must_check;
/*
 * secret_renew() - fresh random bytes in the guarded memory @s has, or in new one (@s zeroed, or of another
 * length). Guarded memory takes ten system calls to get and to give back. Return: as secret_random().
 */
int secret_renew(struct secret *s, size_t len) must_check;
/* secret_clear() - wipe and keep the memory for secret_renew(); fine on a zeroed one. */
void secret_clear(struct secret *s);
/* secret_deinit() - wipe and release; fine on a zeroed one. */
void secret_deinit(struct secret *s);
/* secret_bytes() - borrow the content until secret_deinit(). */
static inline struct bytes
secret_bytes(const struct secret *s)
{
	return (struct bytes){ s->ptr, s->len };
}
/* wipe() - overwrite memory in a way the compiler keeps. */
void wipe(void *p, size_t len);

#endif
