/*
 * cell_zygote - the host's side of forks.
 *
 * One fork at a time: the zygote is given a channel and told to fork; its clone() waits at the listener,
 * and is let pass once, if its flags are what they must be; then the zygote hands over a handle of the
 * new process. That handle is not believed before the kernel says that the process is a child of ours.
 * Listener and profile are the brood's too: a system call that waits is told apart by its process.
 *
 * A zygote that ends takes its brood with it. All of them are one process group, so that a process of
 * which nobody was told goes too, and is waited for.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* ask_for() - MSG_FORK for the first who waits. It is alone on the channel, so it goes whole or not. */
static void
ask_for(struct cell *z)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	uint8_t frame[MSG_RUNNER_HEADER + MSG_FORK_LEN];
	struct msg_fork fork = { z->young->world };
	struct iovec v = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	struct buf body;

	buf_init(&body, MSG_FORK_LEN);
	msg_fork_put(&body, &fork);
	msg_runner_header(frame, MSG_FORK, body.len);
	if (!buf_failed(&body))
		memcpy(frame + MSG_RUNNER_HEADER, body.ptr, body.len);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &z->young->theirs, sizeof(int));
	if (buf_failed(&body) ||
	    sendmsg(z->channel, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(frame)) {
		buf_deinit(&body);
		cell_kill(z, CELL_CRASHED, "the zygote takes no more forks");
		return;
	}
	buf_deinit(&body);
	close(z->young->theirs);
	z->young->theirs = -1;
	z->forking = z->let_pass = true;
}

int
cell_fork(struct cell *c, struct cell *z)
{
	struct cell **last = &z->young;
	int pair[2];

	if (!z->zygote || z->state != CELL_IDLE)
		return err_raise(-ESRCH);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	c->channel = pair[0];
	c->theirs = pair[1];
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0)
		return err_raise(-errno);
	c->mother = z;
	c->sibling = z->brood;
	z->brood = c;
	while (*last != NULL)
		last = &(*last)->younger;
	*last = c;
	if (!z->forking)
		ask_for(z);
	return z->state == CELL_IDLE ? 0 : err_raise(-ESRCH);
}

static void
drop(struct cell **list, const struct cell *c, bool young)
{
	for (; *list != NULL; list = young ? &(*list)->younger : &(*list)->sibling)
		if (*list == c) {
			*list = young ? c->younger : c->sibling;
			return;
		}
}

void
zygote_leave(struct cell *c)
{
	struct cell *z = c->mother;

	if (z == NULL)
		return;
	/* one that is being made comes to nobody, and is killed then */
	drop(&z->young, c, true);
	drop(&z->brood, c, false);
	c->mother = NULL;
}

/* pid_of() - of a handle, as the kernel says it. Return: it, or -1. */
static pid_t
pid_of(int pidfd)
{
	char path[64], text[512], *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strstr(text, "\nPid:");
	return at != NULL ? (pid_t)strtol(at + 5, NULL, 10) : -1;
}

/* ours() - is it a process, and our own child? */
static bool
ours(int pidfd)
{
	siginfo_t info;

	return waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/* adopt() - the process came. */
static void
adopt(struct cell *z, struct cell *c, int pidfd)
{
	c->pidfd = pidfd;
	c->pid = pid_of(pidfd);
	if (c->pid <= 1 || clock_getcpuclockid(c->pid, &c->clock) != 0 || cell_watched(c) != 0) {
		cell_kill(c, CELL_NO_START, "a process that was forked cannot be watched");
		return;
	}
	c->cpu_began_ns = 0; /* all it used was for this */
	if (z->stray.pid == c->pid) {
		z->stray.pid = 0;
		cell_denied(c, &z->stray.call);
	}
}

/* bury() - a process that nobody waits for any more. */
static void
bury(int pidfd)
{
	siginfo_t info;

	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
		continue;
	close(pidfd);
}

bool
zygote_forked(struct cell *z, struct bytes body)
{
	struct cell *c = z->young;
	int pidfd = z->gift;
	uint32_t error;
	char why[CELL_WHY];

	z->gift = -1;
	z->forking = false;
	if (!msg_forked_get(body, &error) || (error == 0) != (pidfd >= 0) ||
	    (error == 0 && (z->let_pass || !ours(pidfd)))) {
		if (pidfd >= 0)
			close(pidfd);
		z->forking = true; /* there may be one that we do not know */
		cell_kill(z, CELL_BROKE, "the zygote's word about a fork cannot be true");
		return false;
	}
	/* its own time is for forks, and bounded by them */
	z->cpu_began_ns = cell_processor_ns(z);
	if (c != NULL && c->theirs >= 0)
		c = NULL; /* another one, who still waits */
	else if (c != NULL)
		z->young = c->younger;
	if (c != NULL && error == 0)
		adopt(z, c, pidfd);
	else if (error == 0)
		bury(pidfd);
	if (c != NULL && error != 0) {
		snprintf(why, sizeof(why), "no process could be forked: %s", strerror((int)error));
		cell_kill(c, CELL_NO_START, why);
	}
	if (z->young != NULL)
		ask_for(z);
	return z->state == CELL_IDLE;
}

/* a_fork() - is it the one that was asked for? All that decides is in registers. */
static bool
a_fork(const struct cell *z, const struct seccomp_notif *n)
{
	return z->forking && z->let_pass && n->data.arch == MACHINE && n->data.nr == SYS_clone &&
	       n->data.args[0] == RUNNER_FORK && n->data.args[1] == 0;
}

bool
zygote_call(struct cell *z, const struct seccomp_notif *n)
{
	struct seccomp_notif_resp yes = { .id = n->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if ((pid_t)n->pid == z->pid) {
		if (!a_fork(z, n))
			return false;
		z->let_pass = false;
		if (ioctl(z->listener, SECCOMP_IOCTL_NOTIF_SEND, &yes) != 0 && errno != ENOENT)
			cell_kill(z, CELL_NO_START, "a fork cannot be let pass");
		return true;
	}
	for (struct cell *c = z->brood; c != NULL; c = c->sibling)
		if (c->pid == (pid_t)n->pid && c->pidfd >= 0) {
			cell_denied(c, n);
			return true;
		}
	if (z->stray.pid != 0 || !z->forking) {
		cell_kill(z, CELL_BROKE, "a process that nobody asked for");
		return true;
	}
	z->stray.pid = (pid_t)n->pid; /* the one that is being made: it waits until it is known */
	z->stray.call = *n;
	return true;
}

void
zygote_end(struct cell *z)
{
	if (z->forking)
		(void)kill(-z->pid, SIGKILL);
	while (z->brood != NULL) {
		struct cell *c = z->brood;

		zygote_leave(c);
		c->got.with_zygote = c->state != CELL_DYING && c->state != CELL_DEAD;
		cell_kill(c, CELL_CRASHED, "the zygote it was made from ended");
	}
}

void
zygote_gone(struct cell *z)
{
	siginfo_t info;

	if (!z->forking)
		return;
	(void)kill(-z->pid, SIGKILL);
	while (waitid(P_PGID, (id_t)z->pid, &info, WEXITED | __WALL) == 0 || errno == EINTR)
		continue;
	z->forking = false;
}
