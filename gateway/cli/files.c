/*
 * files - see files.h. Modes are set with fchmod() so that a umask can neither widen nor narrow
 * them; a new file is opened with O_EXCL and O_NOFOLLOW, so that nobody can lay a link in its way.
 */
#include "gateway/cli/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/core/wipe.h"

enum { NAMES_MAX = 1 << 20 };

static int
write_all(int fd, struct bytes s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(-errno);
		s = bytes_from(s, (size_t)n);
	}
	return 0;
}

/* close_after() - close @fd and answer @r, or what closing says when all was well. */
static int
close_after(int fd, int r)
{
	if (close(fd) != 0 && r == 0)
		return err_raise(-errno);
	return err_pass(r);
}

int
file_read(int at, const char *path, struct buf *out)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r = 0;
	struct stat st;

	if (fd < 0)
		return err_raise(-errno);
	if (fstat(fd, &st) != 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	while (r == 0) {
		size_t room = out->max - out->len < 4096 ? out->max - out->len : 4096;
		uint8_t *p = room > 0 ? buf_reserve(out, room) : NULL;
		uint8_t one;
		ssize_t n = p != NULL ? read(fd, p, room) : read(fd, &one, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		else if (n > 0 && p == NULL)
			r = -EFBIG;
		if (n <= 0 || p == NULL)
			break;
		out->len += (size_t)n;
	}
	return close_after(fd, r);
}

static int
write_new(int at, const char *path, mode_t mode, struct bytes s)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
	    r = 0;

	if (fd < 0)
		return err_raise(-errno);
	if (fchmod(fd, mode) != 0)
		r = -errno;
	if (r == 0)
		r = write_all(fd, s);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	r = close_after(fd, r);
	if (r != 0)
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
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600),
	    r = 0;

	if (fd < 0)
		return err_raise(-errno);
	if (fchmod(fd, mode) != 0)
		r = -errno;
	if (r == 0)
		r = write_all(fd, s);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	return close_after(fd, r);
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

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static bool
ends_with(const char *name, const char *suffix)
{
	size_t a = strlen(name), b = strlen(suffix);

	return a > b && strcmp(name + a - b, suffix) == 0;
}

/* read_names() - append the names that end in @suffix to a list that grows. */
static int
read_names(DIR *d, const char *suffix, char ***names, size_t *n)
{
	size_t cap = 0;
	struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || !ends_with(e->d_name, suffix))
			continue;
		if (*n == NAMES_MAX)
			return err_raise(-E2BIG);
		if (*n == cap) {
			char **more = reallocarray(*names, cap * 2 + 16, sizeof(*more));

			if (more == NULL)
				return err_raise(-ENOMEM);
			*names = more;
			cap = cap * 2 + 16;
		}
		(*names)[*n] = strdup(e->d_name);
		if ((*names)[*n] == NULL)
			return err_raise(-ENOMEM);
		(*n)++;
	}
	return 0;
}

int
names_in(int at, const char *path, const char *suffix, char ***names, size_t *n)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char **list = NULL;
	size_t count = 0;

	if (d == NULL) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return err_raise(r);
	}
	r = read_names(d, suffix, &list, &count);
	closedir(d);
	if (r != 0) {
		names_free(list, count);
		return err_pass(r);
	}
	if (count > 0)
		qsort(list, count, sizeof(*list), compare_names);
	*names = list;
	*n = count;
	return 0;
}

void
secret_buf_init(struct buf *b, size_t max)
{
	buf_init(b, max);
	(void)buf_reserve(b, max);
}

void
secret_buf_deinit(struct buf *b)
{
	if (b->ptr != NULL)
		wipe(b->ptr, b->cap);
	buf_deinit(b);
}
