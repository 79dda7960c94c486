/*
 * provider_asks - a bounded table of what was asked and not answered. An id carries how often its
 * slot was used, so that an answer that comes too late meets nobody else's question.
 */
#include "host/proc/provider_priv.h"

enum { NONE = PROVIDER_INVOKES };

void
provider_asks_init(struct provider_asks *a)
{
	memset(a, 0, sizeof(*a));
	for (uint32_t i = 0; i < PROVIDER_INVOKES; i++)
		a->at[i].next_free = i + 1;
}

static uint64_t
id_of(const struct provider_asks *a, size_t i)
{
	return (uint64_t)a->at[i].turn << 32 | (uint64_t)(i + 1);
}

uint64_t
provider_asks_add(struct provider_asks *a, uint64_t peer_id, uint64_t until_ms)
{
	uint32_t i = a->first_free;

	if (i == NONE)
		return 0;
	a->first_free = a->at[i].next_free;
	a->at[i].used = true;
	a->at[i].ended = false;
	a->at[i].turn++;
	a->at[i].peer_id = peer_id;
	a->at[i].until_ms = until_ms;
	a->n++;
	return id_of(a, i);
}

bool
provider_asks_take(struct provider_asks *a, uint64_t id, uint64_t *peer_id)
{
	uint64_t i = (id & UINT32_MAX) - 1;

	if (i >= PROVIDER_INVOKES || !a->at[i].used || id_of(a, i) != id)
		return false;
	*peer_id = a->at[i].peer_id;
	a->at[i].used = false;
	a->at[i].next_free = a->first_free;
	a->first_free = (uint32_t)i;
	a->n--;
	return true;
}

uint64_t
provider_asks_due(struct provider_asks *a, size_t *from, uint64_t now)
{
	for (size_t i = *from; a->n > 0 && i < PROVIDER_INVOKES; i++) {
		if (!a->at[i].used || (!a->at[i].ended && a->at[i].until_ms > now))
			continue;
		*from = i;
		return id_of(a, i);
	}
	return 0;
}

void
provider_asks_end(struct provider_asks *a)
{
	for (size_t i = 0; i < PROVIDER_INVOKES; i++)
		a->at[i].ended = a->at[i].used;
}
