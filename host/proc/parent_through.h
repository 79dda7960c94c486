/*
 * parent_through - between the link process and what is said and heard through it; link_sub(),
 * link_pub(), link_ask() and their kin are in parent_priv.h.
 */
#ifndef HOST_PROC_PARENT_THROUGH_H
#define HOST_PROC_PARENT_THROUGH_H

#include "host/proc/parent_priv.h"

/* link_channel() - to the process; NULL: there is none. */
struct channel *link_channel(void);
/* Rows of what it may say. */
int through_on_msg(struct channel *c, struct cursor *in, int fd);
int through_on_answer(struct channel *c, struct cursor *in, int fd);
/* through_tell() - a new process: every subscription. Return: 0, -errno. */
int through_tell(struct channel *c) must_check;
/* through_away() - the process is gone: nothing that was asked will be answered. */
void through_away(void);

#endif
