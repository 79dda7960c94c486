/*
 * diff_states - see diff_states.h. An open table of numbers into one array of bits; nothing is
 * taken out again.
 */
#include "policy/rules/diff_states.h"

#include <stdlib.h>
#include <string.h>

void
states_init(struct states *s, size_t bits)
{
	*s = (struct states){ .words = bits / 64 + 1 };
}

void
states_deinit(struct states *s)
{
	free(s->bits);
	free(s->from);
	free(s->slot);
	*s = (struct states){ 0 };
}

static size_t
hash_of(const struct states *s, const uint64_t *bits)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s->words; i++) {
		h = (h ^ bits[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return (size_t)h;
}

/* place_of() - where these bits are, or a free slot. */
static size_t
place_of(const struct states *s, const uint64_t *bits)
{
	size_t i = hash_of(s, bits) & (s->slots - 1);

	while (s->slot[i] != 0 &&
	       memcmp(states_at(s, s->slot[i] - 1), bits, s->words * sizeof(*bits)) != 0)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static bool
grow(struct states *s)
{
	size_t cap = s->cap != 0 ? s->cap * 2 : 64;
	uint64_t *bits = reallocarray(s->bits, cap * s->words, sizeof(*bits));
	struct state_from *from;

	if (bits == NULL)
		return false;
	s->bits = bits;
	from = reallocarray(s->from, cap, sizeof(*from));
	if (from == NULL)
		return false;
	s->from = from;
	free(s->slot);
	s->slots = cap * 2;
	s->slot = calloc(s->slots, sizeof(*s->slot));
	if (s->slot == NULL)
		return false;
	s->cap = cap;
	for (size_t i = 0; i < s->n; i++)
		s->slot[place_of(s, states_at(s, i))] = (uint32_t)i + 1;
	return true;
}

int64_t
states_add(struct states *s, const uint64_t *bits, uint32_t parent, uint32_t by)
{
	size_t at;

	if (s->n == s->cap && (s->n > UINT32_MAX / 4 || !grow(s)))
		return STATES_FULL;
	at = place_of(s, bits);
	if (s->slot[at] != 0)
		return STATES_KNOWN;
	memcpy(s->bits + s->n * s->words, bits, s->words * sizeof(*bits));
	s->from[s->n] = (struct state_from){ parent, by };
	s->slot[at] = (uint32_t)s->n + 1;
	return (int64_t)s->n++;
}
