/*
 * audit_rotate - see audit_rotate.h. The old key gets its second name before the new one takes the first, so
 * there is always a key at KEY. What was destroyed was overwritten first; what a file system or a disk keeps of
 * it elsewhere is not in our hands.
 */
#include "gateway/cli/audit_rotate.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/note_key.h"
#include "gateway/io/clock.h"
#include "gateway/proc/ledger.h"

enum { KEY_FILE = 4096 };

static int
fail(const char *path, int r)
{
	cli_error("%s: %s", path, strerror(-r));
	return CLI_FAILED;
}

/* sync_folder() - of @path: the names in it are durable. Return: 0, -errno. */
static int
sync_folder(const char *path)
{
	char dir[ROTATE_PATH];
	int fd, r;

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path + 1), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return r;
}

/* load() - Return: 0, AUDIT_KEY_BAD, -errno. */
static int
load(const char *path, struct audit_key *k)
{
	struct buf text;
	int r;

	secret_buf_init(&text, KEY_FILE);
	r = file_read(AT_FDCWD, path, &text);
	if (r == 0)
		r = audit_key_read(k, buf_bytes(&text));
	secret_buf_deinit(&text);
	return r;
}

static int
load_or_say(const char *path, struct audit_key *k)
{
	int r = load(path, k);

	if (r == 0)
		return CLI_OK;
	if (r < 0)
		return fail(path, r);
	cli_error("%s: no key for signing checkpoints", path);
	return CLI_CONFIG;
}

/* name_files() - Return: CLI_OK, CLI_FAILED. */
static int
name_files(struct audit_rotate *r)
{
	const char *key = r->conf->audit_key;
	size_t n = strlen(key), stem = n > 4 && strcmp(key + n - 4, ".key") == 0 ? n - 4 : n;

	if (n + 32 > ROTATE_PATH)
		return fail(key, -ENAMETOOLONG);
	snprintf(r->old, sizeof(r->old), "%s.old", key);
	snprintf(r->fresh, sizeof(r->fresh), "%s.new", key);
	snprintf(r->pub, sizeof(r->pub), "%.*s.pub", (int)stem, key);
	return CLI_OK;
}

/* put_public() - @k's public half. Return: 0, -errno. */
static int
put_public(const char *path, const struct note_key *k)
{
	uint8_t room[512];
	struct buf b = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };

	note_key_put(&b, k);
	buf_put_u8(&b, '\n');
	return file_swap(AT_FDCWD, path, 0644, buf_bytes(&b));
}

/* put_redact_key() - one that was made of the old key stays what it was. Return: 0, -errno. */
static int
put_redact_key(const struct audit_rotate *r)
{
	struct secret k = { 0 };
	struct buf b;
	int e;

	if (access(r->conf->redact_key, F_OK) == 0)
		return 0;
	if (redact_key_derive(&k, &r->key) != 0)
		return -ENOMEM;
	secret_buf_init(&b, 128);
	buf_put_hex(&b, secret_bytes(&k));
	buf_put_u8(&b, '\n');
	e = file_new(AT_FDCWD, r->conf->redact_key, 0600, buf_bytes(&b));
	secret_buf_deinit(&b);
	secret_deinit(&k);
	return e;
}

/* make() - a new key beside the one there is. Return: 0, -errno. */
static int
make(struct audit_rotate *r)
{
	struct buf secret, pub;
	int e;

	secret_buf_init(&secret, 512);
	buf_init(&pub, 512);
	e = note_key_new(r->key.signer.key.name, &secret, &pub);
	if (unlink(r->fresh) != 0 && errno != ENOENT) /* of an attempt that ended before it was named */
		e = -errno;
	if (e == 0)
		e = file_new(AT_FDCWD, r->fresh, 0600, buf_bytes(&secret));
	secret_buf_deinit(&secret);
	buf_deinit(&pub);
	return e;
}

/* begin() - two names, in an order that leaves no moment without a key. */
static int
begin(struct audit_rotate *r)
{
	int e = put_redact_key(r);

	if (e != 0)
		return fail(r->conf->redact_key, e);
	e = make(r);
	if (e != 0)
		return fail(r->fresh, e);
	if (link(r->conf->audit_key, r->old) != 0)
		return fail(r->old, -errno);
	e = sync_folder(r->old);
	if (e == 0 && rename(r->fresh, r->conf->audit_key) != 0)
		e = -errno;
	if (e == 0)
		e = sync_folder(r->conf->audit_key);
	if (e != 0)
		return fail(r->conf->audit_key, e);
	audit_key_move(&r->former, &r->key);
	return load_or_say(r->conf->audit_key, &r->key);
}

int
audit_rotate_files(struct audit_rotate *r, const struct config *c)
{
	struct stat a, b;
	int e;

	*r = (struct audit_rotate){ .conf = c };
	e = name_files(r);
	if (e == CLI_OK)
		e = load_or_say(c->audit_key, &r->key);
	if (e != CLI_OK)
		return e;
	/* a second name of the same file: an attempt that ended before the new key took the first */
	if (stat(c->audit_key, &a) == 0 && lstat(r->old, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
	    unlink(r->old) != 0)
		return fail(r->old, -errno);
	r->resumed = access(r->old, F_OK) == 0;
	e = r->resumed ? load_or_say(r->old, &r->former) : begin(r);
	if (e != CLI_OK)
		return e;
	if (note_key_eq(&r->key.signer.key, &r->former.signer.key)) {
		cli_error("%s and %s hold the same key: remove the second", c->audit_key, r->old);
		return CLI_CONFIG;
	}
	snprintf(r->was, sizeof(r->was), "%.*s-%02x%02x%02x%02x.pub", (int)strlen(r->pub) - 4, r->pub,
	    r->former.signer.key.id[0], r->former.signer.key.id[1], r->former.signer.key.id[2],
	    r->former.signer.key.id[3]);
	e = put_public(r->was, &r->former.signer.key);
	if (e == 0)
		e = put_public(r->pub, &r->key.signer.key);
	return e == 0 ? CLI_OK : fail(r->pub, e);
}

/* write_handover() - the log is opened with both keys, which hands over, and closed again. */
static int
write_handover(struct audit_rotate *r, int dir)
{
	const struct config *c = r->conf;
	struct ledger_setup setup = { .dir = dir,
		.limits = { c->segment_size, (int64_t)c->segment_age_ms * 1000000, 0, 0 },
		.checkpoint_records = c->checkpoint_records,
		.checkpoint_ns = (int64_t)c->checkpoint_every_ms * 1000000,
		.signer = &r->key.signer, .former = &r->former.signer, .version = PORTCULLIS_VERSION };
	struct ledger_time now = { clock_wall_ns(), clock_boot_ns() };
	struct ledger l;
	int e = ledger_open(&l, &setup, now);

	if (e != 0) {
		cli_error("%s: %s", c->audit, l.why);
		ledger_deinit(&l);
		return CLI_FAILED;
	}
	for (int i = 0; i < 5 && e == 0 && (l.handover || l.checkpoint_at == 0); i++)
		e = ledger_tick(&l, now);
	if (e != 0) {
		ledger_deinit(&l);
		return fail(c->audit, e);
	}
	ledger_close(&l, "rotated", now);
	return CLI_OK;
}

int
audit_rotate_log(struct audit_rotate *r)
{
	int fd = open(r->conf->audit, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(r->conf->audit, -errno);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return write_handover(r, fd);
	close(fd);
	cli_error("%s: a gateway writes it, and does not answer on its control socket", r->conf->audit);
	cli_try("`portcullis reload', or HUP, has it take up the key; then this again");
	return CLI_FAILED;
}

int
audit_rotate_destroy(struct audit_rotate *r)
{
	static const uint8_t zeros[KEY_FILE];
	int fd = open(r->old, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int e = 0;

	if (fd < 0)
		return fail(r->old, -errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		e = -EINVAL;
	for (off_t at = 0; e == 0 && at < st.st_size;) {
		size_t left = st.st_size - at < KEY_FILE ? (size_t)(st.st_size - at) : KEY_FILE;
		ssize_t n = pwrite(fd, zeros, left, at);

		if (n <= 0)
			e = n < 0 ? -errno : -EIO;
		else
			at += n;
	}
	if (e == 0 && fsync(fd) != 0)
		e = -errno;
	close(fd);
	if (e == 0 && unlink(r->old) != 0)
		e = -errno;
	if (e == 0)
		e = sync_folder(r->old);
	return e == 0 ? CLI_OK : fail(r->old, e);
}

void
audit_rotate_deinit(struct audit_rotate *r)
{
	audit_key_deinit(&r->key);
	audit_key_deinit(&r->former);
}
