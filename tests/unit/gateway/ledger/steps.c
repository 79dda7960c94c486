/* steps - see steps.h. */
#include "tests/unit/gateway/ledger/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

struct steps *steps;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *p, size_t n);
int __real_ftruncate(int fd, off_t size);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_fallocate(int fd, int mode, off_t at, off_t len);

/* fails() - one more step. It may be the last. Return: it is answered with an error, in errno. */
static bool
fails(void)
{
	long past;

	if (steps == NULL)
		return false;
	past = ++steps->done - steps->at;
	if (steps->at == 0 || past < 0)
		return false;
	if (steps->error == 0)
		_exit(STEPS_DIED);
	if (past >= steps->times || (steps->flap && past % 2 != 0))
		return false;
	steps->failed++;
	errno = steps->error;
	return true;
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((flags & O_ACCMODE) != O_RDONLY && fails())
		return -1;
	return __real_openat(dir, path, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (steps != NULL && steps->done + 1 < STEPS_MOST)
		steps->writes[steps->done + 1] = true;
	if (steps != NULL && steps->half && steps->at == steps->done + 1) {
		ssize_t some = __real_write(fd, p, n / 2);

		/* who dies has written it; who fails is told so of the rest */
		if (steps->error == 0)
			_exit(STEPS_DIED);
		steps->half = false;
		return some;
	}
	return fails() ? -1 : __real_write(fd, p, n);
}

int
__wrap_ftruncate(int fd, off_t size)
{
	return fails() ? -1 : __real_ftruncate(fd, size);
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	return fails() ? -1 : __real_renameat(from, old, to, new);
}

int
__wrap_unlinkat(int dir, const char *path, int flags)
{
	return fails() ? -1 : __real_unlinkat(dir, path, flags);
}

/* keep() - the file as it is now would survive. */
static void
keep(int fd)
{
	struct stat st;
	size_t i = 0;

	if (steps == NULL || fstat(fd, &st) != 0)
		return;
	while (i < steps->n_synced && steps->synced[i].inode != st.st_ino)
		i++;
	if (i == STEPS_FILES)
		return;
	steps->synced[i].inode = st.st_ino;
	steps->synced[i].size = (uint64_t)st.st_size;
	if (i == steps->n_synced)
		steps->n_synced++;
}

uint64_t
steps_synced(uint64_t inode)
{
	for (size_t i = 0; i < steps->n_synced; i++)
		if (steps->synced[i].inode == inode)
			return steps->synced[i].size;
	return 0;
}

int
__wrap_fdatasync(int fd)
{
	if (fails())
		return -1;
	keep(fd);
	return 0;
}

int
__wrap_fsync(int fd)
{
	(void)fd;
	return fails() ? -1 : 0;
}

int
__wrap_fallocate(int fd, int mode, off_t at, off_t len)
{
	(void)fd;
	(void)mode;
	(void)at;
	(void)len;
	return fails() ? -1 : 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */
