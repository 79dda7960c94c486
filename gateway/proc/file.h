/*
 * file - reading files and folders of a deployment: bounded, regular files only, never waiting.
 * Paths are relative to a folder's descriptor.
 */
#ifndef GATEWAY_PROC_FILE_H
#define GATEWAY_PROC_FILE_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

/* what the running gateway takes of one file: a policy, a JWT; with its path it fits into a frame
 */
enum { FILE_MAX_BYTES = 2 * 1024 * 1024 - 8192, FILE_MAX_POLICIES = 1024 };

/* file_read() - append a regular file to @out, whose ceiling bounds it. Return: 0, -errno (-EFBIG).
 */
int file_read(int at, const char *path, struct buf *out) must_check;
/* file_read_fd() - the same for an open one, from where it stands; it stays open. */
int file_read_fd(int fd, struct buf *out) must_check;
/* file_drain() - the same of whatever kind it is: waits until a pipe's other end is closed. */
int file_drain(int fd, struct buf *out) must_check;
/*
 * file_replace() - @path, a name in the folder @at, is @text from now on, durable when it returns; on
 * failure it is what it was. Return: 0, -errno.
 */
int file_replace(int at, const char *path, struct bytes text) must_check;
/* names_in() - the names in a folder that end in @suffix, sorted, each owned. Return: 0, -errno. */
int names_in(int at, const char *path, const char *suffix, char ***names, size_t *n) must_check;
void names_free(char **names, size_t n);

/* secret_buf_init() - a buffer for text with a key in it: all its room at once, so that no copy is
 * left behind. */
void secret_buf_init(struct buf *b, size_t max);
/* secret_buf_deinit() - wipe and free. */
void secret_buf_deinit(struct buf *b);

#endif
