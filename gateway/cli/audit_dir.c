/*
 * audit_dir - see audit_dir.h. A folder is looked at, never locked: the gateway goes on writing
 * while it is read. Only regular files are opened, and links are not followed: a log is handed
 * around, and what somebody packed into it should not open /dev/zero.
 */
#include "gateway/cli/audit_dir.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/control.h"
#include "gateway/cli/files.h"
#include "gateway/cli/input.h"
#include "gateway/proc/config.h"

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
read_numbers(DIR *dir, uint64_t **list, size_t *n)
{
	size_t cap = 0;
	struct dirent *e;

	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
		uint64_t first;

		if (segment_name_parse(bytes_str(e->d_name), &first) != 0)
			continue;
		if (*n == cap) {
			uint64_t *more;

			cap = cap == 0 ? 64 : cap * 2;
			more =
			    cap <= AUDIT_SEGMENTS_MAX ? realloc(*list, cap * sizeof(**list)) : NULL;
			if (more == NULL)
				return err_raise(-ENOMEM);
			*list = more;
		}
		(*list)[(*n)++] = first;
	}
	return err_raise(-errno);
}

/* let_go() - of what was opened ahead. */
static void
let_go(struct audit_dir *d)
{
	for (; d->held_from < d->held_upto; d->held_from++)
		close(d->held[d->held_from % AUDIT_AHEAD]);
	d->held_from = d->held_upto = 0;
}

int
audit_dir_list(struct audit_dir *d)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	uint64_t *list = NULL;
	size_t n = 0;

	if (dir == NULL) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return err_raise(r);
	}
	r = read_numbers(dir, &list, &n);
	closedir(dir);
	if (r != 0) {
		free(list);
		return err_pass(r);
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), by_number);
	let_go(d);
	free(d->first);
	d->first = list;
	d->n = n;
	return 0;
}

int
audit_dir_at(struct audit_dir *d, const char *path)
{
	int r;

	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = d->fd < 0 ? -errno : audit_dir_list(d);
	if (r == 0 && snprintf(d->path, sizeof(d->path), "%s", path) >= (int)sizeof(d->path))
		r = -ENAMETOOLONG;
	if (d->home[0] == '\0')
		memcpy(d->home, d->path, sizeof(d->home));
	if (r == 0)
		return CLI_OK;
	cli_error("%s: %s", path, strerror(-r));
	if (r == -EACCES)
		cli_try("the log belongs to the gateway's user: read it as that user");
	else if (r == -ENOENT)
		cli_try("name the deployment, or the folder of NUMBER.jsonl files, with --dir DIR");
	return CLI_FAILED;
}

/* folder_of() - where a deployment's log is: gateway.conf says it. */
static int
folder_of(const char *home, char path[PATH_MAX])
{
	struct config *c = NULL;
	struct text_report report;
	char file[PATH_MAX];
	int r, n;

	if (snprintf(file, sizeof(file), "%s/gateway.conf", home) >= (int)sizeof(file))
		return err_raise(-ENAMETOOLONG);
	if (access(file, F_OK) != 0) {
		n = snprintf(path, PATH_MAX, "%s", home);
		return n < PATH_MAX ? 0 : err_raise(-ENAMETOOLONG);
	}
	text_report_init(&report);
	r = config_load(&c, file, &report);
	text_report_deinit(&report);
	/* a configuration with a mistake in it should not hide the log from whoever looks for it */
	n = r == 0 && c->audit != NULL ? snprintf(path, PATH_MAX, "%s", c->audit)
				       : snprintf(path, PATH_MAX, "%s/audit", home);
	config_free(c);
	return n < PATH_MAX ? 0 : err_raise(-ENAMETOOLONG);
}

/* tell_gateway() - reading is an act: one that runs records it, with what was asked. Whether it
 * does changes nothing for who reads. */
static void
tell_gateway(const struct cli_args *a, const char *home)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < a->n_given; i++) {
		buf_put_str(&b, b.len > 0 ? " --" : "--");
		buf_put_str(&b, a->given[i].opt->name);
		if (a->given[i].value != NULL) {
			buf_put_u8(&b, ' ');
			buf_put_str(&b, a->given[i].value);
		}
	}
	for (size_t i = 0; i < a->n_args; i++) {
		buf_put_str(&b, b.len > 0 ? " " : "");
		buf_put_str(&b, a->args[i]);
	}
	buf_put_u8(&b, '\0');
	(void)control_note_read(home, a->verb->name, buf_failed(&b) ? "" : (const char *)b.ptr);
	buf_deinit(&b);
}

int
audit_dir_open(struct audit_dir *d, const struct cli_args *a)
{
	const char *home = cli_value(a, "dir") != NULL ? cli_value(a, "dir") : ".";
	char path[PATH_MAX];
	int r = folder_of(home, path);

	*d = (struct audit_dir){ .fd = -1 };
	if (r != 0 || snprintf(d->home, sizeof(d->home), "%s", home) >= (int)sizeof(d->home)) {
		cli_error("%s: %s", home, strerror(ENAMETOOLONG));
		return CLI_FAILED;
	}
	r = audit_dir_at(d, path);
	/* a folder of segments has no gateway */
	if (r == CLI_OK && strcmp(path, home) != 0)
		tell_gateway(a, home);
	return r;
}

void
audit_dir_close(struct audit_dir *d)
{
	let_go(d);
	if (d->fd >= 0)
		close(d->fd);
	free(d->first);
	*d = (struct audit_dir){ .fd = -1 };
}

int
audit_dir_some(const struct audit_dir *d)
{
	if (d->n > 0)
		return CLI_OK;
	cli_error("there is no audit log in %s", d->path);
	cli_try("name the deployment, or the folder of NUMBER.jsonl files, with --dir DIR");
	return CLI_CONFIG;
}

int
audit_dir_segment(const struct audit_dir *d, uint64_t first)
{
	char name[SEGMENT_NAME_LEN + 1];
	struct stat st;
	int fd;

	segment_name(first, name);
	fd = openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		int e = errno;

		if (e != ENOENT) /* which retention took meanwhile */
			cli_note("%s/%s: %s", d->path, name, e == ELOOP ? "a link, which is not followed" : strerror(e));
		return err_raise(-e);
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		return fd;
	}
	close(fd);
	cli_note("%s/%s: not a regular file", d->path, name);
	return err_raise(-EINVAL);
}

int
audit_dir_take(struct audit_dir *d, size_t i)
{
	assert(i < d->n);
	if (i < d->held_from || i > d->held_upto) {
		let_go(d);
		d->held_from = d->held_upto = i;
	}
	for (; d->held_from < i; d->held_from++)
		close(d->held[d->held_from % AUDIT_AHEAD]);
	while (d->held_upto < d->n && d->held_upto < i + AUDIT_AHEAD) {
		int fd = audit_dir_segment(d, d->first[d->held_upto]);

		if (fd < 0)
			return err_pass(fd);
		d->held[d->held_upto++ % AUDIT_AHEAD] = fd;
	}
	d->held_from = i + 1;
	return d->held[i % AUDIT_AHEAD];
}

uint64_t
audit_dir_next(const struct audit_dir *d, uint64_t first)
{
	size_t lo = 0, hi = d->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->first[mid] <= first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < d->n ? d->first[lo] : 0;
}

int
audit_dir_read(const struct audit_dir *d, const char *name, struct buf *out)
{
	int r = file_read(d->fd, name, out);

	return r == -ENOENT ? 0 : err_pass(r);
}

/* ---- keys ---- */

/* take_keys() - each line that is not empty is a key. Return: NULL, or what is wrong. */
static const char *
take_keys(struct audit_keys *k, struct hasher *h, struct bytes text)
{
	size_t before = k->n;

	while (text.len > 0) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));

		text = bytes_from(text, line.len + 1);
		if (line.len == 0)
			continue;
		if (k->n == INSPECT_KEYS)
			return "too many keys";
		if (bytes_starts(line, BYTES_LIT("PRIVATE+KEY")))
			return "a private key: the public one is needed (audit.pub)";
		if (note_key_parse(&k->key[k->n], h, line) != 0)
			return "not a public key: NAME+ID+BASE64";
		k->n++;
	}
	return k->n > before ? NULL : "no key in it";
}

/* read_key_file() - @given: the user named it; what was found is waited for by nobody. */
static int
read_key_file(struct audit_keys *k, struct hasher *h, const char *file, bool given)
{
	const char *why;
	struct buf b;
	int r;

	buf_init(&b, 64 * 1024);
	r = given ? input_read(file, &b) : file_read(AT_FDCWD, file, &b);
	why = r != 0 ? strerror(-r) : take_keys(k, h, buf_bytes(&b));
	if (why != NULL)
		cli_error("%s: %s", given ? input_name(file) : file, why);
	buf_deinit(&b);
	return why != NULL ? CLI_CONFIG : CLI_OK;
}

/* find_key_file() - the deployment's, or one that was exported with the log. */
static int
find_key_file(struct audit_keys *k, const struct audit_dir *d)
{
	const char *const places[] = { "keys/audit.pub", "audit.pub" };

	for (size_t i = 0; d != NULL && i < 2; i++)
		if (snprintf(k->from, sizeof(k->from), "%s/%s", d->home, places[i]) <
			(int)sizeof(k->from) &&
		    access(k->from, F_OK) == 0)
			return CLI_OK;
	k->from[0] = '\0';
	cli_error("no public key to check signatures with");
	cli_try("--key FILE; a deployment has it in keys/audit.pub");
	return CLI_CONFIG;
}

int
audit_keys_read(struct audit_keys *k, const struct cli_args *a, const struct audit_dir *d)
{
	struct hasher h;
	const char *file;
	int r = CLI_OK;

	*k = (struct audit_keys){ 0 };
	if (hasher_init(&h) != 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	for (size_t i = 0; r == CLI_OK && (file = cli_value_nth(a, "key", i)) != NULL; i++)
		r = read_key_file(k, &h, file, true);
	if (r == CLI_OK && k->n == 0) {
		r = find_key_file(k, d);
		if (r == CLI_OK)
			r = read_key_file(k, &h, k->from, false);
	}
	hasher_deinit(&h);
	return r;
}
