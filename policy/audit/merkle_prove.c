/*
 * merkle_prove - proofs in one pass. A proof is a list of roots of runs of leaves that do not
 * overlap; which runs, the sizes alone say. So they are sorted by where they begin, and while the
 * leaves go by one small tree is grown for the run that is under way.
 *
 * Source: RFC 6962 section 2.1.1 (PATH) and 2.1.2 (PROOF, SUBPROOF).
 */
#include "policy/audit/merkle.h"

/* split() - the largest power of two smaller than @n, for n > 1. */
static uint64_t
split(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void
want(struct merkle_prover *p, uint64_t from, uint64_t to)
{
	p->range[p->n].from = from;
	p->range[p->n].to = to;
	p->n++;
}

/* finish() - the runs were listed from the root down: number them from the leaf up, then sort. */
static void
finish(struct merkle_prover *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->range[i].slot = p->n - 1 - i;
	for (size_t i = 1; i < p->n; i++) {
		struct merkle_range r = p->range[i];
		size_t at = i;

		for (; at > 0 && p->range[at - 1].from > r.from; at--)
			p->range[at] = p->range[at - 1];
		p->range[at] = r;
	}
	p->path.n = p->n;
}

/*
 * begin_part() - the tree of the run under way, as far as removed leaves reach into it. A run's
 * beginning is a multiple of the largest power of two in its length, so the peaks of the removed
 * leaves do not cross it, unless the run ends among them and is none of the peaks.
 */
static int
begin_part(struct merkle_prover *p, const struct merkle *before)
{
	const struct merkle_range *r = &p->range[p->at];
	uint64_t at = 0, left = before->size;

	p->part = (struct merkle){ 0 };
	for (size_t i = 0; i < before->n; i++) {
		uint64_t width = UINT64_C(1) << (63 - __builtin_clzll(left));
		bool inside = at >= r->from && at + width <= r->to;

		if (!inside && at < r->to && at + width > r->from)
			return MERKLE_BAD;
		if (inside) {
			p->part.peak[p->part.n++] = before->peak[i];
			p->part.size += width;
		}
		at += width;
		left -= width;
	}
	return 0;
}

/* settle() - runs that are complete get their root; the next one begins. */
static int
settle(struct merkle_prover *p, struct hasher *h, const struct merkle *before)
{
	while (p->at < p->n) {
		const struct merkle_range *r = &p->range[p->at];

		if (p->next < r->to)
			return 0;
		if (p->part.size != r->to - r->from)
			return MERKLE_BAD;
		p->path.hash[r->slot] = merkle_root(&p->part, h);
		p->at++;
		p->part = (struct merkle){ 0 };
		if (p->at < p->n && before != NULL && begin_part(p, before) != 0)
			return MERKLE_BAD;
	}
	return 0;
}

/* start() - what the removed leaves already answer. */
static int
start(struct merkle_prover *p, struct hasher *h, const struct merkle *before)
{
	finish(p);
	if (before == NULL)
		return 0;
	p->next = before->size;
	if (p->n > 0 && begin_part(p, before) != 0)
		return MERKLE_BAD;
	return settle(p, h, before);
}

int
merkle_prove_inclusion(struct merkle_prover *p, struct hasher *h, uint64_t index, uint64_t size,
    const struct merkle *before)
{
	uint64_t from = 0, to = size;

	*p = (struct merkle_prover){ .size = size };
	if (index >= size || size > MERKLE_SIZE_MAX)
		return MERKLE_BAD;
	if (before != NULL && index < before->size)
		return MERKLE_BAD;
	while (to - from > 1) {
		uint64_t k = from + split(to - from);

		if (index < k) {
			want(p, k, to);
			to = k;
		} else {
			want(p, from, k);
			from = k;
		}
	}
	return start(p, h, before);
}

int
merkle_prove_consistency(struct merkle_prover *p, struct hasher *h, uint64_t size1, uint64_t size2,
    const struct merkle *before)
{
	uint64_t from = 0, to = size2, m = size1;
	bool whole = true; /* the subtree is one of the old tree's, whose root is known */

	*p = (struct merkle_prover){ .size = size2 };
	if (size1 > size2 || size2 > MERKLE_SIZE_MAX)
		return MERKLE_BAD;
	if (size1 == 0 || size1 == size2)
		return start(p, h, before);
	while (m != to - from) {
		uint64_t k = split(to - from);

		if (m <= k) {
			want(p, from + k, to);
			to = from + k;
		} else {
			want(p, from, from + k);
			from += k;
			m -= k;
			whole = false;
		}
	}
	if (!whole)
		want(p, from, to);
	return start(p, h, before);
}

void
merkle_prover_leaf(struct merkle_prover *p, struct hasher *h, const struct digest *leaf)
{
	if (p->next >= p->size)
		return;
	if (p->at < p->n && p->next >= p->range[p->at].from)
		merkle_add(&p->part, h, leaf);
	p->next++;
	(void)settle(p, h, NULL);
}

int
merkle_prover_end(const struct merkle_prover *p, struct merkle_path *path)
{
	*path = p->path;
	return p->at == p->n && p->next >= p->size ? 0 : MERKLE_BAD;
}
