/*
 * syncloop FILE plain|guarded - appends lines to a file and has each made durable, until that fails.
 *
 * Says "begun" after the first, and at the end the number of lines that were called durable. `guarded` is
 * durable_sync() as the auditor uses it, `plain` is fdatasync() alone: the control.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/durable.h"

enum { LINE = 512, LINES = 100000 };

int
main(int argc, char **argv)
{
	char line[LINE];
	int fd, n = 0;
	bool guarded;

	if (argc != 3 || (strcmp(argv[2], "plain") != 0 && strcmp(argv[2], "guarded") != 0))
		return 2;
	guarded = strcmp(argv[2], "guarded") == 0;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return 1;
	memset(line, 'x', sizeof(line));
	line[LINE - 1] = '\n';
	while (n < LINES && write(fd, line, LINE) == LINE && (guarded ? durable_sync(fd, -1) : fdatasync(fd)) == 0)
		if (n++ == 0 && (puts("begun") < 0 || fflush(stdout) != 0))
			return 1;
	printf("%d\n", n);
	close(fd);
	return 0;
}
