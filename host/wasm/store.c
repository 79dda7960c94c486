/*
 * store - the owner of everything that runs, and the host's own objects.
 *
 * Functions, tables and memories may be shared between instances in ways no count of references can
 * follow, so nothing is freed before the store is. Stacks and memories are reserved when they are
 * made: running code allocates nothing.
 */
#include "host/wasm/store_priv.h"

int
store_own(struct wasm_store *s, void *p, void (*free_fn)(void *p))
{
	struct owned *o = malloc(sizeof(*o));

	if (o == NULL) {
		free_fn(p);
		return err_raise(-ENOMEM);
	}
	*o = (struct owned){ .next = s->owned, .free = free_fn, .p = p };
	s->owned = o;
	return 0;
}

void *
store_alloc(struct wasm_store *s, size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size);

	if (p == NULL || store_own(s, p, free) != 0)
		return NULL;
	return p;
}

int
wasm_store_new(const struct wasm_limits *limits, struct wasm_store **out)
{
	autofree(wasm_store_freep) struct wasm_store *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return err_raise(-ENOMEM);
	s->limits = limits != NULL ? *limits : wasm_limits_default();
	s->stack = calloc((size_t)s->limits.stack_slots + 1, sizeof(*s->stack));
	s->frames = calloc((size_t)s->limits.call_depth + 1, sizeof(*s->frames));
	if (s->stack == NULL || s->frames == NULL)
		return err_raise(-ENOMEM);
	s->stack_end = s->stack + s->limits.stack_slots;
	s->frames_end = s->frames + s->limits.call_depth;
	*out = take(s);
	return 0;
}

void
wasm_store_free(struct wasm_store *s)
{
	if (s == NULL)
		return;
	while (s->owned != NULL) {
		struct owned *o = s->owned;

		s->owned = o->next;
		o->free(o->p);
		free(o);
	}
	free(s->stack);
	free(s->frames);
	free(s);
}

void
wasm_store_freep(struct wasm_store **s)
{
	wasm_store_free(*s);
	*s = NULL;
}

/* A copy of a function type that lives as long as the store. */
static struct wasm_functype *
copy_type(struct wasm_store *s, const struct wasm_functype *t)
{
	struct wasm_functype *copy = store_alloc(s, 1, sizeof(*copy));
	uint8_t *types = store_alloc(s, (size_t)t->nparams + t->nresults, 1);

	if (copy == NULL || types == NULL)
		return NULL;
	*copy = *t;
	if (t->nparams != 0)
		memcpy(types, t->params, t->nparams);
	if (t->nresults != 0)
		memcpy(types + t->nparams, t->results, t->nresults);
	copy->params = types;
	copy->results = types + t->nparams;
	return copy;
}

int
wasm_func_new(struct wasm_store *s, const struct wasm_functype *type, wasm_host_fn fn, void *ctx,
    struct wasm_func **out)
{
	struct wasm_func *f = store_alloc(s, 1, sizeof(*f));

	if (f == NULL)
		return err_raise(-ENOMEM);
	f->type = copy_type(s, type);
	f->fn = fn;
	f->ctx = ctx;
	*out = f;
	return f->type != NULL ? 0 : err_raise(-ENOMEM);
}

/* How much of a declared range is reserved. */
static uint32_t
reserve(struct wasm_range range, uint32_t limit)
{
	return range.max < limit ? range.max : limit;
}

static void
memory_free(void *p)
{
	struct wasm_memory *m = p;

	free(m->data);
	free(m);
}

int
wasm_memory_new(struct wasm_store *s, struct wasm_range range, struct wasm_memory **out)
{
	uint32_t limit = s->limits.memory_pages < MAX_PAGES ? s->limits.memory_pages : MAX_PAGES;
	struct wasm_memory *m;

	*out = NULL;
	if (range.min > limit || range.min > range.max)
		return err_raise(WASM_LIMIT);
	m = calloc(1, sizeof(*m));
	if (m == NULL || store_own(s, m, memory_free) != 0)
		return err_raise(-ENOMEM);
	m->max = range.max;
	m->cap = reserve(range, limit);
	m->size = (uint64_t)range.min * PAGE_BYTES;
	m->data = calloc((size_t)m->cap * PAGE_BYTES + 8, 1);
	if (m->data == NULL)
		return err_raise(-ENOMEM);
	*out = m;
	return 0;
}

static void
table_free(void *p)
{
	struct wasm_table *t = p;

	free(t->items);
	free(t);
}

int
wasm_table_new(
    struct wasm_store *s, uint8_t valtype, struct wasm_range range, struct wasm_table **out)
{
	struct wasm_table *t;

	*out = NULL;
	if (range.min > s->limits.table_entries || range.min > range.max)
		return err_raise(WASM_LIMIT);
	t = calloc(1, sizeof(*t));
	if (t == NULL || store_own(s, t, table_free) != 0)
		return err_raise(-ENOMEM);
	t->type = valtype;
	t->size = range.min;
	t->max = range.max;
	t->cap = reserve(range, s->limits.table_entries);
	t->items = calloc((size_t)t->cap + 1, sizeof(*t->items));
	if (t->items == NULL)
		return err_raise(-ENOMEM);
	*out = t;
	return 0;
}

int
wasm_global_new(
    struct wasm_store *s, struct wasm_value value, bool is_mutable, struct wasm_global **out)
{
	struct wasm_global *g = store_alloc(s, 1, sizeof(*g));

	*out = g;
	if (g == NULL)
		return err_raise(-ENOMEM);
	*g = (struct wasm_global){
		.bits = value.bits, .type = value.type, .is_mutable = is_mutable
	};
	return 0;
}

/* In steps of 4 KiB: what grows byte by byte, as a stack does, comes here seldom. */
void
memory_touch(struct wasm_memory *m, uint64_t at, uint64_t len)
{
	uint64_t low = at & ~(uint64_t)4095, high = (at + len + 4095) & ~(uint64_t)4095;

	if (len == 0)
		return;
	if (m->span != 0) {
		high = high > m->low + m->span ? high : m->low + m->span;
		low = low < m->low ? low : m->low;
	}
	m->low = low;
	m->span = high - low;
}

uint32_t
memory_grow(struct wasm_memory *m, uint32_t pages)
{
	uint32_t before = (uint32_t)(m->size / PAGE_BYTES);

	if (pages > m->cap - before)
		return UINT32_MAX;
	m->size += (uint64_t)pages * PAGE_BYTES;
	return before;
}

uint32_t
table_grow(struct wasm_table *t, uint32_t n, uint64_t item)
{
	uint32_t before = t->size;

	if (n > t->cap - before)
		return UINT32_MAX;
	for (uint32_t i = 0; i < n; i++)
		t->items[before + i] = item;
	t->size += n;
	return before;
}

uint64_t
wasm_memory_size(const struct wasm_memory *m)
{
	return m->size;
}

uint8_t *
wasm_view(struct wasm_memory *m, uint64_t at, uint64_t len)
{
	if (at > m->size || len > m->size - at)
		return NULL;
	memory_touch(m, at, len);
	return m->data + at;
}

struct wasm_value
wasm_global_get(const struct wasm_global *g)
{
	return (struct wasm_value){ .type = g->type, .bits = g->bits };
}

uint32_t
wasm_table_size(const struct wasm_table *t)
{
	return t->size;
}

uint32_t
wasm_running(const struct wasm_store *s)
{
	if (s->running == NULL)
		return NONE;
	return (uint32_t)(s->running - s->running_in->module->bodies) +
	       s->running_in->module->imported_funcs;
}

struct wasm_place
wasm_running_place(const struct wasm_store *s, const struct wasm_module *m)
{
	return (struct wasm_place){ .at = (uint64_t)(uintptr_t)&s->running,
		.base = (uint64_t)(uintptr_t)m->bodies,
		.size = sizeof(struct body),
		.first = m->imported_funcs,
		.count = m->nfuncs - m->imported_funcs };
}

uint32_t
wasm_place_function(const struct wasm_place *p, uint64_t word)
{
	uint64_t n = word - p->base;

	if (p->size == 0 || n % p->size != 0 || n / p->size >= p->count)
		return NONE;
	return (uint32_t)(n / p->size) + p->first;
}
