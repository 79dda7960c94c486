/*
 * audit_in - see audit_in.h. A line that is no record ends the reading: who goes on behind it would
 * speak of a log with a hole nobody named. Only the last line of a file may be half a line.
 */
#include "gateway/cli/audit_in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/audit_progress.h"
#include "gateway/cli/cli.h"
#include "gateway/proc/file.h"
#include "policy/audit/segment.h"

enum { ROOM = 4 * RECORD_LINE_MAX };

struct paths {
	char **path;
	size_t n;
	uint64_t bytes; /* of all */
};

struct reading {
	struct audit_in *in;
	struct record_reader *rd;
	uint8_t *room;
	const char *path;
	uint64_t line;
	uint64_t done;
	struct progress progress;
};

static int
out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* ---- which files ---- */

static int
add_path(struct paths *p, const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	char **more;
	int len = folder != NULL ? snprintf(path, sizeof(path), "%s/%s", folder, name)
				 : snprintf(path, sizeof(path), "%s", name);

	if (len < 0 || (size_t)len >= sizeof(path) || stat(path, &st) != 0) {
		cli_error("%s: %s", name, strerror(errno));
		return CLI_TESTS;
	}
	more = reallocarray(p->path, p->n + 1, sizeof(*more));
	if (more == NULL)
		return out_of_memory();
	p->path = more;
	p->path[p->n] = strdup(path);
	if (p->path[p->n] == NULL)
		return out_of_memory();
	p->n++;
	p->bytes += st.st_size > 0 ? (uint64_t)st.st_size : 0;
	return CLI_OK;
}

/* add_folder() - its segments, in their order; names sort as numbers do. */
static int
add_folder(struct paths *p, const char *folder)
{
	char **names = NULL;
	size_t n = 0, had = p->n;
	bool old = false;
	uint64_t first;
	int r = names_in(AT_FDCWD, folder, ".jsonl", &names, &n);

	if (r != 0) {
		cli_error("%s: %s", folder, strerror(-r));
		return CLI_TESTS;
	}
	r = CLI_OK;
	for (size_t i = 0; i < n && r == CLI_OK; i++) {
		old |= strcmp(names[i], "records.jsonl") == 0;
		if (segment_name_parse(bytes_str(names[i]), &first) == 0)
			r = add_path(p, folder, names[i]);
	}
	names_free(names, n);
	if (r == CLI_OK && p->n == had) {
		cli_error("%s: holds no segments of an audit log%s", folder,
		    old ? ", only records.jsonl of version 1, which holds no bodies" : "");
		if (!old)
			cli_try(
			    "the folder that `audit =' of gateway.conf names: %s/audit", folder);
		return CLI_TESTS;
	}
	return r;
}

static int
add_name(struct paths *p, const char *name)
{
	struct stat st;

	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(p, name);
	return add_path(p, NULL, name);
}

/* ---- lines ---- */

static int
not_a_record(const struct reading *g, struct bytes line, const char *why)
{
	if (bytes_starts(line, BYTES_LIT("{\"v\":1,")))
		why = "a record of version 1, which holds no body";
	cli_error(
	    "%s:%llu: no record of an audit log: %s", g->path, (unsigned long long)g->line, why);
	cli_try("portcullis audit verify, which says where a log was changed");
	return CLI_TESTS;
}

static int
take_line(struct reading *g, struct bytes line)
{
	struct record_head head;
	struct record r;
	int x;

	g->line++;
	if (record_head(line, &head) != 0)
		return not_a_record(g, line, "its head is not one of ours");
	g->in->records++;
	if ((g->in->kinds >> head.kind & 1) == 0)
		return CLI_OK;
	x = record_decode(g->rd, line, &r);
	if (x == RECORD_BAD)
		return not_a_record(g, line, record_reader_why(g->rd));
	if (x == 0) {
		g->in->taken++;
		x = g->in->each(g->in->ctx, &r);
	}
	if (x != 0) {
		cli_error("%s:%llu: %s", g->path, (unsigned long long)g->line, strerror(-x));
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* take_lines() - the whole lines of the @have bytes read; the rest moves to the front. */
static int
take_lines(struct reading *g, size_t *have)
{
	struct bytes rest = bytes_of(g->room, *have);
	int r = CLI_OK;

	while (r == CLI_OK && rest.len != 0) {
		size_t n = bytes_find(rest, '\n');

		if (n == rest.len)
			break;
		r = take_line(g, bytes_upto(rest, n));
		rest = bytes_from(rest, n + 1);
	}
	memmove(g->room, rest.ptr, rest.len);
	*have = rest.len;
	if (r == CLI_OK && rest.len == ROOM) {
		g->line++;
		return not_a_record(g, BYTES_NULL, "the line is too long");
	}
	return r;
}

static int
read_fd(struct reading *g, int fd)
{
	size_t have = 0;
	int r = CLI_OK;

	while (r == CLI_OK) {
		ssize_t n = read(fd, g->room + have, ROOM - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			cli_error("%s: %s", g->path, strerror(errno));
			return CLI_TESTS;
		}
		if (n == 0)
			break;
		have += (size_t)n;
		g->done += (size_t)n;
		progress_tell(&g->progress, g->done);
		r = take_lines(g, &have);
	}
	g->in->torn += r == CLI_OK && have != 0;
	return r;
}

static int
read_path(struct reading *g, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;
	struct stat st;

	g->path = path;
	g->line = 0;
	if (fd < 0 || fstat(fd, &st) != 0) {
		cli_error("%s: %s", path, strerror(errno));
		r = CLI_TESTS;
	} else if (!S_ISREG(st.st_mode)) {
		cli_error("%s: neither a file nor a folder", path);
		r = CLI_TESTS;
	} else {
		g->in->files++;
		r = read_fd(g, fd);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static int
read_all(struct audit_in *in, const struct paths *p)
{
	struct reading g = { .in = in, .rd = record_reader_new(), .room = malloc(ROOM) };
	int r = CLI_OK;

	progress_begin(&g.progress, in->doing, p->bytes);
	if (g.rd == NULL || g.room == NULL)
		r = out_of_memory();
	for (size_t i = 0; i < p->n && r == CLI_OK; i++)
		r = read_path(&g, p->path[i]);
	progress_end(&g.progress);
	record_reader_free(g.rd);
	free(g.room);
	return r;
}

int
audit_in_read(struct audit_in *in, const char *const *names, size_t n)
{
	struct paths p = { 0 };
	int r = CLI_OK;

	for (size_t i = 0; i < n && r == CLI_OK; i++)
		r = add_name(&p, names[i]);
	if (r == CLI_OK)
		r = read_all(in, &p);
	for (size_t i = 0; i < p.n; i++)
		free(p.path[i]);
	free(p.path);
	return r;
}
