/*
 * members - JSON written member by member: each puts the comma before itself that it needs, which the byte
 * before it tells.
 *
 * A name is a literal of ours and is not escaped; values are. NULL as a name: an element of an array.
 */
#ifndef POLICY_CORE_MEMBERS_H
#define POLICY_CORE_MEMBERS_H

#include "policy/core/buf.h"

/* members_item() - what comes next is an element. */
static inline void
members_item(struct buf *b)
{
	uint8_t last = b->len > 0 ? b->ptr[b->len - 1] : '[';

	if (last != '{' && last != '[' && last != ':' && last != ',')
		buf_put_u8(b, ',');
}

/* members_name() - what comes next is the value of @name. */
static inline void
members_name(struct buf *b, const char *name)
{
	members_item(b);
	if (name == NULL)
		return;
	buf_put_u8(b, '"');
	buf_put_str(b, name);
	buf_put_str(b, "\":");
}

static inline void
members_bytes(struct buf *b, const char *name, struct bytes value)
{
	members_name(b, name);
	buf_put_json(b, value);
}

/* members_text() - NULL is written as "". */
static inline void
members_text(struct buf *b, const char *name, const char *value)
{
	members_bytes(b, name, bytes_str(value));
}

static inline void
members_int(struct buf *b, const char *name, int64_t v)
{
	members_name(b, name);
	buf_put_int(b, v);
}

static inline void
members_dec(struct buf *b, const char *name, uint64_t v)
{
	members_name(b, name);
	buf_put_dec(b, v);
}

static inline void
members_bool(struct buf *b, const char *name, bool v)
{
	members_name(b, name);
	buf_put_str(b, v ? "true" : "false");
}

/* members_object(), members_array() - what comes next is inside of it, until members_end...(). */
static inline void
members_object(struct buf *b, const char *name)
{
	members_name(b, name);
	buf_put_u8(b, '{');
}

static inline void
members_array(struct buf *b, const char *name)
{
	members_name(b, name);
	buf_put_u8(b, '[');
}

static inline void
members_end_object(struct buf *b)
{
	buf_put_u8(b, '}');
}

static inline void
members_end_array(struct buf *b)
{
	buf_put_u8(b, ']');
}

#endif
