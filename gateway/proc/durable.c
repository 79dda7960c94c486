/*
 * durable - fdatasync(), and then the question whether it meant it.
 *
 * On ext4 fdatasync can return 0 while the file system is giving up: the journal is aborted, the new length
 * of the file was to be in it, and the call finds nothing left to wait for (ADR 28). What was "durable" is gone
 * after the next mount. So we ask for one more thing, which a file system that gave up refuses: room for a
 * byte that has its room. That begins a transaction of the journal and changes nothing. If it is
 * let begin, the journal was whole after fdatasync had returned, and so while it waited.
 */
#include "gateway/proc/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* still_whole() - does the file system still take changes? One that knows no such call is not asked. Return: 0, -errno. */
static int
still_whole(int fd)
{
	int r;

	do
		r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1);
	while (r != 0 && errno == EINTR);
	if (r != 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		return err_raise(-errno);
	return 0;
}

int
durable_sync(int fd, int folder)
{
	if (fdatasync(fd) != 0 || (folder >= 0 && fsync(folder) != 0))
		return err_raise(-errno);
	return err_pass(still_whole(fd));
}
