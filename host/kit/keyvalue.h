/*
 * keyvalue - an actor that asks wasmcloud:keyvalue, over the link `default`.
 *
 * In 2021 every answer was a map; later a bare value where there is one only. Each function gives 1
 * when it worked; else 0, and *why holds the text of the error.
 */
#ifndef PORTCULLIS_KEYVALUE_H
#define PORTCULLIS_KEYVALUE_H

#include "host/kit/pack.h"

/* The words of a contract, as they were then and later. */
#ifdef ACTOR_2021
#define KV_WORD(then, later) ACTOR_TEXT(then)
#else
#define KV_WORD(then, later) ACTOR_TEXT(later)
#endif

static inline int
kv_ask(struct actor_text operation, const struct pack_writer *w, struct pack_reader *answer,
    struct actor_text *why)
{
	struct actor_text out;

	if (w->failed)
		return actor_fail(why, "too long for a question");
	if (!actor_ask(ACTOR_TEXT("default"), ACTOR_TEXT("wasmcloud:keyvalue"), operation,
		pack_done(w), &out)) {
		*why = out;
		return 0;
	}
	*answer = read_of(out);
	return 1;
}

/* kv_open() - a reader at the value called @name in 2021; later at the answer itself. */
static inline struct pack_reader
kv_open(struct pack_reader r, struct actor_text name)
{
#ifdef ACTOR_2021
	for (actor_size n = read_map(&r); n > 0 && !r.failed; n--) {
		if (actor_is(read_text(&r), name))
			return r;
		read_skip(&r);
	}
	r.failed = 1;
#else
	(void)name;
#endif
	return r;
}

static inline int
kv_read_ok(const struct pack_reader *r, struct actor_text *why)
{
	return !r->failed || actor_fail(why, "the store gave another answer than this");
}

/* kv_add() - add to a number; *sum is what it is now. */
static inline int
kv_add(struct actor_text key, int v, long long *sum, struct actor_text *why)
{
	struct pack_writer w = pack_new(key.n + 64);
	struct pack_reader r;

	pack_map(&w, 2);
	pack_member_text(&w, ACTOR_TEXT("key"), key);
	pack_member_int(&w, ACTOR_TEXT("value"), v);
	if (!kv_ask(KV_WORD("Add", "KeyValue.Increment"), &w, &r, why))
		return 0;
	r = kv_open(r, ACTOR_TEXT("value"));
	*sum = read_int(&r);
	return kv_read_ok(&r, why);
}

/* kv_get() - *there is 0 when there is no such key. */
static inline int
kv_get(struct actor_text key, struct actor_text *value, int *there, struct actor_text *why)
{
	struct pack_writer w = pack_new(key.n + 64);
	struct pack_reader r;

#ifdef ACTOR_2021
	pack_map(&w, 1);
	pack_text(&w, ACTOR_TEXT("key"));
#endif
	pack_text(&w, key);
	if (!kv_ask(KV_WORD("Get", "KeyValue.Get"), &w, &r, why))
		return 0;
	*there = 0;
	*value = (struct actor_text){ 0, 0 };
	for (actor_size n = read_map(&r); n > 0 && !r.failed; n--) {
		struct actor_text name = read_text(&r);

		if (actor_is(name, ACTOR_TEXT("value")))
			*value = read_text(&r);
		else if (actor_is(name, ACTOR_TEXT("exists")))
			*there = read_bool(&r);
		else
			read_skip(&r);
	}
	return kv_read_ok(&r, why);
}

static inline int
kv_set(struct actor_text key, struct actor_text value, struct actor_text *why)
{
	struct pack_writer w = pack_new(key.n + value.n + 64);
	struct pack_reader r;

	pack_map(&w, 3);
	pack_member_text(&w, ACTOR_TEXT("key"), key);
	pack_member_text(&w, ACTOR_TEXT("value"), value);
	pack_member_int(&w, ACTOR_TEXT("expires"), 0);
	return kv_ask(KV_WORD("Set", "KeyValue.Set"), &w, &r, why);
}

static inline int
kv_del(struct actor_text key, struct actor_text *why)
{
	struct pack_writer w = pack_new(key.n + 64);
	struct pack_reader r;

#ifdef ACTOR_2021
	pack_map(&w, 1);
	pack_text(&w, ACTOR_TEXT("key"));
#endif
	pack_text(&w, key);
	return kv_ask(KV_WORD("Del", "KeyValue.Del"), &w, &r, why);
}

static inline int
kv_list_change(struct actor_text operation, struct actor_text list, struct actor_text item,
    struct actor_text *why)
{
	struct pack_writer w = pack_new(list.n + item.n + 64);
	struct pack_reader r;

	pack_map(&w, 2);
	pack_member_text(&w, KV_WORD("key", "listName"), list);
	pack_member_text(&w, ACTOR_TEXT("value"), item);
	return kv_ask(operation, &w, &r, why);
}

/* kv_list_add() - at the end of a list; kv_list_del() - one item of it. */
static inline int
kv_list_add(struct actor_text list, struct actor_text item, struct actor_text *why)
{
	return kv_list_change(KV_WORD("Push", "KeyValue.ListAdd"), list, item, why);
}

static inline int
kv_list_del(struct actor_text list, struct actor_text item, struct actor_text *why)
{
	return kv_list_change(KV_WORD("ListItemDelete", "KeyValue.ListDel"), list, item, why);
}

/* kv_list() - the first 1,000 items: *n texts, one after another, in *items. */
static inline int
kv_list(struct actor_text list, struct pack_reader *items, actor_size *n, struct actor_text *why)
{
	struct pack_writer w = pack_new(list.n + 64);
	struct pack_reader r;

	pack_map(&w, 3);
	pack_member_text(&w, KV_WORD("key", "listName"), list);
	pack_member_int(&w, ACTOR_TEXT("start"), 0);
	pack_member_int(&w, ACTOR_TEXT("stop"), 999);
	if (!kv_ask(KV_WORD("Range", "KeyValue.ListRange"), &w, &r, why))
		return 0;
	*items = kv_open(r, ACTOR_TEXT("values"));
	*n = read_list(items);
	return kv_read_ok(items, why);
}

#endif
