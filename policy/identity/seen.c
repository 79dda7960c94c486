/*
 * seen - see seen.h. A token's place follows from a hash with a key of our own, so nobody can choose
 * tokens that drive another's out; and only tokens of known issuers that are rightly signed come in. The
 * token names its issuer itself: the same bytes are a signature by the same key.
 */
#include "policy/identity/seen.h"

#include <sodium.h>
#include <stdlib.h>

struct set {
	unsigned n, next; /* in use; who goes when all are */
	uint8_t name[SEEN_WAYS][SEEN_NAME];
};

struct seen {
	uint8_t key[SEEN_KEY];
	struct set set[SEEN_SETS];
};

static size_t
place(const uint8_t name[SEEN_NAME])
{
	return (size_t)(name[0] | name[1] << 8) % SEEN_SETS;
}

struct seen *
seen_new(const uint8_t key[SEEN_KEY])
{
	struct seen *s = calloc(1, sizeof(*s));

	if (s != NULL)
		memcpy(s->key, key, sizeof(s->key));
	return s;
}

void
seen_free(struct seen *s)
{
	if (s != NULL)
		sodium_memzero(s->key, sizeof(s->key));
	free(s);
}

void
seen_name(const struct seen *s, struct bytes token, uint8_t name[SEEN_NAME])
{
	crypto_generichash(name, SEEN_NAME, token.ptr, token.len, s->key, sizeof(s->key));
}

bool
seen_before(const struct seen *s, const uint8_t name[SEEN_NAME])
{
	const struct set *set = &s->set[place(name)];

	for (unsigned i = 0; i < set->n; i++)
		if (memcmp(set->name[i], name, SEEN_NAME) == 0)
			return true;
	return false;
}

void
seen_keep(struct seen *s, const uint8_t name[SEEN_NAME])
{
	struct set *set = &s->set[place(name)];

	if (seen_before(s, name))
		return;
	memcpy(set->name[set->next], name, SEEN_NAME);
	set->next = (set->next + 1) % SEEN_WAYS;
	if (set->n < SEEN_WAYS)
		set->n++;
}
