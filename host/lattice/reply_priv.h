/*
 * reply_priv - parts of answers that more than one answer, or event, has.
 */
#ifndef HOST_LATTICE_REPLY_PRIV_H
#define HOST_LATTICE_REPLY_PRIV_H

#include "host/lattice/members.h"
#include "host/lattice/reply.h"

/* reply_put_labels() - the member "labels". */
void reply_put_labels(struct members *o, const struct model *m);
/* reply_put_uptime() - uptime_seconds, uptime_human, version. */
void reply_put_uptime(struct members *o, const struct reply_host *h);
/* reply_put_inventory() - all members of an inventory. */
void reply_put_inventory(
    struct members *o, const struct model *m, enum dialect dialect, const struct reply_host *h);
/* reply_put_link() - a link as an object; @values NULL: without the member, false: each "". */
void reply_put_link(struct buf *b, const struct model_link *l, const bool *values);
/* Where a list stood before an element. */
struct reply_mark {
	size_t len;
	bool any, failed;
};

/* reply_mark() - before an element is written. */
struct reply_mark reply_mark(const struct members *list);
/*
 * reply_cut() - behind it: does the answer hold it, and what has to follow, in the caller's buffer
 * and in a message? Else it is taken away and counted.
 */
void reply_cut(struct members *list, const struct reply_mark *mark, size_t *left_off);

#endif
