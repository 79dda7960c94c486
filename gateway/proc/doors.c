/*
 * doors - see doors.h.
 */
#include "gateway/proc/doors.h"

#include <unistd.h>

void
doors_init(struct doors *d)
{
	for (size_t i = 0; i < DOORS; i++)
		d->fd[i] = -1;
	d->open = false;
}

void
doors_keep(struct doors *d, unsigned index, int fd)
{
	if (d->fd[index] >= 0)
		close(d->fd[index]);
	d->fd[index] = fd;
}

int
doors_take(struct doors *d, unsigned *index)
{
	for (unsigned i = 0; i < DOORS; i++) {
		int fd = d->fd[i];

		if (fd < 0)
			continue;
		d->fd[i] = -1;
		*index = i;
		return fd;
	}
	return -1;
}
