/*
 * recover - where a segment ends after a crash (see segment.h).
 *
 * A crash cuts a write that nobody had been told is durable: some bytes at the end are missing, or
 * pages among them never came. So everything from the first line on that is no record, or not the
 * next one, is what such a write left, and may be cut off - unless a checkpoint stands in it. The
 * writer puts a checkpoint (or a handover of keys) first into its batch, over records that were
 * durable before; a checkpoint behind damage says that something durable was changed, and then
 * nothing may be written over it.
 */
#include "policy/audit/lines_priv.h"
#include "policy/audit/segment.h"

struct recover {
	struct hasher h, tail; /* of records; of what is to be cut off */
	struct lines lines;
	struct chain chain;
	uint64_t first, valid, cut, checkpoint;
	bool anchored; /* ->chain is what the first record has to continue */
	bool begun, in_tail, damaged;
	struct record_head last;
	char run[RECORD_RUN_LEN + 1];
};

struct recover *
recover_new(uint64_t first, const struct chain *before)
{
	struct recover *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	if (hasher_init(&r->h) != 0 || hasher_init(&r->tail) != 0) {
		recover_free(r);
		return NULL;
	}
	r->first = first;
	r->anchored = before != NULL || first == 1;
	if (before != NULL)
		r->chain = *before;
	hasher_begin(&r->tail);
	return r;
}

void
recover_free(struct recover *r)
{
	if (r == NULL)
		return;
	hasher_deinit(&r->h);
	hasher_deinit(&r->tail);
	free(r);
}

/* begins() - is this the segment's first record? */
static bool
begins(struct recover *r, const struct record_shape *s)
{
	struct merkle tree;

	if (s->head.kind != RECORD_SEGMENT || s->head.seq != r->first ||
	    merkle_from_peaks(&tree, r->first - 1, s->peaks) != 0)
		return false;
	if (!r->anchored) {
		r->chain.tree = tree;
		r->chain.head = s->head.prev;
	}
	return tree.size == r->chain.tree.size &&
	       memcmp(tree.peak, r->chain.tree.peak, tree.n * sizeof(tree.peak[0])) == 0 &&
	       digest_eq(&s->head.prev, &r->chain.head);
}

/* follows() - is it the next record? */
static bool
follows(struct recover *r, const struct record_shape *s)
{
	if (!r->begun)
		return begins(r, s);
	return s->head.seq == chain_next(&r->chain) && digest_eq(&s->head.prev, &r->chain.head);
}

static void
on_line(struct recover *r, struct bytes line, uint64_t size)
{
	struct record_shape s;
	bool ok = record_shape(line, &s) == 0;
	struct digest leaf;

	if (!r->in_tail && ok && follows(r, &s)) {
		leaf = digest_leaf(&r->h, line);
		chain_take(&r->chain, &r->h, &leaf);
		r->begun = true;
		r->valid += size;
		r->last = s.head;
		memcpy(r->run, s.head.run.ptr, RECORD_RUN_LEN);
		if (s.head.kind == RECORD_CHECKPOINT)
			r->checkpoint = s.head.seq - 1;
		return;
	}
	r->in_tail = true;
	r->damaged = r->damaged || (ok && s.head.kind == RECORD_CHECKPOINT) ||
		     (ok && s.head.kind == RECORD_KEY);
}

/* cut_from() - the tail begins with the @held bytes before @in. */
static void
cut_from(struct recover *r, size_t held, struct bytes in)
{
	r->in_tail = true;
	hasher_more(&r->tail, bytes_of(r->lines.held, held));
	hasher_more(&r->tail, in);
	r->cut += held + in.len;
}

void
recover_feed(struct recover *r, struct bytes in)
{
	if (r->in_tail)
		cut_from(r, 0, in);
	while (in.len != 0) {
		struct bytes line, from = in;
		bool was = r->in_tail;
		size_t held = r->lines.n;
		uint64_t size;

		if (!was && held + bytes_find(in, '\n') >= RECORD_LINE_MAX)
			cut_from(r, held, in); /* before the rest of that line is let go */
		if (!lines_next(&r->lines, &in, &line, &size))
			return;
		was = r->in_tail;
		on_line(r, line, size);
		if (r->in_tail && !was)
			cut_from(r, held, from);
	}
}

int
recover_end(struct recover *r, uint64_t kept_size, struct recovered *out)
{
	*out = (struct recovered){ .valid = r->valid,
		.chain = r->chain,
		.time_ns = r->last.time_ns,
		.mono_ns = r->last.mono_ns,
		.checkpoint = r->checkpoint };
	memcpy(out->run, r->run, sizeof(out->run));
	if (!r->in_tail && !lines_empty(&r->lines)) {
		hasher_more(&r->tail, bytes_of(r->lines.held, r->lines.n));
		r->cut = r->lines.n + r->lines.skipped;
	}
	out->cut = r->cut;
	out->cut_sha256 = hasher_end(&r->tail);
	hasher_begin(&r->tail);
	if (hasher_failed(&r->h) || hasher_failed(&r->tail))
		return err_raise(-ENOMEM);
	if (r->damaged || kept_size > r->chain.tree.size)
		out->state = RECOVER_DAMAGED;
	else if (!r->begun)
		out->state = RECOVER_EMPTY;
	else
		out->state = out->cut != 0 ? RECOVER_TORN : RECOVER_CLEAN;
	return 0;
}
