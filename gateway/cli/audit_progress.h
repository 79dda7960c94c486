/*
 * audit_progress - how far long work is: a line on stderr, for a terminal, after half a second.
 */
#ifndef GATEWAY_CLI_AUDIT_PROGRESS_H
#define GATEWAY_CLI_AUDIT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/core/buf.h"

struct progress {
	bool on, shown;
	const char *what;
	uint64_t total;
	int64_t began_ns, told_ns;
};

/* progress_begin() - @total: bytes there are, 0: not known. */
void progress_begin(struct progress *p, const char *what, uint64_t total);
/* progress_tell() - @done bytes; costs a look at the clock. */
void progress_tell(struct progress *p, uint64_t done);
/* progress_hide() - wipe the line until the next is told: something else is to stand there. */
void progress_hide(struct progress *p);
/* progress_end() - wipe the line. */
void progress_end(struct progress *p);
/* progress_size() - "1.2 GB". */
void progress_size(struct buf *b, uint64_t bytes);

#endif
