/*
 * cell_watch - the host's side of a wait: it sends, hears and keeps time, and ends what is over it.
 *
 * Wall time is ours. Processor time is the runner's clock, read from outside; since one thread uses
 * no more processor time than wall time passes, sleeping what is left of it and reading again
 * misses nothing. A runner that ends, that says what may not be said, or whose system call waits at
 * the listener, is dead in the same step: killed, waited for, and its caller answered.
 */
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"
#include "seccomp/call_name.h"

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* reap() - the process is gone or going: its status, and what it used in all. */
static void
reap(struct cell *c, int *status)
{
	struct rusage use;
	uint64_t all;

	*status = 0;
	while (wait4(c->pid, status, 0, &use) < 0 && errno == EINTR)
		continue;
	all = ((uint64_t)use.ru_utime.tv_sec + (uint64_t)use.ru_stime.tv_sec) * NS_PER_S +
	      ((uint64_t)use.ru_utime.tv_usec + (uint64_t)use.ru_stime.tv_usec) * 1000;
	if (c->got != NULL)
		c->got->cpu_ns = all > c->cpu_began_ns ? all - c->cpu_began_ns : 0;
	close(c->pidfd);
	close(c->channel);
	if (c->listener >= 0)
		close(c->listener);
	c->pidfd = c->channel = c->listener = -1;
	c->state = CELL_DEAD;
}

static void
note(struct cell *c, enum cell_end end, int status, const char *why)
{
	struct cell_result *got = c->got;

	if (got == NULL)
		return;
	got->end = end;
	got->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	got->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	snprintf(got->why, sizeof(got->why), "%s", why);
}

void
cell_kill(struct cell *c, enum cell_end end, const char *why)
{
	int status;

	if (c->state == CELL_DEAD)
		return;
	(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	reap(c, &status);
	note(c, end, status, why);
}

/* gone() - the channel ended: the runner is dead, or is made so; why it died decides what it was.
 */
static void
gone(struct cell *c)
{
	char why[CELL_WHY];
	int status;

	/* an end of the channel without an end of the process is none of ours to wait for */
	(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	reap(c, &status);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		note(c, CELL_DENIED, status,
		    "killed by its filter at a system call that nothing grants");
		return;
	}
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the runner died of signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "the runner ended with status %d", WEXITSTATUS(status));
	note(c,
	    WIFEXITED(status) && WEXITSTATUS(status) == RUNNER_NOT_LOCKED ? CELL_NO_WALLS
									  : CELL_CRASHED,
	    status, why);
}

/* denied() - a call waits at the listener. Its arguments are noted, and it never returns. */
static void
denied(struct cell *c)
{
	struct seccomp_notif n = { 0 };
	struct cell_call call = { .name = "unknown" };
	char why[CELL_WHY];

	if (ioctl(c->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0) {
		call_name(n.data.arch, (uint32_t)n.data.nr, call.name);
		for (int i = 0; i < 6; i++)
			call.args[i] = n.data.args[i];
		call.at = n.data.instruction_pointer;
	}
	snprintf(why, sizeof(why), "system call %s(0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx)",
	    call.name, (unsigned long long)call.args[0], (unsigned long long)call.args[1],
	    (unsigned long long)call.args[2], (unsigned long long)call.args[3],
	    (unsigned long long)call.args[4], (unsigned long long)call.args[5]);
	if (c->got != NULL)
		c->got->call = call;
	cell_kill(c, CELL_DENIED, why);
}

/* one_descriptor() - the one beside these bytes; two are none, and are not kept: room for one is
 * room for two. */
static int
one_descriptor(struct msghdr *m)
{
	int fd[CMSG_SPACE(sizeof(int)) / sizeof(int)];
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	size_t n;

	if (h == NULL || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return -1;
	n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fd, CMSG_DATA(h), n * sizeof(int));
	if (n == 1)
		return fd[0];
	for (size_t i = 0; i < n; i++)
		close(fd[i]);
	return -1;
}

/* receive() - up to @need bytes in all of a frame. Return: > 0 some, 0 none now, < 0 the end. */
static int
receive(struct cell *c, size_t need)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	uint8_t *p = buf_reserve(&c->in, need - c->in.len);
	struct iovec v = { p, need - c->in.len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t n;

	if (p == NULL)
		return -1;
	if (c->state == CELL_BORN && c->listener < 0) { /* the only time a descriptor is taken */
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
	}
	n = recvmsg(c->channel, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (m.msg_controllen > 0)
		c->listener = one_descriptor(&m);
	c->in.len += (size_t)n;
	return n > 0 ? 1 : -1;
}

/* hear() - what there is, frame by frame. */
static void
hear(struct cell *c)
{
	while (c->state == CELL_BORN || c->state == CELL_LOADING || c->state == CELL_RUNNING) {
		size_t need = MSG_RUNNER_HEADER;
		uint8_t type = 0;
		uint32_t len = 0;
		int r;

		if (c->in.len >= MSG_RUNNER_HEADER) {
			int64_t max;

			if (!msg_runner_header_get(c->in.ptr, &type, &len))
				max = -1;
			else
				max = cell_frame_max(c, type);
			if (max < 0 || len > max) {
				cell_kill(c, CELL_BROKE,
				    "the runner said what may not be said now, or too much of it");
				return;
			}
			need += len;
		}
		if (c->in.len == need && c->in.len >= MSG_RUNNER_HEADER && type != 0) {
			struct bytes body = bytes_from(buf_bytes(&c->in), MSG_RUNNER_HEADER);

			if (!cell_frame(c, type, body))
				return;
			buf_reset(&c->in);
			continue;
		}
		r = receive(c, need);
		if (r < 0)
			gone(c);
		if (r <= 0)
			return;
	}
}

static void
send_on(struct cell *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->channel, c->out.ptr + c->sent, c->out.len - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			return; /* what is wrong shows when reading */
		c->sent += (size_t)n;
	}
	buf_reset(&c->out);
	c->sent = 0;
}

/* left_ns() - until the first deadline; 0: it is past, and the cell is dead. */
static uint64_t
left_ns(struct cell *c)
{
	uint64_t wall = clock_ns(CLOCK_MONOTONIC) - c->began_ns, now = clock_ns(c->clock);
	uint64_t cpu = now > c->cpu_began_ns ? now - c->cpu_began_ns : 0;

	c->got->cpu_ns = cpu;
	if (wall >= c->wall_ns) {
		cell_kill(c, CELL_WALL, "out of wall time");
		return 0;
	}
	if (cpu >= c->cpu_ns) {
		cell_kill(c, CELL_CPU, "out of processor time");
		return 0;
	}
	return c->wall_ns - wall < c->cpu_ns - cpu ? c->wall_ns - wall : c->cpu_ns - cpu;
}

static void
step(struct cell *c, uint64_t left)
{
	struct timespec t = { .tv_sec = (time_t)(left / NS_PER_S),
		.tv_nsec = (long)(left % NS_PER_S) };
	struct pollfd p[2] = { { .fd = c->channel, .events = POLLIN },
		{ .fd = c->listener, .events = POLLIN } };

	if (c->sent < c->out.len)
		p[0].events |= POLLOUT;
	if (ppoll(p, 2, &t, NULL) <= 0)
		return;
	if ((p[1].revents & POLLIN) != 0) {
		denied(c);
		return;
	}
	if ((p[0].revents & POLLOUT) != 0)
		send_on(c);
	if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		hear(c);
}

void
cell_watch(struct cell *c, const struct cell_budget *budget, struct cell_result *got)
{
	c->got = got;
	c->began_ns = clock_ns(CLOCK_MONOTONIC);
	c->cpu_began_ns = clock_ns(c->clock);
	c->wall_ns = (uint64_t)budget->wall_ms * NS_PER_MS;
	c->cpu_ns = (uint64_t)budget->cpu_ms * NS_PER_MS;
	send_on(c);
	while (c->state == CELL_BORN || c->state == CELL_LOADING || c->state == CELL_RUNNING) {
		uint64_t left = left_ns(c);

		if (left > 0)
			step(c, left);
	}
	got->wall_ns = clock_ns(CLOCK_MONOTONIC) - c->began_ns;
	if (c->state != CELL_DEAD) {
		uint64_t now = clock_ns(c->clock);

		got->cpu_ns = now > c->cpu_began_ns ? now - c->cpu_began_ns : 0;
	}
	c->got = NULL;
}
