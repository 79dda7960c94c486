/*
 * tally - see tally.h.
 */
#include "gateway/auth/tally.h"

#include <sodium.h>
#include <stdlib.h>

enum { FIRST_BUCKETS = 64 };

struct tally {
	uint8_t key[TALLY_KEY];
	struct tally_name **bucket;
	size_t cap, n; /* cap: a power of two */
	size_t room;
};

static struct tally_name **
slot(const struct tally *t, const char *name)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h;

	crypto_shorthash(out, (const uint8_t *)name, strlen(name), t->key);
	memcpy(&h, out, sizeof(h));
	return &t->bucket[h & (t->cap - 1)];
}

struct tally *
tally_new(const uint8_t key[TALLY_KEY], size_t room)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	memcpy(t->key, key, sizeof(t->key));
	t->room = room;
	t->cap = FIRST_BUCKETS;
	t->bucket = calloc(t->cap, sizeof(struct tally_name *));
	if (t->bucket != NULL)
		return t;
	free(t);
	return NULL;
}

void
tally_free(struct tally *t)
{
	struct tally_name *next;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->cap; i++) {
		for (struct tally_name *x = t->bucket[i]; x != NULL; x = next) {
			next = x->next;
			free(x);
		}
	}
	free(t->bucket);
	free(t);
}

/* widen() - twice the buckets; without memory the chains are longer, and that is all. */
static void
widen(struct tally *t)
{
	struct tally wide = { .cap = t->cap * 2 };
	struct tally_name *next;

	wide.bucket = calloc(wide.cap, sizeof(struct tally_name *));
	if (wide.bucket == NULL)
		return;
	memcpy(wide.key, t->key, sizeof(wide.key));
	for (size_t i = 0; i < t->cap; i++) {
		for (struct tally_name *x = t->bucket[i]; x != NULL; x = next) {
			struct tally_name **b = slot(&wide, x->name);

			next = x->next;
			x->next = *b;
			*b = x;
		}
	}
	free(t->bucket);
	t->bucket = wide.bucket;
	t->cap = wide.cap;
}

struct tally_name *
tally_hold(struct tally *t, const char *name)
{
	size_t len = strlen(name);
	struct tally_name *x, **b;

	if (len > TALLY_NAME)
		return NULL;
	for (x = *slot(t, name); x != NULL; x = x->next)
		if (strcmp(x->name, name) == 0)
			return tally_again(x);
	x = calloc(1, sizeof(*x) + t->room);
	if (x == NULL)
		return NULL;
	if (t->n >= t->cap)
		widen(t);
	memcpy(x->name, name, len);
	x->held = 1;
	b = slot(t, name);
	x->next = *b;
	*b = x;
	t->n++;
	return x;
}

void
tally_drop(struct tally *t, struct tally_name *x)
{
	struct tally_name **p;

	if (x == NULL || --x->held > 0)
		return;
	for (p = slot(t, x->name); *p != x;)
		p = &(*p)->next;
	*p = x->next;
	t->n--;
	free(x);
}

size_t
tally_count(const struct tally *t)
{
	return t->n;
}
