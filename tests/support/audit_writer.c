/* audit_writer - see audit_writer.h. What goes wrong ends the program: the test that asked for the
 * log fails. */
#include "tests/support/audit_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FLUSH_AT = 1 << 20, ROOM = 8 << 20 };

void
audit_die(const char *what, struct bytes which)
{
	fprintf(stderr, "auditlog: %s: %.*s\n", what, (int)which.len, (const char *)which.ptr);
	exit(1);
}

static void
flush(struct audit_writer *w)
{
	if (buf_failed(&w->out) ||
	    (w->out.len > 0 && write(w->fd, w->out.ptr, w->out.len) != (ssize_t)w->out.len))
		audit_die("not written", bytes_str(w->folder));
	buf_reset(&w->out);
}

static void
stamp(struct audit_writer *w, struct record *r)
{
	r->time_ns = w->time_ns;
	r->mono_ns = w->time_ns - w->boot_ns;
	memcpy(r->run, w->run, RECORD_RUN_LEN);
	w->time_ns += w->step_ns;
}

void
audit_writer_init(struct audit_writer *w)
{
	if (hasher_init(&w->hasher) != 0)
		audit_die("no hasher", bytes_str(w->folder));
	chain_init(&w->chain);
	buf_init(&w->out, ROOM);
	w->fd = -1;
	w->in_segment = 0;
}

void
audit_writer_room(struct audit_writer *w)
{
	static struct record first;
	char name[SEGMENT_NAME_LEN + 1], path[4096];

	if (w->fd >= 0 && w->in_segment < w->per)
		return;
	audit_writer_end(w);
	segment_name(chain_next(&w->chain), name);
	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	first = (struct record){ .kind = RECORD_SEGMENT };
	stamp(w, &first);
	if (w->fd < 0 || chain_open_segment(&w->chain, &w->hasher, &first, &w->out) != 0)
		audit_die("no segment", bytes_str(path));
	w->in_segment = 1;
}

void
audit_writer_add(struct audit_writer *w, struct record *r)
{
	audit_writer_room(w);
	stamp(w, r);
	if (chain_append(&w->chain, &w->hasher, r, &w->out) != 0)
		audit_die("no record", BYTES_NULL);
	w->in_segment++;
	if (w->out.len > FLUSH_AT)
		flush(w);
}

void
audit_writer_end(struct audit_writer *w)
{
	if (w->fd < 0)
		return;
	flush(w);
	if (close(w->fd) != 0)
		audit_die("not written", bytes_str(w->folder));
	w->fd = -1;
}
