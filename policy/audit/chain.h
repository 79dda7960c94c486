/*
 * chain - the writing end: gives each record its number and its link, and grows the tree.
 *
 * A struct chain is a value: copy it before a batch, and put the copy back when the batch could not
 * be written; what was never durable then never was. Numbers have no gaps.
 */
#ifndef POLICY_AUDIT_CHAIN_H
#define POLICY_AUDIT_CHAIN_H

#include "policy/audit/merkle.h"
#include "policy/audit/record.h"

struct chain {
	struct digest head; /* leaf hash of the last record; zeros before the first */
	struct merkle tree; /* of all records; tree.size is the last record's number */
};

/* chain_init() - a log without records. */
void chain_init(struct chain *c);
/*
 * chain_append() - number @r, link it, append its line with a line feed to @out, and count it.
 * Return: 0, RECORD_BAD, -ENOMEM; on failure @c is unchanged and @out holds nothing of it, but may
 * have failed.
 */
int chain_append(struct chain *c, struct hasher *h, struct record *r, struct buf *out) must_check;
/* chain_next() - the number the next record gets. */
static inline uint64_t
chain_next(const struct chain *c)
{
	return c->tree.size + 1;
}
/* chain_open_segment() - chain_append() of the RECORD_SEGMENT a new segment begins with; @r has
 * time, run. */
int chain_open_segment(
    struct chain *c, struct hasher *h, struct record *r, struct buf *out) must_check;
/* chain_take() - count a record that is there already: its leaf hash. */
void chain_take(struct chain *c, struct hasher *h, const struct digest *leaf);

#endif
