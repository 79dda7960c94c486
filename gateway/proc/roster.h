/*
 * roster - who is behind each connection, by the verifier's word, in a process that acts in their name.
 *
 * A verifier that takes the place of another says all of it again. What it names that is here already is
 * kept, as it says it now; what it has not named when it says that this was all, is forgotten.
 */
#ifndef GATEWAY_PROC_ROSTER_H
#define GATEWAY_PROC_ROSTER_H

#include <sys/queue.h>

#include "gateway/proc/conns.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/people.h"

/* One connection; the owner's record begins with it. */
struct roster_entry {
	struct conn_node node; /* first */
	struct person *person;
	uint64_t said; /* by which verifier, counted */
	uint8_t listener;
	bool leaving;
	TAILQ_ENTRY(roster_entry) leaving_link;
};

struct roster {
	struct conns conns;
	struct people people;
	size_t size;     /* of the owner's record */
	uint64_t saying; /* the verifier there is now */
	TAILQ_HEAD(, roster_entry) leaving;
};

/* roster_init() - @size of the owner's records. */
void roster_init(struct roster *t, size_t size);
/* roster_begin() - a verifier came: it will say who is there. */
void roster_begin(struct roster *t);
/*
 * roster_meet() - @who (taken) is there: a record of its own, zeroed but for the entry, when new.
 * Return: 0 and *out, -errno.
 */
int roster_meet(struct roster *t, struct msg_who *who, struct roster_entry **out) must_check;
struct roster_entry *roster_find(const struct roster *t, uint32_t edge, uint64_t conn);
/* roster_forget() - @e is freed. */
void roster_forget(struct roster *t, struct roster_entry *e);
/* roster_leave() - @e is as good as gone, but known until what it said before leaving was read. */
void roster_leave(struct roster *t, struct roster_entry *e);
/* roster_leaving() - the first of those who leave, or NULL. */
struct roster_entry *roster_leaving(const struct roster *t);
/* roster_stale() - after @last (NULL: the first) one that this verifier has not named; NULL: none. */
struct roster_entry *roster_stale(const struct roster *t, const struct roster_entry *last);
/*
 * roster_before() - after @last (NULL: the first) one of the edge that had this index before; its successor's are
 * numbered on from @since. NULL: none.
 */
struct roster_entry *roster_before(const struct roster *t, uint32_t edge, uint64_t since, const struct roster_entry *last);
/* roster_forget_before() - all of them. */
void roster_forget_before(struct roster *t, uint32_t edge, uint64_t since);

#endif
