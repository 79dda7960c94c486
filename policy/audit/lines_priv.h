/*
 * lines_priv - a file's lines out of bytes that are cut anywhere, each in one piece.
 */
#ifndef POLICY_AUDIT_LINES_PRIV_H
#define POLICY_AUDIT_LINES_PRIV_H

#include "policy/audit/record.h"

struct lines {
	uint8_t held[RECORD_LINE_MAX]; /* the beginning of a line whose end has not come */
	size_t n;
	uint64_t skipped; /* of a line that is too long to be one */
};

/* lines_empty() - nothing of an unfinished line is held. */
static inline bool
lines_empty(const struct lines *l)
{
	return l->n == 0 && l->skipped == 0;
}

/*
 * lines_next() - take a line from the front of *in. *size: bytes it had in the file. One that is
 * too long comes out as RECORD_LINE_MAX bytes, which are no record. Return: false when *in is used
 * up.
 */
static inline bool
lines_next(struct lines *l, struct bytes *in, struct bytes *line, uint64_t *size)
{
	size_t n = bytes_find(*in, '\n'), room = sizeof(l->held) - l->n;
	bool whole = n < in->len;

	if (whole && lines_empty(l) && n < RECORD_LINE_MAX) { /* the usual case: no copy */
		*line = bytes_upto(*in, n);
		*size = n + 1;
		*in = bytes_from(*in, n + 1);
		return true;
	}
	if (n != 0)
		memcpy(l->held + l->n, in->ptr, n < room ? n : room);
	l->skipped += n > room ? n - room : 0;
	l->n += n < room ? n : room;
	*in = bytes_from(*in, n + (whole ? 1 : 0));
	if (!whole)
		return false;
	*line = bytes_of(l->held, l->n);
	*size = l->n + l->skipped + 1;
	l->n = 0;
	l->skipped = 0;
	return true;
}

#endif
