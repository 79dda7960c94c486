/*
 * newcomer - taking a channel the parent hands over.
 *
 * A process that died is replaced by another, and both ends may learn of it in any order: the new channel
 * may be here before the end of the old one was read. So the old one is ended first, by its own on_end,
 * whether or not it has ended; where its last words matter they are read before.
 */
#include "gateway/proc/newcomer.h"

#include <unistd.h>

#include "gateway/proc/msg_parent.h"

int
newcomer_get(struct cursor *in, int fd, struct newcomer *p)
{
	*p = (struct newcomer){ .fd = fd };
	if (msg_peer_get(in, &p->role, &p->index, &p->since) == 0 && p->index < DOORS)
		return 0;
	return newcomer_unwanted(p);
}

int
newcomer_unwanted(const struct newcomer *p)
{
	close(p->fd);
	return -EBADMSG;
}

int
newcomer_open(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops)
{
	return channel_open(c, &child->loop, p->fd, role_name(p->role), p->index, ops);
}

int
newcomer_replace(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops)
{
	channel_end(c, "replaced");
	return newcomer_open(p, child, c, ops);
}

int
newcomer_succeed(const struct newcomer *p, struct child *child, struct channel *c, const struct channel_ops *ops)
{
	if (c->fd >= 0)
		channel_pull(c);
	return newcomer_replace(p, child, c, ops);
}

int
newcomer_knock(const struct newcomer *p, struct doors *d, newcomer_open_fn open)
{
	if (d->open)
		return open(p);
	doors_keep(d, p->index, p->fd);
	return 0;
}

void
newcomer_let_in(struct doors *d, newcomer_open_fn open)
{
	struct newcomer p = { .role = ROLE_EDGE };

	d->open = true;
	while ((p.fd = doors_take(d, &p.index)) >= 0)
		(void)!open(&p);
}
