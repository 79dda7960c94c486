/*
 * audit_lines - see audit_lines.h. The writer only ever adds to the newest segment, and opens the
 * next one when it has written its last byte to it. So who has seen the next one's name and then
 * reads the present one to its end has read all of it.
 */
#include "gateway/cli/audit_lines.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

_Static_assert(ROOM >= 2 * RECORD_LINE_MAX, "a whole line fits");

static void
leave(struct audit_lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->from = l->upto = 0;
	l->line = 0;
	l->skipping = false;
}

/* enter() - open segment @first, or the next one that is still there. Return: 0, -errno (-ENOENT).
 */
static int
enter(struct audit_lines *l, uint64_t first)
{
	for (; first != 0; first = audit_dir_next(l->dir, first)) {
		int fd = audit_dir_segment(l->dir, first);

		if (fd == -ENOENT) /* retention took it since its name was read */
			continue;
		if (fd < 0)
			return err_pass(fd);
		leave(l);
		l->fd = fd;
		l->segment = first;
		return 0;
	}
	return err_raise(-ENOENT);
}

int
audit_lines_open(struct audit_lines *l, const struct audit_dir *d, uint64_t first, uint64_t offset)
{
	int r;

	*l = (struct audit_lines){ .dir = d, .fd = -1, .room = malloc(ROOM) };
	if (l->room == NULL)
		return err_raise(-ENOMEM);
	if (d->n == 0)
		return 0;
	r = enter(l, first);
	if (r == 0 && l->segment == first && lseek(l->fd, (off_t)offset, SEEK_SET) < 0)
		r = -errno;
	return r == -ENOENT ? 0 : err_pass(r);
}

void
audit_lines_close(struct audit_lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->room);
	*l = (struct audit_lines){ .fd = -1 };
}

void
audit_lines_skip(struct audit_lines *l)
{
	uint64_t next = audit_dir_next(l->dir, l->segment);

	if (next == 0 || enter(l, next) != 0) {
		/* at the end of the last one */
		l->from = l->upto = 0;
		if (l->fd >= 0)
			(void)lseek(l->fd, 0, SEEK_END);
	}
}

/* held() - a line out of what was read. */
static bool
held(struct audit_lines *l, struct bytes *line)
{
	for (;;) {
		struct bytes all = bytes_of(l->room + l->from, l->upto - l->from);
		size_t n = bytes_find(all, '\n');
		bool whole = n < all.len;

		if (!whole && n < RECORD_LINE_MAX)
			return false;
		*line = bytes_upto(all, n < RECORD_LINE_MAX ? n : RECORD_LINE_MAX);
		l->from += whole ? n + 1 : n;
		l->line += whole;
		if (!l->skipping) {
			l->skipping = !whole;
			return true;
		}
		l->skipping = !whole;
	}
}

/* cut_back() - a batch that could not be written is cut off again: what was read of it never was.
 */
static void
cut_back(struct audit_lines *l)
{
	struct stat st;

	if (fstat(l->fd, &st) == 0 && lseek(l->fd, 0, SEEK_CUR) > st.st_size &&
	    lseek(l->fd, st.st_size, SEEK_SET) >= 0)
		l->from = l->upto = 0;
}

/* more() - read on. Return: bytes, 0 at the end of the segment, -errno. */
static ssize_t
more(struct audit_lines *l)
{
	ssize_t n;

	if (l->from > 0 && l->from < l->upto)
		memmove(l->room, l->room + l->from, l->upto - l->from);
	l->upto -= l->from;
	l->from = 0;
	do
		n = read(l->fd, l->room + l->upto, ROOM - l->upto);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_raise(-errno);
	if (n == 0)
		cut_back(l);
	l->upto += (size_t)n;
	l->done += (uint64_t)n;
	return n;
}

int
audit_lines_next(struct audit_lines *l, struct bytes *line)
{
	for (;;) {
		uint64_t next;
		ssize_t n;
		int r;

		if (l->fd >= 0 && held(l, line))
			return 1;
		n = l->fd >= 0 ? more(l) : 0;
		if (n < 0)
			return err_pass((int)n);
		if (n > 0)
			continue;
		next = audit_dir_next(l->dir, l->segment);
		if (next == 0)
			return 0;
		r = enter(l, next);
		if (r != 0)
			return r == -ENOENT ? 0 : err_pass(r);
	}
}

/* ---- from the end ---- */

/* back_in() - in one file: the offset where its last *n lines begin, or 0 and *n less those it has.
 */
static int
back_in(int fd, uint64_t *n, uint64_t *offset)
{
	uint8_t piece[16 * 1024];
	struct stat st;
	bool first = true;
	off_t at;

	*offset = 0;
	if (fstat(fd, &st) != 0)
		return err_raise(-errno);
	for (at = st.st_size; at > 0;) {
		size_t len = at < (off_t)sizeof(piece) ? (size_t)at : sizeof(piece);
		ssize_t got = pread(fd, piece, len, at - (off_t)len);

		if (got != (ssize_t)len)
			return err_raise(got < 0 ? -errno : -EIO);
		for (size_t i = len; i > 0; i--) {
			if (piece[i - 1] != '\n')
				continue;
			/* the first one met ends the last line; each other ends the one before */
			if (!first && --*n == 0) {
				*offset = (uint64_t)at - (len - i);
				return 0;
			}
			first = false;
		}
		at -= (off_t)len;
	}
	if (!first)
		--*n; /* the file's first line */
	return 0;
}

int
audit_lines_back(const struct audit_dir *d, uint64_t n, uint64_t *first, uint64_t *offset)
{
	*first = d->n > 0 ? d->first[d->n - 1] : 0;
	*offset = 0;
	for (size_t i = d->n; i > 0; i--) {
		int fd = audit_dir_segment(d, d->first[i - 1]), r;

		if (fd == -ENOENT)
			return 0;
		if (fd < 0)
			return err_pass(fd);
		*first = d->first[i - 1];
		if (n == 0) {
			off_t end = lseek(fd, 0, SEEK_END);

			*offset = end > 0 ? (uint64_t)end : 0;
			close(fd);
			return 0;
		}
		r = back_in(fd, &n, offset);
		close(fd);
		if (r != 0 || n == 0)
			return err_pass(r);
	}
	return 0;
}
