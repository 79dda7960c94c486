/*
 * audit_in - the records of an audit log, one after another: folders of segments, single segments,
 * exported folders. One pass, one record in memory at a time.
 *
 * Reads what is there; whether it is what was written is not asked here but by whoever verifies.
 */
#ifndef GATEWAY_CLI_AUDIT_IN_H
#define GATEWAY_CLI_AUDIT_IN_H

#include "policy/audit/record.h"

struct audit_in {
	uint32_t kinds; /* bits 1 << RECORD_x: those that are wanted */
	/* each - one wanted record; valid for the call. Return: 0 to go on, -errno to stop. */
	int (*each)(void *ctx, const struct record *r);
	void *ctx;
	const char *doing; /* for the line of progress on a terminal */
	/* filled: */
	uint64_t records; /* of every kind */
	uint64_t taken;
	uint64_t torn; /* files whose last line is not whole: a crash, or a writer at work */
	uint64_t files;
};

/*
 * audit_in_read() - all of @names, folders and files. Return: CLI_OK, CLI_TESTS after saying what
 * cannot be read, CLI_FAILED (memory, or what ->each said).
 */
int audit_in_read(struct audit_in *in, const char *const *names, size_t n) must_check;

#endif
