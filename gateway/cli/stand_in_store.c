/*
 * stand_in_store - see stand_in_store.h. A list of entries, looked through from the front: at most
 * 4,096 of them, for one actor that a person tries.
 */
#include "gateway/cli/stand_in_store.h"

#include <stdlib.h>

enum { ITEM_COST = 64, LIST_STEP = 16 };

struct entry {
	struct entry *next;
	enum store_kind kind;
	struct buf key, text;
	struct store_list list;
};

struct store {
	struct entry *first;
	size_t n, used;
};

struct store *
store_new(void)
{
	return calloc(1, sizeof(struct store));
}

/* pay() - for @n bytes that will be kept. */
static bool
pay(struct store *s, size_t n)
{
	if (s == NULL)
		return true;
	if (n > STORE_MAX - ITEM_COST || s->used > STORE_MAX - ITEM_COST - n)
		return false;
	s->used += n + ITEM_COST;
	return true;
}

static void
give_back(struct store *s, size_t n)
{
	if (s != NULL)
		s->used -= n + ITEM_COST;
}

static bool
keep(struct buf *b, struct bytes s)
{
	buf_init(b, s.len);
	buf_put(b, s);
	return !buf_failed(b);
}

static struct entry **
find(struct store *s, struct bytes key)
{
	struct entry **at = &s->first;

	while (*at != NULL && !bytes_eq(buf_bytes(&(*at)->key), key))
		at = &(*at)->next;
	return at;
}

static const struct entry *
look(const struct store *s, struct bytes key)
{
	const struct entry *e = s->first;

	while (e != NULL && !bytes_eq(buf_bytes(&e->key), key))
		e = e->next;
	return e;
}

/* entry_drop() - take the entry at @at out, whole. */
static void
entry_drop(struct store *s, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	give_back(s, e->key.len);
	give_back(s, e->text.len);
	store_list_deinit(s, &e->list);
	buf_deinit(&e->key);
	buf_deinit(&e->text);
	free(e);
	s->n--;
}

/* entry_add() - with room paid for; NULL when there is none. */
static struct entry *
entry_add(struct store *s, struct bytes key, struct bytes text, enum store_kind kind)
{
	struct entry *e;

	if (s->n == STORE_KEYS_MAX || !pay(s, key.len))
		return NULL;
	e = pay(s, text.len) ? calloc(1, sizeof(*e)) : NULL;
	if (e == NULL) {
		give_back(s, key.len);
		return NULL;
	}
	e->kind = kind;
	e->next = s->first;
	s->first = e;
	s->n++;
	if (keep(&e->key, key) && keep(&e->text, text))
		return e;
	entry_drop(s, &s->first);
	return NULL;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	while (s->first != NULL)
		entry_drop(s, &s->first);
	free(s);
}

bool
store_has(const struct store *s, struct bytes key)
{
	return look(s, key) != NULL;
}

bool
store_get(const struct store *s, struct bytes key, struct bytes *value, bool *there)
{
	const struct entry *e = look(s, key);

	*there = e != NULL;
	*value = e != NULL ? buf_bytes(&e->text) : BYTES_NULL;
	return e == NULL || e->kind == STORE_TEXT;
}

bool
store_set(struct store *s, struct bytes key, struct bytes value)
{
	struct entry *e = entry_add(s, key, value, STORE_TEXT), **old;

	if (e == NULL)
		return false;
	/* the new one is the first: what is found behind it is the old one */
	for (old = &e->next; *old != NULL; old = &(*old)->next) {
		if (!bytes_eq(buf_bytes(&(*old)->key), key))
			continue;
		entry_drop(s, old);
		break;
	}
	return true;
}

bool
store_del(struct store *s, struct bytes key)
{
	struct entry **at = find(s, key);

	if (*at == NULL)
		return false;
	entry_drop(s, at);
	return true;
}

bool
store_number(struct bytes text, int64_t *v)
{
	bool minus = text.len > 0 && text.ptr[0] == '-';
	int64_t sum = 0;

	text = bytes_from(text, minus ? 1 : 0);
	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		sum = sum * 10 + (text.ptr[i] - '0');
	}
	*v = minus ? -sum : sum;
	return true;
}

struct store_list *
store_list_of(const struct store *s, struct bytes key, enum store_kind kind)
{
	struct entry *e = s->first;

	while (e != NULL && !bytes_eq(buf_bytes(&e->key), key))
		e = e->next;
	return e != NULL && e->kind == kind ? &e->list : NULL;
}

struct store_list *
store_list_make(struct store *s, struct bytes key, enum store_kind kind)
{
	struct store_list *l = store_list_of(s, key, kind);
	struct entry *e;

	if (l != NULL || store_has(s, key))
		return l;
	e = entry_add(s, key, BYTES_NULL, kind);
	return e != NULL ? &e->list : NULL;
}

struct bytes
store_item(const struct store_list *l, size_t i)
{
	return buf_bytes(&l->item[i]);
}

bool
store_list_has(const struct store_list *l, struct bytes item)
{
	for (size_t i = 0; i < l->n; i++)
		if (bytes_eq(store_item(l, i), item))
			return true;
	return false;
}

static bool
list_grow(struct store_list *l)
{
	struct buf *more;

	if (l->n < l->room)
		return true;
	more = reallocarray(l->item, l->room + l->room / 2 + LIST_STEP, sizeof(*l->item));
	if (more == NULL)
		return false;
	l->item = more;
	l->room += l->room / 2 + LIST_STEP;
	return true;
}

bool
store_list_add(struct store *s, struct store_list *l, struct bytes item)
{
	if (l->n == STORE_ITEMS_MAX || !list_grow(l) || !pay(s, item.len))
		return false;
	if (!keep(&l->item[l->n], item)) {
		give_back(s, item.len);
		return false;
	}
	l->n++;
	return true;
}

bool
store_list_del(struct store *s, struct store_list *l, struct bytes item)
{
	size_t i = 0;

	while (i < l->n && !bytes_eq(store_item(l, i), item))
		i++;
	if (i == l->n)
		return false;
	give_back(s, item.len);
	buf_deinit(&l->item[i]);
	l->n--;
	memmove(&l->item[i], &l->item[i + 1], (l->n - i) * sizeof(*l->item));
	return true;
}

void
store_list_deinit(struct store *s, struct store_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		give_back(s, l->item[i].len);
		buf_deinit(&l->item[i]);
	}
	free(l->item);
	*l = (struct store_list){ 0 };
}
