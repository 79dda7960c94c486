/*
 * redis_answer - a Redis is a program of somebody else: what it answers must be of the form its
 * command has, numbers must fit, and texts must be texts.
 */
#include "host/providers/keyvalue/redis_answer.h"

#include "policy/core/utf8.h"

static bool
is_text(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || cp == 0)
			return false;
		s = bytes_from(s, used);
	}
	return true;
}

struct bytes
redis_text_of(const redisReply *y)
{
	return bytes_of(y->str, (size_t)y->len);
}

static bool
put_texts(const redisReply *y, struct buf *b)
{
	struct kv_texts all;
	bool ok = true;

	kv_texts_init(&all);
	for (size_t i = 0; ok && i < y->elements; i++) {
		const redisReply *e = y->element[i];

		ok = e->type == REDIS_REPLY_STRING && is_text(redis_text_of(e));
		if (ok)
			kv_texts_add(&all, redis_text_of(e));
	}
	ok = ok && kv_texts_put(&all, b);
	kv_texts_deinit(&all);
	return ok;
}

bool
redis_answer_put(enum kv_verb verb, const redisReply *y, struct buf *b)
{
	switch (kv_form(verb)) {
	case KV_FORM_NOTHING:
		return y->type == REDIS_REPLY_STATUS;
	case KV_FORM_BOOL:
		kv_put_bool(b, y->integer > 0);
		return y->type == REDIS_REPLY_INTEGER;
	case KV_FORM_NUMBER:
		kv_put_number(b, y->integer);
		return y->type == REDIS_REPLY_INTEGER && y->integer >= INT32_MIN &&
		       y->integer <= INT32_MAX;
	case KV_FORM_VALUE:
		if (y->type == REDIS_REPLY_NIL) {
			kv_put_value(b, BYTES_NULL, false);
			return true;
		}
		if (y->type != REDIS_REPLY_STRING || !is_text(redis_text_of(y)))
			return false;
		kv_put_value(b, redis_text_of(y), true);
		return true;
	default:
		return y->type == REDIS_REPLY_ARRAY && put_texts(y, b);
	}
}
