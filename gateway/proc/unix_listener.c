/*
 * unix_listener - see unix_listener.h.
 */
#include "gateway/proc/unix_listener.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { UNIX_BACKLOG = 64 };

/* folder_ok() - made when missing; only we and root may put a name into it. Return: 0, -errno. */
static int
folder_ok(const char *path)
{
	char folder[sizeof(((struct unix_listener *)0)->path)];
	struct stat st;

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	if (folder[0] == '\0')
		return err_raise(-EPERM);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_raise(-errno);
	if (stat(folder, &st) != 0)
		return err_raise(-errno);
	if (!S_ISDIR(st.st_mode))
		return err_raise(-ENOTDIR);
	return (st.st_uid == geteuid() || st.st_uid == 0) && (st.st_mode & 022) == 0
		   ? 0
		   : err_raise(-EPERM);
}

/* name_free() - nothing has the name, or what a process that is gone has left. Return: 0, -errno.
 */
static int
name_free(const struct sockaddr_un *un)
{
	struct stat st;
	int fd, r;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_raise(-errno);
	if (!S_ISSOCK(st.st_mode))
		return err_raise(-ENOTSOCK);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_raise(-errno);
	r = connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0 ? 0 : errno;
	close(fd);
	/* EAGAIN: its backlog is full, so there is somebody */
	return r == ECONNREFUSED || r == ENOENT
		   ? 0
		   : err_raise(r == 0 || r == EAGAIN ? -EADDRINUSE : -r);
}

/* bind_as() - a listening socket of that name and mode. Return: it, -errno. */
static int
bind_as(const char *path, mode_t mode)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r = 0;
	mode_t old;

	if (fd < 0)
		return err_raise(-errno);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	(void)unlink(path);
	old = umask(0777 & ~mode);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 || listen(fd, UNIX_BACKLOG) != 0)
		r = -errno;
	umask(old);
	if (r == 0)
		return fd;
	close(fd);
	return err_raise(r);
}

int
unix_listen(struct unix_listener *l, const char *path, mode_t mode)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char fresh[sizeof(un.sun_path)];
	struct stat st;
	int r;

	l->fd = -1;
	if (strlen(path) >= sizeof(un.sun_path) ||
	    snprintf(fresh, sizeof(fresh), "%.*s/.%d", (int)(strrchr(path, '/') - path), path,
		(int)getpid()) >= (int)sizeof(fresh))
		return err_raise(-ENAMETOOLONG);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	snprintf(l->path, sizeof(l->path), "%s", path);
	r = folder_ok(path);
	if (r == 0)
		r = name_free(&un);
	if (r != 0)
		return err_pass(r);
	r = bind_as(fresh, mode);
	if (r < 0)
		return err_pass(r);
	l->fd = r;
	if (rename(fresh, path) != 0 || lstat(path, &st) != 0) {
		r = -errno;
		close(l->fd);
		l->fd = -1;
		return err_raise(r);
	}
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

void
unix_unlisten(struct unix_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	if (lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
}
