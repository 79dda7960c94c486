/*
 * files - see files.h. Modes are set with fchmod() so that a umask can neither widen nor narrow
 * them; a new file is opened with O_EXCL and O_NOFOLLOW, so that nobody can lay a link in its way.
 */
#include "gateway/cli/files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/whole.h"

/* close_after() - close @fd and answer @r, or what closing says when all was well. */
static int
close_after(int fd, int r)
{
	if (close(fd) != 0 && r == 0)
		return err_raise(-errno);
	return err_pass(r);
}

/* fill() - a file that was opened for it: rights, text, on disk, closed. */
static int
fill(int fd, mode_t mode, struct bytes s)
{
	int r = 0;

	if (fd < 0)
		return err_raise(-errno);
	if (fchmod(fd, mode) != 0)
		r = -errno;
	if (r == 0)
		r = whole_write(fd, s);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	return close_after(fd, r);
}

static int
write_new(int at, const char *path, mode_t mode, struct bytes s)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
	    r = fill(fd, mode, s);

	if (r != 0 && fd >= 0)
		(void)unlinkat(at, path, 0);
	return err_pass(r);
}

/* sync_parent() - make a name durable: fsync the folder it is in. */
static int
sync_parent(int at, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	int fd, r = 0;

	if (slash != NULL &&
	    snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path) >= (int)sizeof(dir))
		return err_raise(-ENAMETOOLONG);
	fd = openat(at, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	if (fsync(fd) != 0)
		r = -errno;
	return close_after(fd, r);
}

int
file_new(int at, const char *path, mode_t mode, struct bytes s)
{
	int r = write_new(at, path, mode, s);

	return r != 0 ? err_pass(r) : sync_parent(at, path);
}

int
file_swap(int at, const char *path, mode_t mode, struct bytes s)
{
	char tmp[PATH_MAX];
	int r;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return err_raise(-ENAMETOOLONG);
	/* what a crash left behind; the caller holds the deployment's lock */
	if (unlinkat(at, tmp, 0) != 0 && errno != ENOENT)
		return err_raise(-errno);
	r = write_new(at, tmp, mode, s);
	if (r != 0)
		return err_pass(r);
	if (renameat(at, tmp, at, path) != 0) {
		r = -errno;
		(void)unlinkat(at, tmp, 0);
		return err_raise(r);
	}
	return sync_parent(at, path);
}

int
file_append(int at, const char *path, mode_t mode, struct bytes s)
{
	return err_pass(fill(
	    openat(at, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600), mode, s));
}

int
folder_new(int at, const char *path, mode_t mode)
{
	if (mkdirat(at, path, 0700) != 0)
		return err_raise(-errno);
	if (fchmodat(at, path, mode, 0) != 0)
		return err_raise(-errno);
	return 0;
}
