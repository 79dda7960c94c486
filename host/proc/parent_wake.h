/*
 * parent_wake - what wakes the parent for one process: a descriptor, a moment, or both.
 */
#ifndef HOST_PROC_PARENT_WAKE_H
#define HOST_PROC_PARENT_WAKE_H

#include <stdint.h>

#include "policy/core/err.h"

struct wake;

/*
 * wake_new() - @woke(@ctx) whenever @fd is readable or the moment has come; @fd -1: the moment
 * alone. Return: 0, -ENOMEM, -EBADF.
 */
int wake_new(int fd, void (*woke)(void *ctx), void *ctx, struct wake **out) must_check;
/* wake_soon() - in so many milliseconds, in place of an earlier moment. */
void wake_soon(struct wake *w, uint64_t ms);
/* wake_until() - the same in nanoseconds of uv_hrtime(); UINT64_MAX: never. */
void wake_until(struct wake *w, uint64_t due_ns);
/* wake_free() - nobody is woken any more; NULL is fine. Before its descriptor is closed. */
void wake_free(struct wake *w);

#endif
