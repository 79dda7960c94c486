/*
 * members - JSON objects written member by member; for the files of this room.
 */
#ifndef HOST_LATTICE_MEMBERS_H
#define HOST_LATTICE_MEMBERS_H

#include "policy/core/buf.h"

/* An object or array that is being written. */
struct members {
	struct buf *b;
	bool any;
};

static inline struct members
members_open(struct buf *b, char bracket)
{
	buf_put_u8(b, (uint8_t)bracket);
	return (struct members){ .b = b };
}

/* members_item() - what comes next is an element. */
static inline void
members_item(struct members *m)
{
	if (m->any)
		buf_put_u8(m->b, ',');
	m->any = true;
}

/* members_name() - what comes next is the value of @name, a literal of ours. */
static inline void
members_name(struct members *m, const char *name)
{
	members_item(m);
	buf_put_u8(m->b, '"');
	buf_put_str(m->b, name);
	buf_put_str(m->b, "\":");
}

static inline void
members_bytes(struct members *m, const char *name, struct bytes value)
{
	members_name(m, name);
	buf_put_json(m->b, value);
}

/* members_text() - NULL is written as "". */
static inline void
members_text(struct members *m, const char *name, const char *value)
{
	members_bytes(m, name, bytes_str(value));
}

static inline void
members_int(struct members *m, const char *name, int64_t v)
{
	members_name(m, name);
	buf_put_int(m->b, v);
}

static inline void
members_bool(struct members *m, const char *name, bool v)
{
	members_name(m, name);
	buf_put_str(m->b, v ? "true" : "false");
}

static inline void
members_close(struct members *m, char bracket)
{
	buf_put_u8(m->b, (uint8_t)bracket);
}

#endif
