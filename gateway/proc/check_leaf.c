/*
 * check_leaf - see check_leaf.h.
 *
 * nats-server takes a relative path from where it was started, so `init` writes whole ones: where
 * JetStream stores, and the login at a hub. A deployment that was moved or copied goes on naming
 * the former place, and the server makes that folder anew without a word. The file is nats-server's
 * and may say what its owner likes: only a path whose folder is gone, or is a deployment too, is
 * spoken of, and as a warning.
 */
#include "gateway/proc/check_leaf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/file.h"

enum { LEAF_MAX = 1 << 20 };

/* elsewhere() - is @dir, above a path, no folder of this deployment any more? */
static bool
elsewhere(const char *dir, const char *home)
{
	char real[PATH_MAX], conf[PATH_MAX];

	if (realpath(dir, real) == NULL)
		return true;
	if (strcmp(real, home) == 0)
		return false;
	return snprintf(conf, sizeof(conf), "%s/gateway.conf", real) < (int)sizeof(conf) &&
	       access(conf, F_OK) == 0;
}

/* check_key() - `@key: "PATH"`, as `init` writes it: @up folders below the deployment. */
static void
check_key(const struct config *c, const char *file, struct bytes line, uint32_t number,
    const char *key, int up, struct text_report *r)
{
	struct bytes rest = bytes_from(line, strlen(key));
	char dir[PATH_MAX];
	size_t end;

	if (!bytes_starts(line, bytes_str(key)) || !bytes_starts(rest, BYTES_LIT(": \"/")))
		return;
	rest = bytes_from(rest, 3);
	end = bytes_find(rest, '"');
	if (end == rest.len || end >= sizeof(dir))
		return;
	memcpy(dir, rest.ptr, end);
	dir[end] = '\0';
	for (; up > 0 && strrchr(dir, '/') != NULL; up--)
		*strrchr(dir, '/') = '\0';
	if (elsewhere(dir, c->dir))
		text_warn(r, &(const struct text){ .file = (char *)(uintptr_t)file },
		    &(const struct text_node){ .line = number, .col = 1 },
		    "%s is in %s, which is not this deployment: was it moved? write a path in %s",
		    key, dir, c->dir);
}

void
check_leaf(const struct config *c, struct text_report *r)
{
	char file[PATH_MAX];
	struct bytes text;
	struct buf b;

	buf_init(&b, LEAF_MAX);
	if (snprintf(file, sizeof(file), "%s/leaf.conf", c->dir) >= (int)sizeof(file) ||
	    file_read(AT_FDCWD, file, &b) != 0)
		b.len = 0;
	text = buf_bytes(&b);
	for (uint32_t number = 1; text.len > 0; number++) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));

		text = bytes_from(text, line.len + 1);
		while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
			line = bytes_from(line, 1);
		check_key(c, file, line, number, "store_dir", 1, r);
		check_key(c, file, line, number, "credentials", 2, r);
	}
	buf_deinit(&b);
}
