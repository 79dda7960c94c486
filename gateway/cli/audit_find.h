/*
 * audit_find - one record in a log, and the newest checkpoint over it.
 */
#ifndef GATEWAY_CLI_AUDIT_FIND_H
#define GATEWAY_CLI_AUDIT_FIND_H

#include "gateway/cli/audit_lines.h"

enum { AUDIT_FOUND_MAX = 8 };

/* Records that have the same decision's id: each run of a gateway gives them anew. */
struct audit_found {
	uint64_t seq[AUDIT_FOUND_MAX]; /* the first ones */
	uint64_t n;                    /* all */
};

/* audit_find_seq() - the line of record @seq. Return: 1 with @line filled, 0 not there, -errno. */
int audit_find_seq(const struct audit_dir *d, uint64_t seq, struct buf *line) must_check;
/* audit_find_id() - records that have the decision's id @id, @line the first of them. Return: 1, 0 none, -errno. */
int audit_find_id(const struct audit_dir *d, struct bytes id, struct buf *line, struct audit_found *f) must_check;
/*
 * audit_find_checkpoint() - the last checkpoint in the log, in segments up to and with @upto.
 * Return: 1 with its note in @note and the records it covers in *size, 0 none, -errno.
 */
int audit_find_checkpoint(
    const struct audit_dir *d, uint64_t upto, struct buf *note, uint64_t *size) must_check;
/* audit_find_segment() - the number of the segment record @seq is in; 0: none. */
uint64_t audit_find_segment(const struct audit_dir *d, uint64_t seq);

#endif
