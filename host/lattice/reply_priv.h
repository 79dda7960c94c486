/*
 * reply_priv - parts of answers that more than one answer, or event, has.
 */
#ifndef HOST_LATTICE_REPLY_PRIV_H
#define HOST_LATTICE_REPLY_PRIV_H

#include "host/lattice/reply.h"
#include "policy/core/members.h"

/* reply_put_labels() - the member "labels". */
void reply_put_labels(struct buf *b, const struct model *m);
/* reply_put_uptime() - uptime_seconds, uptime_human, version. */
void reply_put_uptime(struct buf *b, const struct reply_host *h);
/* reply_put_inventory() - all members of an inventory. */
void reply_put_inventory(
    struct buf *b, const struct model *m, enum dialect dialect, const struct reply_host *h);
/* reply_put_link() - a link as an object; @values NULL: without the member, false: each "". */
void reply_put_link(struct buf *b, const struct model_link *l, const bool *values);
/* Where a list stood before an element. */
struct reply_mark {
	size_t len;
	bool failed;
};

/* reply_mark() - before an element is written. */
struct reply_mark reply_mark(const struct buf *b);
/*
 * reply_cut() - behind it: does the answer hold it, and what has to follow, in the caller's buffer
 * and in a message? Else it is taken away and counted.
 */
void reply_cut(struct buf *b, const struct reply_mark *mark, size_t *left_off);

#endif
