/*
 * tls_keys - see tls_keys.h.
 */
#include "gateway/proc/tls_keys.h"

enum { WHOLE = 1000 };

int
tls_keys_take(struct tls_keys *k, size_t which, struct bytes pem, const char **why)
{
	struct tls_private *fresh = NULL;
	int r = tls_private_read(&fresh, pem, why);

	if (r != 0)
		return err_pass(r);
	if (k->now[which] != NULL &&
	    memcmp(tls_private_id(k->now[which]), tls_private_id(fresh), TLS_KEY_ID) == 0) {
		tls_private_free(
		    k->now[which]); /* the same once more: the one before stays the one before */
	} else {
		tls_private_free(k->before[which]);
		k->before[which] = k->now[which];
	}
	k->now[which] = fresh;
	return 0;
}

struct tls_private *
tls_keys_find(const struct tls_keys *k, const uint8_t id[TLS_KEY_ID])
{
	for (size_t i = 0; i < TLS_KEYS; i++) {
		if (k->now[i] != NULL && memcmp(tls_private_id(k->now[i]), id, TLS_KEY_ID) == 0)
			return k->now[i];
		if (k->before[i] != NULL &&
		    memcmp(tls_private_id(k->before[i]), id, TLS_KEY_ID) == 0)
			return k->before[i];
	}
	return NULL;
}

void
tls_bucket_init(struct tls_bucket *b, int64_t now_ms)
{
	*b = (struct tls_bucket){ .left = TLS_SIGN_BURST * WHOLE, .filled_ms = now_ms };
}

bool
tls_bucket_take(struct tls_bucket *b, int64_t now_ms)
{
	int64_t passed = now_ms - b->filled_ms, most = (int64_t)TLS_SIGN_BURST * WHOLE, left;

	if (passed > 0) {
		/* so many per second are so many thousandths per millisecond */
		left = passed < most ? b->left + passed * TLS_SIGN_PER_S : most;
		b->left = (uint32_t)(left < most ? left : most);
		b->filled_ms = now_ms;
	}
	if (b->left < WHOLE) {
		b->refused++;
		return false;
	}
	b->left -= WHOLE;
	return true;
}
