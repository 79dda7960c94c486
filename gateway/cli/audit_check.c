/*
 * audit_check - see audit_check.h. What proves is policy/audit/inspect.c; here are the files.
 *
 * The gateway may be writing meanwhile. So `checkpoint` is read before the names of the segments,
 * and those before `roots`: what was there then is covered by what is read later. Segments are opened
 * ahead; when retention removes one between reading its name and opening it, all begins again.
 */
#include "gateway/cli/audit_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/audit_progress.h"

enum { PIECE = 1 << 18, TRIES = 20 };

/* read_roots() - the lines of `roots` about segments before @first. */
static int
read_roots(struct audit_check *c, const struct audit_dir *d, uint64_t first)
{
	struct bytes text;
	size_t lines = 0;
	int r;

	buf_reset(&c->roots);
	c->n_root = 0;
	r = audit_dir_read(d, "roots", &c->roots);
	if (r != 0)
		return err_pass(r);
	text = buf_bytes(&c->roots);
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	free(c->root);
	c->root = calloc(lines + 1, sizeof(*c->root));
	if (c->root == NULL)
		return err_raise(-ENOMEM);
	while (text.len > 0) {
		size_t n = bytes_find(text, '\n');
		struct segment_root *root = &c->root[c->n_root];

		if (n == text.len)
			break; /* a crash cut it off, and nothing was removed for it */
		if (segment_root_parse(bytes_upto(text, n), root) != 0) {
			c->bad_root = true;
			return 0;
		}
		/* one that is about to be removed stands there already */
		c->n_root += root->last < first;
		text = bytes_from(text, n + 1);
	}
	return 0;
}

/* sizes() - bytes of all segments. */
static uint64_t
sizes(const struct audit_dir *d)
{
	uint64_t total = 0;

	for (size_t i = 0; i < d->n; i++) {
		char name[SEGMENT_NAME_LEN + 1];
		struct stat st;

		segment_name(d->first[i], name);
		if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0)
			total += (uint64_t)st.st_size;
	}
	return total;
}

/* feed() - one segment. Return: 1 go on, 0 enough, -errno. */
static int
feed(struct inspect *in, int fd, uint8_t *room, struct progress *p, uint64_t *done)
{
	bool more = true;
	ssize_t n;

	while (more && (n = read(fd, room, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(-errno);
		more = inspect_feed(in, bytes_of(room, (size_t)n));
		*done += (uint64_t)n;
		progress_tell(p, *done);
	}
	return more;
}

static int
feed_all(struct inspect *in, struct audit_dir *d, uint8_t *room, struct progress *p)
{
	uint64_t done = 0;
	int r = 1;

	for (size_t i = 0; r == 1 && i < d->n; i++) {
		int fd = audit_dir_take(d, i);

		if (fd < 0)
			return err_pass(fd);
		inspect_segment(in, d->first[i]);
		r = feed(in, fd, room, p, &done);
		close(fd);
	}
	return r < 0 ? err_pass(r) : 0;
}

/* origin_of() - the log's name, from one of @notes that a trusted key signed; or empty. */
static struct bytes
origin_of(const struct audit_check *c, const struct bytes *notes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct checkpoint cp;
		struct bytes text;
		uint64_t by;

		if (note_open(notes[i], c->keys->key, c->keys->n, &text, &by) == 0 &&
		    checkpoint_parse(text, &cp) == 0)
			return cp.origin;
	}
	return BYTES_NULL;
}

/* set_up() - all that is compared with. */
static struct inspect_setup
set_up(const struct audit_check *c)
{
	struct inspect_setup s = { .key = c->keys->key,
		.n_keys = c->keys->n,
		.kept = c->kept,
		.n_kept = c->n_kept,
		.beside = buf_bytes(&c->beside),
		.removed = c->root,
		.n_removed = c->n_root };

	s.origin = origin_of(c, s.kept, s.n_kept);
	if (s.origin.len == 0)
		s.origin = origin_of(c, &s.beside, 1);
	return s;
}

/* once() - Return: 0, -ENOENT (a segment went away meanwhile), another -errno. */
static int
once(struct audit_check *c, struct audit_dir *d, uint8_t *room)
{
	autofree(inspect_freep) struct inspect *in = NULL;
	struct inspect_setup s;
	struct progress p;
	int r;

	buf_reset(&c->beside);
	c->bad_root = false;
	r = audit_dir_read(d, "checkpoint", &c->beside);
	if (r == 0)
		r = audit_dir_list(d);
	if (r == 0)
		r = read_roots(c, d, d->n > 0 ? d->first[0] : UINT64_MAX);
	if (r != 0)
		return err_pass(r);
	c->segments = d->n;
	c->total = sizes(d);
	s = set_up(c);
	in = inspect_new(&s);
	if (in == NULL)
		return err_raise(-ENOMEM);
	progress_begin(&p, "verifying", c->total);
	r = feed_all(in, d, room, &p);
	progress_end(&p);
	return r != 0 ? err_pass(r) : inspect_end(in, &c->r);
}

int
audit_check_run(struct audit_check *c, struct audit_dir *d)
{
	autofree(mem_freep) uint8_t *room = malloc(PIECE);
	int r = room != NULL ? -ENOENT : -ENOMEM;

	buf_init(&c->beside, NOTE_MAX);
	buf_init(&c->roots, AUDIT_ROOTS_MAX);
	for (int i = 0; r == -ENOENT && i < TRIES; i++)
		r = once(c, d, room);
	if (r != 0) {
		cli_error("%s: %s", d->path, strerror(-r));
		return CLI_FAILED;
	}
	c->told = true;
	return CLI_OK;
}

void
audit_check_deinit(struct audit_check *c)
{
	buf_deinit(&c->beside);
	buf_deinit(&c->roots);
	free(c->root);
	*c = (struct audit_check){ 0 };
}

bool
audit_check_good(const struct audit_check *c)
{
	if (!c->told || c->r.broken || c->bad_root)
		return false;
	/* who gives one that was kept wants to know what it proves */
	return c->n_kept > 0 ? c->r.kept_upto > 0 : c->r.signed_upto > 0;
}
