/*
 * beneath - see beneath.h. The folder's own place is asked of its descriptor, so that it is the
 * same folder from which the file is opened then.
 */
#include "host/proc/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

/* place_of() - of an open folder. Return: its length, -errno. */
static ssize_t
place_of(int folder, char out[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	n = readlink(link, out, PATH_MAX - 1);
	if (n <= 0)
		return err_raise(n < 0 ? -errno : -ENOENT);
	out[n] = '\0';
	return n == 1 ? 0 : n; /* the root is "", as others are without their last slash */
}

int
beneath_find(int folder, const char *path, char rest[PATH_MAX])
{
	char place[PATH_MAX], real[PATH_MAX];
	ssize_t n = place_of(folder, place);

	if (n < 0)
		return err_pass((int)n);
	if (path[0] != '/' || realpath(path, real) == NULL ||
	    strncmp(real, place, (size_t)n) != 0 || real[n] != '/' || real[n + 1] == '\0')
		return -ENOENT;
	memmove(rest, real + n + 1, strlen(real + n + 1) + 1);
	return 0;
}

int
beneath_walk(int folder, const char *rest)
{
	int at = folder, next;

	for (;;) {
		char name[NAME_MAX + 1];
		size_t n = strcspn(rest, "/");
		bool last = rest[n] == '\0';

		if (n == 0 || n >= sizeof(name) || (n == 2 && strncmp(rest, "..", 2) == 0)) {
			next = -1;
			errno = ENOENT;
		} else {
			memcpy(name, rest, n);
			name[n] = '\0';
			next = openat(
			    at, name, last ? FLAGS : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (next < 0)
			next = -errno;
		if (at != folder)
			close(at);
		if (next < 0 || last)
			return next;
		at = next;
		rest += n + 1;
	}
}

int
beneath_open(int folder, const char *rest)
{
	const struct open_how how = { .flags = FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, folder, rest, &how, sizeof(how));

	if (fd >= 0)
		return (int)fd;
	/* some containers refuse what they do not know */
	return errno == ENOSYS || errno == EPERM ? beneath_walk(folder, rest) : -errno;
}
