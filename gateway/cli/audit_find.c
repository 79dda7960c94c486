/*
 * audit_find - see audit_find.h. Nothing found is believed; who makes a proof of it checks that.
 */
#include "gateway/cli/audit_find.h"

#include <string.h>

#include "gateway/cli/audit_progress.h"

uint64_t
audit_find_segment(const struct audit_dir *d, uint64_t seq)
{
	uint64_t found = 0;

	for (size_t i = 0; i < d->n && d->first[i] <= seq; i++)
		found = d->first[i];
	return found;
}

static int
kept(struct buf *out, struct bytes line)
{
	buf_reset(out);
	buf_put(out, line);
	return buf_failed(out) ? err_raise(-ENOMEM) : 1;
}

int
audit_find_seq(const struct audit_dir *d, uint64_t seq, struct buf *out)
{
	uint64_t segment = audit_find_segment(d, seq);
	struct audit_lines l = { .fd = -1 };
	struct record_head h;
	struct bytes line;
	int r = segment != 0 ? audit_lines_open(&l, d, segment, 0) : 0;

	while (r == 0 && segment != 0) {
		r = audit_lines_next(&l, &line);
		if (r <= 0 || l.segment != segment) {
			r = r < 0 ? r : 0;
			break;
		}
		r = record_head(line, &h) == 0 && h.seq == seq ? kept(out, line) : 0;
	}
	audit_lines_close(&l);
	return r;
}

/* has_id() - is it the record of that decision? */
static bool
has_id(struct record_reader *rd, struct bytes line, struct bytes id, uint64_t *seq)
{
	struct record r;

	/* an id has nothing in it that would be escaped, or it is found nowhere */
	if (memmem(line.ptr, line.len, id.ptr, id.len) == NULL || record_decode(rd, line, &r) != 0)
		return false;
	*seq = r.seq;
	return r.kind != RECORD_OUTCOME && bytes_eq(r.id, id);
}

int
audit_find_id(const struct audit_dir *d, struct bytes id, struct buf *out, struct audit_found *f)
{
	autofree(record_reader_freep) struct record_reader *rd = record_reader_new();
	struct audit_lines l = { .fd = -1 };
	struct bytes line;
	uint64_t seq;
	int r = rd != NULL ? 0 : -ENOMEM;

	*f = (struct audit_found){ .n = 0 };
	if (r == 0 && d->n > 0)
		r = audit_lines_open(&l, d, d->first[0], 0);
	while (r == 0 && d->n > 0) {
		int got = audit_lines_next(&l, &line);

		if (got <= 0) {
			r = got;
			break;
		}
		if (!has_id(rd, line, id, &seq))
			continue;
		if (f->n < AUDIT_FOUND_MAX)
			f->seq[f->n] = seq;
		if (f->n++ == 0 && kept(out, line) < 0)
			r = -ENOMEM;
	}
	audit_lines_close(&l);
	return r != 0 ? err_pass(r) : f->n > 0;
}

/* last_in() - the last checkpoint record of one segment. Return: as audit_find_checkpoint(). */
static int
last_in(const struct audit_dir *d, uint64_t segment, struct buf *last)
{
	struct audit_lines l = { .fd = -1 };
	struct record_head h;
	struct bytes line;
	int r = audit_lines_open(&l, d, segment, 0), found = 0;

	while (r == 0) {
		int got = audit_lines_next(&l, &line);

		if (got <= 0 || l.segment != segment) {
			r = got < 0 ? got : 0;
			break;
		}
		if (record_head(line, &h) == 0 && h.kind == RECORD_CHECKPOINT) {
			found = kept(last, line);
			r = found < 0 ? found : 0;
		}
	}
	audit_lines_close(&l);
	return r != 0 ? err_pass(r) : found;
}

int
audit_find_checkpoint(const struct audit_dir *d, uint64_t upto, struct buf *note, uint64_t *size)
{
	autofree(record_reader_freep) struct record_reader *rd = record_reader_new();
	struct note_parts parts;
	struct checkpoint c;
	struct record r;
	int found = rd != NULL ? 0 : -ENOMEM;

	for (size_t i = d->n; found == 0 && i > 0; i--)
		if (d->first[i - 1] <= upto)
			found = last_in(d, d->first[i - 1], note);
	if (found != 1)
		return found;
	if (record_decode(rd, buf_bytes(note), &r) != 0 || note_split(r.note, &parts) != 0 ||
	    checkpoint_parse(parts.text, &c) != 0)
		return 0;
	*size = c.size;
	return kept(note, r.note); /* which the reader holds: not a part of @note */
}
