/*
 * beneath - open a file that must lie below a folder, while others may move things about in there.
 *
 * To look where a path leads and then to open it is two things, and between them a link can be put
 * in the way. Here the second does not follow any: what was found is opened from the folder's own
 * descriptor, step by step, and a link that was not there before ends it.
 */
#ifndef HOST_PROC_BENEATH_H
#define HOST_PROC_BENEATH_H

#include <limits.h>
#include <stdbool.h>

#include "policy/core/err.h"

/*
 * beneath_find() - where does an absolute path lead, all links followed, as seen from @folder?
 * @rest: of it, below the folder
 * Return: 0; -ENOENT: nowhere, or not below the folder; -errno.
 */
int beneath_find(int folder, const char *path, char rest[PATH_MAX]) must_check;
/*
 * beneath_open() - @rest to read, without following any link; no name of it may be "..". It does
 * not wait for who might write to a pipe. Return: a descriptor; -ELOOP, -ENOTDIR, -EXDEV: there is
 * a link now; -errno.
 */
int beneath_open(int folder, const char *rest) must_check;
/* beneath_walk() - the same on kernels before 5.6, which have no openat2(). */
int beneath_walk(int folder, const char *rest) must_check;

#endif
