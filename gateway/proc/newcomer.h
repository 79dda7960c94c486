/*
 * newcomer - another of our processes, as the parent introduces it (MSG_PEER): a channel to it, which takes the
 * place of the one before. Edges wait at the doors until the process knows who is who.
 */
#ifndef GATEWAY_PROC_NEWCOMER_H
#define GATEWAY_PROC_NEWCOMER_H

#include "gateway/proc/child.h"
#include "gateway/proc/doors.h"

struct newcomer {
	enum role role;
	unsigned index; /* of an edge */
	uint64_t since; /* an edge's connections are numbered on from here: those before were another's */
	int fd;         /* taken by who opens it */
};

typedef int (*newcomer_open_fn)(const struct newcomer *p);

/* What is heard on a channel to a peer, and what happens at its end. */
#define NEWCOMER_OPS(rules, gone) { rules, sizeof(rules) / sizeof((rules)[0]), gone }

/* newcomer_get() - of a MSG_PEER; @fd is taken. Return: 0, -EBADMSG (closed). */
int newcomer_get(struct cursor *in, int fd, struct newcomer *p) must_check;
/* newcomer_unwanted() - no channel to one of this role is wanted here. Return: -EBADMSG (closed). */
int newcomer_unwanted(const struct newcomer *p) must_check;
/* newcomer_open() - hear it. Return: 0, -errno (closed). */
int newcomer_open(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops) must_check;
/* newcomer_replace() - the same, in the place of one whose end may not have been read yet. */
int newcomer_replace(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops) must_check;
/* newcomer_succeed() - the same, where what the one before said last still counts: it is read first. */
int newcomer_succeed(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops) must_check;

/* newcomer_knock() - an edge: opened when the doors are, else it waits there. */
int newcomer_knock(const struct newcomer *p, struct doors *d, newcomer_open_fn open) must_check;
/* newcomer_let_in() - the doors open. An edge that cannot be opened has ended; the parent sees to it. */
void newcomer_let_in(struct doors *d, newcomer_open_fn open);

#endif
