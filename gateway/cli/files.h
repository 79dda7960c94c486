/*
 * files - writing in a deployment folder: never over something that is there by accident, and whole
 * or not at all. Paths are relative to a folder's descriptor. Reading is gateway/proc/file.h, which
 * comes with this: who writes a deployment reads it first.
 */
#ifndef GATEWAY_CLI_FILES_H
#define GATEWAY_CLI_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "gateway/proc/file.h"

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

#endif
