/*
 * follow - see follow.h.
 *
 * The log is somebody else's: he appends, begins segments, takes old ones away while we read. What
 * we know of it is its durable end; a segment before that one is whole. A line that is not linked
 * to the one before it is handed on all the same, and marked: what stands in the log is the
 * evidence, also when it was tampered with.
 */
#include "gateway/proc/follow.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/audit/segment.h"

int
follow_init(struct follow *f, int dir)
{
	int r;

	memset(f, 0, sizeof(*f));
	f->dir = dir;
	f->fd = -1;
	r = hasher_init(&f->hasher);
	if (r != 0)
		return err_pass(r);
	f->buf = malloc(FOLLOW_BUFFER);
	if (f->buf == NULL) {
		hasher_deinit(&f->hasher);
		return err_raise(-ENOMEM);
	}
	follow_to(f, NULL);
	return 0;
}

static void
close_segment(struct follow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->len = f->used = 0;
}

void
follow_deinit(struct follow *f)
{
	close_segment(f);
	hasher_deinit(&f->hasher);
	free(f->buf);
	f->buf = NULL;
}

void
follow_to(struct follow *f, const struct follow_at *at)
{
	close_segment(f);
	memset(&f->at, 0, sizeof(f->at));
	if (at != NULL)
		f->at = *at;
	f->fresh = true;
}

/* oldest_from() - the least number of a segment that is not below @seq. Return: 0, -ENOENT, -errno.
 */
static int
oldest_from(struct follow *f, uint64_t seq, uint64_t *first)
{
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	uint64_t n;
	bool any = false;

	if (d == NULL) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return err_raise(r);
	}
	while ((e = readdir(d)) != NULL) {
		if (segment_name_parse(bytes_str(e->d_name), &n) != 0 || n < seq ||
		    (any && n >= *first))
			continue;
		*first = n;
		any = true;
	}
	closedir(d);
	return any ? 0 : err_raise(-ENOENT);
}

static int
open_segment(struct follow *f, uint64_t first)
{
	char name[SEGMENT_NAME_LEN + 1];
	struct stat st;
	int fd;

	segment_name(first, name);
	fd = openat(f->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_raise(-errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_raise(-EINVAL);
	}
	close_segment(f);
	f->fd = fd;
	f->open = first;
	return 0;
}

/* still_there() - retention takes the oldest: with records there that are older than the place we were given, its
 * segment was not removed. It never was one. */
static bool
still_there(struct follow *f)
{
	uint64_t oldest;

	return f->fresh && f->at.seq != 0 && oldest_from(f, 1, &oldest) == 0 && oldest <= f->at.seq;
}

/*
 * skip_to() - the segment wanted is gone: go on at the next there is.
 * Return: 0, FOLLOW_MISSED, FOLLOW_ELSEWHERE, -errno.
 */
static int
skip_to(struct follow *f)
{
	bool begun = f->at.first != 0;
	uint64_t first = 0;
	int r = still_there(f) ? FOLLOW_ELSEWHERE : oldest_from(f, f->at.seq + 1, &first);

	if (r != 0)
		return err_pass(r);
	r = open_segment(f, first);
	if (r != 0)
		return err_pass(r);
	f->from = f->at.seq + 1;
	f->at.first = first;
	f->at.offset = 0;
	if (f->from == first)
		return 0; /* it was read to its end before it went */
	f->at.seq = first - 1;
	memset(&f->at.head, 0, sizeof(f->at.head));
	f->fresh = true;
	/* at the very beginning nothing was to be read before; of what retention took, others tell
	 */
	return begun ? FOLLOW_MISSED : 0;
}

/* want_segment() - have the one open that ->at is in. Return: 0, FOLLOW_MISSED, FOLLOW_ELSEWHERE, -errno. */
static int
want_segment(struct follow *f)
{
	int r;

	if (f->fd >= 0 && f->open == f->at.first)
		return 0;
	if (f->at.first == 0)
		return skip_to(f);
	r = open_segment(f, f->at.first);
	return r == -ENOENT ? skip_to(f) : err_pass(r);
}

/* durable() - how many bytes of the segment that is open may be read. Return: 0, -errno. */
static int
durable(const struct follow *f, uint64_t *bytes)
{
	struct stat st;

	if (f->open == f->upto.first) {
		*bytes = f->upto.offset;
		return 0;
	}
	if (fstat(f->fd, &st) != 0)
		return err_raise(-errno);
	*bytes = f->open < f->upto.first ? (uint64_t)st.st_size : 0;
	return 0;
}

/* fill() - more of the segment behind what is in the buffer. Return: bytes, 0 at its durable end,
 * -errno. */
static ssize_t
fill(struct follow *f)
{
	uint64_t end = 0, from = f->at.offset + (f->len - f->used), room;
	ssize_t n;
	int r = durable(f, &end);

	if (r != 0)
		return err_pass(r);
	memmove(f->buf, f->buf + f->used, f->len - f->used);
	f->len -= f->used;
	f->used = 0;
	room = FOLLOW_BUFFER - f->len;
	if (end <= from || room == 0)
		return 0;
	n = pread(f->fd, f->buf + f->len, room < end - from ? room : end - from, (off_t)from);
	if (n < 0)
		return err_raise(-errno);
	f->len += (size_t)n;
	return n;
}

/* read_line() - Return: 0, FOLLOW_END at the segment's durable end, -errno. */
static int
read_line(struct follow *f, struct bytes *line)
{
	for (;;) {
		struct bytes rest = bytes_of(f->buf + f->used, f->len - f->used);
		size_t n = bytes_find(rest, '\n');
		ssize_t more;

		if (n < rest.len) {
			*line = bytes_upto(rest, n);
			return 0;
		}
		if (rest.len >= RECORD_LINE_MAX) {
			/* no line of ours; in pieces rather than not at all */
			*line = bytes_upto(rest, RECORD_LINE_MAX - 1);
			return 0;
		}
		more = fill(f);
		if (more < 0)
			return (int)more;
		if (more == 0)
			return FOLLOW_END;
	}
}

/* knows_head() - or are the records before not known, so that there is nothing to compare with? */
static bool
knows_head(const struct follow_at *at)
{
	static const struct digest none;

	return at->seq == 0 || !digest_eq(&at->head, &none);
}

/* count() - the line was read: the place is behind it. */
static void
count(struct follow *f, struct bytes text, struct follow_line *line)
{
	struct record_head h;
	bool record = record_head(text, &h) == 0;

	memset(line, 0, sizeof(*line));
	line->text = text;
	line->leaf = digest_leaf(&f->hasher, text);
	line->seq = record ? h.seq : f->at.seq + 1;
	line->kind = record ? h.kind : RECORD_NONE;
	line->run = record ? h.run : BYTES_NULL;
	line->chained = record && h.seq == f->at.seq + 1 &&
			(!knows_head(&f->at) || digest_eq(&h.prev, &f->at.head));
	f->used += text.len + 1;
	f->at.offset += text.len + 1;
	f->at.seq = line->seq;
	f->at.head = line->leaf;
}

/* behind_its_segment() - is the place past the end of a segment that is whole? */
static bool
behind_its_segment(const struct follow *f)
{
	uint64_t end;

	return f->open < f->upto.first && durable(f, &end) == 0 && f->at.offset > end;
}

/* beyond() - is the place behind the durable end, or not there with the last record read? Then it is of another log. */
static bool
beyond(const struct follow *f)
{
	if (f->at.seq == f->upto.seq && f->upto.offset != 0 &&
	    (f->at.first != f->upto.first || f->at.offset != f->upto.offset))
		return true;
	return f->at.seq > f->upto.seq || f->at.first > f->upto.first ||
	       (f->at.first == f->upto.first && f->at.offset > f->upto.offset);
}

int
follow_next(struct follow *f, struct follow_line *line)
{
	if (f->upto.seq == 0)
		return FOLLOW_END;
	if (f->fresh && beyond(f))
		return FOLLOW_ELSEWHERE;
	for (;;) {
		struct bytes text;
		int r = want_segment(f);

		if (r != 0)
			return err_pass(r);
		if (f->fresh && behind_its_segment(f))
			return FOLLOW_ELSEWHERE;
		r = read_line(f, &text);
		if (r == 0) {
			struct follow_at before = f->at;

			count(f, text, line);
			if (!line->chained && f->fresh && before.seq != 0 && knows_head(&before)) {
				f->at = before;
				return FOLLOW_ELSEWHERE;
			}
			f->fresh = false;
			return hasher_failed(&f->hasher) ? err_raise(-ENOMEM) : 0;
		}
		/* the next segment is named, and not begun, when a log was closed */
		if (r < 0 || f->open >= f->upto.first || f->at.seq >= f->upto.seq)
			return err_pass(r);
		if (f->at.first == f->at.seq + 1)
			return err_raise(
			    -EIO); /* a segment without a record, and others behind it */
		/* this one is whole and read: the next is called after the next record */
		f->at.first = f->at.seq + 1;
		f->at.offset = 0;
	}
}
