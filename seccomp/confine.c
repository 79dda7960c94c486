/*
 * confine - see confine.h.
 */
#include "seccomp/confine.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp/privilege.h"

/* linux 6.3; not in Debian 12's headers. Source: linux include/uapi/linux/prctl.h */
enum { SET_MDWE = 65, MDWE_REFUSE_EXEC_GAIN = 1 };

static void
in_force(struct confine_report *got, enum wall wall)
{
	got->walls |= WALL_BIT(wall);
}

/* failed() - an accident on the way. Return: @r, which is < 0. */
static int
failed(struct confine_report *got, const char *what, int r)
{
	snprintf(got->why, sizeof(got->why), "%s", what);
	got->error = -r;
	return err_raise(r);
}

static int
count(const struct confine *want, struct confine_report *got)
{
	struct census found;
	int r = census_take(&found), fd;

	if (r != 0)
		return failed(got, "descriptors cannot be counted in /proc/self/fd", r);
	fd = census_stranger(&found, want->expected);
	if (fd >= 0) {
		snprintf(got->why, sizeof(got->why), "descriptor %d is open, and nobody gave it", fd);
		got->error = EBADF;
		return err_raise(-EBADF);
	}
	in_force(got, WALL_CENSUS);
	return 0;
}

/* limit() - lower one, soft and hard. */
static int
limit(const struct confine_limit *l)
{
	struct rlimit now = { 0, 0 };

	/* nothing is lower than 0 */
	if (l->at != 0 && getrlimit((__rlimit_resource_t)l->resource, &now) != 0)
		return err_raise(-errno);
	now.rlim_max = now.rlim_max < l->at ? now.rlim_max : l->at;
	now.rlim_cur = now.rlim_cur < now.rlim_max ? now.rlim_cur : now.rlim_max;
	return setrlimit((__rlimit_resource_t)l->resource, &now) == 0 ? 0 : err_raise(-errno);
}

static int
limits(const struct confine *want, struct confine_report *got)
{
	for (size_t i = 0; i < want->n_limits; i++) {
		int r = limit(&want->limit[i]);

		if (r != 0)
			return failed(got, "a limit cannot be lowered", r);
	}
	in_force(got, WALL_LIMITS);
	return 0;
}

/* leave_root() - user, then capabilities; the bounding set while there is the right to. */
static int
leave_root(const struct confine *want, struct confine_report *got)
{
	int r;

	privilege_bound(0);
	if (want->change_user && geteuid() == 0) {
		r = privilege_user(want->uid, want->gid);
		/* in a user namespace that does not know the user: reported as missing */
		if (r != 0 && (want->user_asked || geteuid() != 0))
			return failed(got, "cannot become the user of walls { user }", r);
	}
	r = privilege_drop(0);
	if (r != 0)
		return failed(got, "capabilities cannot be dropped", r);
	got->uid = getuid();
	if (got->uid != 0 && geteuid() != 0)
		in_force(got, WALL_USER);
	if (privilege_none())
		in_force(got, WALL_CAPABILITIES);
	return 0;
}

/* settle() - what prctl() gives a process. */
static int
settle(struct confine_report *got)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
		in_force(got, WALL_NO_DUMP);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(got, "no_new_privs is refused", -errno);
	in_force(got, WALL_NO_NEW_PRIVS);
	if (prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0)
		in_force(got, WALL_MDWE);
	return 0;
}

static int
landlock(const struct confine *want, struct confine_report *got)
{
	struct landlock_done done;
	int r = landlock_enforce(&want->landlock, &done);

	if (r != 0)
		return failed(got, "Landlock is there and refused", r);
	got->landlock_abi = done.abi;
	if (done.fs)
		in_force(got, WALL_LANDLOCK);
	if (done.net)
		in_force(got, WALL_LANDLOCK_NET);
	if (done.scope)
		in_force(got, WALL_LANDLOCK_SCOPE);
	return 0;
}

/* demand() - is all there that must be? The filter comes after this, so it counts as there. */
static int
demand(const struct confine *want, struct confine_report *got)
{
	uint32_t must = (WALLS_FLOOR | want->minimum) & ~got->walls & ~WALL_BIT(WALL_SECCOMP);

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		if ((must & WALL_BIT(i)) == 0)
			continue;
		snprintf(got->why, sizeof(got->why), "the wall %s is not to be had here, and %s", wall_name((enum wall)i),
		    (WALLS_FLOOR & WALL_BIT(i)) != 0 ? "nothing runs without it" :
						       "walls { minimum } demands it");
		got->error = EPERM;
		return err_raise(-EPERM);
	}
	return 0;
}

/* told() - the same filter, that waits for a listener where it would kill. Return: it, or -1. */
static int
told(const struct confine_filter *f)
{
	struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog prog = { (unsigned short)f->n, code };

	memcpy(code, f->code, f->n * sizeof(*code));
	for (size_t i = 0; i < f->n; i++)
		if (code[i].code == (BPF_RET | BPF_K) && code[i].k == SECCOMP_RET_KILL_PROCESS)
			code[i].k = SECCOMP_RET_USER_NOTIF;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/* filter() - the last step; a process with other threads would leave them outside, so: all of them. */
static int
filter(const struct confine *want, struct confine_report *got)
{
	struct sock_fprog prog;
	long r;

	if (want->filter == NULL || want->filter->n == 0 || want->filter->n > BPF_MAXINSNS)
		return failed(got, "there is no profile for this process", -EINVAL);
	if (want->notify) {
		got->listener = told(want->filter);
		if (got->listener >= 0) {
			in_force(got, WALL_SECCOMP);
			return 0;
		}
	}
	prog.len = (unsigned short)want->filter->n;
	prog.filter = (struct sock_filter *)(uintptr_t)want->filter->code; /* the kernel only reads it */
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (r != 0)
		return failed(got, "the filter of system calls is refused", r < 0 ? -errno : -ESRCH);
	in_force(got, WALL_SECCOMP);
	return 0;
}

int
confine(const struct confine *want, struct confine_report *got)
{
	int r;

	memset(got, 0, sizeof(*got));
	got->listener = -1;
	r = count(want, got);
	if (r == 0)
		r = limits(want, got);
	if (r == 0)
		r = leave_root(want, got);
	/* a change of user forgets it */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		r = failed(got, "the parent's death cannot be watched", -errno);
	if (r == 0)
		r = settle(got);
	if (r == 0)
		r = landlock(want, got);
	if (r == 0)
		r = demand(want, got);
	if (r == 0)
		r = filter(want, got);
	return err_pass(r);
}

int
confine_supervisor(uint64_t keep_caps, struct confine_report *got)
{
	static const struct confine_limit no_core = { RLIMIT_CORE, 0 };
	int r;

	memset(got, 0, sizeof(*got));
	got->listener = -1;
	r = limit(&no_core);
	if (r != 0)
		return failed(got, "a limit cannot be lowered", r);
	privilege_bound(keep_caps);
	r = privilege_drop(keep_caps);
	if (r != 0)
		return failed(got, "capabilities cannot be dropped", r);
	in_force(got, WALL_LIMITS);
	got->uid = getuid();
	if (got->uid != 0 && geteuid() != 0)
		in_force(got, WALL_USER);
	if (privilege_none())
		in_force(got, WALL_CAPABILITIES);
	return err_pass(settle(got));
}
