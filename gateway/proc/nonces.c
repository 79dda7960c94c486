/*
 * nonces - see nonces.h. 16 random bytes as 22 base64url characters. The first four bytes of a nonce
 * choose its bucket; the comparison of the rest takes the same time wherever they differ.
 */
#include "gateway/proc/nonces.h"

#include <sodium.h>

enum { NONCES_BUCKETS = NONCES_MAX / 4 };

struct slot {
	uint32_t next; /* index + 1 */
	bool live;
};

_Static_assert(sizeof(struct slot) == 8, "two words");

/* links live behind the ring in one allocation */
static struct slot *
slots(const struct nonces *t)
{
	return (struct slot *)(void *)(t->bucket + NONCES_BUCKETS);
}

static size_t
bucket_of(const char nonce[NONCE_LEN])
{
	uint32_t h;

	memcpy(&h, nonce, sizeof(h));
	return (h * 2654435761U >> 8) % NONCES_BUCKETS;
}

static int
begin(struct nonces *t)
{
	t->ring = calloc(NONCES_MAX, NONCE_LEN);
	t->bucket = calloc(1, NONCES_BUCKETS * sizeof(uint32_t) + NONCES_MAX * sizeof(struct slot));
	if (t->ring == NULL || t->bucket == NULL) {
		nonces_deinit(t);
		return err_raise(-ENOMEM);
	}
	t->cap = NONCES_MAX;
	return 0;
}

/* forget() - take slot @i out of its bucket. */
static void
forget(struct nonces *t, size_t i)
{
	uint32_t *p = &t->bucket[bucket_of(t->ring[i])];

	while (*p != 0 && *p != i + 1)
		p = &slots(t)[*p - 1].next;
	if (*p == 0)
		return;
	*p = slots(t)[i].next;
	slots(t)[i].live = false;
	t->n--;
}

int
nonces_make(struct nonces *t, char (*out)[NONCE_LEN], size_t n)
{
	uint8_t raw[16];
	char text[NONCE_LEN + 1];

	if (t->ring == NULL && begin(t) != 0)
		return -ENOMEM;
	for (size_t k = 0; k < n; k++) {
		size_t i = t->next;
		size_t b;

		randombytes_buf(raw, sizeof(raw));
		sodium_bin2base64(text, sizeof(text), raw, sizeof(raw), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		if (slots(t)[i].live)
			forget(t, i);
		memcpy(t->ring[i], text, NONCE_LEN);
		memcpy(out[k], text, NONCE_LEN);
		b = bucket_of(t->ring[i]);
		slots(t)[i] = (struct slot){ .next = t->bucket[b], .live = true };
		t->bucket[b] = (uint32_t)i + 1;
		t->next = (i + 1) % NONCES_MAX;
		t->n++;
	}
	return 0;
}

bool
nonces_take(struct nonces *t, struct bytes nonce)
{
	char text[NONCE_LEN];

	if (nonce.len != NONCE_LEN || t->ring == NULL)
		return false;
	memcpy(text, nonce.ptr, NONCE_LEN);
	for (uint32_t at = t->bucket[bucket_of(text)]; at != 0; at = slots(t)[at - 1].next) {
		if (sodium_memcmp(t->ring[at - 1], text, NONCE_LEN) == 0) {
			forget(t, at - 1);
			return true;
		}
	}
	return false;
}

void
nonces_deinit(struct nonces *t)
{
	free(t->ring);
	free(t->bucket);
	*t = (struct nonces){ 0 };
}
