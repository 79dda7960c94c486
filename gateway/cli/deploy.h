/*
 * deploy - a deployment folder as the tool changes it: locked while it does, and undone when a
 * change cannot be finished.
 */
#ifndef GATEWAY_CLI_DEPLOY_H
#define GATEWAY_CLI_DEPLOY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/core/buf.h"
#include "policy/identity/nkey.h"

enum { DEPLOY_MAX_MADE = 4096, TOKEN_MAX = 1 << 20, SEED_FILE_MAX = 4096 };

struct deploy {
	int fd;             /* the folder; -1: none */
	char dir[PATH_MAX]; /* absolute */
	bool made_dir;
	size_t n_made; /* what was made since, for deploy_undo() */
	char **made;
	int64_t now_s; /* unix, one time for everything made in one run */
};

/* deploy_make() - the folder to fill, made when missing. Return: CLI_OK, CLI_FAILED after saying
 * why. */
int deploy_make(struct deploy *d, const char *dir) must_check;
/* deploy_open() - a folder `init` filled, locked until deploy_close(). Return: CLI_OK, CLI_FAILED.
 */
int deploy_open(struct deploy *d, const char *dir) must_check;
/* deploy_undo() - remove what deploy_file() and deploy_folder() made, newest first. */
void deploy_undo(struct deploy *d);
void deploy_close(struct deploy *d);

/* The rest answers CLI_OK, or CLI_FAILED after naming file and reason. */

/* deploy_folder() - a new folder, private or not. */
int deploy_folder(struct deploy *d, const char *path, mode_t mode) must_check;
/* deploy_file() - a new file. */
int deploy_file(struct deploy *d, const char *path, mode_t mode, const struct buf *b) must_check;
/* deploy_swap() - a file replaced whole; not undone. */
int deploy_swap(struct deploy *d, const char *path, mode_t mode, const struct buf *b) must_check;
/* deploy_issued() - add records to jwt/issued.jsonl; not undone. */
int deploy_issued(struct deploy *d, const struct buf *records) must_check;
/* deploy_read() - a file of the deployment, appended. */
int deploy_read(struct deploy *d, const char *path, struct buf *b) must_check;
/* deploy_key() - a new seed file, 0600. */
int deploy_key(struct deploy *d, const char *path, const struct nkey_pair *pair) must_check;
/* deploy_load_key() - a seed file's pair, which must be of this type. */
int deploy_load_key(
    struct deploy *d, const char *path, enum nkey_type type, struct nkey_pair *pair) must_check;

#endif
