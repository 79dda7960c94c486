/*
 * provider_spawn - a provider's process: a program found beside ours (or in the folder that was
 * set), executed by its descriptor, with an empty environment, the null device as 0 to 2, the
 * channel as 3 and nothing else.
 *
 * What we can put around it stands before its first instruction, so that it holds for whatever
 * program lies there: a user of its own, no capability, no_new_privs, limits, a session of its own;
 * and as root namespaces of its own for processes (its end is the end of all it started), network
 * (it has no address, no route, and what it may reach comes as descriptors), System V objects and
 * names. What is refused here by the kernel is left out and told as missing. The rest it does
 * itself (host/providers/process.c): Landlock, seccomp.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"
#include "seccomp/privilege.h"

enum { ASIDE = 64, PROGRAM = 4, NOT_STARTED = 71, SPAWN_FILES = 8192, SPAWN_PROCESSES = 16 };

static const uint64_t own_names = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

/* What the child needs; all of it known before, since it may only make system calls. */
struct birth {
	int fd[5]; /* 0 to 3, and the program */
	char name[64];
	uid_t uid; /* 0: no change */
};

/* ---- the program ---- */

/* trusted() - nobody but root and we can have written it. */
static bool
trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	       (st->st_uid == 0 || st->st_uid == geteuid());
}

static int
program_of(const struct provider *p, char *why, size_t room)
{
	char path[4096];
	struct stat st;
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/portcullis-provider-%s", p->all->programs, p->name);
	fd = n > 0 && (size_t)n < sizeof(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (p->kind == NULL || fd < 0) {
		snprintf(why, room, "there is no program portcullis-provider-%s", p->name);
		if (fd >= 0)
			close(fd);
		return err_raise(-ENOENT);
	}
	if (fstat(fd, &st) != 0 || !trusted(&st)) {
		snprintf(why, room, "portcullis-provider-%s can be written by others", p->name);
		close(fd);
		return err_raise(-EPERM);
	}
	return fd;
}

/* ---- the process ---- */

static void
limit(int resource, rlim_t at)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		_exit(NOT_STARTED);
	now.rlim_max = now.rlim_max < at ? now.rlim_max : at;
	now.rlim_cur = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &now) != 0)
		_exit(NOT_STARTED);
}

static void
place(const int fd[5])
{
	int aside[5];

	for (int i = 0; i < 5; i++) {
		aside[i] = fcntl(fd[i], F_DUPFD, ASIDE);
		if (aside[i] < 0)
			_exit(NOT_STARTED);
	}
	for (int i = 0; i < 5; i++)
		if (dup2(aside[i], i) != i)
			_exit(NOT_STARTED);
	if (close_range(5, ~0U, 0) != 0 || fcntl(PROGRAM, F_SETFD, FD_CLOEXEC) != 0)
		_exit(NOT_STARTED);
}

/* become() - the system calls themselves: libc's would speak to threads this copy has not. */
static void
become(uid_t uid)
{
	if (uid == 0)
		return;
	if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, uid, uid, uid) != 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) != 0)
		_exit(NOT_STARTED);
}

/* live() - in the child. */
static void __attribute__((noreturn)) live(struct birth *b)
{
	char *argv[] = { b->name, NULL };
	char *nothing[] = { NULL };
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		_exit(NOT_STARTED);
	place(b->fd);
	(void)setsid();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, SPAWN_FILES);
	limit(RLIMIT_NPROC, SPAWN_PROCESSES);
	limit(RLIMIT_MEMLOCK, 0);
	limit(RLIMIT_FSIZE, UINT64_C(1) << 30);
#if !defined(__SANITIZE_ADDRESS__)
	limit(RLIMIT_AS, UINT64_C(2) << 30);
#endif
	privilege_bound(0);
	become(b->uid);
	/* a change of user forgets it */
	if (privilege_drop(0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(NOT_STARTED);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	syscall(SYS_execveat, PROGRAM, "", argv, nothing, AT_EMPTY_PATH);
	_exit(NOT_STARTED);
}

static pid_t
clone_child(uint64_t flags, int *pidfd)
{
	struct clone_args a = { .exit_signal = SIGCHLD };

	a.flags = flags | CLONE_PIDFD;
	a.pidfd = (uint64_t)(uintptr_t)pidfd;
	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

/* start() - with namespaces, or where they are refused without. */
static int
start(struct provider *p, struct birth *b, int *pidfd)
{
	pid_t pid;

	p->status.namespaces = true;
	pid = clone_child(own_names, pidfd);
	if (pid < 0) {
		p->status.namespaces = false;
		pid = clone_child(0, pidfd);
	}
	if (pid == 0)
		live(b);
	if (pid < 0)
		return err_raise(-errno);
	p->pid = pid;
	p->status.uid = b->uid != 0 ? b->uid : geteuid();
	return 0;
}

int
provider_spawn(struct provider *p, int *channel, int *pidfd, char *why, size_t room)
{
	int program = program_of(p, why, room), err = p->all->options.stderr_fd, null,
	    pair[2] = { -1, -1 }, r;
	struct birth b = { .uid = provider_user(p) };

	if (program < 0)
		return err_pass(program);
	if (b.uid == 0 && geteuid() == 0) { /* root's is nobody's */
		snprintf(why, room, "no user is left for it in walls { users }");
		close(program);
		return err_raise(-EUSERS);
	}
	snprintf(b.name, sizeof(b.name), "portcullis-provider-%s", p->name);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		r = err_raise(-errno);
	} else {
		const int fd[5] = { null, null, err >= 0 ? err : null, pair[1], program };

		memcpy(b.fd, fd, sizeof(fd));
		r = start(p, &b, pidfd);
	}
	if (r != 0)
		snprintf(why, room, "its process cannot be started: %s", strerror(-r));
	if (r != 0 && pair[0] >= 0)
		close(pair[0]);
	*channel = pair[0];
	close(program);
	if (null >= 0)
		close(null);
	if (pair[1] >= 0)
		close(pair[1]);
	return err_pass(r);
}

void
provider_reap(struct provider *p, int pidfd, char *why, size_t room)
{
	siginfo_t info = { .si_code = 0 };

	/* of its own session: who it started, where it has no namespace that ends with it */
	if (!p->status.namespaces)
		(void)kill(-p->pid, SIGKILL);
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
		snprintf(why, room, "it ended");
	else if (info.si_code == CLD_EXITED && info.si_status == NOT_STARTED)
		snprintf(why, room, "its process could not be set up");
	else if (info.si_code == CLD_EXITED)
		snprintf(why, room, "it ended with status %d", info.si_status);
	else if (info.si_status == SIGSYS)
		snprintf(
		    why, room, "killed: it made a system call that its profile does not grant");
	else
		snprintf(why, room, "it ended by signal %d", info.si_status);
}
