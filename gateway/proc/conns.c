/*
 * conns - see conns.h. The edge chooses the numbers; they are mixed, so that it cannot make one
 * chain long.
 */
#include "gateway/proc/conns.h"

enum { CONNS_FIRST = 64 };

static size_t
slot(const struct conns *t, uint32_t edge, uint64_t conn)
{
	uint64_t h = (conn ^ (uint64_t)edge << 48) * 0x9e3779b97f4a7c15ULL;

	return (size_t)(h >> 20) & (t->cap - 1);
}

struct conn_node *
conns_find(const struct conns *t, uint32_t edge, uint64_t conn)
{
	struct conn_node *n = t->cap != 0 ? t->bucket[slot(t, edge, conn)] : NULL;

	while (n != NULL && (n->edge != edge || n->conn != conn))
		n = n->next;
	return n;
}

static int
grow(struct conns *t)
{
	struct conns wide = { .cap = t->cap != 0 ? t->cap * 2 : CONNS_FIRST, .n = t->n };
	struct conn_node *next;

	wide.bucket = calloc(wide.cap, sizeof(struct conn_node *));
	if (wide.bucket == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < t->cap; i++) {
		for (struct conn_node *n = t->bucket[i]; n != NULL; n = next) {
			size_t at = slot(&wide, n->edge, n->conn);

			next = n->next;
			n->next = wide.bucket[at];
			wide.bucket[at] = n;
		}
	}
	free(t->bucket);
	*t = wide;
	return 0;
}

int
conns_add(struct conns *t, struct conn_node *n, uint32_t edge, uint64_t conn)
{
	size_t at;

	if (conns_find(t, edge, conn) != NULL)
		return err_raise(-EEXIST);
	if (t->n >= t->cap && grow(t) != 0)
		return -ENOMEM;
	n->edge = edge;
	n->conn = conn;
	at = slot(t, edge, conn);
	n->next = t->bucket[at];
	t->bucket[at] = n;
	t->n++;
	return 0;
}

void
conns_remove(struct conns *t, struct conn_node *n)
{
	struct conn_node **p = &t->bucket[slot(t, n->edge, n->conn)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	n->next = NULL;
	t->n--;
}

struct conn_node *
conns_each(const struct conns *t, const struct conn_node *last)
{
	size_t i = 0;

	if (last != NULL) {
		if (last->next != NULL)
			return last->next;
		i = slot(t, last->edge, last->conn) + 1;
	}
	for (; i < t->cap; i++) {
		if (t->bucket[i] != NULL)
			return t->bucket[i];
	}
	return NULL;
}

void
conns_deinit(struct conns *t)
{
	free(t->bucket);
	*t = (struct conns){ 0 };
}
