/*
 * row - messages that come one behind the other and differ in nothing but their payload: the same verb, subject
 * and sid, no reply, no header block. What was decided about the first is true of each of them.
 *
 * Most traffic comes so, and looking at a message again from its first byte costs ten times as much as
 * to see that its line begins like the one before.
 *
 * Pure. A row takes what the parser would take and the writer would write from it, and nothing else; the first
 * message that is not so ends it, and the parser says what that one is (property-tested).
 */
#ifndef GATEWAY_NATS_ROW_H
#define GATEWAY_NATS_ROW_H

#include "gateway/nats/op.h"
#include "gateway/nats/parser.h"
#include "policy/core/buf.h"

struct row {
	struct bytes head;       /* of a line that comes in, up to its size; borrowed from the run */
	size_t put_at, put_head; /* of the line that went out for it, up to its size: in the out buffer */
	size_t max_line, max_payload;
};

/* What a row took. */
struct row_sum {
	uint64_t msgs, bytes; /* bytes of payload */
};

/*
 * row_begin() - a row that begins behind @op.
 * @p:   the parser that took @op, with its ceilings
 * @in:  the run that begins with @op; borrowed until the row is over
 * @op:  PUB or MSG without reply and header block
 * @out: holds, from @at to its end, what the writer made of @op; nothing else is put there until the row is over
 * Return: false when there is none: it would not pay, or @op was not written.
 */
bool row_begin(struct row *w, const struct nats_parser *p, struct bytes in, const struct nats_op *op,
    const struct buf *out, size_t at) must_check;
/*
 * row_take() - write what follows @op, as long as it is like it and @out holds less than @enough.
 * @run: what comes behind @op; moves past what was taken
 */
struct row_sum row_take(const struct row *w, struct bytes *run, struct buf *out, size_t enough);

#endif
