/*
 * inspect_segment - what a verifier is set up with, and how it takes up a log at a file's
 * beginning.
 *
 * Where the first file is not number 1, the records before it are gone. That is retention when the
 * file `roots` accounts for every one of them, and when what it says of the last one is what the
 * first file continues: the link, and the root of its peaks. What the peaks say is proved by the
 * next checkpoint, whose root is made of them.
 */
#include "policy/audit/inspect_priv.h"

struct inspect *
inspect_new(const struct inspect_setup *s)
{
	struct inspect *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->setup = *s;
	in->origin = s->origin;
	buf_init(&in->value, NOTE_MAX);
	if (hasher_init(&in->h) != 0 || s->n_keys > INSPECT_KEYS || s->n_kept > INSPECT_KEPT) {
		inspect_free(in);
		return NULL;
	}
	for (size_t i = 0; i < s->n_keys; i++) {
		in->trusted[in->n_trusted++] = s->key[i];
		in->ever[in->n_ever++] = s->key[i];
	}
	for (size_t i = 0; i < s->n_kept; i++)
		if (inspect_kept_add(in, s->kept[i], false) != 0)
			inspect_find(
			    in, INSPECT_FORGED, 0, 0, "what was kept is no checkpoint of this log");
	if (s->beside.len > 0 && inspect_kept_add(in, s->beside, true) != 0)
		inspect_find(in, INSPECT_FORGED, 0, 0, "the file `checkpoint' is no checkpoint of this log");
	inspect_kept_sort(in);
	return in;
}

void
inspect_free(struct inspect *in)
{
	if (in == NULL)
		return;
	hasher_deinit(&in->h);
	buf_deinit(&in->value);
	free(in);
}

/* removed_ok() - do the lines of `roots` account for all records before @first? */
static bool
removed_ok(struct inspect *in, uint64_t first)
{
	uint64_t next = 1;

	for (size_t i = 0; i < in->setup.n_removed && next < first; i++) {
		const struct segment_root *r = &in->setup.removed[i];

		if (r->first != next)
			return false;
		next = r->last + 1;
	}
	return next == first;
}

/* take_up() - the first file of a log whose beginning was removed. */
static bool
take_up(struct inspect *in, const struct record_shape *s)
{
	const struct segment_root *last = NULL;
	struct digest root;

	if (!removed_ok(in, s->head.seq)) {
		inspect_find(in, INSPECT_MISSING, 1, s->head.seq - 1,
		    "the beginning is gone, and nothing says that it was removed");
		return false;
	}
	for (size_t i = 0; i < in->setup.n_removed; i++) {
		const struct segment_root *r = &in->setup.removed[i];

		if (r->last < s->head.seq)
			inspect_kept_root(in, r->last, &r->root);
		if (r->last + 1 == s->head.seq)
			last = r;
	}
	if (merkle_from_peaks(&in->tree, s->head.seq - 1, s->peaks) != 0) {
		inspect_find(in, INSPECT_SEGMENT, s->head.seq, s->head.seq,
		    "it does not say which tree it continues");
		return false;
	}
	root = merkle_root(&in->tree, &in->h);
	if (last == NULL || !digest_eq(&root, &last->root) ||
	    !digest_eq(&s->head.prev, &last->head)) {
		inspect_find(in, INSPECT_REMOVAL, s->head.seq - 1, s->head.seq - 1,
		    "what was kept of the removed segments is not what this one continues");
		return false;
	}
	in->last.seq = s->head.seq - 1;
	in->last.leaf = s->head.prev;
	return true;
}

bool
inspect_begins(struct inspect *in, const struct record_shape *s)
{
	uint64_t next = in->last.seq + 1;

	/* by its name, whatever its first line is: what is missing comes before what is wrong here */
	if (in->result.first != 0 && in->segment > next && s->head.seq != next) {
		inspect_find(in, INSPECT_MISSING, next, in->segment - 1,
		    s->head.seq == in->segment && s->head.kind == RECORD_SEGMENT
			? "a whole file is missing, or the end of one"
			: "the file before ends early");
		return false;
	}
	if (s->head.kind != RECORD_SEGMENT || s->head.seq != in->segment) {
		/* perhaps only its first line is wrong: the link says more, when there is one */
		inspect_find(in, INSPECT_SEGMENT, in->segment, in->segment,
		    "the file does not begin with the segment it is called");
		return false;
	}
	return in->result.first != 0 || s->head.seq == 1 || take_up(in, s);
}

bool
inspect_opened(struct inspect *in, const struct record_shape *s)
{
	struct merkle tree;

	if (in->line == 1 && merkle_from_peaks(&tree, s->head.seq - 1, s->peaks) == 0 &&
	    tree.size == in->tree.size &&
	    memcmp(tree.peak, in->tree.peak, tree.n * sizeof(tree.peak[0])) == 0)
		return true;
	inspect_find(in, INSPECT_SEGMENT, s->head.seq, s->head.seq,
	    in->line == 1 ? "it continues another tree" : "a segment begins inside a file");
	return false;
}
