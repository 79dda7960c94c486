/*
 * privilege - what root has and hands down: ids and capabilities, given away for good.
 */
#ifndef SECCOMP_PRIVILEGE_H
#define SECCOMP_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/core/err.h"

/*
 * privilege_bound() - the capabilities an exec could ever give are @keep at most (bits by number of
 * capability). Needs CAP_SETPCAP; where that is not there, nothing changes. Before privilege_user().
 */
void privilege_bound(uint64_t keep);
/* privilege_user() - become @uid, @gid, without other groups, for good. Return: 0, -errno. */
int privilege_user(uid_t uid, gid_t gid) must_check;
/* privilege_drop() - keep no capability but @keep of those there are. Return: 0, -errno. */
int privilege_drop(uint64_t keep) must_check;
/* privilege_none() - is there no capability in any of the sets that count now? */
bool privilege_none(void);

#endif
