/*
 * input - a file the user named on the command line. It may also be a pipe, as a shell makes of
 * <(command), or `-', which is standard input. What a program finds by itself is read by
 * gateway/proc/file.h, which waits for nobody.
 */
#ifndef GATEWAY_CLI_INPUT_H
#define GATEWAY_CLI_INPUT_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

/*
 * input_read() - append all of it to @out, whose ceiling bounds it; waits until the other end of a
 * pipe is closed. Return: 0, -errno (-EFBIG: more than fits).
 */
int input_read(const char *file, struct buf *out) must_check;
/* input_name() - what to call it in an error. */
const char *input_name(const char *file);

#endif
