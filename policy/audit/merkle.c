/*
 * merkle - see merkle.h. The peaks are kept as a stack: a new leaf is pushed, and as long as the
 * size's lowest bits say that two subtrees of the same height lie on top, they become one node.
 *
 * Source: RFC 6962 section 2.1 (the tree), RFC 9162 section 2.1.3.2 and 2.1.4.2 (the checks).
 */
#include "policy/audit/merkle.h"

void
merkle_add(struct merkle *t, struct hasher *h, const struct digest *leaf)
{
	struct digest d = *leaf;

	for (uint64_t s = t->size; (s & 1) != 0; s >>= 1)
		d = digest_node(h, &t->peak[--t->n], &d);
	t->peak[t->n++] = d;
	t->size++;
}

struct digest
merkle_root(const struct merkle *t, struct hasher *h)
{
	struct digest d;

	if (t->n == 0)
		return digest_of(h, BYTES_NULL);
	d = t->peak[t->n - 1];
	for (size_t i = t->n - 1; i > 0; i--)
		d = digest_node(h, &t->peak[i - 1], &d);
	return d;
}

void
merkle_put_peaks(struct buf *b, const struct merkle *t)
{
	for (size_t i = 0; i < t->n; i++)
		digest_put_hex(b, &t->peak[i]);
}

int
merkle_from_peaks(struct merkle *t, uint64_t size, struct bytes text)
{
	size_t n = (size_t)__builtin_popcountll(size);

	*t = (struct merkle){ .size = size, .n = n };
	if (size > MERKLE_SIZE_MAX || text.len != n * DIGEST_HEX)
		return MERKLE_BAD;
	for (size_t i = 0; i < n; i++)
		if (!digest_from_hex(
			bytes_upto(bytes_from(text, i * DIGEST_HEX), DIGEST_HEX), &t->peak[i]))
			return MERKLE_BAD;
	return 0;
}

int
merkle_check_inclusion(struct hasher *h, const struct digest *leaf, uint64_t index, uint64_t size,
    const struct merkle_path *path, const struct digest *root)
{
	uint64_t fn = index, sn = size - 1;
	struct digest r = *leaf;

	if (index >= size || path->n > MERKLE_PATH_MAX)
		return MERKLE_BAD;
	for (size_t i = 0; i < path->n; i++) {
		if (sn == 0)
			return MERKLE_BAD;
		if ((fn & 1) != 0 || fn == sn) {
			r = digest_node(h, &path->hash[i], &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = digest_node(h, &r, &path->hash[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && digest_eq(&r, root) ? 0 : MERKLE_BAD;
}

/* check_walk() - the two roots a consistency path leads to, and is one left over? */
static bool
check_walk(struct hasher *h, uint64_t fn, uint64_t sn, const struct merkle_path *path, size_t at,
    struct digest *fr, struct digest *sr)
{
	for (; at < path->n; at++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			*fr = digest_node(h, &path->hash[at], fr);
			*sr = digest_node(h, &path->hash[at], sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			*sr = digest_node(h, sr, &path->hash[at]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
}

int
merkle_check_consistency(struct hasher *h, uint64_t size1, uint64_t size2,
    const struct merkle_path *path, const struct digest *root1, const struct digest *root2)
{
	struct digest empty = digest_of(h, BYTES_NULL), fr, sr;
	uint64_t fn = size1 - 1, sn = size2 - 1;
	bool power = (size1 & (size1 - 1)) == 0;

	if (size1 > size2 || path->n > MERKLE_CONSISTENCY_MAX)
		return MERKLE_BAD;
	if (size1 == 0)
		return path->n == 0 && digest_eq(root1, &empty) ? 0 : MERKLE_BAD;
	if (size1 == size2)
		return path->n == 0 && digest_eq(root1, root2) ? 0 : MERKLE_BAD;
	if (path->n == 0)
		return MERKLE_BAD;
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	fr = power ? *root1 : path->hash[0]; /* a perfect tree's root is not repeated in the path */
	sr = fr;
	if (!check_walk(h, fn, sn, path, power ? 0 : 1, &fr, &sr))
		return MERKLE_BAD;
	return digest_eq(&fr, root1) && digest_eq(&sr, root2) ? 0 : MERKLE_BAD;
}
