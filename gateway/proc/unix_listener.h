/*
 * unix_listener - a listening Unix socket under a name in the file system.
 *
 * It is bound under another name, given its mode, and then renamed: at no time is there one at the
 * path that others could connect to. What is left of a process that has ended is replaced; one that
 * lives is not. Its folder is made when it is missing, and must be one that only we and root may
 * write to.
 */
#ifndef GATEWAY_PROC_UNIX_LISTENER_H
#define GATEWAY_PROC_UNIX_LISTENER_H

#include <sys/types.h>

#include "policy/core/err.h"

struct unix_listener {
	int fd;
	char path[108];
	dev_t dev; /* whose name it is */
	ino_t ino;
};

/*
 * unix_listen() - Return: 0; -EADDRINUSE: somebody listens there; -ENAMETOOLONG; -EPERM: others may
 * write to the folder; -ENOTSOCK: a file that is no socket has the name; another -errno. Then fd is
 * -1.
 */
int unix_listen(struct unix_listener *l, const char *path, mode_t mode) must_check;
/* unix_unlisten() - close it and take the name away, if it is still ours. */
void unix_unlisten(struct unix_listener *l);

#endif
