/*
 * audit export - a part of the log to hand out: whole segments, with all that is needed to verify
 * them elsewhere.
 *
 * Segments left out before the first one are accounted for as removed ones are: the segment behind
 * each says its last record's hash and the tree up to there. One more segment than --until asks for
 * is taken when there is one, because the checkpoints over the last records stand in it. All is
 * written into DIR.part, made durable, verified, and only then called DIR. When retention removes a
 * segment before it is open, all begins again with those that are left.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/audit_check.h"
#include "gateway/cli/audit_filter.h"
#include "gateway/cli/audit_find.h"
#include "gateway/cli/audit_progress.h"
#include "gateway/cli/files.h"
#include "gateway/io/whole.h"

enum { PIECE = 1 << 20, OUT_MAX = 1 << 20, TRIES = 20 };

static volatile sig_atomic_t stopped;

static void
on_stop(int sig)
{
	stopped = sig;
}

struct export
{
	struct audit_dir dir;
	struct audit_keys keys;
	struct hasher h;
	size_t from, upto; /* segments, [from, upto) of dir.first */
	char part[PATH_MAX];
	const char *name;
	int fd; /* of DIR.part; -1 */
	bool gone, last_try; /* retention removed a segment under our hands: begin again */
	uint64_t bytes;
	struct progress progress;
};

static int
failed(struct export *e, const char *what, int r)
{
	e->gone = r == -ENOENT;
	if (stopped != 0)
		cli_error("interrupted: nothing is left of it");
	else if (!e->gone || e->last_try)
		cli_error("%s: %s", what, strerror(-r));
	return CLI_FAILED;
}

/* ---- which ---- */

/* head_of() - shape of a segment's first line, in @line. Return: 0, -errno (-EBADMSG). */
static int
head_of(const struct export *e, size_t i, struct buf *line, struct record_shape *s)
{
	struct audit_lines l;
	struct bytes first = BYTES_NULL;
	int r = audit_lines_open(&l, &e->dir, e->dir.first[i], 0);

	if (r == 0)
		r = audit_lines_next(&l, &first);
	buf_reset(line);
	if (r >= 0 && l.segment != e->dir.first[i])
		r = -ENOENT;
	else if (r == 1)
		buf_put(line, first);
	audit_lines_close(&l);
	if (r < 0)
		return err_pass(r);
	return record_shape(buf_bytes(line), s) == 0 ? 0 : err_raise(-EBADMSG);
}

static int
choose(struct export *e, const struct audit_filter *f)
{
	struct record_shape s;
	struct buf line;
	int r = 0;

	buf_init(&line, RECORD_LINE_MAX);
	e->from = 0;
	e->upto = e->dir.n;
	for (size_t i = 1; r == 0 && i < e->dir.n; i++) {
		r = head_of(e, i, &line, &s);
		if (r == -EBADMSG) { /* evidence that is broken is exported too */
			r = 0;
			continue;
		}
		if (r == 0 && s.head.time_ns <= f->since_ns && f->since_ns > 0)
			e->from = i;
		if (r == 0 && s.head.time_ns > f->until_ns && e->upto == e->dir.n)
			e->upto = i + 1;
	}
	buf_deinit(&line);
	if (r != 0)
		return failed(e, e->dir.path, r);
	if (e->upto <= e->from)
		e->upto = e->from + 1;
	return CLI_OK;
}

/* ---- writing ---- */

/* copy() - @last: it may be growing, and ends with its last whole line. Return: 0, -errno. */
static int
copy(struct export *e, int from, int to, bool last)
{
	autofree(mem_freep) uint8_t *room = malloc(PIECE);
	off_t whole = 0, all = 0;
	int r = room == NULL ? -ENOMEM : 0;
	ssize_t n;

	while (r == 0 && (n = read(from, room, PIECE)) != 0) {
		const uint8_t *lf;

		if (stopped != 0)
			return err_raise(-EINTR);
		if (n < 0) {
			r = errno == EINTR ? 0 : -errno;
			continue;
		}
		lf = memrchr(room, '\n', (size_t)n);
		if (lf != NULL)
			whole = all + (lf - room) + 1;
		all += n;
		e->bytes += (uint64_t)n;
		r = whole_write(to, bytes_of(room, (size_t)n));
		progress_tell(&e->progress, e->bytes);
	}
	if (r == 0 && last && whole != all && ftruncate(to, whole) != 0)
		r = -errno;
	if (r == 0 && fsync(to) != 0)
		r = -errno;
	return err_pass(r);
}

static int
put_segment(struct export *e, size_t i)
{
	char name[SEGMENT_NAME_LEN + 1];
	int from = audit_dir_take(&e->dir, i), to, r;

	segment_name(e->dir.first[i], name);
	if (from < 0)
		return failed(e, name, from);
	to = openat(e->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = to < 0 ? -errno : copy(e, from, to, i + 1 == e->dir.n);
	if (to >= 0 && close(to) != 0 && r == 0)
		r = -errno;
	close(from);
	return r != 0 ? failed(e, name, r) : CLI_OK;
}

/* root_before() - what `roots` says of the segment before @i, as @i itself tells it. */
static int
root_before(struct export *e, size_t i, struct buf *line, struct segment_root *root)
{
	char name[SEGMENT_NAME_LEN + 1];
	struct record_shape s;
	struct merkle tree;
	struct stat st;
	int r = head_of(e, i, line, &s);

	segment_name(e->dir.first[i - 1], name);
	if (r == 0 && merkle_from_peaks(&tree, e->dir.first[i] - 1, s.peaks) != 0)
		r = -EBADMSG;
	if (r == 0 && fstatat(e->dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		r = -errno;
	if (r != 0)
		return err_pass(r);
	*root = (struct segment_root){ .first = e->dir.first[i - 1],
		.last = e->dir.first[i] - 1,
		.bytes = (uint64_t)st.st_size,
		.head = s.head.prev,
		.root = merkle_root(&tree, &e->h) };
	return 0;
}

/* old_roots() - lines about segments that were gone before. */
static int
old_roots(const struct export *e, struct buf *out)
{
	struct segment_root root;
	struct bytes text;
	struct buf b;
	int r;

	buf_init(&b, AUDIT_ROOTS_MAX);
	r = audit_dir_read(&e->dir, "roots", &b);
	for (text = buf_bytes(&b); r == 0 && text.len > 0;) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));

		text = bytes_from(text, line.len + 1);
		if (segment_root_parse(line, &root) == 0 && root.last < e->dir.first[0])
			segment_root_put(out, &root);
	}
	buf_deinit(&b);
	return err_pass(r);
}

static int
put_file(struct export *e, const char *name, const struct buf *b)
{
	int r = buf_failed(b) ? -ENOMEM : file_new(e->fd, name, 0600, buf_bytes(b));

	return r != 0 ? failed(e, name, r) : CLI_OK;
}

static int
put_roots(struct export *e)
{
	struct buf roots, line;
	int r, done = CLI_OK;

	buf_init(&roots, AUDIT_ROOTS_MAX);
	buf_init(&line, RECORD_LINE_MAX);
	r = old_roots(e, &roots);
	for (size_t i = 1; r == 0 && i <= e->from; i++) {
		struct segment_root root;

		r = root_before(e, i, &line, &root);
		if (r == 0)
			segment_root_put(&roots, &root);
	}
	if (r != 0)
		done = failed(e, "roots", r);
	else if (roots.len > 0)
		done = put_file(e, "roots", &roots);
	buf_deinit(&roots);
	buf_deinit(&line);
	return done;
}

static int
put_checkpoint(struct export *e)
{
	uint64_t size;
	struct buf note;
	int r, done = CLI_OK;

	buf_init(&note, RECORD_LINE_MAX);
	r = audit_find_checkpoint(&e->dir, e->dir.first[e->upto - 1], &note, &size);
	if (r < 0)
		done = failed(e, "checkpoint", r);
	else if (r == 1 && size >= e->dir.first[e->from])
		done = put_file(e, "checkpoint", &note);
	buf_deinit(&note);
	return done;
}

static int
put_keys(struct export *e)
{
	struct buf b;
	int r;

	buf_init(&b, 64 * 1024);
	for (size_t i = 0; i < e->keys.n; i++) {
		note_key_put(&b, &e->keys.key[i]);
		buf_put_u8(&b, '\n');
	}
	r = put_file(e, "audit.pub", &b);
	buf_deinit(&b);
	return r;
}

static int
put_all(struct export *e)
{
	int r = put_roots(e);

	/* first: a checkpoint that is written meanwhile covers what is not copied any more */
	if (r == CLI_OK)
		r = put_checkpoint(e);
	if (r == CLI_OK)
		r = put_keys(e);
	progress_begin(&e->progress, "copying", 0);
	for (size_t i = e->from; r == CLI_OK && i < e->upto; i++)
		r = put_segment(e, i);
	progress_end(&e->progress);
	return r;
}

/* ---- the folder ---- */

/* undo() - leave nothing half done. */
static void
undo(struct export *e)
{
	static const char *const files[] = { "roots", "checkpoint", "audit.pub" };
	char name[SEGMENT_NAME_LEN + 1];

	if (e->fd < 0)
		return;
	for (size_t i = e->from; i < e->upto; i++) {
		segment_name(e->dir.first[i], name);
		(void)unlinkat(e->fd, name, 0);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(e->fd, files[i], 0);
	(void)rmdir(e->part);
}

static int
make_folder(struct export *e)
{
	int n = snprintf(e->part, sizeof(e->part), "%s.part", e->name);
	struct stat st;

	if (n >= (int)sizeof(e->part))
		return failed(e, e->name, -ENAMETOOLONG);
	if (lstat(e->name, &st) == 0) {
		cli_error("%s is there already; nothing is overwritten", e->name);
		return CLI_FAILED;
	}
	if (mkdir(e->part, 0700) != 0) {
		int why = errno, r = failed(e, e->part, -why);

		if (why == EEXIST)
			cli_try("remove it: an export that was killed left it");
		return r;
	}
	e->fd = open(e->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return e->fd < 0 ? failed(e, e->part, -errno) : CLI_OK;
}

/* name_it() - the folder is whole: give it its name, durably. */
static int
name_it(struct export *e)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(e->name, '/');
	int fd, r = 0;

	snprintf(parent, sizeof(parent), "%.*s", slash != NULL ? (int)(slash - e->name + 1) : 1,
	    slash != NULL ? e->name : ".");
	if (fsync(e->fd) != 0 ||
	    renameat2(AT_FDCWD, e->part, AT_FDCWD, e->name, RENAME_NOREPLACE) != 0)
		return failed(e, e->name, -errno);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r != 0 ? failed(e, parent, r) : CLI_OK;
}

/* miss() - the folder holds no record of the time asked for, only the segment nearest to it. */
static bool
miss(const struct audit_filter *f, const struct inspect_result *r)
{
	return r->last > 0 && !r->broken && (f->since_ns > r->last_ns || f->until_ns < r->first_ns);
}

/* say() - what the folder proves. Return: CLI_OK, CLI_TESTS (it is handed out all the same). */
static int
say(struct export *e, const struct audit_check *c, const struct audit_filter *f, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (json) {
		audit_check_json(c, &b);
	} else {
		buf_put_str(&b, "exported   ");
		buf_put_str(&b, e->name);
		buf_put_u8(&b, '\n');
		audit_check_text(c, &b, cli_colour(stdout));
	}
	r = cli_print(&b);
	buf_deinit(&b);
	if (miss(f, &c->r))
		cli_note("no record is of the time asked for; this is the part nearest to it");
	return r == CLI_OK && !audit_check_good(c) ? CLI_TESTS : r;
}

/* attempt() - all of it, with the segments there are now. */
static int
attempt(struct export *e, const struct audit_filter *f, bool json)
{
	struct audit_check c = { .keys = &e->keys };
	struct audit_dir made = { .fd = -1 };
	int r;

	e->gone = false;
	r = choose(e, f);
	if (r == CLI_OK)
		r = make_folder(e);
	if (r == CLI_OK)
		r = put_all(e);
	if (r == CLI_OK)
		r = audit_dir_at(&made, e->part);
	if (r == CLI_OK)
		r = audit_check_run(&c, &made);
	if (r == CLI_OK && stopped != 0)
		r = failed(e, e->name, -EINTR);
	if (r == CLI_OK)
		r = name_it(e);
	if (r == CLI_OK)
		r = say(e, &c, f, json);
	else
		undo(e);
	audit_check_deinit(&c);
	audit_dir_close(&made);
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
	return r;
}

static int export(struct export *e, const struct audit_filter *f, bool json)
{
	int r = CLI_OK, listed = 0;

	for (int i = 1; i <= TRIES; i++) {
		e->last_try = i == TRIES;
		if (listed == 0)
			r = attempt(e, f, json);
		if (!e->gone || stopped != 0)
			break;
		listed = audit_dir_list(&e->dir);
		if (listed == 0 && e->dir.n > 0)
			continue;
		e->last_try = true;
		return failed(e, e->dir.path, listed != 0 ? listed : -ENOENT);
	}
	return r;
}

int
cmd_audit_export(const struct cli_args *a)
{
	struct sigaction stop = { .sa_handler = on_stop };
	struct export e = { .dir = { .fd = -1 }, .fd = -1, .name = cli_value(a, "out") };
	struct audit_filter f;
	int r = audit_filter_times(&f, a);

	if (r == CLI_OK)
		r = audit_dir_open(&e.dir, a);
	if (r == CLI_OK)
		r = audit_dir_some(&e.dir);
	if (r == CLI_OK)
		r = audit_keys_read(&e.keys, a, &e.dir);
	if (r == CLI_OK && hasher_init(&e.h) != 0) {
		cli_error("out of memory");
		r = CLI_FAILED;
	}
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	if (r == CLI_OK)
		r = export(&e, &f, cli_flag(a, "json"));
	hasher_deinit(&e.h);
	audit_dir_close(&e.dir);
	return r;
}
