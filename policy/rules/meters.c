/*
 * meters - see meters.h. A chained table that grows, and a list of what nobody holds, oldest first.
 * Names come from verified credentials and from the operator's policy, but a tenant may choose
 * among many keys of his own: the hash is seeded by where the table lies.
 */
#include "policy/rules/meters.h"

#include <assert.h>
#include <stdlib.h>

#include "policy/rules/hash.h"

enum { FIRST_BUCKETS = 64, SWEEP = 1024 };

struct meter {
	struct meter *chain;
	struct meter *older, *newer; /* among the idle */
	uint64_t hash;
	struct rate rate;
	struct rate_bucket bucket;
	size_t refs;
	size_t len;
	uint8_t key[]; /* account, user and rule, each behind a NUL */
};

struct meters {
	struct meter **bucket;
	size_t n, n_buckets, n_idle;
	struct meter *oldest, *newest;
	struct meter *sweep; /* the next idle one to look at */
	uint32_t share;
	uint64_t seed;
};

struct meters *
meters_new(uint32_t share)
{
	struct meters *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->bucket = calloc(FIRST_BUCKETS, sizeof(struct meter *));
	if (t->bucket == NULL) {
		free(t);
		return NULL;
	}
	t->n_buckets = FIRST_BUCKETS;
	t->share = share;
	t->seed = (uint64_t)(uintptr_t)t * UINT64_C(0x9e3779b97f4a7c15);
	return t;
}

static struct meter **
slot(struct meters *t, uint64_t hash)
{
	return &t->bucket[hash & (t->n_buckets - 1)];
}

/* idle_remove() - somebody holds it again, or it is forgotten. */
static void
idle_remove(struct meters *t, struct meter *m)
{
	if (t->sweep == m)
		t->sweep = m->newer;
	if (m->older != NULL)
		m->older->newer = m->newer;
	else
		t->oldest = m->newer;
	if (m->newer != NULL)
		m->newer->older = m->older;
	else
		t->newest = m->older;
	m->older = m->newer = NULL;
	t->n_idle--;
}

static void
idle_add(struct meters *t, struct meter *m)
{
	m->older = t->newest;
	m->newer = NULL;
	if (t->newest != NULL)
		t->newest->newer = m;
	else
		t->oldest = m;
	t->newest = m;
	t->n_idle++;
}

/* forget() - an idle one. */
static void
forget(struct meters *t, struct meter *m)
{
	struct meter **at = slot(t, m->hash);

	idle_remove(t, m);
	while (*at != m)
		at = &(*at)->chain;
	*at = m->chain;
	t->n--;
	free(m);
}

void
meters_free(struct meters *t)
{
	if (t == NULL)
		return;
	while (t->oldest != NULL)
		forget(t, t->oldest);
	assert(t->n == 0); /* rights outlived their meters */
	free(t->bucket);
	free(t);
}

/* grow() - twice the buckets; when there is no memory chains get longer, nothing else. */
static void
grow(struct meters *t)
{
	struct meter **old = t->bucket, **more = calloc(t->n_buckets * 2, sizeof(*more));
	size_t n = t->n_buckets;

	if (more == NULL)
		return;
	t->bucket = more;
	t->n_buckets = n * 2;
	for (size_t i = 0; i < n; i++) {
		struct meter *m = old[i], *next;

		for (; m != NULL; m = next) {
			struct meter **at = slot(t, m->hash);

			next = m->chain;
			m->chain = *at;
			*at = m;
		}
	}
	free(old);
}

static size_t
put_part(uint8_t *to, struct bytes s)
{
	if (s.len != 0)
		memcpy(to, s.ptr, s.len);
	to[s.len] = 0;
	return s.len + 1;
}

/* new_meter() - a full one, in no list. */
static struct meter *
new_meter(const struct meter_key *key, const struct rate *rate)
{
	struct bytes account = bytes_str(key->account), user = bytes_str(key->user);
	size_t len = account.len + user.len + key->rule.len + 3;
	struct meter *m = calloc(1, sizeof(*m) + len);

	if (m == NULL)
		return NULL;
	m->len = put_part(m->key, account);
	m->len += put_part(m->key + m->len, user);
	m->len += put_part(m->key + m->len, key->rule);
	m->rate = *rate;
	m->bucket = rate_full(rate);
	return m;
}

struct meter *
meters_get(struct meters *t, const struct meter_key *key, const struct rate *rate, uint64_t now_ms)
{
	struct rate mine = rate_share(rate, t->share);
	struct meter *fresh = new_meter(key, &mine), *m, **at;

	if (fresh == NULL)
		return NULL;
	fresh->hash = hash_bytes(t->seed, bytes_of(fresh->key, fresh->len));
	for (m = *slot(t, fresh->hash); m != NULL; m = m->chain)
		if (m->hash == fresh->hash && m->len == fresh->len &&
		    memcmp(m->key, fresh->key, m->len) == 0)
			break;
	if (m != NULL) {
		free(fresh);
		if (m->refs++ == 0)
			idle_remove(t, m);
		if (m->rate.n != mine.n || m->rate.burst != mine.burst ||
		    m->rate.period_ms != mine.period_ms)
			m->bucket = rate_change(&m->rate, &m->bucket, &mine, now_ms);
		m->rate = mine;
		return m;
	}
	if (t->n >= t->n_buckets)
		grow(t);
	at = slot(t, fresh->hash);
	fresh->chain = *at;
	*at = fresh;
	fresh->refs = 1;
	t->n++;
	return fresh;
}

void
meters_put(struct meters *t, struct meter *m)
{
	if (m == NULL)
		return;
	assert(m->refs > 0);
	if (--m->refs == 0)
		idle_add(t, m);
}

bool
meter_take(struct meter *m, uint64_t now_ms)
{
	return rate_take(&m->rate, &m->bucket, now_ms);
}

uint64_t
meter_wait_ms(const struct meter *m, uint64_t now_ms)
{
	return rate_wait_ms(&m->rate, &m->bucket, now_ms);
}

void
meters_tick(struct meters *t, uint64_t now_ms)
{
	struct meter *m;

	while (t->n_idle > METERS_IDLE)
		forget(t, t->oldest);
	if (t->sweep == NULL)
		t->sweep = t->oldest;
	for (int i = 0; i < SWEEP && (m = t->sweep) != NULL; i++) {
		t->sweep = m->newer;
		if (rate_is_full(&m->rate, &m->bucket, now_ms))
			forget(t, m);
	}
}

size_t
meters_count(const struct meters *t)
{
	return t->n;
}
