/*
 * wipe - see wipe.h. sodium_malloc() refuses nothing but memory: sodium_init() must have been
 * called by main, before any secret exists.
 */
#include "policy/core/wipe.h"

#include <sodium.h>

enum { SECRET_MAX = 65536 };

int
secret_new(struct secret *s, struct bytes src)
{
	*s = (struct secret){ 0 };
	if (src.len == 0 || src.len > SECRET_MAX)
		return err_raise(-EINVAL);
	s->ptr = sodium_malloc(src.len);
	if (s->ptr == NULL)
		return err_raise(-ENOMEM);
	memcpy(s->ptr, src.ptr, src.len);
	s->len = src.len;
	return 0;
}

int
secret_random(struct secret *s, size_t len)
{
	*s = (struct secret){ 0 };
	if (len == 0 || len > SECRET_MAX)
		return err_raise(-EINVAL);
	s->ptr = sodium_malloc(len);
	if (s->ptr == NULL)
		return err_raise(-ENOMEM);
	randombytes_buf(s->ptr, len);
	s->len = len;
	return 0;
}

int
secret_renew(struct secret *s, size_t len)
{
	if (s->ptr == NULL || s->len != len) {
		secret_deinit(s);
		return err_pass(secret_random(s, len));
	}
	randombytes_buf(s->ptr, len);
	return 0;
}

void
secret_clear(struct secret *s)
{
	if (s->ptr != NULL)
		sodium_memzero(s->ptr, s->len);
}

void
secret_deinit(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->ptr); /* wipes; NULL is fine */
	*s = (struct secret){ 0 };
}

void
wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
