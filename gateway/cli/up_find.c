/*
 * up_find - see up_find.h.
 *
 * Ours are looked for beside the tool first: a build folder, or an installation, is run as a whole. Debian has
 * nats-server in /usr/sbin, which is not in every user's PATH.
 */
#include "gateway/cli/up_find.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
is_program(const char *folder, size_t len, const char *name, char out[PATH_MAX])
{
	struct stat st;
	int n = snprintf(out, PATH_MAX, "%.*s/%s", (int)len, folder, name);

	if (len == 0 || len >= PATH_MAX || n < 0 || n >= PATH_MAX)
		return -ENOENT;
	return stat(out, &st) == 0 && S_ISREG(st.st_mode) && access(out, X_OK) == 0 ? 0 : -ENOENT;
}

/* in_path() - an empty part, which would be the current folder, is passed over. */
static int
in_path(const char *name, char out[PATH_MAX])
{
	const char *at = getenv("PATH");

	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, ":");

		if (is_program(at, len, name, out) == 0)
			return 0;
		at += len + (at[len] == ':');
	}
	return -ENOENT;
}

int
up_find_ours(const char *name, char out[PATH_MAX])
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	const char *slash;

	if (n > 0) {
		own[n] = '\0';
		slash = strrchr(own, '/');
		if (slash != NULL && is_program(own, (size_t)(slash - own), name, out) == 0)
			return 0;
	}
	return in_path(name, out);
}

int
up_find_nats(char out[PATH_MAX])
{
	static const char debian[] = "/usr/sbin";

	if (in_path("nats-server", out) == 0)
		return 0;
	return is_program(debian, sizeof(debian) - 1, "nats-server", out);
}
