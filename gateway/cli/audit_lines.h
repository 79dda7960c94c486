/*
 * audit_lines - the lines of a log, one after the other through all its segments, in bounded
 * memory; at the end it may be asked again, as a log grows.
 */
#ifndef GATEWAY_CLI_AUDIT_LINES_H
#define GATEWAY_CLI_AUDIT_LINES_H

#include "gateway/cli/audit_dir.h"

struct audit_lines {
	const struct audit_dir *dir;
	uint64_t segment; /* being read; 0: none yet */
	int fd;
	uint64_t line; /* number of the line given last, in its segment */
	uint8_t *room;
	size_t from, upto; /* what was read and not given yet */
	bool skipping;     /* inside a line that is too long */
	uint64_t done;     /* bytes read in all */
};

/* audit_lines_open() - from segment @first (a number; it need not be there any more) at byte
 * @offset. Return: 0, -errno. */
int audit_lines_open(
    struct audit_lines *l, const struct audit_dir *d, uint64_t first, uint64_t offset) must_check;
void audit_lines_close(struct audit_lines *l);
/*
 * audit_lines_next() - a line without its line feed, valid until the next call; one that is too
 * long comes cut, and is no record. A line without a line feed waits for it; where another segment
 * follows it is given up.
 * Return: 1 with *line, 0 at the end of what there is, -errno.
 */
int audit_lines_next(struct audit_lines *l, struct bytes *line) must_check;
/* audit_lines_skip() - go on with the next segment. */
void audit_lines_skip(struct audit_lines *l);
/* audit_lines_back() - where the last @n lines begin: segment and offset. Return: 0, -errno. */
int audit_lines_back(
    const struct audit_dir *d, uint64_t n, uint64_t *first, uint64_t *offset) must_check;

#endif
