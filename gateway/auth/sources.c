/*
 * sources - see sources.h.
 *
 * The table is open hashing under a secret key. A source with a connection is kept whatever happens
 * (their number is bounded by the connections'). One without is kept while it has a penalty, in a
 * heap by the end of that penalty: what is over is at its top, and when there is no room, so is
 * what is over soonest.
 *
 * An attacker with many addresses can push penalties out of any table that is bounded. He must gain
 * nothing by it, so what is pushed out goes to a place shared by hash (of IPv6, the /48: whoever
 * has one of those has 65,536 sources): there it lasts as long as it would have, for every source
 * of that place which is not in the table. Under such an attack innocent newcomers can share a
 * place with the guilty; sources with a connection never do, and IPv4 and IPv6 do not share.
 */
#include "gateway/auth/sources.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdlib.h>

enum { FIRST_BUCKETS = 256, NOWHERE = -1 };

struct net {
	uint8_t len; /* 4 or 8; 0: an address nobody can read, all of them one source */
	uint8_t addr[8];
};

struct penalty {
	uint64_t until_ms;
	bool enforced; /* it has been long enough once, and is not over */
};

struct source {
	struct source *next; /* in its bucket */
	struct net net;
	uint64_t early, all;
	struct penalty penalty;
	ptrdiff_t place; /* in the heap, or NOWHERE */
};

struct sources {
	struct sources_rules rules;
	uint8_t key[SOURCES_KEY];
	struct source **bucket;
	size_t cap, n; /* cap: a power of two */
	struct source **heap;
	size_t n_heap;
	struct penalty shared[2][SOURCES_SHARED]; /* IPv4, IPv6 */
};

/* ---- addresses ---- */

static struct net
net_of(const char *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct net n = { 0 };
	uint8_t raw[16];

	if (inet_pton(AF_INET, address, raw) == 1) {
		n.len = 4;
		memcpy(n.addr, raw, 4);
	} else if (inet_pton(AF_INET6, address, raw) == 1) {
		n.len = memcmp(raw, mapped, sizeof(mapped)) == 0 ? 4 : 8;
		memcpy(n.addr, n.len == 4 ? raw + 12 : raw, n.len);
	}
	return n;
}

static bool
exempt(const struct sources *t, const char *address)
{
	for (size_t i = 0; i < t->rules.n_exempt; i++)
		if (cidr_contains(&t->rules.exempt[i], address))
			return true;
	return false;
}

static uint64_t
hash(const struct sources *t, const struct net *n, size_t len)
{
	uint8_t text[9] = { n->len }, out[crypto_shorthash_BYTES];
	uint64_t h;

	memcpy(text + 1, n->addr, len);
	crypto_shorthash(out, text, sizeof(text), t->key);
	memcpy(&h, out, sizeof(h));
	return h;
}

/* shared_place() - where the penalty goes that has no place of its own. */
static struct penalty *
shared_place(const struct sources *t, const struct net *n)
{
	size_t len = n->len == 8 ? 6 : n->len;
	struct penalty *row = (struct penalty *)t->shared[n->len == 8];

	return &row[hash(t, n, len) % SOURCES_SHARED];
}

/* ---- penalties ---- */

static bool
over(const struct penalty *p, uint64_t now)
{
	return p->until_ms <= now;
}

/* worse() - what lasts longer, and is enforced when one of them is. */
static struct penalty
worse(struct penalty a, struct penalty b, uint64_t now)
{
	struct penalty w = a.until_ms > b.until_ms ? a : b;

	w.enforced = (a.enforced && !over(&a, now)) || (b.enforced && !over(&b, now));
	return w;
}

static void
add(const struct sources *t, struct penalty *p, uint64_t cost, uint64_t now)
{
	if (over(p, now))
		*p = (struct penalty){ .until_ms = now };
	p->until_ms += cost;
	if (p->until_ms > now + t->rules.max_ms)
		p->until_ms = now + t->rules.max_ms;
	if (p->until_ms - now >= t->rules.min_ms)
		p->enforced = true;
}

/* ---- the heap of sources without a connection, by the end of their penalty ---- */

static void
put_at(struct sources *t, size_t i, struct source *s)
{
	t->heap[i] = s;
	s->place = (ptrdiff_t)i;
}

static void
rise(struct sources *t, size_t i)
{
	struct source *s = t->heap[i];

	for (; i > 0 && t->heap[(i - 1) / 2]->penalty.until_ms > s->penalty.until_ms;
	     i = (i - 1) / 2)
		put_at(t, i, t->heap[(i - 1) / 2]);
	put_at(t, i, s);
}

static void
sink(struct sources *t, size_t i)
{
	struct source *s = t->heap[i];

	for (;;) {
		size_t least = 2 * i + 1;

		if (least >= t->n_heap)
			break;
		if (least + 1 < t->n_heap &&
		    t->heap[least + 1]->penalty.until_ms < t->heap[least]->penalty.until_ms)
			least++;
		if (t->heap[least]->penalty.until_ms >= s->penalty.until_ms)
			break;
		put_at(t, i, t->heap[least]);
		i = least;
	}
	put_at(t, i, s);
}

static void
heap_take(struct sources *t, struct source *s)
{
	size_t i = (size_t)s->place;
	struct source *last;

	if (s->place == NOWHERE)
		return;
	s->place = NOWHERE;
	last = t->heap[--t->n_heap];
	if (last == s)
		return;
	put_at(t, i, last);
	rise(t, i);
	sink(t, (size_t)last->place);
}

static void
heap_put(struct sources *t, struct source *s)
{
	put_at(t, t->n_heap, s);
	rise(t, t->n_heap++);
}

/* ---- the table ---- */

static struct source **
slot(const struct sources *t, const struct net *n)
{
	return &t->bucket[hash(t, n, sizeof(n->addr)) & (t->cap - 1)];
}

static struct source *
find(const struct sources *t, const struct net *n)
{
	struct source *s = *slot(t, n);

	while (s != NULL &&
	       (s->net.len != n->len || memcmp(s->net.addr, n->addr, sizeof(n->addr)) != 0))
		s = s->next;
	return s;
}

/* widen() - twice the buckets; without memory the chains are longer, and that is all. */
static void
widen(struct sources *t)
{
	struct sources wide = { .cap = t->cap * 2 };
	struct source *next;

	wide.bucket = calloc(wide.cap, sizeof(struct source *));
	if (wide.bucket == NULL)
		return;
	memcpy(wide.key, t->key, sizeof(wide.key));
	for (size_t i = 0; i < t->cap; i++) {
		for (struct source *s = t->bucket[i]; s != NULL; s = next) {
			struct source **b = slot(&wide, &s->net);

			next = s->next;
			s->next = *b;
			*b = s;
		}
	}
	free(t->bucket);
	t->bucket = wide.bucket;
	t->cap = wide.cap;
}

static void
forget(struct sources *t, struct source *s)
{
	struct source **p = slot(t, &s->net);

	heap_take(t, s);
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	t->n--;
	free(s);
}

/* make() - a source we did not know: what its shared place says counts for it too. */
static struct source *
make(struct sources *t, const struct net *n, uint64_t now)
{
	struct source *s = calloc(1, sizeof(*s)), **b;

	if (s == NULL)
		return NULL;
	if (t->n >= t->cap)
		widen(t);
	s->net = *n;
	s->place = NOWHERE;
	s->penalty = *shared_place(t, n);
	if (over(&s->penalty, now))
		s->penalty = (struct penalty){ 0 };
	b = slot(t, n);
	s->next = *b;
	*b = s;
	t->n++;
	return s;
}

/* retire() - a source without a connection: over, or one of those with a penalty; the smallest
 * goes. */
static void
retire(struct sources *t, struct source *s, uint64_t now)
{
	heap_take(t, s);
	if (over(&s->penalty, now)) {
		forget(t, s);
		return;
	}
	sources_tick(t, now);
	if (t->n_heap == t->rules.places) {
		struct source *least =
		    t->heap[0]->penalty.until_ms < s->penalty.until_ms ? t->heap[0] : s;
		struct penalty *p = shared_place(t, &least->net);

		*p = worse(*p, least->penalty, now);
		forget(t, least);
		if (least == s)
			return;
	}
	heap_put(t, s);
}

struct sources *
sources_new(const struct sources_rules *rules, const uint8_t key[SOURCES_KEY])
{
	struct sources *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->rules = *rules;
	if (t->rules.places == 0)
		t->rules.places = SOURCES_PLACES;
	memcpy(t->key, key, sizeof(t->key));
	t->cap = FIRST_BUCKETS;
	t->bucket = calloc(t->cap, sizeof(struct source *));
	t->heap = calloc(t->rules.places, sizeof(struct source *));
	if (t->bucket == NULL || t->heap == NULL) {
		sources_free(t);
		return NULL;
	}
	return t;
}

void
sources_free(struct sources *t)
{
	struct source *next;

	if (t == NULL)
		return;
	for (size_t i = 0; t->bucket != NULL && i < t->cap; i++) {
		for (struct source *s = t->bucket[i]; s != NULL; s = next) {
			next = s->next;
			free(s);
		}
	}
	free(t->bucket);
	free(t->heap);
	free(t);
}

/* may_enter() - is there something against it? */
static int
may_enter(const struct sources *t, const struct source *s, const struct penalty *p, uint64_t now)
{
	if (t->rules.max_ms != 0 && p->enforced && !over(p, now))
		return SOURCE_PENALISED;
	if (s != NULL && t->rules.max_early != 0 && s->early >= t->rules.max_early)
		return SOURCE_TOO_MANY_EARLY;
	if (s != NULL && t->rules.max_all != 0 && s->all >= t->rules.max_all)
		return SOURCE_TOO_MANY;
	return 0;
}

int
sources_enter(struct sources *t, const char *address, uint64_t now, struct source **out)
{
	struct net n = net_of(address);
	struct source *s = find(t, &n);
	int r = may_enter(t, s, s != NULL ? &s->penalty : shared_place(t, &n), now);

	if (r != 0 && !exempt(t, address))
		return r;
	if (s == NULL)
		s = make(t, &n, now);
	if (s == NULL)
		return err_raise(-ENOMEM);
	heap_take(t, s);
	s->early++;
	s->all++;
	*out = s;
	return 0;
}

void
sources_proved(struct source *s)
{
	s->early--;
}

void
sources_leave(struct sources *t, struct source *s, bool early, uint64_t now)
{
	if (s == NULL)
		return;
	s->early -= early ? 1 : 0;
	s->all--;
	if (s->all == 0)
		retire(t, s, now);
}

bool
sources_fault(struct sources *t, const char *address, enum source_fault fault, uint64_t now)
{
	uint64_t cost = t->rules.cost_ms[fault];
	struct net n = net_of(address);
	struct source *s;
	bool before, after;

	if (t->rules.max_ms == 0 || cost == 0 || exempt(t, address))
		return false;
	s = find(t, &n);
	if (s == NULL)
		s = make(t, &n, now);
	if (s == NULL) { /* no memory: nobody is forgiven for that */
		struct penalty *p = shared_place(t, &n);

		add(t, p, cost, now);
		return p->enforced;
	}
	before = s->penalty.enforced && !over(&s->penalty, now);
	add(t, &s->penalty, cost, now);
	after = s->penalty.enforced;
	if (s->all == 0)
		retire(t, s, now);
	return after && !before;
}

uint64_t
sources_early(const struct source *s)
{
	return s->early;
}

uint64_t
sources_penalty_ms(const struct sources *t, const char *address, uint64_t now)
{
	struct net n = net_of(address);
	const struct source *s = find(t, &n);
	const struct penalty *p = s != NULL ? &s->penalty : shared_place(t, &n);

	if (!p->enforced || over(p, now) || t->rules.max_ms == 0 || exempt(t, address))
		return 0;
	return p->until_ms - now;
}

void
sources_tick(struct sources *t, uint64_t now)
{
	while (t->n_heap > 0 && over(&t->heap[0]->penalty, now))
		forget(t, t->heap[0]);
}

size_t
sources_count(const struct sources *t)
{
	return t->n;
}

size_t
sources_penalised(const struct sources *t)
{
	return t->n_heap;
}
