/*
 * stand_in_keyvalue - wasmcloud:keyvalue in memory. In 2021 its operations had bare names and took
 * and gave maps; later they are called KeyValue.Something, take a bare text where that is all, and
 * give bare values. The operation says which of the two is spoken. Expiry is not kept: the store
 * ends with the run.
 *
 * Sources: wasmcloud-actor-keyvalue 0.2 (keyvalue.widl), wasmcloud-interface-keyvalue 0.11
 * (keyvalue.smithy).
 */
#include "gateway/cli/stand_in.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/stand_in_store.h"
#include "host/pack/pack.h"

enum { KEYS_MAX = 16 };

/* What an operation was given; every slice lies in its payload. */
struct args {
	struct bytes key, value;
	enum pack_kind given; /* what kind the value was of */
	int64_t number, start, stop;
	size_t n; /* keys of SetUnion and SetIntersection */
	struct bytes keys[KEYS_MAX];
};

/* How an answer looks. */
enum shape {
	SHAPE_NUMBER, /* later bare; before within {value} or {newCount} */
	SHAPE_GET,    /* {value, exists} */
	SHAPE_SET,    /* later nothing; before {value} */
	SHAPE_KEY,    /* later true or false; before {key} */
	SHAPE_FOUND,  /* later true or false; before {value, exists} */
	SHAPE_GONE,   /* later true or false; before {newCount} */
	SHAPE_LIST,   /* later bare; before {values} */
};

struct result {
	int64_t number;
	bool yes;
	struct bytes value;
	const struct store_list *list;
	struct store_list made; /* owned */
};

struct operation {
	const char *then, *later;
	enum shape shape;
	const char *count;    /* what a number was called */
	enum pack_kind takes; /* what kind of value; PACK_END: none */
	const char *(*run)(struct store *s, const struct args *a, struct result *r);
};

static const char *const wrong_kind = "the key holds another kind of value";
static const char *const full = "the store is full";

static const char *
run_add(struct store *s, const struct args *a, struct result *r)
{
	struct bytes was = BYTES_NULL;
	char text[24];
	int64_t v = 0;

	if (!store_get(s, a->key, &was, &r->yes))
		return wrong_kind;
	if (r->yes && !store_number(was, &v))
		return "the value is not a number";
	if (__builtin_add_overflow(v, a->number, &v) || v > INT32_MAX || v < INT32_MIN)
		return "the sum is more than 32 bits hold";
	snprintf(text, sizeof(text), "%lld", (long long)v);
	r->number = v;
	return store_set(s, a->key, bytes_str(text)) ? NULL : full;
}

static const char *
run_get(struct store *s, const struct args *a, struct result *r)
{
	return store_get(s, a->key, &r->value, &r->yes) ? NULL : wrong_kind;
}

static const char *
run_contains(struct store *s, const struct args *a, struct result *r)
{
	r->yes = store_has(s, a->key);
	return NULL;
}

static const char *
run_set(struct store *s, const struct args *a, struct result *r)
{
	r->value = a->value;
	return store_set(s, a->key, a->value) ? NULL : full;
}

static const char *
run_del(struct store *s, const struct args *a, struct result *r)
{
	r->yes = store_del(s, a->key);
	return NULL;
}

static const char *
run_push(struct store *s, const struct args *a, struct result *r)
{
	struct store_list *l = store_list_make(s, a->key, STORE_LIST);

	if (l == NULL)
		return store_has(s, a->key) ? wrong_kind : full;
	if (!store_list_add(s, l, a->value))
		return full;
	r->number = (int64_t)l->n;
	return NULL;
}

static const char *
run_pull(struct store *s, const struct args *a, struct result *r)
{
	struct store_list *l = store_list_of(s, a->key, STORE_LIST);

	r->yes = l != NULL && store_list_del(s, l, a->value);
	r->number = l != NULL ? (int64_t)l->n : 0;
	return NULL;
}

/* run_range() - from, to, both within; below zero counts from the end. */
static const char *
run_range(struct store *s, const struct args *a, struct result *r)
{
	const struct store_list *l = store_list_of(s, a->key, STORE_LIST);
	int64_t n = l != NULL ? (int64_t)l->n : 0;
	int64_t from = a->start < 0 ? a->start + n : a->start;
	int64_t to = a->stop < 0 ? a->stop + n : a->stop;

	for (int64_t i = from < 0 ? 0 : from; i < n && i <= to; i++)
		if (!store_list_add(NULL, &r->made, store_item(l, (size_t)i)))
			return full;
	r->list = &r->made;
	return NULL;
}

static const char *
run_set_add(struct store *s, const struct args *a, struct result *r)
{
	struct store_list *l = store_list_make(s, a->key, STORE_SET);

	if (l == NULL)
		return store_has(s, a->key) ? wrong_kind : full;
	r->number = store_list_has(l, a->value) ? 0 : 1;
	return r->number == 0 || store_list_add(s, l, a->value) ? NULL : full;
}

static const char *
run_set_del(struct store *s, const struct args *a, struct result *r)
{
	struct store_list *l = store_list_of(s, a->key, STORE_SET);

	r->number = l != NULL && store_list_del(s, l, a->value) ? 1 : 0;
	return NULL;
}

static const char *
run_set_query(struct store *s, const struct args *a, struct result *r)
{
	const struct store_list *l = store_list_of(s, a->key, STORE_SET);

	r->list = l != NULL ? l : &r->made;
	return NULL;
}

static const char *
run_union(struct store *s, const struct args *a, struct result *r)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct store_list *l = store_list_of(s, a->keys[i], STORE_SET);

		for (size_t k = 0; l != NULL && k < l->n; k++)
			if (!store_list_has(&r->made, store_item(l, k)) &&
			    !store_list_add(NULL, &r->made, store_item(l, k)))
				return full;
	}
	r->list = &r->made;
	return NULL;
}

static bool
in_all(const struct store *s, const struct args *a, struct bytes item)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct store_list *l = store_list_of(s, a->keys[i], STORE_SET);

		if (l == NULL || !store_list_has(l, item))
			return false;
	}
	return true;
}

static const char *
run_intersection(struct store *s, const struct args *a, struct result *r)
{
	const struct store_list *l = a->n > 0 ? store_list_of(s, a->keys[0], STORE_SET) : NULL;

	for (size_t k = 0; l != NULL && k < l->n; k++)
		if (in_all(s, a, store_item(l, k)) &&
		    !store_list_add(NULL, &r->made, store_item(l, k)))
			return full;
	r->list = &r->made;
	return NULL;
}

static const struct operation operations[] = {
	{ "Add", "KeyValue.Increment", SHAPE_NUMBER, "value", PACK_UINT, run_add },
	{ "Get", "KeyValue.Get", SHAPE_GET, NULL, PACK_END, run_get },
	{ "KeyExists", "KeyValue.Contains", SHAPE_FOUND, NULL, PACK_END, run_contains },
	{ "Set", "KeyValue.Set", SHAPE_SET, NULL, PACK_STR, run_set },
	{ "Del", "KeyValue.Del", SHAPE_KEY, NULL, PACK_END, run_del },
	{ "Clear", "KeyValue.ListClear", SHAPE_KEY, NULL, PACK_END, run_del },
	{ "Push", "KeyValue.ListAdd", SHAPE_NUMBER, "newCount", PACK_STR, run_push },
	{ "ListItemDelete", "KeyValue.ListDel", SHAPE_GONE, "newCount", PACK_STR, run_pull },
	{ "Range", "KeyValue.ListRange", SHAPE_LIST, NULL, PACK_END, run_range },
	{ "SetAdd", "KeyValue.SetAdd", SHAPE_NUMBER, "newCount", PACK_STR, run_set_add },
	{ "SetRemove", "KeyValue.SetDel", SHAPE_NUMBER, "newCount", PACK_STR, run_set_del },
	{ "SetQuery", "KeyValue.SetQuery", SHAPE_LIST, NULL, PACK_END, run_set_query },
	{ "SetUnion", "KeyValue.SetUnion", SHAPE_LIST, NULL, PACK_END, run_union },
	{ "SetIntersection", "KeyValue.SetIntersection", SHAPE_LIST, NULL, PACK_END,
	    run_intersection },
	{ NULL, "KeyValue.SetClear", SHAPE_KEY, NULL, PACK_END, run_del },
};

/* read_keys() - a list of texts. */
static void
read_keys(struct pack *p, struct args *a)
{
	a->n = pack_array(p, KEYS_MAX);
	for (size_t i = 0; i < a->n; i++)
		a->keys[i] = pack_text(p, PACK_TEXT_MAX);
}

/* read_value() - a text, or a number of 32 bits. */
static void
read_value(struct bytes raw, struct pack *whole, struct args *a)
{
	struct pack p = pack_of(raw);

	a->given = pack_peek(&p);
	if (a->given == PACK_STR) {
		a->value = pack_text(&p, SIZE_MAX);
	} else {
		a->given = PACK_UINT;
		a->number = pack_int(&p, INT32_MIN, INT32_MAX);
	}
	if (!pack_ok(&p))
		pack_fail(whole, p.why);
}

/* What a map may hold; names nobody knows are passed over, as the readers of the time did. */
struct members {
	struct bytes key, list, set, value, keys;
	int64_t start, stop;
};

enum { MEMBER_KEY, MEMBER_LIST, MEMBER_SET, MEMBER_VALUE, MEMBER_KEYS };

static void
read_members(struct pack *p, struct args *a)
{
	static const struct pack_field fields[] = {
		[MEMBER_KEY] = PACK_FIELD("key", struct members, key, PACK_T_TEXT, 0),
		[MEMBER_LIST] = PACK_FIELD("listName", struct members, list, PACK_T_TEXT, 0),
		[MEMBER_SET] = PACK_FIELD("setName", struct members, set, PACK_T_TEXT, 0),
		[MEMBER_VALUE] = PACK_FIELD("value", struct members, value, PACK_T_RAW, 0),
		[MEMBER_KEYS] = PACK_FIELD("keys", struct members, keys, PACK_T_RAW, 0),
		PACK_FIELD("start", struct members, start, PACK_T_I64, 0),
		PACK_FIELD("stop", struct members, stop, PACK_T_I64, 0),
	};
	struct members m = { 0 };
	uint32_t has = pack_object(p, fields, sizeof(fields) / sizeof(fields[0]), &m);

	if (!pack_ok(p))
		return;
	a->key = (has & 1U << MEMBER_LIST) != 0  ? m.list
		 : (has & 1U << MEMBER_SET) != 0 ? m.set
						 : m.key;
	a->start = m.start;
	a->stop = m.stop;
	if ((has & 1U << MEMBER_VALUE) != 0)
		read_value(m.value, p, a);
	if ((has & 1U << MEMBER_KEYS) != 0) {
		struct pack keys = pack_of(m.keys);

		read_keys(&keys, a);
		if (!pack_ok(&keys))
			pack_fail(p, keys.why);
	}
}

static bool
read_args(struct bytes payload, struct args *a)
{
	struct pack p = pack_of(payload);

	*a = (struct args){ 0 };
	if (pack_peek(&p) == PACK_STR)
		a->key = pack_text(&p, PACK_TEXT_MAX);
	else if (pack_peek(&p) == PACK_ARRAY)
		read_keys(&p, a);
	else
		read_members(&p, a);
	return pack_done(&p);
}

static void
put_list(struct buf *b, const struct store_list *l)
{
	pack_put_array(b, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++)
		pack_put_text(b, store_item(l, i));
}

static void
put_value(struct buf *b, const struct result *r)
{
	pack_put_map(b, 2);
	pack_put_str(b, "value");
	pack_put_text(b, r->value);
	pack_put_str(b, "exists");
	pack_put_bool(b, r->yes);
}

/* put_later() - as it has been since Service.Method. */
static void
put_later(struct buf *b, const struct operation *o, const struct result *r)
{
	if (o->shape == SHAPE_NUMBER)
		pack_put_int(b, r->number);
	else if (o->shape == SHAPE_GET)
		put_value(b, r);
	else if (o->shape == SHAPE_LIST)
		put_list(b, r->list);
	else if (o->shape != SHAPE_SET)
		pack_put_bool(b, r->yes);
}

static void
put_then(struct buf *b, const struct operation *o, const struct args *a, const struct result *r)
{
	if (o->shape == SHAPE_GET || o->shape == SHAPE_FOUND) {
		put_value(b, r);
		return;
	}
	pack_put_map(b, 1);
	if (o->shape == SHAPE_LIST) {
		pack_put_str(b, "values");
		put_list(b, r->list);
	} else if (o->shape == SHAPE_SET) {
		pack_put_str(b, "value");
		pack_put_text(b, r->value);
	} else if (o->shape == SHAPE_KEY) {
		pack_put_str(b, "key");
		pack_put_text(b, a->key);
	} else {
		pack_put_str(b, o->count);
		pack_put_int(b, r->number);
	}
}

static int
keyvalue_ask(void *state, struct bytes operation, struct bytes payload, struct buf *into, bool *ok)
{
	const struct operation *o = NULL;
	struct result r = { 0 };
	struct args a;
	const char *why;
	bool later = false;

	for (size_t i = 0; o == NULL && i < sizeof(operations) / sizeof(operations[0]); i++) {
		later = bytes_is(operation, operations[i].later);
		if (later ||
		    (operations[i].then != NULL && bytes_is(operation, operations[i].then)))
			o = &operations[i];
	}
	if (o == NULL)
		return stand_in_fail(into, ok, "the store has no such operation");
	if (!read_args(payload, &a) || a.given != o->takes)
		return stand_in_fail(into, ok, "the store does not understand what it was given");
	why = o->run(state, &a, &r);
	*ok = why == NULL;
	if (why != NULL)
		stand_in_fail(into, ok, why);
	else if (later)
		put_later(into, o, &r);
	else
		put_then(into, o, &a, &r);
	store_list_deinit(NULL, &r.made);
	return 0;
}

static bool
keyvalue_is_of(const void *state, struct bytes contract)
{
	(void)state;
	return bytes_is(contract, "wasmcloud:keyvalue");
}

static void *
keyvalue_make(void)
{
	return store_new();
}

static void
keyvalue_free(void *state)
{
	store_free(state);
}

const struct stand_in stand_in_keyvalue = { .word = "keyvalue",
	.contract = "wasmcloud:keyvalue",
	.is_of = keyvalue_is_of,
	.make = keyvalue_make,
	.free = keyvalue_free,
	.ask = keyvalue_ask };
