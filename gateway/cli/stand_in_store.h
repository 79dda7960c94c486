/*
 * stand_in_store - keys and what they hold: a text, a list of texts, or a set of them, each of at
 * most 1,024: what looks through two of them stays short. All of it together has a ceiling; what
 * would go over it is not kept, and said so.
 */
#ifndef GATEWAY_CLI_STAND_IN_STORE_H
#define GATEWAY_CLI_STAND_IN_STORE_H

#include "policy/core/buf.h"

enum { STORE_MAX = 16 * 1024 * 1024, STORE_KEYS_MAX = 4096, STORE_ITEMS_MAX = 1024 };

enum store_kind { STORE_TEXT = 0, STORE_LIST, STORE_SET };

struct store_list {
	size_t n, room;
	struct buf *item; /* each owned */
};

struct store;

struct store *store_new(void);
void store_free(struct store *s);
/* store_has() - is there such a key, of whatever kind? */
bool store_has(const struct store *s, struct bytes key);
/* store_get() - a text, valid until the next change. Return: false when it is of another kind. */
bool store_get(const struct store *s, struct bytes key, struct bytes *value, bool *there);
/* store_set() - a text in place of whatever was there. Return: false when the store is full. */
bool store_set(struct store *s, struct bytes key, struct bytes value);
/* store_del() - Return: was it there? */
bool store_del(struct store *s, struct bytes key);
/* store_number() - a text as a number. */
bool store_number(struct bytes text, int64_t *v);
/* store_list_of() - a list or set; NULL when there is none of that kind. */
struct store_list *store_list_of(const struct store *s, struct bytes key, enum store_kind kind);
/* store_list_make() - the same, or a new one. NULL: of another kind, or full. */
struct store_list *store_list_make(struct store *s, struct bytes key, enum store_kind kind);
struct bytes store_item(const struct store_list *l, size_t i);
bool store_list_has(const struct store_list *l, struct bytes item);
/* store_list_add() - at the end; @s pays for it when there is one. Return: false when full. */
bool store_list_add(struct store *s, struct store_list *l, struct bytes item);
/* store_list_del() - the first of this content. Return: was it there? */
bool store_list_del(struct store *s, struct store_list *l, struct bytes item);
void store_list_deinit(struct store *s, struct store_list *l);

#endif
