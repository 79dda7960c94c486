/*
 * audit_dir - where an audit log is: its folder, its segments, what stands beside them, its keys.
 *
 * Nothing of it is believed: names, sizes and contents may be anybody's.
 */
#ifndef GATEWAY_CLI_AUDIT_DIR_H
#define GATEWAY_CLI_AUDIT_DIR_H

#include <limits.h>

#include "gateway/cli/cli.h"
#include "policy/audit/inspect.h"

enum { AUDIT_SEGMENTS_MAX = 1 << 20, AUDIT_ROOTS_MAX = 256 << 20, AUDIT_AHEAD = 128 };

struct audit_dir {
	int fd;              /* the folder of segments; -1: none */
	char path[PATH_MAX]; /* its name, as far as the user typed it */
	char home[PATH_MAX]; /* the deployment, or the same folder */
	size_t n;
	uint64_t *first; /* numbers of the segments, rising */
	size_t held_from, held_upto; /* of them are open, ahead of who reads */
	int held[AUDIT_AHEAD];
};

/*
 * audit_dir_open() - --dir of @a: a deployment (its gateway.conf says where the log is), or the
 * folder of segments itself. Return: CLI_OK, CLI_CONFIG or CLI_FAILED after saying why.
 */
int audit_dir_open(struct audit_dir *d, const struct cli_args *a) must_check;
/* audit_dir_at() - the folder of segments @path. Return: CLI_OK, CLI_FAILED after saying why. */
int audit_dir_at(struct audit_dir *d, const char *path) must_check;
void audit_dir_close(struct audit_dir *d);
/* audit_dir_list() - read the names anew. Return: 0, -errno. */
int audit_dir_list(struct audit_dir *d) must_check;
/* audit_dir_some() - CLI_OK when there is a segment; else CLI_CONFIG after saying so. */
int audit_dir_some(const struct audit_dir *d) must_check;
/* audit_dir_segment() - open a segment by its number. Return: a descriptor, -errno. */
int audit_dir_segment(const struct audit_dir *d, uint64_t first) must_check;
/*
 * audit_dir_take() - open the @i-th segment, as a reader does that goes from one to the next. So many
 * behind it are opened as well: what retention removes is the oldest, and who holds it reads on.
 * Return: a descriptor, yours to close; -errno (-ENOENT: one is gone, list them anew).
 */
int audit_dir_take(struct audit_dir *d, size_t i) must_check;
/* audit_dir_next() - the first segment after @first; 0: none. */
uint64_t audit_dir_next(const struct audit_dir *d, uint64_t first);
/* audit_dir_read() - a file beside the segments, when it is there. Return: 0 (also when it is
 * not), -errno. */
int audit_dir_read(const struct audit_dir *d, const char *name, struct buf *out) must_check;

/* Public keys the user trusts. */
struct audit_keys {
	size_t n;
	struct note_key key[INSPECT_KEYS];
	char from[PATH_MAX]; /* the file they were found in, when nobody named one; or "" */
};

/* audit_keys_read() - the files of --key, or without one what @d (may be NULL) has. Return: CLI_OK,
 * CLI_CONFIG after saying why. */
int audit_keys_read(
    struct audit_keys *k, const struct cli_args *a, const struct audit_dir *d) must_check;

#endif
