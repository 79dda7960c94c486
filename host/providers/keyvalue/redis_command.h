/*
 * redis_command - what is asked of a Redis, in the words of its protocol. Pure.
 */
#ifndef HOST_PROVIDERS_KEYVALUE_REDIS_COMMAND_H
#define HOST_PROVIDERS_KEYVALUE_REDIS_COMMAND_H

#include "host/providers/keyvalue/kv_message.h"

/* redis_put_op() - one operation; every key begins with @prefix. */
void redis_put_op(struct buf *b, struct bytes prefix, const struct kv_op *op);
/* redis_put_auth() - a login; an empty @user: only the password. */
void redis_put_auth(struct buf *b, struct bytes user, struct bytes password);
/* redis_put_select() - the database. */
void redis_put_select(struct buf *b, unsigned db);
/* redis_put_ping() - is it there, and are we let in? */
void redis_put_ping(struct buf *b);

#endif
