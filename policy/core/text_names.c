/*
 * text_names - the names in one block, so that none is there twice. Few are compared one by one;
 * more get a table with open addressing.
 */
#include "policy/core/text_priv.h"

enum {
	FEW = 8, /* entries of a block that are compared one by one; more get a table */
	SLOTS_FIRST = 64,
};

/* A slot of the table. */
struct text_slot {
	const struct text_node *node;
	uint64_t hash;
};

static uint64_t
name_hash(const struct text_node *n)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < n->text.len; i++)
		h = (h ^ n->text.ptr[i]) * 0x100000001b3ULL;
	h = (h ^ 0xff) * 0x100000001b3ULL;
	for (size_t i = 0; i < n->label.len; i++)
		h = (h ^ n->label.ptr[i]) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static bool
same_name(const struct text_node *a, const struct text_node *b)
{
	return bytes_eq(a->text, b->text) && bytes_eq(a->label, b->label);
}

/* seek() - the slot of a node with the name of @n, or the free one where it belongs. */
static struct text_slot *
seek(const struct text_names *f, const struct text_node *n, uint64_t h)
{
	size_t at = h & (f->slots - 1);

	while (
	    f->slot[at].node != NULL && (f->slot[at].hash != h || !same_name(f->slot[at].node, n)))
		at = (at + 1) & (f->slots - 1);
	return &f->slot[at];
}

/* grow() - a larger table for what the block holds. */
static int
grow(struct text_names *f)
{
	f->slots = f->slots != 0 ? f->slots * 4 : SLOTS_FIRST;
	free(f->slot);
	f->slot = calloc(f->slots, sizeof(*f->slot));
	if (f->slot == NULL)
		return err_raise(-ENOMEM);
	for (const struct text_node *n = f->block->child; n != NULL; n = n->next) {
		uint64_t h = name_hash(n);

		*seek(f, n, h) = (struct text_slot){ .node = n, .hash = h };
	}
	return 0;
}

int
text_names_first(struct text_names *f, const struct text_node *n, const struct text_node **first)
{
	struct text_slot *s;
	uint64_t h;

	*first = NULL;
	if (f->slot == NULL && f->n < FEW) {
		const struct text_node *o = f->block->child;

		while (o != NULL && !same_name(o, n))
			o = o->next;
		*first = o;
		return 0;
	}
	if (f->n >= f->slots / 2) {
		int r = grow(f);

		if (r != 0)
			return err_pass(r);
	}
	h = name_hash(n);
	s = seek(f, n, h);
	*first = s->node;
	if (s->node == NULL)
		*s = (struct text_slot){ .node = n, .hash = h };
	return 0;
}

void
text_names_deinit(struct text_names *f)
{
	free(f->slot);
	f->slot = NULL;
}
