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
	uint16_t asked;    /* see struct grant_terms */
	bool below;
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

	while (*p != NULL &&
	       ((*p)->hash != hash || !bytes_eq(bytes_of((*p)->reply, (*p)->len), reply)))
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
	g->n_below -= x->below;
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

/* find_covering() - the grant a subject falls under: its own, or the nearest above that covers it.
 */
static struct grant **
find_covering(const struct grants *g, struct bytes subject, uint64_t now_ms)
{
	struct grant **p = g->n != 0 ? find(g, subject, hash_reply(subject)) : NULL;
	unsigned depth = 0;

	if (p != NULL && *p != NULL && !expired(*p, now_ms))
		return p;
	if (g->n_below == 0)
		return NULL;
	for (size_t at = subject.len; at > 1 && depth < GRANTS_DEPTH; at--) {
		struct bytes above = bytes_upto(subject, at - 1);

		if (subject.ptr[at - 1] != '.')
			continue;
		depth++;
		p = find(g, above, hash_reply(above));
		if (*p != NULL && (*p)->below && !expired(*p, now_ms))
			return p;
	}
	return NULL;
}

/* new_grant() - in both tables, with nothing granted yet. Return: NULL when out of memory. */
static struct grant *
new_grant(struct grants *g, struct bytes reply, uint64_t hash)
{
	struct grant *x = malloc(sizeof(*x) + reply.len);

	if (x == NULL)
		return NULL;
	*x = (struct grant){ .hash = hash, .len = reply.len };
	memcpy(x->reply, reply.ptr, reply.len);
	x->chain = g->bucket[hash & (g->cap - 1)];
	g->bucket[hash & (g->cap - 1)] = x;
	g->n++;
	return x;
}

int
grants_add(struct grants *g, struct bytes reply, const struct grant_terms *t, uint64_t now_ms)
{
	uint64_t hash = hash_reply(reply);
	struct grant *x = NULL;

	make_room(g, now_ms);
	if (g->n >= g->cap && grow(g) != 0)
		return -ENOMEM;
	x = *find(g, reply, hash);
	if (x != NULL)
		unlink_age(g, x);
	else
		x = new_grant(g, reply, hash);
	if (x == NULL)
		return err_raise(-ENOMEM);
	append_age(g, x);
	/* whoever named it for a ping gets no other answer on it by asking for something else too
	 */
	x->asked = expired(x, now_ms) ? t->asked : x->asked | t->asked;
	x->left = t->max;
	x->until_ms = t->until_ms;
	g->n_below += (size_t)t->below - (size_t)x->below;
	x->below = t->below;
	return 0;
}

bool
grants_has(const struct grants *g, struct bytes subject, uint64_t now_ms, uint16_t *asked)
{
	struct grant **p = find_covering(g, subject, now_ms);

	if (p != NULL && asked != NULL)
		*asked = (*p)->asked;
	return p != NULL;
}

void
grants_use(struct grants *g, struct bytes subject, uint64_t now_ms)
{
	struct grant **p = find_covering(g, subject, now_ms);

	if (p == NULL)
		return;
	if ((*p)->left > 0 && --(*p)->left == 0)
		drop(g, p);
}
