/*
 * audit_say - records as people read them: one line each.
 */
#ifndef GATEWAY_CLI_AUDIT_SAY_H
#define GATEWAY_CLI_AUDIT_SAY_H

#include "gateway/cli/cli.h"
#include "policy/audit/record.h"

/*
 * say_text() - append what somebody else wrote: control characters, what turns the direction of
 * writing, what has no width, and bytes that are not UTF-8 become \uXXXX, so that no text can move
 * the cursor or look like another one.
 */
void say_text(struct buf *b, struct bytes s);
/* say_cell() - say_text() of at most @most characters, then blanks up to @width. */
void say_cell(struct buf *b, struct bytes s, size_t width, size_t most);

/* The parts of a line. */
void say_time(struct buf *b, int64_t ns);             /* 2026-11-22 19:30:00.123 */
void say_who(struct buf *b, const struct record *r);  /* name, or key, or connection */
void say_verb(struct buf *b, const struct record *r); /* what is commanded, or happened */
void say_target(struct buf *b, const struct record *r);
/* say_outcome() - "answered in 3.2 ms" and what the answer says. */
void say_outcome(struct buf *b, const struct record *r);
void say_latency(struct buf *b, uint64_t us);

/* What a command's outcome is told with, when it comes later. */
struct said {
	uint64_t seq;
	char who[64], verb[72], target[200];
};

/* say_line() - a record as a line with its line feed; @of: its command, for an outcome; or NULL. */
void say_line(struct buf *b, const struct record *r, const struct said *of, bool colour);
/* say_keep() - what of a command say_line() will want. */
void say_keep(struct said *s, const struct record *r);
/* say_bad() - the line for one that is no record. */
void say_bad(struct buf *b, uint64_t segment, uint64_t line, const char *why, bool colour);
/* say_fields() - every member on a line of its own. */
void say_fields(struct buf *b, struct bytes line);

#endif
