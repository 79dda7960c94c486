/*
 * deploy - see deploy.h.
 *
 * The lock is a flock() on the folder itself: two people who issue creds at the same time wait for
 * each other, and it leaves no file behind. Whatever this run made is remembered, so that a disk
 * that fills up halfway leaves the folder as it was, never half a deployment that looks whole.
 */
#include "gateway/cli/deploy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"

static int
failed(const struct deploy *d, const char *path, int r)
{
	cli_error("%s/%s: %s", d->dir, path, r == -EFBIG ? "larger than it may be" : strerror(-r));
	return CLI_FAILED;
}

static int
open_dir(struct deploy *d, const char *dir)
{
	d->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 || realpath(dir, d->dir) == NULL) {
		cli_error("%s: %s", dir, strerror(errno));
		return CLI_FAILED;
	}
	/* the path is written into leaf.conf, where a line end would begin a line of its own */
	for (const char *p = d->dir; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			cli_error("the folder's path holds a control character");
			return CLI_FAILED;
		}
	}
	d->made = calloc(DEPLOY_MAX_MADE, sizeof(*d->made));
	if (d->made == NULL || flock(d->fd, LOCK_EX) != 0) {
		cli_error("%s: %s", d->dir, strerror(errno));
		return CLI_FAILED;
	}
	d->now_s = (int64_t)time(NULL);
	return CLI_OK;
}

int
deploy_make(struct deploy *d, const char *dir)
{
	*d = (struct deploy){ .fd = -1 };
	if (mkdir(dir, 0755) == 0) {
		d->made_dir = true;
	} else if (errno != EEXIST) {
		cli_error("%s: %s", dir, strerror(errno));
		return CLI_FAILED;
	}
	return open_dir(d, dir);
}

int
deploy_open(struct deploy *d, const char *dir)
{
	int r;

	*d = (struct deploy){ .fd = -1 };
	r = open_dir(d, dir);
	if (r == CLI_OK && faccessat(d->fd, "keys/operator.nk", F_OK, 0) != 0) {
		bool ours = errno == ENOENT || errno == ENOTDIR;

		cli_error("%s%s: %s/keys/operator.nk: %s", dir, ours ? " is no deployment" : "",
		    d->dir, strerror(errno));
		cli_try(ours ? "name the folder `portcullis init` wrote with --dir DIR; its "
			       "signing keys may be kept elsewhere"
			     : "as the user who has the deployment's keys");
		r = CLI_FAILED;
	}
	return r;
}

void
deploy_undo(struct deploy *d)
{
	while (d->n_made > 0) {
		char *path = d->made[--d->n_made];

		if (unlinkat(d->fd, path, 0) != 0)
			(void)unlinkat(d->fd, path, AT_REMOVEDIR);
		free(path);
	}
	if (d->made_dir)
		(void)rmdir(d->dir);
}

void
deploy_close(struct deploy *d)
{
	if (d->fd >= 0)
		close(d->fd);
	for (size_t i = 0; i < d->n_made; i++)
		free(d->made[i]);
	free(d->made);
	*d = (struct deploy){ .fd = -1 };
}

/* remember() - room first, so that what was made can always be undone. */
static int
remember(struct deploy *d, const char *path)
{
	char *copy = d->n_made < DEPLOY_MAX_MADE ? strdup(path) : NULL;

	if (copy == NULL)
		return err_raise(-ENOMEM);
	d->made[d->n_made++] = copy;
	return 0;
}

static void
forget(struct deploy *d)
{
	free(d->made[--d->n_made]);
}

int
deploy_folder(struct deploy *d, const char *path, mode_t mode)
{
	int r = remember(d, path);

	if (r == 0) {
		r = folder_new(d->fd, path, mode);
		if (r != 0)
			forget(d);
	}
	return r != 0 ? failed(d, path, r) : CLI_OK;
}

int
deploy_file(struct deploy *d, const char *path, mode_t mode, const struct buf *b)
{
	int r = buf_failed(b) ? -ENOMEM : remember(d, path);

	if (r == 0) {
		r = file_new(d->fd, path, mode, buf_bytes(b));
		if (r != 0)
			forget(d);
	}
	return r != 0 ? failed(d, path, r) : CLI_OK;
}

int
deploy_swap(struct deploy *d, const char *path, mode_t mode, const struct buf *b)
{
	int r = buf_failed(b) ? -ENOMEM : file_swap(d->fd, path, mode, buf_bytes(b));

	return r != 0 ? failed(d, path, r) : CLI_OK;
}

int
deploy_issued(struct deploy *d, const struct buf *records)
{
	const char *path = "jwt/issued.jsonl";
	int r = buf_failed(records) ? -ENOMEM : file_append(d->fd, path, 0644, buf_bytes(records));

	return r != 0 ? failed(d, path, r) : CLI_OK;
}

int
deploy_read(struct deploy *d, const char *path, struct buf *b)
{
	int r = file_read(d->fd, path, b);

	return r != 0 ? failed(d, path, r) : CLI_OK;
}

int
deploy_key(struct deploy *d, const char *path, const struct nkey_pair *pair)
{
	char seed[NKEY_SEED_LEN + 1];
	struct buf b;
	int r;

	secret_buf_init(&b, sizeof(seed));
	nkey_pair_seed(pair, seed);
	buf_put_str(&b, seed);
	buf_put_u8(&b, '\n');
	wipe(seed, sizeof(seed));
	r = deploy_file(d, path, 0600, &b);
	secret_buf_deinit(&b);
	return r;
}

static struct bytes
trim(struct bytes s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[s.len - 1]) != NULL && s.ptr[s.len - 1] != '\0')
		s.len--;
	return s;
}

int
deploy_load_key(struct deploy *d, const char *path, enum nkey_type type, struct nkey_pair *pair)
{
	struct buf b;
	int r;

	secret_buf_init(&b, SEED_FILE_MAX);
	r = deploy_read(d, path, &b);
	if (r == CLI_OK) {
		int answer = nkey_pair_parse(pair, trim(buf_bytes(&b)));

		if (answer == 0 && pair->pub.type != type) {
			nkey_pair_deinit(pair);
			answer = NKEY_BAD_PREFIX;
		}
		if (answer != 0) {
			cli_error("%s/%s: not the seed that belongs here: %s", d->dir, path,
			    answer > 0 ? nkey_why(answer) : strerror(-answer));
			r = CLI_FAILED;
		}
	}
	secret_buf_deinit(&b);
	return r;
}
