/*
 * ledger_files - the folder of a log: which segments there are, which may go, the newest checkpoint.
 *
 * A segment that goes is in `roots`, on the disk, before it is removed; what a crash in between leaves
 * is removed at the next start. `checkpoint` is a copy for whoever wants to keep it elsewhere, and a
 * help to recovery; it is on the disk as a whole before it is renamed to the old one's place.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "gateway/proc/durable.h"
#include "gateway/proc/file.h"
#include "gateway/proc/ledger_priv.h"

enum { RETIRE_EVERY_S = 60 };

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
folder_segments(int dir, uint64_t **first, size_t *n)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t cap = 0;
	struct dirent *e;

	*first = NULL;
	*n = 0;
	if (d == NULL) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return err_raise(r);
	}
	while ((e = readdir(d)) != NULL) {
		uint64_t v;

		if (segment_name_parse(bytes_str(e->d_name), &v) != 0 || *n == LEDGER_SEGMENTS)
			continue;
		if (*n == cap) {
			uint64_t *more = realloc(*first, (cap * 2 + 64) * sizeof(**first));

			if (more == NULL) {
				closedir(d);
				free(*first);
				*first = NULL;
				return err_raise(-ENOMEM);
			}
			*first = more;
			cap = cap * 2 + 64;
		}
		(*first)[(*n)++] = v;
	}
	closedir(d);
	if (*n > 1)
		qsort(*first, *n, sizeof(**first), by_number);
	return 0;
}

int
folder_open(int dir, uint64_t first, int flags)
{
	char name[SEGMENT_NAME_LEN + 1];
	int fd;

	segment_name(first, name);
	fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd >= 0 ? fd : err_raise(-errno);
}

int
folder_read(int dir, const char *name, struct buf *out)
{
	return err_pass(file_read(dir, name, out));
}

int
folder_note(int dir, struct bytes note)
{
	int fd = openat(dir, "checkpoint.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_raise(-errno);
	r = whole_write(fd, note);
	/* before it takes the old one's name: a loss of power must leave one of the two, not an empty file */
	if (r == 0)
		r = durable_sync(fd, -1);
	close(fd);
	if (r == 0 && renameat(dir, "checkpoint.new", dir, "checkpoint") != 0)
		r = -errno;
	return r != 0 ? err_raise(r) : 0;
}

/* cut_roots() - half a line at the end, which a crash left, would spoil the next one. Return: 0, -errno. */
static int
cut_roots(int dir, size_t whole)
{
	int fd = openat(dir, "roots", O_WRONLY | O_CLOEXEC | O_NOFOLLOW), r;

	if (fd < 0)
		return err_raise(-errno);
	r = ftruncate(fd, (off_t)whole) != 0 ? -errno : 0;
	close(fd);
	return r != 0 ? err_raise(r) : 0;
}

int
folder_removed(int dir, uint64_t *last)
{
	struct buf text;
	struct bytes rest;
	int r;

	*last = 0;
	buf_init(&text, FILE_MAX_BYTES);
	r = folder_read(dir, "roots", &text);
	rest = buf_bytes(&text);
	while (r == 0 && rest.len > 0) {
		size_t n = bytes_find(rest, '\n');
		struct segment_root root;

		/* a last line that is not whole was not relied on by anybody */
		if (n == rest.len)
			r = cut_roots(dir, text.len - n);
		else if (segment_root_parse(bytes_upto(rest, n), &root) != 0)
			r = SEGMENT_BAD;
		else
			*last = root.last;
		rest = bytes_from(rest, n + 1);
	}
	buf_deinit(&text);
	return r == -ENOENT ? 0 : err_pass(r);
}

/* ---- retention ---- */

int
folder_head(int dir, uint64_t first, uint8_t room[FOLDER_HEAD], struct record_shape *s)
{
	int fd = folder_open(dir, first, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return err_pass(fd);
	n = read(fd, room, FOLDER_HEAD);
	close(fd);
	if (n <= 0 || record_shape(bytes_upto(bytes_of(room, (size_t)n), bytes_find(bytes_of(room, (size_t)n), '\n')), s) != 0 ||
	    s->head.kind != RECORD_SEGMENT || s->head.seq != first)
		return err_raise(-EBADMSG);
	return 0;
}

/* info_of() - a segment as retention sees it; it ends where @next begins. Return: 0, -errno. */
static int
info_of(const struct ledger *l, uint64_t first, uint64_t next, struct segment_info *info, struct segment_root *root)
{
	uint8_t room[FOLDER_HEAD];
	struct record_shape s;
	char name[SEGMENT_NAME_LEN + 1];
	struct merkle tree;
	struct stat st;
	int r = folder_head(l->setup.dir, next, room, &s);

	segment_name(first, name);
	if (r != 0)
		return err_pass(r);
	if (fstatat(l->setup.dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_raise(-errno);
	if (merkle_from_peaks(&tree, next - 1, s.peaks) != 0)
		return err_raise(-EBADMSG);
	*info = (struct segment_info){ first, next - 1, (uint64_t)st.st_size, s.head.time_ns };
	*root = (struct segment_root){ .first = first, .last = next - 1, .bytes = (uint64_t)st.st_size,
		.head = s.head.prev };
	root->root = merkle_root(&tree, (struct hasher *)(uintptr_t)&l->h);
	return 0;
}

/* put_root() - a line of `roots`, on the disk. Return: 0, -errno. */
static int
put_root(const struct ledger *l, const struct segment_root *root)
{
	uint8_t room[SEGMENT_ROOT_MAX];
	struct buf line = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	int fd = openat(l->setup.dir, "roots", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int r;

	if (fd < 0)
		return err_raise(-errno);
	segment_root_put(&line, root);
	r = fstat(fd, &st) != 0 ? -errno : whole_write(fd, buf_bytes(&line));
	if (r == 0)
		r = durable_sync(fd, l->setup.dir);
	if (r != 0)
		(void)!ftruncate(fd, st.st_size);
	close(fd);
	return r != 0 ? err_raise(r) : 0;
}

/*
 * take_away() - one segment; @last: what `roots` has already, because it could not be removed the last time.
 * Return: 0, -errno: it stays.
 */
static int
take_away(struct ledger *l, const struct segment_root *root, uint64_t last, struct ledger_time now)
{
	char name[SEGMENT_NAME_LEN + 1];
	struct record r = { .kind = RECORD_REMOVED, .reason = BYTES_LIT("retention"), .from = root->first,
		.to = root->last, .bytes = root->bytes, .has_root = true, .root = root->root };
	int e = last < root->last ? put_root(l, root) : 0;

	if (e != 0)
		return err_pass(e);
	segment_name(root->first, name);
	if (unlinkat(l->setup.dir, name, 0) != 0)
		return err_raise(-errno);
	r.segment = bytes_str(name);
	if (ledger_put(l, &r, now) != 0)
		ledger_lose(l, 1);
	return 0;
}

/* retire() - what may go of @n segments. Return: 0, or why not: -errno, SEGMENT_BAD (of `roots`). */
static int
retire(struct ledger *l, const uint64_t *first, size_t n, struct ledger_time now)
{
	autofree(mem_freep) struct segment_info *info = calloc(n + 1, sizeof(*info));
	autofree(mem_freep) struct segment_root *root = calloc(n + 1, sizeof(*root));
	uint64_t last;
	size_t gone;
	int r = info == NULL || root == NULL ? -ENOMEM : folder_removed(l->setup.dir, &last);

	/* what cannot be read is not removed either */
	for (size_t i = 0; r == 0 && i + 1 < n; i++)
		r = info_of(l, first[i], first[i + 1], &info[i], &root[i]);
	if (r != 0 || n == 0)
		return r;
	info[n - 1] = (struct segment_info){ l->first, l->base.tree.size, l->bytes, now.wall_ns };
	gone = segment_retire(&l->setup.limits, info, n, now.wall_ns);
	for (size_t i = 0; r == 0 && i < gone && i + 1 < n; i++)
		r = take_away(l, &root[i], last, now);
	return r;
}

void
ledger_retire(struct ledger *l, struct ledger_time now)
{
	const struct segment_limits *k = &l->setup.limits;
	uint64_t *first;
	size_t n;

	if ((k->keep_bytes == 0 && k->keep_age_ns == 0) || now.mono_ns < l->retire_at)
		return;
	l->retire_at = now.mono_ns + RETIRE_EVERY_S * INT64_C(1000000000);
	l->retire_error = folder_segments(l->setup.dir, &first, &n);
	if (l->retire_error != 0)
		return;
	l->retire_error = retire(l, first, n, now);
	free(first);
}
