/*
 * snapshot - see snapshot.h. A descriptor that could still be written to would let one process
 * change what another decides by; the seals are checked by every receiver.
 */
#include "gateway/proc/snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/whole.h"

enum { SNAPSHOT_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int
snapshot_seal(struct bytes compiled)
{
	int fd = memfd_create("policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return err_raise(-errno);
	r = whole_write(fd, compiled);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS) != 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return err_raise(r);
}

int
snapshot_open(struct snapshot *s, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END); /* fstat() is stat() to the kernel, and an edge has no stat() */
	int seals = fcntl(fd, F_GET_SEALS);
	int r;

	*s = (struct snapshot){ 0 };
	if (seals < 0 || (seals & SNAPSHOT_SEALS) != SNAPSHOT_SEALS || size <= 0) {
		close(fd);
		return err_raise(-EBADMSG);
	}
	s->len = (size_t)size;
	s->map = mmap(NULL, s->len, PROT_READ, MAP_SHARED, fd, 0);
	r = s->map == MAP_FAILED ? -errno : 0;
	close(fd);
	if (r != 0) {
		*s = (struct snapshot){ 0 };
		return err_raise(r);
	}
	r = policy_open(&s->policy, bytes_of(s->map, s->len));
	if (r == 0)
		r = policy_time(s->policy, clock_wall_s());
	if (r >= 0)
		return 0;
	snapshot_close(s);
	return err_pass(r);
}

bool
snapshot_tick(struct snapshot *s, int *accident)
{
	int r = s->policy != NULL ? policy_time(s->policy, clock_wall_s()) : 0;

	*accident = r < 0 ? r : 0;
	return r == POLICY_CHANGED;
}

void
snapshot_close(struct snapshot *s)
{
	policy_close(s->policy);
	if (s->map != NULL)
		munmap(s->map, s->len);
	*s = (struct snapshot){ 0 };
}
