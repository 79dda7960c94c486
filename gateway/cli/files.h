/*
 * files - reading and writing in a deployment folder: bounded, never over something that is there
 * by accident, and whole or not at all. Paths are relative to a folder's descriptor.
 */
#ifndef GATEWAY_CLI_FILES_H
#define GATEWAY_CLI_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/core/buf.h"
#include "policy/core/err.h"

/* file_read() - append a regular file to @out, whose ceiling bounds it. Return: 0, -errno (-EFBIG).
 */
int file_read(int at, const char *path, struct buf *out) must_check;
/* file_new() - a file that did not exist, with exactly this mode, durable. Return: 0, -errno
 * (-EEXIST). */
int file_new(int at, const char *path, mode_t mode, struct bytes s) must_check;
/*
 * file_swap() - replace a file (or make it) whole: a reader sees the old one or the new one, also
 * after a crash. Return: 0, -errno.
 */
int file_swap(int at, const char *path, mode_t mode, struct bytes s) must_check;
/* file_append() - add to the end of a file, made when missing. Return: 0, -errno. */
int file_append(int at, const char *path, mode_t mode, struct bytes s) must_check;
/* folder_new() - a folder that did not exist, with exactly this mode. Return: 0, -errno. */
int folder_new(int at, const char *path, mode_t mode) must_check;
/* names_in() - the names in a folder that end in @suffix, sorted, each owned. Return: 0, -errno. */
int names_in(int at, const char *path, const char *suffix, char ***names, size_t *n) must_check;
void names_free(char **names, size_t n);

/* secret_buf_init() - a buffer for text with a key in it: all its room at once, so that no copy is
 * left behind. */
void secret_buf_init(struct buf *b, size_t max);
/* secret_buf_deinit() - wipe and free. */
void secret_buf_deinit(struct buf *b);

#endif
