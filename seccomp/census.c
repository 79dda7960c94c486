/*
 * census - see census.h. Where there is no /proc nothing can be counted, and that is an accident:
 * the caller does not go on.
 */
#include "seccomp/census.h"

#include <dirent.h>
#include <string.h>

int
census_add(struct census *c, int fd)
{
	size_t i = 0;

	if (fd < 0)
		return 0;
	while (i < c->n && c->fd[i] < fd)
		i++;
	if (i < c->n && c->fd[i] == fd)
		return 0;
	if (c->n == CENSUS_MAX)
		return err_raise(-E2BIG);
	memmove(&c->fd[i + 1], &c->fd[i], (c->n - i) * sizeof(c->fd[0]));
	c->fd[i] = fd;
	c->n++;
	return 0;
}

int
census_take(struct census *c)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int r = 0;

	c->n = 0;
	if (d == NULL)
		return err_raise(-errno);
	errno = 0;
	while (r == 0 && (e = readdir(d)) != NULL) {
		char *end;
		long fd = strtol(e->d_name, &end, 10);

		/* the folder's own is not counted, nor "." and ".." */
		if (end != e->d_name && *end == '\0' && fd != dirfd(d))
			r = census_add(c, (int)fd);
	}
	if (r == 0 && errno != 0)
		r = -errno;
	closedir(d);
	return err_pass(r);
}

int
census_stranger(const struct census *found, const struct census *expected)
{
	size_t at = 0;

	for (size_t i = 0; i < found->n; i++) {
		while (at < expected->n && expected->fd[at] < found->fd[i])
			at++;
		if (at == expected->n || expected->fd[at] != found->fd[i])
			return found->fd[i];
	}
	return -1;
}
