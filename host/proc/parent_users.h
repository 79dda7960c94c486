/*
 * parent_users - users for the processes of this host (host/proc/users.h), from the range of its
 * settings.
 */
#ifndef HOST_PROC_PARENT_USERS_H
#define HOST_PROC_PARENT_USERS_H

#include <sys/types.h>

#include "host/proc/users.h"
#include "policy/core/err.h"

/* user_begin() - what can be had; said in the log. */
void user_begin(void);
/* user_new() - one that nobody has. Return: 0, *uid 0 when nobody has one here; -EUSERS: none is
 * left. */
int user_new(uid_t *uid) must_check;
/* user_done() - its process is waited for; *uid is 0 after it, and may be before. */
void user_done(uid_t *uid);
/* user_all() - for the providers. */
struct users *user_all(void);

#endif
