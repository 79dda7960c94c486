/*
 * rpc_seen - see rpc_seen.h. Open addressing over 16 bytes of a digest, which nobody can choose
 * without finding collisions of SHA-256 prefixes; half of each table stays empty, so a probe is
 * short. An all-zero digest marks an empty place and is refused.
 *
 * Tables change places when the current one is older than a window, or full. Whatever was taken is
 * therefore found for at least one window after it, or its time is at or below the floor.
 */
#include "host/lattice/rpc_seen.h"

struct table {
	uint8_t (*id)[RPC_SEEN_ID];
	size_t n;
	int64_t newest_s; /* of what it holds */
};

struct rpc_seen {
	struct table now, before;
	size_t slots;
	int64_t window_s, began_s, born_s;
	int64_t floor_s; /* not newer than this: stale */
};

int
rpc_seen_new(struct rpc_seen **out, size_t max, int64_t window_s, int64_t born_s)
{
	autofree(rpc_seen_freep) struct rpc_seen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_raise(-ENOMEM);
	for (s->slots = 16; s->slots / 2 < max && s->slots < SIZE_MAX / 64; s->slots *= 2)
		;
	s->now.id = calloc(s->slots, sizeof(*s->now.id));
	s->before.id = calloc(s->slots, sizeof(*s->before.id));
	if (s->now.id == NULL || s->before.id == NULL)
		return err_raise(-ENOMEM);
	s->window_s = window_s;
	s->began_s = s->born_s = born_s;
	s->floor_s = INT64_MIN;
	*out = take(s);
	return 0;
}

void
rpc_seen_free(struct rpc_seen *s)
{
	if (s == NULL)
		return;
	free(s->now.id);
	free(s->before.id);
	free(s);
}

void
rpc_seen_freep(struct rpc_seen **s)
{
	rpc_seen_free(*s);
	*s = NULL;
}

static bool
is_empty(const uint8_t id[RPC_SEEN_ID])
{
	static const uint8_t none[RPC_SEEN_ID];

	return memcmp(id, none, RPC_SEEN_ID) == 0;
}

/* place() - where @id stands in the table, or the empty slot where it would. */
static size_t
place(const struct rpc_seen *s, const struct table *t, const uint8_t id[RPC_SEEN_ID])
{
	uint64_t h;
	size_t at;

	memcpy(&h, id, sizeof(h));
	at = (size_t)h & (s->slots - 1);
	while (!is_empty(t->id[at]) && memcmp(t->id[at], id, RPC_SEEN_ID) != 0)
		at = (at + 1) & (s->slots - 1);
	return at;
}

static bool
holds(const struct rpc_seen *s, const struct table *t, const uint8_t id[RPC_SEEN_ID])
{
	return !is_empty(t->id[place(s, t, id)]);
}

/*
 * turn() - forget the older table; all it held is stale from now on. In its time it is stale
 * anyhow; before it, because the table was full or the clock leapt, a copy could not be told from
 * another one.
 */
static void
turn(struct rpc_seen *s, int64_t now_s)
{
	struct table old = s->before;

	if (old.n != 0 && old.newest_s > s->floor_s)
		s->floor_s = old.newest_s;
	memset(old.id, 0, s->slots * sizeof(*old.id));
	old.n = 0;
	old.newest_s = 0;
	s->before = s->now;
	s->now = old;
	s->began_s = now_s;
}

int
rpc_seen_take(struct rpc_seen *s, const uint8_t id[RPC_SEEN_ID], int64_t made_s, int64_t now_s)
{
	if (is_empty(id) || made_s < s->born_s)
		return RPC_SEEN_TOO_OLD;
	if (now_s - s->began_s >= s->window_s) {
		/* a clock that leapt over two windows leaves nothing to remember */
		if (now_s - s->began_s >= 2 * s->window_s)
			turn(s, now_s);
		turn(s, now_s);
	}
	if (holds(s, &s->now, id) || holds(s, &s->before, id))
		return RPC_SEEN_BEFORE;
	if (s->now.n >= s->slots / 2)
		turn(s, now_s);
	if (made_s <= s->floor_s)
		return RPC_SEEN_TOO_OLD;
	memcpy(s->now.id[place(s, &s->now, id)], id, RPC_SEEN_ID);
	if (s->now.n++ == 0 || made_s > s->now.newest_s)
		s->now.newest_s = made_s;
	return 0;
}
