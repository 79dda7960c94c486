/*
 * audit_find - one record in a log, and the newest checkpoint over it.
 */
#ifndef GATEWAY_CLI_AUDIT_FIND_H
#define GATEWAY_CLI_AUDIT_FIND_H

#include "gateway/cli/audit_lines.h"

/* audit_find_seq(), audit_find_id() - the line of record @seq; of the first record that has the
 * decision id @id, its number in *seq. Return: 1 with @line filled, 0 not there, -errno. */
int audit_find_seq(const struct audit_dir *d, uint64_t seq, struct buf *line) must_check;
int audit_find_id(
    const struct audit_dir *d, struct bytes id, struct buf *line, uint64_t *seq) must_check;
/*
 * audit_find_checkpoint() - the last checkpoint in the log, in segments up to and with @upto.
 * Return: 1 with its note in @note and the records it covers in *size, 0 none, -errno.
 */
int audit_find_checkpoint(
    const struct audit_dir *d, uint64_t upto, struct buf *note, uint64_t *size) must_check;
/* audit_find_segment() - the number of the segment record @seq is in; 0: none. */
uint64_t audit_find_segment(const struct audit_dir *d, uint64_t seq);

#endif
