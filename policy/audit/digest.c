/*
 * digest - see digest.h. OpenSSL's SHA-256, because it uses the processor's instructions for it:
 * the log is as fast to verify as it is to hash. The algorithm is fetched once; a context is begun
 * anew for each digest, without an allocation.
 */
#include "policy/audit/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "policy/audit/base64_priv.h"

int
hasher_init(struct hasher *h)
{
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	h->failed = h->md == NULL || h->ctx == NULL;
	if (h->failed) {
		hasher_deinit(h);
		return err_raise(-ENOMEM);
	}
	return 0;
}

void
hasher_deinit(struct hasher *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	*h = (struct hasher){ .failed = true };
}

/* hash_two() - of one byte (when @with) and a run. */
static struct digest
hash_two(struct hasher *h, bool with, uint8_t domain, struct bytes s)
{
	struct digest d = { { 0 } };
	bool ok = !h->failed && EVP_DigestInit_ex(h->ctx, h->md, NULL) == 1;

	ok = ok && (!with || EVP_DigestUpdate(h->ctx, &domain, 1) == 1);
	ok = ok && (s.len == 0 || EVP_DigestUpdate(h->ctx, s.ptr, s.len) == 1);
	ok = ok && EVP_DigestFinal_ex(h->ctx, d.b, NULL) == 1;
	h->failed = !ok;
	return d;
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
	h->failed = h->failed || EVP_DigestInit_ex(h->ctx, h->md, NULL) != 1;
}

void
hasher_more(struct hasher *h, struct bytes s)
{
	h->failed = h->failed || (s.len != 0 && EVP_DigestUpdate(h->ctx, s.ptr, s.len) != 1);
}

struct digest
hasher_end(struct hasher *h)
{
	struct digest d = { { 0 } };

	h->failed = h->failed || EVP_DigestFinal_ex(h->ctx, d.b, NULL) != 1;
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

/* one more than the value of a lower-case digit; 0: it is none */
static const uint8_t hex_value[256] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16 };

bool
digest_from_hex(struct bytes s, struct digest *d)
{
	bool ok = s.len == DIGEST_HEX;

	for (size_t i = 0; ok && i < DIGEST_LEN; i++) {
		unsigned hi = hex_value[s.ptr[2 * i]], lo = hex_value[s.ptr[2 * i + 1]];

		ok = hi != 0 && lo != 0;
		d->b[i] = (uint8_t)((hi - 1) << 4 | (lo - 1));
	}
	return ok;
}

bool
digest_from_base64(struct bytes s, struct digest *d)
{
	size_t n;

	return s.len == DIGEST_BASE64 && base64_decode(s, d->b, DIGEST_LEN, &n) && n == DIGEST_LEN;
}
