/*
 * inspect_signed - checkpoints in the log, handovers between keys, checkpoints kept elsewhere.
 *
 * A key may sign from the handover to it (or from the beginning, for one the caller trusts) up to
 * the handover from it; an old key that goes on signing is as much a second key as a stranger's.
 * When only the newest key is known, checkpoints of older ones are let pass, unused, and so are
 * handovers from one to the next, until a handover to a trusted key names their signer; records are proved by what the trusted key signs
 * later.
 */
#include "policy/audit/inspect_priv.h"

/* value_of() - a note's text out of a line. */
static struct bytes
value_of(struct inspect *in, struct bytes escaped)
{
	buf_reset(&in->value);
	record_put_value(&in->value, escaped);
	return buf_bytes(&in->value);
}

/* learn_origin() - that of the first checkpoint, when the caller named none. */
static void
learn_origin(struct inspect *in, struct bytes origin)
{
	if (in->origin.len != 0 || origin.len > sizeof(in->origin_room))
		return;
	memcpy(in->origin_room, origin.ptr, origin.len);
	in->origin = bytes_of(in->origin_room, origin.len);
}

/* rewritten() - a root is not that of the records here. */
static bool
rewritten(struct inspect *in, uint64_t upto, const char *why)
{
	in->result.sound = in->result.signed_upto;
	inspect_find(in, INSPECT_REWRITTEN, in->result.signed_upto + 1, upto, why);
	return false;
}

/* strange() - signed by a key we do not know: perhaps a handover explains it. */
static bool
strange(struct inspect *in, const struct note_parts *p, uint64_t seq)
{
	struct note_key k = { 0 };

	if (in->setup.n_keys == 0)
		return true; /* nobody is known */
	memcpy(k.name, p->name.ptr, p->name.len);
	memcpy(k.id, p->id, sizeof(k.id));
	for (size_t i = 0; i < in->n_ever; i++) {
		if (strcmp(in->ever[i].name, k.name) == 0 && memcmp(in->ever[i].id, k.id, 4) == 0) {
			inspect_find(in, INSPECT_SECOND_KEY, seq, seq,
			    "signed by a key that had handed over");
			return false;
		}
	}
	if (!in->stranger.there) {
		in->stranger.there = true;
		in->stranger.key = k;
		in->stranger.at = (struct place){ in->segment, in->line, in->offset };
		in->stranger.seq = seq;
		return true;
	}
	if (strcmp(in->stranger.key.name, k.name) == 0 &&
	    memcmp(in->stranger.key.id, k.id, sizeof(k.id)) == 0)
		return true;
	inspect_find(
	    in, INSPECT_SECOND_KEY, seq, seq, "signed by yet another key that is not known");
	return false;
}

bool
inspect_checkpoint(struct inspect *in, const struct record_shape *s)
{
	struct bytes note = value_of(in, s->note);
	struct digest root = merkle_root(&in->tree, &in->h);
	struct note_parts parts;
	struct checkpoint c;
	uint64_t by;
	int answer;

	if (note_split(note, &parts) != 0 || checkpoint_parse(parts.text, &c) != 0) {
		inspect_find(
		    in, INSPECT_FORGED, s->head.seq, s->head.seq, "it holds no checkpoint");
		return false;
	}
	learn_origin(in, c.origin);
	answer = checkpoint_open(note, in->origin, in->trusted, in->n_trusted, &c, &by);
	if (answer == NOTE_BAD || answer == NOTE_FORGED) {
		inspect_find(in, INSPECT_FORGED, s->head.seq, s->head.seq,
		    answer == NOTE_BAD ? "a checkpoint of another log" : "its signature is wrong");
		return false;
	}
	if (c.size != in->tree.size || !digest_eq(&c.root, &root))
		return rewritten(in, in->tree.size, "the checkpoint signs other records");
	if (answer == NOTE_STRANGER)
		return strange(in, &parts, s->head.seq);
	in->result.checkpoints++;
	in->result.signed_upto = c.size;
	return true;
}

static bool
trusts(const struct inspect *in, const struct note_key *k, size_t *at)
{
	for (*at = 0; *at < in->n_trusted; (*at)++)
		if (note_key_eq(&in->trusted[*at], k))
			return true;
	return false;
}

/* remember() - a key that was vouched for. Return: is there room? */
static bool
remember(struct inspect *in, const struct note_key *k)
{
	for (size_t i = 0; i < in->n_ever; i++)
		if (note_key_eq(&in->ever[i], k))
			return true;
	if (in->n_ever == sizeof(in->ever) / sizeof(in->ever[0]))
		return false;
	in->ever[in->n_ever++] = *k;
	return true;
}

/*
 * stranger_follows() - one unknown key to another, before any trusted one has signed: whether the last
 * of them hands over to a trusted one is seen later.
 */
static bool
stranger_follows(struct inspect *in, const struct rotation *r, uint64_t seq)
{
	if (in->result.checkpoints != 0 || !remember(in, &r->from))
		return false;
	if (in->stranger.there && (strcmp(in->stranger.key.name, r->from.name) != 0 ||
				      memcmp(in->stranger.key.id, r->from.id, sizeof(r->from.id)) != 0))
		return false;
	for (size_t i = 0; i < in->n_ever; i++)
		if (note_key_eq(&in->ever[i], &r->to))
			return false;
	if (!in->stranger.there) {
		in->stranger.at = (struct place){ in->segment, in->line, in->offset };
		in->stranger.seq = seq;
	}
	in->stranger.there = true;
	in->stranger.key = r->to;
	in->result.rotations++;
	return true;
}

/* hand_over() - from now on the new key signs, and the old one does not. */
static bool
hand_over(struct inspect *in, const struct rotation *r, uint64_t seq)
{
	bool from, to;
	size_t at, other;

	from = trusts(in, &r->from, &at);
	to = trusts(in, &r->to, &other);
	if (!from && !to && stranger_follows(in, r, seq))
		return true;
	if ((!from && !to) || !remember(in, &r->from) || !remember(in, &r->to)) {
		inspect_find(in, INSPECT_SECOND_KEY, seq, seq,
		    from || to ? "too many keys" : "a handover between keys that are not known");
		return false;
	}
	if (from)
		in->trusted[at] = in->trusted[--in->n_trusted];
	if (!to)
		in->trusted[in->n_trusted++] = r->to;
	if (in->stranger.there && strcmp(in->stranger.key.name, r->from.name) == 0 &&
	    memcmp(in->stranger.key.id, r->from.id, sizeof(r->from.id)) == 0)
		in->stranger.there = false;
	in->result.rotations++;
	return true;
}

/* origin_of() - the second line of a handover; a log may begin with one, before any checkpoint. */
static struct bytes
origin_of(struct bytes note)
{
	struct bytes line = bytes_from(note, bytes_find(note, '\n') + 1);

	return bytes_upto(line, bytes_find(line, '\n'));
}

bool
inspect_handover(struct inspect *in, const struct record_shape *s)
{
	struct bytes note = value_of(in, s->note);
	struct rotation r;
	int answer;

	learn_origin(in, origin_of(note));
	answer = rotation_open(note, &in->h, in->origin, &r);
	if (in->setup.n_keys == 0)
		return true;
	if (answer != 0) {
		inspect_find(in, INSPECT_FORGED, s->head.seq, s->head.seq,
		    answer == NOTE_BAD ? "it holds no handover of this log"
				       : "a handover that not both keys have signed");
		return false;
	}
	if (r.size != in->tree.size) {
		inspect_find(in, INSPECT_FORGED, s->head.seq, s->head.seq,
		    "the handover was made for another place");
		return false;
	}
	return hand_over(in, &r, s->head.seq);
}

/* ---- kept elsewhere ---- */

int
inspect_kept_add(struct inspect *in, struct bytes note, bool beside)
{
	struct kept *k = &in->kept[in->n_kept];
	struct note_parts parts;

	*k = (struct kept){ .note = note, .beside = beside };
	if (note_split(note, &parts) != 0 || checkpoint_parse(parts.text, &k->checkpoint) != 0)
		return NOTE_BAD;
	learn_origin(in, k->checkpoint.origin);
	if (!bytes_eq(k->checkpoint.origin, in->origin))
		return NOTE_BAD;
	in->n_kept++;
	return 0;
}

void
inspect_kept_sort(struct inspect *in)
{
	for (size_t i = 1; i < in->n_kept; i++) {
		struct kept k = in->kept[i];
		size_t at = i;

		for (; at > 0 && in->kept[at - 1].checkpoint.size > k.checkpoint.size; at--)
			in->kept[at] = in->kept[at - 1];
		in->kept[at] = k;
	}
}

void
inspect_kept_root(struct inspect *in, uint64_t size, const struct digest *root)
{
	for (size_t i = 0; i < in->n_kept; i++) {
		struct kept *k = &in->kept[i];

		if (k->compared || k->checkpoint.size != size)
			continue;
		k->compared = true;
		k->equal = digest_eq(root, &k->checkpoint.root);
		k->good = in->result.signed_upto;
	}
}

void
inspect_kept_here(struct inspect *in)
{
	struct digest root = merkle_root(&in->tree, &in->h);

	inspect_kept_root(in, in->tree.size, &root);
	while (
	    in->next_kept < in->n_kept && in->kept[in->next_kept].checkpoint.size <= in->tree.size)
		in->next_kept++;
}

/* agrees() - the log says the same as this one. */
static void
agrees(struct inspect *in, const struct kept *k)
{
	uint64_t *upto = k->beside ? &in->result.signed_upto : &in->result.kept_upto;

	if (*upto < k->checkpoint.size && !(k->beside && in->result.broken))
		*upto = k->checkpoint.size;
}

/*
 * differs() - the log is another one than the one it was made of. What was kept elsewhere and is smaller agreed; the
 * checkpoints in the log count for nothing then, because whoever rewrote it has signed them.
 */
static void
differs(struct inspect *in, const struct kept *k, struct inspect_finding *f)
{
	f->what = INSPECT_REWRITTEN;
	f->why = k->beside ? "the file `checkpoint' signs other records"
			   : "a checkpoint kept elsewhere signs other records";
	if (k->beside)
		return;
	f->seq = in->result.kept_upto + 1;
	if (in->result.signed_upto > in->result.kept_upto)
		in->result.signed_upto = in->result.kept_upto;
	if (in->result.sound > in->result.kept_upto)
		in->result.sound = in->result.kept_upto;
}

/* judge() - one that was kept, smaller ones first: is it signed, and does the log say the same? */
static void
judge(struct inspect *in, const struct kept *k)
{
	struct inspect_finding f = { .seq = k->good + 1, .to = k->checkpoint.size };
	struct checkpoint c;
	uint64_t by;
	int answer = checkpoint_open(k->note, in->origin, in->ever, in->n_ever, &c, &by);

	if (in->setup.n_keys == 0)
		return;
	if (answer != 0) {
		f.what = answer == NOTE_STRANGER ? INSPECT_SECOND_KEY : INSPECT_FORGED;
		f.why = k->beside ? "the file `checkpoint' is not signed by this log's key"
				  : "a checkpoint kept elsewhere is not signed by this log's key";
	} else if (k->compared && k->equal) {
		agrees(in, k);
		return;
	} else if (k->compared) {
		differs(in, k, &f);
	} else if (in->result.broken) {
		return; /* behind the break */
	} else if (k->checkpoint.size > in->tree.size) {
		f.what = INSPECT_TRUNCATED;
		f.seq = in->tree.size + 1;
		f.why = k->beside ? "the file `checkpoint' covers more" : "a checkpoint kept elsewhere covers more";
	} else {
		f.what = INSPECT_UNCOMPARED;
		f.seq = k->checkpoint.size;
		f.why = k->beside ? "the file `checkpoint' ends inside what was removed, and says nothing here"
				  : "a checkpoint kept elsewhere ends inside what was removed, and says nothing here";
	}
	inspect_tell(in, &f);
}

void
inspect_kept_end(struct inspect *in)
{
	if (in->stranger.there && !in->result.broken) {
		struct inspect_finding f = { .what = INSPECT_SECOND_KEY,
			.segment = in->stranger.at.segment,
			.line = in->stranger.at.line,
			.offset = in->stranger.at.offset,
			.seq = in->stranger.seq,
			.to = in->stranger.seq,
			.why = "signed by a key that nobody handed over to" };

		inspect_tell(in, &f);
	}
	for (size_t i = 0; i < in->n_kept; i++)
		judge(in, &in->kept[i]);
}
