/*
 * config_load - gateway.conf from the disk: bounded, a regular file, by its real name, since the paths
 * in it are relative to where it really is.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/config.h"

enum { CONFIG_MAX_FILE = 1 << 20 };

static int
read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = 0;
	struct stat st;

	if (fd < 0)
		return err_raise(-errno);
	if (fstat(fd, &st) != 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	while (err == 0) {
		uint8_t *at = buf_reserve(b, 4096);
		ssize_t n;

		if (at == NULL) {
			err = -EFBIG;
			break;
		}
		n = read(fd, at, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
	close(fd);
	return err_pass(err);
}

int
config_load(struct config **out, const char *file, struct text_report *r)
{
	autofree(mem_freep) char *absolute = realpath(file, NULL);
	struct buf b;
	int err;

	if (absolute == NULL)
		return err_raise(-errno);
	buf_init(&b, CONFIG_MAX_FILE);
	err = read_file(absolute, &b);
	if (err == 0)
		err = config_parse(out, absolute, buf_bytes(&b), r);
	buf_deinit(&b);
	return err_pass(err);
}
