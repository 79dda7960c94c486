/*
 * input - see input.h.
 */
#include "gateway/cli/input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/file.h"

static bool
is_stdin(const char *file)
{
	return strcmp(file, "-") == 0;
}

int
input_read(const char *file, struct buf *out)
{
	int fd, r;

	if (is_stdin(file))
		return err_pass(file_drain(STDIN_FILENO, out));
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_raise(-errno);
	r = file_drain(fd, out);
	close(fd);
	return err_pass(r);
}

const char *
input_name(const char *file)
{
	return is_stdin(file) ? "standard input" : file;
}
