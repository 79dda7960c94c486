/*
 * file - see file.h. A path may name anything by the time it is opened, so what was opened is asked
 * for its kind, and opening never waits (a pipe would let us wait for its writer).
 */
#include "gateway/proc/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "policy/core/wipe.h"

enum { NAMES_MAX = 1 << 20 };

int
file_drain(int fd, struct buf *out)
{
	for (;;) {
		size_t room = out->max - out->len < 4096 ? out->max - out->len : 4096;
		uint8_t *p = room > 0 ? buf_reserve(out, room) : NULL;
		uint8_t one;
		ssize_t n = p != NULL ? read(fd, p, room) : read(fd, &one, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(-errno);
		if (n == 0)
			return 0;
		if (p == NULL)
			return err_raise(-EFBIG);
		out->len += (size_t)n;
	}
}

int
file_read_fd(int fd, struct buf *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_raise(-errno);
	if (!S_ISREG(st.st_mode))
		return err_raise(S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL);
	return err_pass(file_drain(fd, out));
}

int
file_read(int at, const char *path, struct buf *out)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;

	if (fd < 0)
		return err_raise(-errno);
	r = file_read_fd(fd, out);
	close(fd);
	return err_pass(r);
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

/* write_new() - a file that was not there, with this text, on disk. Return: 0, -errno. */
static int
write_new(int at, const char *path, struct bytes text)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), r;

	if (fd < 0)
		return err_raise(-errno);
	r = whole_write(fd, text);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	close(fd);
	return err_pass(r);
}

int
file_replace(int at, const char *path, struct bytes text)
{
	char fresh[256];
	int r;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return err_raise(-ENAMETOOLONG);
	/* what a crash left of the last attempt */
	if (unlinkat(at, fresh, 0) != 0 && errno != ENOENT)
		return err_raise(-errno);
	r = write_new(at, fresh, text);
	if (r == 0 && renameat(at, fresh, at, path) != 0)
		r = -errno;
	if (r != 0) {
		unlinkat(at, fresh, 0);
		return err_pass(r);
	}
	/* the name too; @at may be open for looking names up only */
	return fsync(at) == 0 || errno == EBADF || errno == EINVAL ? 0 : err_raise(-errno);
}
