/*
 * grants - see grants.h. Source of the idea: nats-server client.go, the `replies` of a client with
 * allow_responses; ours stay under the deny list, which the relay asks about, not this file.
 */
#include "gateway/relay/grants.h"

struct grant {
	struct grant *chain;
	struct grant *older, *newer;
	uint64_t hash;
	uint64_t until_ms; /* 0: for ever */
	int64_t left;      /* negative: any number */
	size_t len;
	uint8_t reply[];
};

enum { GRANTS_FIRST = 16 };

static uint64_t
hash_reply(struct bytes s)
{
	uint64_t h = 1469598103934665603ULL;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * 1099511628211ULL;
	return h ^ h >> 29;
}

static struct grant **
find(const struct grants *g, struct bytes reply, uint64_t hash)
{
	struct grant **p = &g->bucket[hash & (g->cap - 1)];

	while (*p != NULL && ((*p)->hash != hash || !bytes_eq(bytes_of((*p)->reply, (*p)->len), reply)))
		p = &(*p)->chain;
	return p;
}

/* unlink_age() - out of the list by age. */
static void
unlink_age(struct grants *g, struct grant *x)
{
	*(x->older != NULL ? &x->older->newer : &g->oldest) = x->newer;
	*(x->newer != NULL ? &x->newer->older : &g->newest) = x->older;
}

static void
append_age(struct grants *g, struct grant *x)
{
	x->older = g->newest;
	x->newer = NULL;
	*(g->newest != NULL ? &g->newest->newer : &g->oldest) = x;
	g->newest = x;
}

static void
drop(struct grants *g, struct grant **p)
{
	struct grant *x = *p;

	*p = x->chain;
	unlink_age(g, x);
	g->n--;
	free(x);
}

static bool
expired(const struct grant *x, uint64_t now_ms)
{
	return x->left == 0 || (x->until_ms != 0 && x->until_ms <= now_ms);
}

static int
grow(struct grants *g)
{
	size_t cap = g->cap != 0 ? g->cap * 2 : GRANTS_FIRST;
	struct grant **b = calloc(cap, sizeof(struct grant *));

	if (b == NULL)
		return err_raise(-ENOMEM);
	for (struct grant *x = g->oldest; x != NULL; x = x->newer) {
		x->chain = b[x->hash & (cap - 1)];
		b[x->hash & (cap - 1)] = x;
	}
	free(g->bucket);
	g->bucket = b;
	g->cap = cap;
	return 0;
}

/* make_room() - the oldest go while they are expired, and one more when all room is taken. */
static void
make_room(struct grants *g, uint64_t now_ms)
{
	while (g->oldest != NULL && (g->n >= GRANTS_MAX || expired(g->oldest, now_ms))) {
		struct grant *x = g->oldest;

		drop(g, find(g, bytes_of(x->reply, x->len), x->hash));
	}
}

void
grants_deinit(struct grants *g)
{
	struct grant *next;

	for (struct grant *x = g->oldest; x != NULL; x = next) {
		next = x->newer;
		free(x);
	}
	free(g->bucket);
	*g = (struct grants){ 0 };
}

int
grants_add(struct grants *g, struct bytes reply, int64_t max, uint64_t until_ms, uint64_t now_ms)
{
	uint64_t hash = hash_reply(reply);
	struct grant *x = NULL;

	make_room(g, now_ms);
	if (g->n >= g->cap && grow(g) != 0)
		return -ENOMEM;
	x = *find(g, reply, hash);
	if (x == NULL) {
		x = malloc(sizeof(*x) + reply.len);
		if (x == NULL)
			return err_raise(-ENOMEM);
		x->hash = hash;
		x->len = reply.len;
		memcpy(x->reply, reply.ptr, reply.len);
		x->chain = g->bucket[hash & (g->cap - 1)];
		g->bucket[hash & (g->cap - 1)] = x;
		g->n++;
	} else {
		unlink_age(g, x);
	}
	append_age(g, x);
	x->left = max;
	x->until_ms = until_ms;
	return 0;
}

bool
grants_has(const struct grants *g, struct bytes reply, uint64_t now_ms)
{
	const struct grant *x = g->n != 0 ? *find(g, reply, hash_reply(reply)) : NULL;

	return x != NULL && !expired(x, now_ms);
}

void
grants_use(struct grants *g, struct bytes reply)
{
	struct grant **p = g->n != 0 ? find(g, reply, hash_reply(reply)) : NULL;

	if (p == NULL || *p == NULL)
		return;
	if ((*p)->left > 0 && --(*p)->left == 0)
		drop(g, p);
}
