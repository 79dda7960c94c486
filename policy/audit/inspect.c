/*
 * inspect - see inspect.h. Each line is looked at once: its shape, its number, the link to the line
 * before, its clocks; then it becomes a leaf, and where somebody signed the tree at that size, the
 * roots are compared.
 *
 * A link that does not fit says that one of two lines is not what it was, and not which. The next
 * line knows: when it is linked to the second of them, the first one was changed. So a doubt is
 * kept for one line, and told with what that line says. After the first thing that breaks the log
 * nothing is read any more: what follows a break proves nothing.
 */
#include "policy/audit/inspect_priv.h"

enum { SECOND = 1000000000 };

static const char *const what_name[INSPECT_WHATS] = {
	[INSPECT_FINE] = "fine",
	[INSPECT_CHANGED] = "changed",
	[INSPECT_MISSING] = "missing",
	[INSPECT_REORDERED] = "reordered",
	[INSPECT_DUPLICATED] = "duplicated",
	[INSPECT_INSERTED] = "inserted",
	[INSPECT_SPLICED] = "spliced",
	[INSPECT_MALFORMED] = "malformed",
	[INSPECT_SEGMENT] = "segment",
	[INSPECT_REWRITTEN] = "rewritten",
	[INSPECT_FORGED] = "forged",
	[INSPECT_SECOND_KEY] = "second_key",
	[INSPECT_TRUNCATED] = "truncated",
	[INSPECT_REMOVAL] = "removal",
	[INSPECT_CLOCK] = "clock",
	[INSPECT_TORN] = "torn",
	[INSPECT_UNCOMPARED] = "uncompared",
};

const char *
inspect_what_name(enum inspect_what w)
{
	return w < INSPECT_WHATS ? what_name[w] : "";
}

bool
inspect_breaks(enum inspect_what w)
{
	return w > INSPECT_FINE && w < INSPECT_CLOCK;
}

/* ---- what is found ---- */

void
inspect_tell(struct inspect *in, const struct inspect_finding *f)
{
	struct inspect_result *r = &in->result;

	/* the breaking one is told even when notices took all the room */
	if (r->n_findings < INSPECT_FINDINGS || inspect_breaks(f->what))
		r->finding[r->n_findings < INSPECT_FINDINGS ? r->n_findings
							    : INSPECT_FINDINGS - 1] = *f;
	r->n_findings++;
	if (r->worst == INSPECT_FINE || (inspect_breaks(f->what) && !inspect_breaks(r->worst)))
		r->worst = f->what;
	if (inspect_breaks(f->what) && !r->broken) {
		r->broken = true;
		r->broke = *f;
	}
}

void
inspect_find(struct inspect *in, enum inspect_what what, uint64_t seq, uint64_t to, const char *why)
{
	struct inspect_finding f = { .what = what,
		.segment = in->segment,
		.line = in->line,
		.offset = in->offset,
		.seq = seq,
		.to = to,
		.why = why };

	inspect_tell(in, &f);
}

/* ---- doubts ---- */

/* told() - the line before this one, which was in doubt's place. */
static struct inspect_finding
told(const struct inspect *in, enum inspect_what what, uint64_t seq, uint64_t to, const char *why)
{
	return (struct inspect_finding){ .what = what,
		.segment = in->doubt.segment,
		.line = in->doubt.line,
		.offset = in->doubt.offset,
		.seq = seq,
		.to = to,
		.why = why };
}

/* begins_run() - may such a record be the first one of its run? */
static bool
begins_run(enum record_kind k)
{
	return k == RECORD_START || k == RECORD_SEGMENT;
}

/* doubt() - this line does not follow the one before: wait for what the next one says. */
static void
doubt(struct inspect *in, const struct record_head *h, const struct digest *leaf)
{
	in->doubt = (struct doubt){ .there = true,
		.segment = in->segment,
		.line = in->line,
		.offset = in->offset,
		.before = in->at,
		.seq = h->seq,
		.linked = digest_eq(&h->prev, &in->last.leaf),
		.as_before = in->have_before && digest_eq(&h->prev, &in->before),
		.same = digest_eq(leaf, &in->last.leaf),
		.other_run = memcmp(h->run.ptr, in->last.run, RECORD_RUN_LEN) != 0 &&
			     !begins_run(h->kind) && !begins_run(in->last.kind),
		.leaf = *leaf };
}

/* settle_number() - the number in doubt is not the one expected. */
static struct inspect_finding
settle_number(const struct inspect *in, const struct record_head *h, bool follows)
{
	const struct doubt *d = &in->doubt;
	uint64_t want = in->last.seq + 1;

	if (d->same)
		return told(in, INSPECT_DUPLICATED, d->seq, d->seq, "the same line twice");
	if (d->linked)
		return told(in, INSPECT_CHANGED, want, want, "its number is not the next one");
	if (d->seq > want && h != NULL && h->seq == want && digest_eq(&h->prev, &in->last.leaf))
		return told(
		    in, INSPECT_REORDERED, d->seq, d->seq, "it stands before its predecessor");
	if (d->seq > want)
		return told(in, INSPECT_MISSING, want, d->seq - 1, "records are missing before it");
	if (d->seq == in->last.seq && d->as_before && follows)
		return (struct inspect_finding){ .what = INSPECT_INSERTED,
			.segment = d->before.segment,
			.line = d->before.line,
			.offset = d->before.offset,
			.seq = d->seq,
			.to = d->seq,
			.why = "its successor is linked past it" };
	return told(in, INSPECT_INSERTED, d->seq, d->seq, "its number was there already");
}

/* settle_link() - the number in doubt is right and its link is not. */
static struct inspect_finding
settle_link(const struct inspect *in, bool follows)
{
	const struct doubt *d = &in->doubt;
	struct inspect_finding f;

	if (d->other_run)
		return told(
		    in, INSPECT_SPLICED, d->seq, d->seq, "from another run, and not its successor");
	f = told(in, INSPECT_CHANGED, d->seq - 1, follows ? d->seq - 1 : d->seq,
	    follows ? "its successor is linked to another record"
		    : "it or its successor: they are not linked");
	f.segment = d->before.segment;
	f.line = d->before.line;
	f.offset = d->before.offset;
	return f;
}

void
inspect_settle(struct inspect *in, const struct record_head *h)
{
	const struct doubt *d = &in->doubt;
	bool follows = h != NULL && h->seq == d->seq + 1 && digest_eq(&h->prev, &d->leaf);
	struct inspect_finding f =
	    d->seq == in->last.seq + 1 ? settle_link(in, follows) : settle_number(in, h, follows);

	in->doubt.there = false;
	in->result.sound = in->last.seq > 0 ? in->last.seq - 1 : 0;
	if (in->result.sound < in->result.signed_upto)
		in->result.sound = in->result.signed_upto;
	inspect_tell(in, &f);
}

/* ---- lines ---- */

/* check_clock() - wall and monotonic time go together, and neither goes back. */
static void
check_clock(struct inspect *in, const struct record_head *h)
{
	int64_t tolerance = in->setup.tolerance_ns != 0 ? in->setup.tolerance_ns : SECOND;
	int64_t wall = h->time_ns - in->last.time_ns, mono = h->mono_ns - in->last.mono_ns;
	bool same_run = memcmp(h->run.ptr, in->last.run, RECORD_RUN_LEN) == 0;

	if (!same_run) {
		if (wall < -tolerance)
			inspect_find(in, INSPECT_CLOCK, h->seq, h->seq,
			    "the wall clock is behind that of the run before");
		return;
	}
	if (mono < 0) {
		inspect_find(
		    in, INSPECT_CLOCK, h->seq, h->seq, "the monotonic clock went back in a run");
		return;
	}
	tolerance += mono / 1000; /* clocks that are being slewed */
	if (wall - mono < -tolerance)
		inspect_find(in, INSPECT_CLOCK, h->seq, h->seq, "the wall clock was set back");
	else if (wall - mono > tolerance)
		inspect_find(in, INSPECT_CLOCK, h->seq, h->seq, "the wall clock was set forward");
}

/* check_run() - a run begins with a start, or with the segment that was opened for it. */
static bool
check_run(struct inspect *in, const struct record_head *h)
{
	if (memcmp(h->run.ptr, in->last.run, RECORD_RUN_LEN) == 0 || begins_run(h->kind))
		return true;
	inspect_find(in, INSPECT_CHANGED, h->seq, h->seq, "its run did not begin here");
	return false;
}

/* check_kind() - what certain kinds say about the log itself. */
static bool
check_kind(struct inspect *in, const struct record_shape *s)
{
	switch (s->head.kind) {
	case RECORD_SEGMENT:
		return inspect_opened(in, s);
	case RECORD_CHECKPOINT:
		return inspect_checkpoint(in, s);
	case RECORD_KEY:
		return inspect_handover(in, s);
	case RECORD_GAP:
		in->result.gaps++;
		return true;
	default:
		return true;
	}
}

/* accept() - it is the next record. */
static void
accept(struct inspect *in, const struct record_shape *s, const struct digest *leaf)
{
	struct inspect_result *r = &in->result;

	if (r->first == 0) {
		r->first = s->head.seq;
		r->first_ns = s->head.time_ns;
	}
	in->have_before = true;
	in->before = in->last.leaf;
	in->at = (struct place){ in->segment, in->line, in->offset };
	in->last.seq = s->head.seq;
	in->last.leaf = *leaf;
	in->last.kind = s->head.kind;
	in->last.time_ns = s->head.time_ns;
	in->last.mono_ns = s->head.mono_ns;
	memcpy(in->last.run, s->head.run.ptr, RECORD_RUN_LEN);
	merkle_add(&in->tree, &in->h, leaf);
	r->last = s->head.seq;
	r->last_ns = s->head.time_ns;
	if (r->sound < s->head.seq - 1)
		r->sound = s->head.seq - 1;
	if (in->next_kept < in->n_kept && in->kept[in->next_kept].checkpoint.size <= in->tree.size)
		inspect_kept_here(in);
}

static void
on_line(struct inspect *in, struct bytes line)
{
	struct record_shape s;
	struct digest leaf;
	bool ok = record_shape(line, &s) == 0;

	if (in->doubt.there) {
		inspect_settle(in, ok ? &s.head : NULL);
		return;
	}
	if (!ok) {
		in->result.sound = in->last.seq > 0 ? in->last.seq - 1 : 0;
		inspect_find(in, INSPECT_MALFORMED, in->last.seq + 1, in->last.seq + 1,
		    "no writer of this log writes such a line");
		return;
	}
	leaf = digest_leaf(&in->h, line);
	if (in->line == 1 && !inspect_begins(in, &s))
		return;
	if (s.head.seq != in->last.seq + 1 || !digest_eq(&s.head.prev, &in->last.leaf)) {
		doubt(in, &s.head, &leaf);
		return;
	}
	if (in->result.first != 0) {
		if (!check_run(in, &s.head))
			return;
		check_clock(in, &s.head);
	}
	if (check_kind(in, &s))
		accept(in, &s, &leaf);
}

void
inspect_segment(struct inspect *in, uint64_t first)
{
	if (in->result.broken)
		return;
	if (!lines_empty(&in->lines)) {
		in->line++;
		in->offset = in->next;
		inspect_find(in, INSPECT_MALFORMED, in->last.seq + 1, in->last.seq + 1,
		    "a file that is not the last one ends with half a line");
		return;
	}
	in->segment = first;
	in->line = 0;
	in->next = 0;
}

bool
inspect_feed(struct inspect *in, struct bytes data)
{
	struct bytes line;
	uint64_t size;

	in->result.bytes += in->result.broken ? 0 : data.len;
	while (!in->result.broken && lines_next(&in->lines, &data, &line, &size)) {
		in->line++;
		in->offset = in->next;
		in->next += size;
		on_line(in, line);
	}
	return !in->result.broken;
}

int
inspect_end(struct inspect *in, struct inspect_result *out)
{
	if (in->doubt.there)
		inspect_settle(in, NULL);
	if (!in->result.broken && !lines_empty(&in->lines)) {
		in->line++;
		in->offset = in->next;
		inspect_find(in, INSPECT_TORN, in->last.seq + 1, in->last.seq + 1,
		    "the last line is not whole");
	}
	inspect_kept_end(in);
	if (!in->result.broken && in->result.sound < in->result.signed_upto)
		in->result.sound = in->result.signed_upto;
	if (!in->result.broken && in->result.sound < in->result.kept_upto)
		in->result.sound = in->result.kept_upto;
	in->result.tree = in->tree;
	*out = in->result;
	return hasher_failed(&in->h) ? err_raise(-ENOMEM) : 0;
}
