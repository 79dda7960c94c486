/* audit_writer - an audit log for a test, on disk: chained, in segments, with the library the
 * auditor has. */
#ifndef TESTS_SUPPORT_AUDIT_WRITER_H
#define TESTS_SUPPORT_AUDIT_WRITER_H

#include "policy/audit/segment.h"

struct audit_writer {
	const char *folder;       /* of the segments; borrowed */
	uint64_t per;             /* records of a segment, its first included */
	int64_t time_ns, step_ns; /* of the next record; between two */
	int64_t boot_ns;          /* when the monotonic clock was 0 */
	char run[RECORD_RUN_LEN + 1];
	struct hasher hasher;
	struct chain chain;
	struct buf out;
	uint64_t in_segment;
	int fd;
};

/* audit_die() - say so and end. */
_Noreturn void audit_die(const char *what, struct bytes which);
/* audit_writer_init() - set folder, per, the times and run before. */
void audit_writer_init(struct audit_writer *w);
/* audit_writer_room() - begin a segment if there is none with room. */
void audit_writer_room(struct audit_writer *w);
/* audit_writer_add() - the next record; its number, link, times and run are made here. */
void audit_writer_add(struct audit_writer *w, struct record *r);
/* audit_writer_end() - all of it is in the files. */
void audit_writer_end(struct audit_writer *w);

#endif
