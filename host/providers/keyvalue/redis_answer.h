/*
 * redis_answer - what a Redis answers to an operation, in the words of the contract. Pure.
 */
#ifndef HOST_PROVIDERS_KEYVALUE_REDIS_ANSWER_H
#define HOST_PROVIDERS_KEYVALUE_REDIS_ANSWER_H

#include <hiredis/hiredis.h>

#include "host/providers/keyvalue/kv_message.h"

/* redis_text_of() - the bytes of a string or an error; valid as long as @y. */
struct bytes redis_text_of(const redisReply *y);
/* redis_answer_put() - Return: false when it is not of the form its command has. */
bool redis_answer_put(enum kv_verb verb, const redisReply *y, struct buf *b) must_check;

#endif
