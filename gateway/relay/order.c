/*
 * order - see order.h. Each mark says which PING the bytes behind it wait for.
 */
#include "gateway/relay/order.h"

#include "gateway/nats/writer.h"

void
order_init(struct order *o)
{
	*o = (struct order){ 0 };
	buf_init(&o->later, ORDER_MAX);
}

void
order_deinit(struct order *o)
{
	buf_deinit(&o->later);
	free(o->mark);
	o->mark = NULL;
	o->n_marks = o->cap = 0;
}

/* mark() - what is appended from here on waits for the last PING sent. */
static bool
mark(struct order *o)
{
	if (o->n_marks > 0 && o->mark[o->n_marks - 1].ping == o->pings)
		return true;
	if (o->n_marks == o->cap) {
		size_t cap = o->cap != 0 ? o->cap * 2 : 4;
		struct order_mark *m = realloc(o->mark, cap * sizeof(*m));

		if (m == NULL)
			return false;
		o->mark = m;
		o->cap = cap;
	}
	o->mark[o->n_marks++] = (struct order_mark){ .ping = o->pings, .start = o->later.len };
	return true;
}

struct buf *
order_out(struct order *o, struct buf *now)
{
	/* without memory for a mark the word comes too early, which is better than not at all */
	if (o->pings == o->pongs || !mark(o))
		return now;
	return &o->later;
}

/* release() - the first @n marks and their bytes. */
static void
release(struct order *o, size_t n, struct buf *now)
{
	size_t end = n < o->n_marks ? o->mark[n].start : o->later.len;

	buf_put(now, bytes_of(o->later.ptr, end));
	if (n == o->n_marks) {
		order_deinit(o);
		return;
	}
	memmove(o->later.ptr, o->later.ptr + end, o->later.len - end);
	o->later.len -= end;
	memmove(o->mark, o->mark + n, (o->n_marks - n) * sizeof(*o->mark));
	o->n_marks -= n;
	for (size_t i = 0; i < o->n_marks; i++)
		o->mark[i].start -= end;
}

void
order_pong(struct order *o, struct buf *now)
{
	size_t n = 0;

	/* one that nobody asked for says nothing about what was sent before */
	if (o->pongs == o->pings)
		return;
	o->pongs++;
	if (o->own == o->pongs)
		o->own = 0;
	else
		nats_put_pong(now);
	while (n < o->n_marks && o->mark[n].ping <= o->pongs)
		n++;
	if (n > 0)
		release(o, n, now);
}

bool
order_own_ping(struct order *o)
{
	if (o->own != 0)
		return false;
	o->own = o->pings + 1;
	return true;
}

void
order_all(struct order *o, struct buf *now)
{
	if (o->n_marks > 0)
		release(o, o->n_marks, now);
}
