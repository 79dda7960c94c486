/*
 * proof - one record for a third party: the record, its place, the path to a signed root.
 *
 * The text is a C2SP tlog-proof; its `extra` is the record's line, so that one file is enough:
 *
 *	c2sp.org/tlog-proof@v1
 *	extra BASE64(record)
 *	index NUMBER			seq - 1
 *	BASE64(hash), the path from the leaf up, none or more lines
 *	(empty line)
 *	the checkpoint
 *
 * The record in it is believed for nothing but that its leaf hash leads to the root.
 */
#ifndef POLICY_AUDIT_PROOF_H
#define POLICY_AUDIT_PROOF_H

#include "policy/audit/checkpoint.h"
#include "policy/audit/merkle.h"
#include "policy/audit/record.h"

enum { PROOF_MAX = 128 * 1024 };

struct proof {
	struct bytes record; /* the line, without its line feed */
	uint64_t index;
	struct merkle_path path;
	struct bytes checkpoint; /* the signed note */
};

/* answers */
enum proof_answer {
	PROOF_BAD = 1,  /* not a proof, or not in its one spelling */
	PROOF_FORGED,   /* a trusted key did not make the signature that bears its name */
	PROOF_STRANGER, /* the checkpoint is signed by no trusted key, or is another log's */
	PROOF_WRONG,    /* the path does not lead from this record to that root */
};

/* proof_put() - append the text. Return: 0, PROOF_BAD (something in @p is no line or no note),
 * -ENOMEM. */
int proof_put(struct buf *out, const struct proof *p) must_check;
/*
 * proof_parse() - read a text. @mem gets the record (at least text.len bytes); the checkpoint is
 * borrowed from @text. Return: 0, PROOF_BAD.
 */
int proof_parse(struct bytes text, uint8_t *mem, struct proof *p) must_check;
/*
 * proof_check() - is the record in the tree that one of the keys signed? @origin: of the log;
 * empty: any. @c: the checkpoint, when 0 is returned. Return: 0, PROOF_BAD (also a record that is
 * not the one its own number says), PROOF_FORGED, PROOF_STRANGER, PROOF_WRONG, -ENOMEM.
 */
int proof_check(const struct proof *p, struct hasher *h, struct bytes origin,
    const struct note_key *key, size_t n, struct checkpoint *c) must_check;

#endif
