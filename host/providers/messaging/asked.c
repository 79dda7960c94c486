/*
 * asked - a table. A name is the place in it and how often that was taken: an answer that comes too
 * late is not taken for that of the next who waits in its place.
 */
#include "host/providers/messaging/asked.h"

#include <stdio.h>

static void
name_of(const struct asked *a, size_t i, char out[ASKED_NAME])
{
	snprintf(out, ASKED_NAME, "%zu-%u", i, (unsigned)a->at[i].turn);
}

/* free_place() - Return: who had it. */
static uint64_t
free_place(struct asked *a, size_t i)
{
	uint64_t id = a->at[i].id;

	a->at[i].id = 0;
	a->n--;
	return id;
}

bool
asked_put(struct asked *a, uint64_t id, uint64_t until_ms, char name[ASKED_NAME])
{
	size_t i = 0;

	while (i < ASKED_MAX && a->at[i].id != 0)
		i++;
	if (i == ASKED_MAX)
		return false;
	a->at[i].id = id;
	a->at[i].turn++;
	a->at[i].until_ms = until_ms;
	a->n++;
	name_of(a, i, name);
	return true;
}

uint64_t
asked_take(struct asked *a, struct bytes name)
{
	char want[ASKED_NAME];

	for (size_t i = 0; i < ASKED_MAX; i++) {
		if (a->at[i].id == 0)
			continue;
		name_of(a, i, want);
		if (bytes_is(name, want))
			return free_place(a, i);
	}
	return 0;
}

uint64_t
asked_late(struct asked *a, uint64_t now_ms)
{
	for (size_t i = 0; a->n > 0 && i < ASKED_MAX; i++)
		if (a->at[i].id != 0 && a->at[i].until_ms <= now_ms)
			return free_place(a, i);
	return 0;
}
