/*
 * conns - a table of connections by (edge, number). Records embed struct conn_node first.
 */
#ifndef GATEWAY_PROC_CONNS_H
#define GATEWAY_PROC_CONNS_H

#include <stdint.h>

#include "policy/core/err.h"

struct conn_node {
	struct conn_node *next;
	uint32_t edge;
	uint64_t conn;
};

struct conns {
	struct conn_node **bucket;
	size_t cap, n;
};

/* conns_find() - or NULL. */
struct conn_node *conns_find(const struct conns *t, uint32_t edge, uint64_t conn);
/* conns_add() - @n is taken into the table, its key set. Return: 0, -EEXIST, -ENOMEM. */
int conns_add(struct conns *t, struct conn_node *n, uint32_t edge, uint64_t conn) must_check;
/* conns_remove() - out of the table; the record is the caller's again. */
void conns_remove(struct conns *t, struct conn_node *n);
/* conns_each() - the next one after @last; start with NULL. Removing @last is not allowed, others' are. */
struct conn_node *conns_each(const struct conns *t, const struct conn_node *last);
/* conns_deinit() - frees the table, not the records. */
void conns_deinit(struct conns *t);

#endif
