/* call_name - a denied system call in words. */
#ifndef SECCOMP_CALL_NAME_H
#define SECCOMP_CALL_NAME_H

#include <stdint.h>

enum { CALL_NAME = 48 };

/*
 * call_name() - "openat", "x32:getpid" or "i386:4" for a number as a filter sees it; a number
 * without a name is written as such.
 */
void call_name(uint32_t machine, uint32_t number, char out[CALL_NAME]);

#endif
