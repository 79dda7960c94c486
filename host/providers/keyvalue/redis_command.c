/*
 * redis_command - an operation becomes one command of RESP, an array of bulk strings with a length
 * before each: no byte of an actor's is ever looked at for where it ends.
 */
#include "host/providers/keyvalue/redis_command.h"

#include <stdio.h>

static void
put_arg(struct buf *b, struct bytes prefix, struct bytes s)
{
	buf_put_u8(b, '$');
	buf_put_dec(b, prefix.len + s.len);
	buf_put_str(b, "\r\n");
	buf_put(b, prefix);
	buf_put(b, s);
	buf_put_str(b, "\r\n");
}

static void
put_command(struct buf *b, const char *name, size_t args)
{
	buf_put_u8(b, '*');
	buf_put_dec(b, 1 + args);
	buf_put_str(b, "\r\n");
	put_arg(b, BYTES_NULL, bytes_str(name));
}

static void
put_number(struct buf *b, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	put_arg(b, BYTES_NULL, bytes_of(text, (size_t)n));
}

/* Commands whose arguments are a key, or a key and a value. */
static const char *const commands[KV_VERBS] = {
	[KV_GET] = "GET",
	[KV_SET] = "SET",
	[KV_DEL] = "DEL",
	[KV_CONTAINS] = "EXISTS",
	[KV_INCREMENT] = "INCRBY",
	[KV_LIST_ADD] = "RPUSH",
	[KV_LIST_CLEAR] = "DEL",
	[KV_LIST_DEL] = "LREM",
	[KV_LIST_RANGE] = "LRANGE",
	[KV_SET_ADD] = "SADD",
	[KV_SET_CLEAR] = "DEL",
	[KV_SET_DEL] = "SREM",
	[KV_SET_INTERSECTION] = "SINTER",
	[KV_SET_QUERY] = "SMEMBERS",
	[KV_SET_UNION] = "SUNION",
};

void
redis_put_op(struct buf *b, struct bytes prefix, const struct kv_op *op)
{
	const char *name = commands[op->verb];

	switch (op->verb) {
	case KV_SET:
		put_command(b, name, op->expires != 0 ? 4 : 2);
		put_arg(b, prefix, op->key);
		put_arg(b, BYTES_NULL, op->value);
		if (op->expires != 0) {
			put_arg(b, BYTES_NULL, BYTES_LIT("EX"));
			put_number(b, op->expires);
		}
		return;
	case KV_INCREMENT:
		put_command(b, name, 2);
		put_arg(b, prefix, op->key);
		put_number(b, op->amount);
		return;
	case KV_LIST_DEL:
		put_command(b, name, 3);
		put_arg(b, prefix, op->key);
		put_number(b, 0);
		put_arg(b, BYTES_NULL, op->value);
		return;
	case KV_LIST_RANGE:
		put_command(b, name, 3);
		put_arg(b, prefix, op->key);
		put_number(b, op->start);
		put_number(b, op->stop);
		return;
	case KV_LIST_ADD:
	case KV_SET_ADD:
	case KV_SET_DEL:
		put_command(b, name, 2);
		put_arg(b, prefix, op->key);
		put_arg(b, BYTES_NULL, op->value);
		return;
	case KV_SET_INTERSECTION:
	case KV_SET_UNION:
		put_command(b, name, op->n_names);
		for (size_t i = 0; i < op->n_names; i++)
			put_arg(b, prefix, op->name[i]);
		return;
	default:
		put_command(b, name, 1);
		put_arg(b, prefix, op->key);
	}
}

void
redis_put_auth(struct buf *b, struct bytes user, struct bytes password)
{
	put_command(b, "AUTH", user.len > 0 ? 2 : 1);
	if (user.len > 0)
		put_arg(b, BYTES_NULL, user);
	put_arg(b, BYTES_NULL, password);
}

void
redis_put_select(struct buf *b, unsigned db)
{
	put_command(b, "SELECT", 1);
	put_number(b, db);
}

void
redis_put_ping(struct buf *b)
{
	put_command(b, "PING", 0);
}
