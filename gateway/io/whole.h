/*
 * whole - writing all of something to a descriptor that blocks.
 */
#ifndef GATEWAY_IO_WHOLE_H
#define GATEWAY_IO_WHOLE_H

#include <errno.h>
#include <unistd.h>

#include "policy/core/bytes.h"
#include "policy/core/err.h"

/* whole_write() - however many writes it takes. Return: 0, -errno; then part of it may be written. */
must_check static inline int
whole_write(int fd, struct bytes s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_raise(n < 0 ? -errno : -EIO);
		s = bytes_from(s, (size_t)n);
	}
	return 0;
}

#endif
