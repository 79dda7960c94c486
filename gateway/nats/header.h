/*
 * header - the NATS/1.0 header block: strict grammar, one reading, rewritten and never copied.
 *
 *   block  = "NATS/1.0" [ blank status ] CRLF { name ":" value CRLF } CRLF
 *   name   = one or more of 0x21..0x7e but ":"
 *   value  = any bytes but CR, LF, NUL; blanks around it do not belong to it
 *   status = printable ASCII and blanks; blanks around it do not belong to it
 *
 * The empty line is the end of the block to the byte. Source: ADR-4; stricter than nats-server,
 * which does not read the block at all before it acts on it (docs/PROTOCOL.md).
 */
#ifndef GATEWAY_NATS_HEADER_H
#define GATEWAY_NATS_HEADER_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum header_answer {
	HEADER_BAD = 1,  /* grammar, or more than HEADER_MAX_FIELDS */
	HEADER_END = 2,  /* header_next(): no more fields */
};

enum { HEADER_MAX_FIELDS = 256 };

struct header_reader {
	struct bytes rest;   /* fields not read yet and the empty line */
	struct bytes status; /* after "NATS/1.0", trimmed: "503", "100 Idle Heartbeat", or empty */
};

/* header_open() - check the version line and, in one pass, the whole block. Return: 0, HEADER_BAD. */
int header_open(struct header_reader *r, struct bytes block) must_check;
/* header_next() - next field, as slices into the block; value trimmed of blanks. Return: 0, HEADER_END. */
int header_next(struct header_reader *r, struct bytes *name, struct bytes *value) must_check;
/*
 * header_is_powerful() - a field a nats-server acts on rather than carries: any name beginning with
 * "Nats-" in any case. KV-Operation is not one: clients agree on it, the server only carries it.
 * Source: nats-server stream.go, msgtrace.go, scheduler.go; docs/PROTOCOL.md, powerful headers.
 */
bool header_is_powerful(struct bytes name);
/* header_is() - is it this name, in any case? */
bool header_is(struct bytes name, const char *other);
/*
 * header_repeats_powerful() - does a powerful name, compared in any case, stand twice in what @r has
 * not read yet? Which of them counts differs between server versions: a sender's must be refused.
 */
bool header_repeats_powerful(const struct header_reader *r);
/* header_begin/field/end() - write a block anew. @status may be empty. */
void header_begin(struct buf *out, struct bytes status);
void header_field(struct buf *out, struct bytes name, struct bytes value);
void header_end(struct buf *out);

#endif
