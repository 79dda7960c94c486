/*
 * privilege - see privilege.h. The system calls themselves, since libcap would be one more library
 * in each process; the calls that set ids go through libc, which does it for all threads.
 */
#include "seccomp/privilege.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct sets {
	struct __user_cap_data_struct half[2];
};

static int
sets_get(struct sets *s)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };

	return syscall(SYS_capget, &h, s->half) == 0 ? 0 : err_raise(-errno);
}

static int
sets_put(const struct sets *s)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };

	return syscall(SYS_capset, &h, s->half) == 0 ? 0 : err_raise(-errno);
}

void
privilege_bound(uint64_t keep)
{
	/* EINVAL: beyond the kernel's last one; EPERM: without the right to it none can be dropped */
	for (unsigned long i = 0; i < 64; i++)
		if ((keep >> i & 1) == 0 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
			break;
}

int
privilege_user(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return err_raise(-errno);
	/* a way back would make it a costume */
	if (uid != 0 && (setuid(0) == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || getuid() != uid || geteuid() != uid))
		return err_raise(-EPERM);
	return 0;
}

int
privilege_drop(uint64_t keep)
{
	struct sets s;
	int r = sets_get(&s);

	if (r != 0)
		return err_pass(r);
	for (int i = 0; i < 2; i++) {
		uint32_t part = (uint32_t)(keep >> (32 * i));

		s.half[i].effective &= part;
		s.half[i].permitted &= part;
		s.half[i].inheritable &= part; /* what is ambient goes with it */
	}
	return err_pass(sets_put(&s));
}

bool
privilege_none(void)
{
	struct sets s;

	if (sets_get(&s) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		if ((s.half[i].effective | s.half[i].permitted | s.half[i].inheritable) != 0)
			return false;
	}
	return true;
}
