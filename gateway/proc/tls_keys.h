/*
 * tls_keys - the signer's TLS keys: for the certificate clients see, and for the one the upstream
 * sees. After a reload the keys before are still good, for handshakes that began with the old
 * certificates.
 */
#ifndef GATEWAY_PROC_TLS_KEYS_H
#define GATEWAY_PROC_TLS_KEYS_H

#include "gateway/proc/msg_tls.h"

enum {
	TLS_KEYS = 2, /* for clients, for the upstream */
	TLS_SIGN_PER_S = 1000,
	TLS_SIGN_BURST = 2000,
};

struct tls_keys {
	struct tls_private *now[TLS_KEYS], *before[TLS_KEYS];
};

/* How much one asker may have signed: a bucket that fills with time. */
struct tls_bucket {
	uint32_t left; /* thousandths of a signature */
	int64_t filled_ms;
	uint64_t refused, told; /* refused in all, and how many of them have been logged */
	int64_t told_ms;
};

/* tls_keys_take() - PEM into its place; the one before stays at hand. Return: as
 * tls_private_read(). */
int tls_keys_take(struct tls_keys *k, size_t which, struct bytes pem, const char **why) must_check;
/* tls_keys_find() - by id, or NULL. */
struct tls_private *tls_keys_find(const struct tls_keys *k, const uint8_t id[TLS_KEY_ID]);
/* tls_bucket_init() - full. */
void tls_bucket_init(struct tls_bucket *b, int64_t now_ms);
/* tls_bucket_take() - one more? */
bool tls_bucket_take(struct tls_bucket *b, int64_t now_ms);

#endif
