/*
 * up_find - where the programs are that `portcullis up` runs.
 */
#ifndef GATEWAY_CLI_UP_FIND_H
#define GATEWAY_CLI_UP_FIND_H

#include <limits.h>

#include "policy/core/err.h"

/* up_find_ours() - a program of ours: beside this tool's own file, else in PATH. Return: 0, -ENOENT. */
int up_find_ours(const char *name, char out[PATH_MAX]) must_check;
/* up_find_nats() - nats-server: in PATH, else where Debian's package has it. Return: 0, -ENOENT. */
int up_find_nats(char out[PATH_MAX]) must_check;

#endif
