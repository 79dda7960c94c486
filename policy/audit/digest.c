/*
 * digest - see digest.h. OpenSSL's SHA-256, because it uses the processor's instructions for it:
 * the log is as fast to verify as it is to hash.
 *
 * By the functions of before OpenSSL 3.0, which call the algorithm they name: an EVP context of 3.0
 * takes and gives back its memory with each digest and looks for engines, some 1,700 instructions
 * for the two short digests of a record.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "policy/audit/digest.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>

#include "policy/audit/base64_priv.h"

int
hasher_init(struct hasher *h)
{
	h->ctx = calloc(1, sizeof(*h->ctx));
	h->failed = h->ctx == NULL;
	return h->failed ? err_raise(-ENOMEM) : 0;
}

void
hasher_deinit(struct hasher *h)
{
	if (h == NULL)
		return;
	free(h->ctx);
	*h = (struct hasher){ .failed = true };
}

/* hash_two() - of one byte (when @with) and a run. */
static struct digest
hash_two(struct hasher *h, bool with, uint8_t domain, struct bytes s)
{
	hasher_begin(h);
	if (with)
		hasher_more(h, bytes_of(&domain, 1));
	hasher_more(h, s);
	return hasher_end(h);
}

struct digest
digest_of(struct hasher *h, struct bytes s)
{
	return hash_two(h, false, 0, s);
}

struct digest
digest_leaf(struct hasher *h, struct bytes record)
{
	return hash_two(h, true, 0, record);
}

struct digest
digest_node(struct hasher *h, const struct digest *left, const struct digest *right)
{
	uint8_t both[1 + 2 * DIGEST_LEN];

	both[0] = 1;
	memcpy(both + 1, left->b, DIGEST_LEN);
	memcpy(both + 1 + DIGEST_LEN, right->b, DIGEST_LEN);
	return hash_two(h, false, 0, bytes_of(both, sizeof(both)));
}

void
hasher_begin(struct hasher *h)
{
	h->failed = h->failed || h->ctx == NULL || SHA256_Init(h->ctx) != 1;
}

void
hasher_more(struct hasher *h, struct bytes s)
{
	h->failed = h->failed || (s.len != 0 && SHA256_Update(h->ctx, s.ptr, s.len) != 1);
}

struct digest
hasher_end(struct hasher *h)
{
	struct digest d = { { 0 } };

	h->failed = h->failed || SHA256_Final(d.b, h->ctx) != 1;
	return d;
}

void
digest_put_hex(struct buf *b, const struct digest *d)
{
	buf_put_hex(b, bytes_of(d->b, DIGEST_LEN));
}

void
digest_put_base64(struct buf *b, const struct digest *d)
{
	char text[DIGEST_BASE64 + 1];

	sodium_bin2base64(text, sizeof(text), d->b, DIGEST_LEN, sodium_base64_VARIANT_ORIGINAL);
	buf_put_str(b, text);
}

bool
digest_from_hex(struct bytes s, struct digest *d)
{
	uint8_t half[DIGEST_HEX], bad = 0;

	if (s.len != DIGEST_HEX)
		return false;
	for (size_t i = 0; i < DIGEST_HEX; i++) { /* no branch: sixteen at a time */
		uint8_t digit = (uint8_t)(s.ptr[i] - '0'), letter = (uint8_t)(s.ptr[i] - 'a');

		half[i] = digit < 10 ? digit : (uint8_t)(letter + 10);
		bad |= (uint8_t)((digit >= 10) & (letter >= 6));
	}
	for (size_t i = 0; i < DIGEST_LEN; i++)
		d->b[i] = (uint8_t)(half[2 * i] << 4 | (half[2 * i + 1] & 15));
	return bad == 0;
}

bool
digest_from_base64(struct bytes s, struct digest *d)
{
	size_t n;

	return s.len == DIGEST_BASE64 && base64_decode(s, d->b, DIGEST_LEN, &n) && n == DIGEST_LEN;
}
