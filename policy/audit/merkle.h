/*
 * merkle - the tree over all records (RFC 6962 section 2.1), and what can be proved with it.
 *
 * Leaf i is record i + 1. The writer keeps only the peaks: the roots of the perfect subtrees the
 * size falls into, largest first. Proofs are computed in one pass over leaf hashes, in order, with
 * O(log n) memory; where the first records are gone, the peaks stand in for them.
 */
#ifndef POLICY_AUDIT_MERKLE_H
#define POLICY_AUDIT_MERKLE_H

#include "policy/audit/digest.h"

enum {
	MERKLE_LEVELS = 64,
	MERKLE_PATH_MAX = 64,        /* hashes of an inclusion proof */
	MERKLE_CONSISTENCY_MAX = 65, /* of a consistency proof */
};

#define MERKLE_SIZE_MAX (UINT64_C(1) << 53)

struct merkle {
	uint64_t size;
	size_t n; /* peaks: as many as size has bits set */
	struct digest peak[MERKLE_LEVELS];
};

/* answers */
enum merkle_answer {
	MERKLE_BAD = 1, /* it does not prove that, or is none */
};

/* merkle_add() - one more leaf hash. */
void merkle_add(struct merkle *t, struct hasher *h, const struct digest *leaf);
/* merkle_root() - of all leaves so far; of none: SHA-256 of nothing. */
struct digest merkle_root(const struct merkle *t, struct hasher *h);
/* merkle_put_peaks() - the peaks in hexadecimal, one behind the other. */
void merkle_put_peaks(struct buf *b, const struct merkle *t);
/* merkle_from_peaks() - read them back for a tree of @size. Return: 0, MERKLE_BAD. */
int merkle_from_peaks(struct merkle *t, uint64_t size, struct bytes text) must_check;

struct merkle_path {
	size_t n;
	struct digest hash[MERKLE_CONSISTENCY_MAX];
};

/* One run of leaves whose root a proof needs. */
struct merkle_range {
	uint64_t from, to; /* [from, to) */
	size_t slot;       /* where in the proof */
};

/* A proof being collected: begin, feed all leaf hashes, end. */
struct merkle_prover {
	struct merkle_range range[MERKLE_CONSISTENCY_MAX]; /* by ->from */
	size_t n, at;
	uint64_t next, size; /* leaf expected, leaves in all */
	struct merkle part;
	struct merkle_path path;
};

/*
 * merkle_prove_inclusion() - begin a proof that leaf @index is in the tree of @size leaves.
 * @before: the tree of the leaves that will not be fed (the removed ones), or NULL: fed from 0.
 * merkle_prove_consistency(): that the tree of @size1 is the beginning of that of @size2.
 * Return: 0, MERKLE_BAD (index not in the tree, or among the removed).
 */
int merkle_prove_inclusion(struct merkle_prover *p, struct hasher *h, uint64_t index, uint64_t size,
    const struct merkle *before) must_check;
int merkle_prove_consistency(struct merkle_prover *p, struct hasher *h, uint64_t size1,
    uint64_t size2, const struct merkle *before) must_check;
/* merkle_prover_leaf() - the next leaf hash; those past the size are ignored. */
void merkle_prover_leaf(struct merkle_prover *p, struct hasher *h, const struct digest *leaf);
/* merkle_prover_end() - Return: 0 with *path, MERKLE_BAD when leaves are missing. */
int merkle_prover_end(const struct merkle_prover *p, struct merkle_path *path) must_check;

/* merkle_check_inclusion() - RFC 9162 section 2.1.3.2. Return: 0, MERKLE_BAD. */
int merkle_check_inclusion(struct hasher *h, const struct digest *leaf, uint64_t index,
    uint64_t size, const struct merkle_path *path, const struct digest *root) must_check;
/* merkle_check_consistency() - RFC 9162 section 2.1.4.2; from an empty tree to any: an empty path.
 */
int merkle_check_consistency(struct hasher *h, uint64_t size1, uint64_t size2,
    const struct merkle_path *path, const struct digest *root1,
    const struct digest *root2) must_check;

#endif
