/*
 * header - the NATS/1.0 header block: strict grammar, one reading, rewritten and never copied.
 * Source: ADR-4.
 */
#ifndef GATEWAY_NATS_HEADER_H
#define GATEWAY_NATS_HEADER_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum header_answer {
	HEADER_BAD = 1,  /* grammar */
	HEADER_END = 2,  /* header_next(): no more fields */
};

struct header_reader {
	struct bytes rest;
	struct bytes status; /* after "NATS/1.0", trimmed: "503", "100 Idle Heartbeat", or empty */
};

/* header_open() - check the version line and, in one pass, the whole block. Return: 0, HEADER_BAD. */
int header_open(struct header_reader *r, struct bytes block) must_check;
/* header_next() - next field, as slices into the block; value trimmed of blanks. Return: 0, HEADER_END. */
int header_next(struct header_reader *r, struct bytes *name, struct bytes *value) must_check;
/*
 * header_is_powerful() - a field a nats-server acts on rather than carries: any name beginning with
 * "Nats-" in any case, and KV-Operation. Source: docs/PROTOCOL.md, powerful headers.
 */
bool header_is_powerful(struct bytes name);
/* header_begin/field/end() - write a block anew. @status may be empty. */
void header_begin(struct buf *out, struct bytes status);
void header_field(struct buf *out, struct bytes name, struct bytes value);
void header_end(struct buf *out);

#endif
