/*
 * parent_servers - which servers the link process connects to, and as whom; link_relogin() is in
 * parent_priv.h.
 */
#ifndef HOST_PROC_PARENT_SERVERS_H
#define HOST_PROC_PARENT_SERVERS_H

#include "host/proc/parent_priv.h"

/* servers_begin() - logins, authorities and addresses; the resolver is waited for. Return: 0, -1
 * after a log line. */
int servers_begin(void) must_check;
/* servers_watch() - from now on, one that stays away is looked up again. */
void servers_watch(void);
/* servers_end() - no more. */
void servers_end(void);
/* servers_put() - to a new process. Return: 0, -errno. */
int servers_put(struct channel *c) must_check;

#endif
