/*
 * chain - see chain.h. Number, link and leaf come from one place, so that they cannot disagree: the
 * number is the tree's size, the link is the leaf hash of the record before.
 */
#include "policy/audit/chain.h"

void
chain_init(struct chain *c)
{
	*c = (struct chain){ .tree = { .size = 0 } };
}

void
chain_take(struct chain *c, struct hasher *h, const struct digest *leaf)
{
	merkle_add(&c->tree, h, leaf);
	c->head = *leaf;
}

int
chain_append(struct chain *c, struct hasher *h, struct record *r, struct buf *out)
{
	size_t from = out->len;
	struct digest leaf;
	int err;

	r->seq = chain_next(c);
	r->prev = c->head;
	err = record_encode(r, out);
	if (err != 0)
		return err_pass(err);
	leaf = digest_leaf(h, bytes_of(out->ptr + from, out->len - from));
	buf_put_u8(out, '\n');
	if (buf_failed(out) || hasher_failed(h)) {
		out->len = from;
		return err_raise(-ENOMEM);
	}
	chain_take(c, h, &leaf);
	return 0;
}

int
chain_open_segment(struct chain *c, struct hasher *h, struct record *r, struct buf *out)
{
	uint8_t text[MERKLE_LEVELS * DIGEST_HEX];
	struct buf peaks = { .ptr = text, .cap = sizeof(text), .max = sizeof(text) };
	int err;

	merkle_put_peaks(&peaks, &c->tree);
	r->kind = RECORD_SEGMENT;
	r->peaks = buf_bytes(&peaks);
	err = chain_append(c, h, r, out);
	r->peaks = BYTES_NULL;
	return err_pass(err);
}
