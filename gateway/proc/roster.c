/*
 * roster - see roster.h.
 */
#include "gateway/proc/roster.h"

#include <stdlib.h>

void
roster_init(struct roster *t, size_t size)
{
	t->size = size;
	TAILQ_INIT(&t->leaving);
}

void
roster_begin(struct roster *t)
{
	t->saying++;
}

struct roster_entry *
roster_find(const struct roster *t, uint32_t edge, uint64_t conn)
{
	return (struct roster_entry *)conns_find(&t->conns, edge, conn);
}

/* add() - a record for a connection that is not here yet. Return: NULL when out of memory. */
static struct roster_entry *
add(struct roster *t, uint32_t edge, uint64_t conn)
{
	struct roster_entry *e = calloc(1, t->size);

	if (e != NULL && conns_add(&t->conns, &e->node, edge, conn) == 0)
		return e;
	free(e);
	return NULL;
}

int
roster_meet(struct roster *t, struct msg_who *who, struct roster_entry **out)
{
	struct roster_entry *e = roster_find(t, who->edge, who->conn);
	struct person *x = NULL;
	int r = people_meet(&t->people, &who->identity, &x);

	if (r == 0 && e == NULL)
		e = add(t, who->edge, who->conn);
	if (r == 0 && e == NULL)
		r = -ENOMEM;
	if (r != 0) {
		people_leave(&t->people, x);
		msg_who_deinit(who);
		return err_raise(r);
	}
	people_leave(&t->people, e->person);
	e->person = x;
	e->said = t->saying;
	e->listener = who->listener;
	*out = e;
	return 0;
}

void
roster_forget(struct roster *t, struct roster_entry *e)
{
	if (e->leaving)
		TAILQ_REMOVE(&t->leaving, e, leaving_link);
	conns_remove(&t->conns, &e->node);
	people_leave(&t->people, e->person);
	free(e);
}

void
roster_leave(struct roster *t, struct roster_entry *e)
{
	if (e->leaving)
		return;
	e->leaving = true;
	TAILQ_INSERT_TAIL(&t->leaving, e, leaving_link);
}

struct roster_entry *
roster_leaving(const struct roster *t)
{
	return TAILQ_FIRST(&t->leaving);
}

struct roster_entry *
roster_stale(const struct roster *t, const struct roster_entry *last)
{
	struct conn_node *n = conns_each(&t->conns, last != NULL ? &last->node : NULL);

	while (n != NULL && ((struct roster_entry *)n)->said == t->saying)
		n = conns_each(&t->conns, n);
	return (struct roster_entry *)n;
}

struct roster_entry *
roster_before(const struct roster *t, uint32_t edge, uint64_t since, const struct roster_entry *last)
{
	struct conn_node *n = conns_each(&t->conns, last != NULL ? &last->node : NULL);

	while (n != NULL && (n->edge != edge || n->conn > since))
		n = conns_each(&t->conns, n);
	return (struct roster_entry *)n;
}

void
roster_forget_before(struct roster *t, uint32_t edge, uint64_t since)
{
	struct roster_entry *e = roster_before(t, edge, since, NULL), *next;

	for (; e != NULL; e = next) {
		next = roster_before(t, edge, since, e);
		roster_forget(t, e);
	}
}
