/*
 * durable - is what was written to a file on its disk?
 */
#ifndef GATEWAY_PROC_DURABLE_H
#define GATEWAY_PROC_DURABLE_H

#include <stdbool.h>

#include "policy/core/err.h"

/*
 * durable_sync() - the bytes written to @fd are on the disk, and so is its name when @folder, the
 * descriptor of the folder it was made in, is not negative. Changes neither length nor content; @fd must be
 * open for writing. Waits for the device. After an error nothing is known of what was written since the last success.
 * Return: 0, -errno.
 */
int durable_sync(int fd, int folder) must_check;

#endif
