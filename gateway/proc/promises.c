/*
 * promises - see promises.h.
 */
#include "gateway/proc/promises.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "gateway/proc/file.h"

int
promises_payload(void *ctx, const char *expect_file, struct bytes name, struct buf *out)
{
	const char *slash = strrchr(expect_file, '/');
	char path[PATH_MAX];

	(void)ctx;
	if (bytes_find(name, '/') != name.len)
		return -EINVAL;
	if (snprintf(path, sizeof(path), "%.*s%.*s",
		slash != NULL ? (int)(slash - expect_file + 1) : 0, expect_file, (int)name.len,
		(const char *)name.ptr) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return file_read(AT_FDCWD, path, out);
}

/* check_file() - Return: as promises_check(). */
static int
check_file(struct expect_run *run, const char *path)
{
	struct buf text;
	int r;

	buf_init(&text, FILE_MAX_BYTES);
	r = file_read(AT_FDCWD, path, &text);
	if (r == 0) {
		r = expect_run(run, path, buf_bytes(&text));
	} else if (r != -ENOMEM) {
		text_error(run->report, &(const struct text){ .file = (char *)(uintptr_t)path },
		    NULL, "%s", strerror(-r));
		r = EXPECT_FAILED;
	}
	buf_deinit(&text);
	return r;
}

int
promises_check(const struct policy *p, const char *folder, struct text_report *report)
{
	static const struct expect_bodies bodies = { promises_payload, NULL };
	struct expect_run run = { .policy = p, .bodies = &bodies, .report = report };
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;
	int r = 0, answer = 0;

	if (names_in(AT_FDCWD, folder, ".expect", &names, &n) != 0)
		return 0; /* a folder that cannot be read is reported by who reads its policies */
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", folder, names[i]) >= (int)sizeof(path))
			continue;
		r = check_file(&run, path);
		answer = r != 0 ? r : answer;
	}
	names_free(names, n);
	return answer;
}
