/*
 * follow - read the audit log from a place in it, line by line, never past what is durable.
 *
 * The place is worth keeping: it is a number, and the hash of the record before it, so that a log
 * that is not the one it was taken from is noticed.
 */
#ifndef GATEWAY_PROC_FOLLOW_H
#define GATEWAY_PROC_FOLLOW_H

#include "gateway/proc/msg_shipper.h"
#include "policy/audit/record.h"

/* Between two records. All zero: before the first there is. */
struct follow_at {
	uint64_t first, offset; /* the segment, and bytes of it that were read */
	uint64_t seq;           /* the last record before it; 0: none was read */
	struct digest head;     /* its leaf hash */
};

enum { FOLLOW_BUFFER = 256 * 1024 };

struct follow {
	int dir; /* borrowed */
	struct follow_at at;
	struct msg_audit_at upto;
	struct hasher hasher;
	int fd; /* of segment ->open, or -1 */
	uint64_t open;
	bool fresh;    /* not one line was read since follow_to() */
	uint64_t from; /* FOLLOW_MISSED: the first one gone, up to ->at.seq */
	uint8_t *buf;  /* bytes of ->open from ->at.offset on */
	size_t len, used;
};

struct follow_line {
	struct bytes text; /* without its line feed; until the next call */
	uint64_t seq;
	struct digest leaf;
	enum record_kind kind; /* RECORD_NONE: it is no record */
	struct bytes run;
	bool chained; /* it follows the record before */
};

enum follow_answer {
	FOLLOW_END = 1,   /* nothing more is durable */
	FOLLOW_MISSED,    /* segments are gone that were not read: ->from to ->at.seq; go on */
	FOLLOW_ELSEWHERE, /* the place is not in this log: begin anew with follow_to() */
};

/* follow_init() - in the folder @dir. Return: 0, -ENOMEM. */
int follow_init(struct follow *f, int dir) must_check;
void follow_deinit(struct follow *f);
/* follow_to() - go on at a place; NULL: at the oldest record there is. */
void follow_to(struct follow *f, const struct follow_at *at);
/* follow_next() - the next line up to ->upto. Return: 0, an answer, -errno. */
int follow_next(struct follow *f, struct follow_line *line) must_check;

#endif
