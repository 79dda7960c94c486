/*
 * pack - message-pack for actors: as much of it as calls between actors and hosts are made of.
 *
 * A writer has all its room from the beginning, a reader never looks behind its end. Both fail
 * once and for all: check ->failed after the last step, not after each.
 * Source: message-pack specification (github.com/msgpack/msgpack, spec.md).
 */
#ifndef PORTCULLIS_PACK_H
#define PORTCULLIS_PACK_H

#include "host/kit/portcullis_actor.h"

struct pack_writer {
	actor_byte *p;
	actor_size n, room;
	int failed;
};

struct pack_reader {
	struct actor_text in; /* what is left */
	int failed;
};

/* pack_new() - a writer with room for @room bytes, of this call's memory. */
static inline struct pack_writer
pack_new(actor_size room)
{
	return (struct pack_writer){ actor_alloc(room), 0, room, 0 };
}

/* pack_done() - what was written; nothing when it did not fit. */
static inline struct actor_text
pack_done(const struct pack_writer *w)
{
	return (struct actor_text){ w->p, w->failed ? 0 : w->n };
}

/* pack_raw() - bytes as they are. */
static inline void
pack_raw(struct pack_writer *w, const actor_byte *p, actor_size n)
{
	w->failed = w->failed || n > w->room - w->n;
	if (w->failed)
		return;
	for (actor_size i = 0; i < n; i++)
		w->p[w->n + i] = p[i];
	w->n += n;
}

/* pack_head() - a first byte, and @n bytes of a number behind it, the highest first. */
static inline void
pack_head(struct pack_writer *w, unsigned first, unsigned long long v, int n)
{
	actor_byte b[9] = { (actor_byte)first };

	for (int i = 0; i < n; i++)
		b[1 + i] = (actor_byte)(v >> (8 * (n - 1 - i)));
	pack_raw(w, b, (actor_size)n + 1);
}

/* pack_map() - @n pairs follow: a text and a value each. */
static inline void
pack_map(struct pack_writer *w, actor_size n)
{
	if (n < 16)
		pack_head(w, 0x80 | (unsigned)n, 0, 0);
	else
		pack_head(w, 0xdf, n, 4);
}

/* pack_list() - @n values follow. */
static inline void
pack_list(struct pack_writer *w, actor_size n)
{
	if (n < 16)
		pack_head(w, 0x90 | (unsigned)n, 0, 0);
	else
		pack_head(w, 0xdd, n, 4);
}

/* pack_text() - UTF-8. */
static inline void
pack_text(struct pack_writer *w, struct actor_text s)
{
	if (s.n < 32)
		pack_head(w, 0xa0 | (unsigned)s.n, 0, 0);
	else
		pack_head(w, 0xdb, s.n, 4);
	pack_raw(w, s.p, s.n);
}

/* pack_bytes() - any bytes. */
static inline void
pack_bytes(struct pack_writer *w, struct actor_text s)
{
	pack_head(w, 0xc6, s.n, 4);
	pack_raw(w, s.p, s.n);
}

static inline void
pack_int(struct pack_writer *w, long long v)
{
	if (v >= 0 && v < 128)
		pack_head(w, (unsigned)v, 0, 0);
	else if (v >= 0 && v <= 0x7fffffff)
		pack_head(w, 0xce, (unsigned long long)v, 4);
	else
		pack_head(w, 0xd3, (unsigned long long)v, 8);
}

static inline void
pack_bool(struct pack_writer *w, int v)
{
	pack_head(w, v ? 0xc3 : 0xc2, 0, 0);
}

/* pack_member_text() and _int() - a name and its value. */
static inline void
pack_member_text(struct pack_writer *w, struct actor_text name, struct actor_text v)
{
	pack_text(w, name);
	pack_text(w, v);
}

static inline void
pack_member_int(struct pack_writer *w, struct actor_text name, long long v)
{
	pack_text(w, name);
	pack_int(w, v);
}

/* read_of() - a reader of @in. */
static inline struct pack_reader
read_of(struct actor_text in)
{
	return (struct pack_reader){ in, 0 };
}

/* read_raw() - the next @n bytes. */
static inline struct actor_text
read_raw(struct pack_reader *r, actor_size n)
{
	struct actor_text s = { r->in.p, n };

	r->failed = r->failed || n > r->in.n;
	if (r->failed)
		return (struct actor_text){ 0, 0 };
	r->in.p += n;
	r->in.n -= n;
	return s;
}

static inline unsigned
read_byte(struct pack_reader *r)
{
	struct actor_text s = read_raw(r, 1);

	return s.n == 1 ? s.p[0] : 0xc1; /* which message-pack never uses */
}

static inline unsigned long long
read_number(struct pack_reader *r, actor_size n)
{
	struct actor_text s = read_raw(r, n);
	unsigned long long v = 0;

	for (actor_size i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

/* read_length() - of what @small (its mask is the room for a short length), or one of three wider
 * forms beginning at @wide, stands for; 0 stands for a form that there is not. */
static inline actor_size
read_length(struct pack_reader *r, unsigned small, unsigned mask, unsigned wide8, unsigned wide16)
{
	unsigned c = read_byte(r);

	if (small != 0 && (c & ~mask) == small)
		return c & mask;
	if (wide8 != 0 && c == wide8)
		return (actor_size)read_number(r, 1);
	if (c == wide16)
		return (actor_size)read_number(r, 2);
	if (c == wide16 + 1)
		return (actor_size)read_number(r, 4);
	r->failed = 1;
	return 0;
}

/* read_map(), read_list() - how many pairs, or values, follow; never more than could. */
static inline actor_size
read_map(struct pack_reader *r)
{
	actor_size n = read_length(r, 0x80, 15, 0, 0xde);

	r->failed = r->failed || n > r->in.n / 2;
	return r->failed ? 0 : n;
}

static inline actor_size
read_list(struct pack_reader *r)
{
	actor_size n = read_length(r, 0x90, 15, 0, 0xdc);

	r->failed = r->failed || n > r->in.n;
	return r->failed ? 0 : n;
}

/* read_text() - a text or bytes; they lie in what is read. */
static inline struct actor_text
read_text(struct pack_reader *r)
{
	unsigned c = r->in.n > 0 ? r->in.p[0] : 0xc1;

	if (c >= 0xc4 && c <= 0xc6)
		return read_raw(r, read_length(r, 0, 0, 0xc4, 0xc5));
	return read_raw(r, read_length(r, 0xa0, 31, 0xd9, 0xda));
}

static inline long long
read_int(struct pack_reader *r)
{
	unsigned c = read_byte(r);
	actor_size n = (actor_size)1 << (c & 3);
	unsigned long long v;

	if (c < 0x80)
		return c;
	if (c >= 0xe0)
		return (long long)c - 256;
	if (c < 0xcc || c > 0xd3) {
		r->failed = 1;
		return 0;
	}
	v = read_number(r, n);
	if (c >= 0xd0 && n < 8) /* the sign */
		return (long long)(v << (64 - 8 * n)) >> (64 - 8 * n);
	r->failed = r->failed || (c == 0xcf && v >> 63 != 0);
	return (long long)v;
}

static inline int
read_bool(struct pack_reader *r)
{
	unsigned c = read_byte(r);

	r->failed = r->failed || (c != 0xc2 && c != 0xc3);
	return c == 0xc3;
}

/* read_nil() - take a nil when there is one. */
static inline int
read_nil(struct pack_reader *r)
{
	if (r->failed || r->in.n == 0 || r->in.p[0] != 0xc0)
		return 0;
	read_byte(r);
	return 1;
}

/* read_skip_one() - a head and the bytes that are its own. Return: how many values are in it. */
static inline actor_size
read_skip_one(struct pack_reader *r)
{
	static const actor_byte fixed[] = { 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17 };
	unsigned c = r->in.n > 0 ? r->in.p[0] : 0xc1;

	if (c < 0x80 || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3)
		read_byte(r);
	else if (c < 0x90 || c == 0xde || c == 0xdf)
		return 2 * read_map(r);
	else if (c < 0xa0 || c == 0xdc || c == 0xdd)
		return read_list(r);
	else if (c < 0xc0 || (c >= 0xc4 && c <= 0xc6) || (c >= 0xd9 && c <= 0xdb))
		read_text(r);
	else if (c >= 0xca && c <= 0xd8)
		read_raw(r, 1 + (actor_size)fixed[c - 0xca]);
	else
		r->failed = 1; /* extensions of any length, and what is no message-pack */
	return 0;
}

/* read_skip() - one value and all that is in it. */
static inline void
read_skip(struct pack_reader *r)
{
	/* each value takes a byte: more to come than is left cannot be */
	for (actor_size left = 1; left > 0 && !r->failed;) {
		left = left - 1 + read_skip_one(r);
		r->failed = r->failed || left > r->in.n;
	}
}

#endif
