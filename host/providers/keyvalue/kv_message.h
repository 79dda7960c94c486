/*
 * kv_message - what an actor asks of a key-value store, and the answers, in message-pack. Pure.
 * Source: wasmCloud interfaces keyvalue.smithy.
 */
#ifndef HOST_PROVIDERS_KEYVALUE_KV_MESSAGE_H
#define HOST_PROVIDERS_KEYVALUE_KV_MESSAGE_H

#include "policy/core/buf.h"

enum {
	KV_KEY = 1024, /* bytes of a key, a list's or a set's name */
	KV_VALUE = 1024 * 1024,
	KV_NAMES = 64,    /* sets that are joined or cut at once */
	KV_ITEMS = 65536, /* of an answer */
	KV_ANSWER = 1024 * 1024 + 64 * 1024,
};

enum kv_verb {
	KV_GET,
	KV_SET,
	KV_DEL,
	KV_CONTAINS,
	KV_INCREMENT,
	KV_LIST_ADD,
	KV_LIST_CLEAR,
	KV_LIST_DEL,
	KV_LIST_RANGE,
	KV_SET_ADD,
	KV_SET_CLEAR,
	KV_SET_DEL,
	KV_SET_INTERSECTION,
	KV_SET_QUERY,
	KV_SET_UNION,
	KV_VERBS
};

/* How a verb is answered. */
enum kv_form {
	KV_FORM_NOTHING, /* no bytes */
	KV_FORM_BOOL,
	KV_FORM_NUMBER,
	KV_FORM_TEXTS,
	KV_FORM_VALUE, /* {value, exists} */
};

struct kv_op {
	enum kv_verb verb;
	struct bytes key, value; /* slices of the payload */
	int64_t amount;          /* KV_INCREMENT */
	int64_t start, stop;     /* KV_LIST_RANGE; both count, negative ones from the end */
	uint32_t expires;        /* KV_SET: seconds; 0: never */
	size_t n_names;
	struct bytes name[KV_NAMES];
};

/* kv_op_get() - Return: NULL, or what is wrong with it. */
const char *kv_op_get(struct bytes operation, struct bytes payload, struct kv_op *op) must_check;
enum kv_form kv_form(enum kv_verb v);
/* kv_changes() - does it change what is kept? */
bool kv_changes(enum kv_verb v);

void kv_put_bool(struct buf *b, bool v);
void kv_put_number(struct buf *b, int64_t v);
void kv_put_value(struct buf *b, struct bytes value, bool exists);

/* Texts of an answer, collected before it is known how many there are. */
struct kv_texts {
	struct buf items; /* each sized */
	uint32_t n;
	bool full;
};
void kv_texts_init(struct kv_texts *t);
void kv_texts_deinit(struct kv_texts *t);
void kv_texts_add(struct kv_texts *t, struct bytes s);
/* kv_texts_put() - the answer. Return: false: too many, or too long. */
bool kv_texts_put(const struct kv_texts *t, struct buf *b) must_check;

#endif
