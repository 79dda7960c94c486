/*
 * parse_prefix - control_prefix = [...]: where hosts of a policy hear commands besides wasmbus.ctl.
 *
 * Read before anything else of any file, because patterns and lattices are checked against it. It
 * counts for the whole policy and is kept in the record of its first file.
 */
#include "policy/rules/parse_priv.h"

/* Why a control prefix cannot be one. */
static const char *
prefix_fault(int why)
{
	switch (why) {
	case PREFIX_TWICE:
		return "it is there already, or one of the two begins with the other";
	case PREFIX_RESERVED:
		return "it begins in a space of the server's or in an inbox";
	case PREFIX_OVERLAPS:
		return "its subjects could be read in a second way: as another dialect's, as RPC, "
		       "as events or as a control service's";
	case PREFIX_TOO_MANY:
		return "there are too many";
	default:
		return "a prefix is tokens of letters, digits, '-' and '_' between single dots";
	}
}

void
draft_prefixes(struct draft *d, struct place *at)
{
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next) {
		if (e->kind != TEXT_ENTRY || !bytes_is(e->text, "control_prefix"))
			continue;
		for (struct text_node *n = parse_elements(at, e); n != NULL; n = n->next) {
			int why =
			    prefix_add(&d->prefixes, n->kind == TEXT_WORD ? n->text : BYTES_NULL);

			if (why != 0 && why != PREFIX_USUAL)
				COMPLAIN(at, n, "'%.*s' is no control_prefix: %s",
				    TEXT_ARG(n->text), prefix_fault(why));
		}
	}
}

void
draft_prefixes_put(struct draft *d, struct pol_list *out)
{
	out->first = parse_count(d, POL_ITEMS, sizeof(struct pol_item));
	out->n = (uint32_t)d->prefixes.n;
	for (size_t i = 0; i < d->prefixes.n; i++) {
		struct pol_item item = { .text = draft_string(d, d->prefixes.item[i]) };

		buf_put(&d->part[POL_ITEMS], bytes_of(&item, sizeof(item)));
	}
}
