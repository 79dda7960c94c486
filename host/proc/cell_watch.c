/*
 * cell_watch - what a step does: it sends, hears and keeps time, and ends what is over it.
 *
 * Wall time is the caller's clock. Processor time is the runner's, read from outside; since one thread
 * uses no more processor time than wall time passes, coming back after what is left of it and reading
 * again misses nothing. A runner that ends, that says what may not be said, or whose system call waits
 * at the listener, is killed in the same step, and told of as soon as the kernel has let go of it: that
 * is waited for like everything else, by a descriptor.
 *
 * A runner that is not asked anything has nothing to say and nothing to compute: an idle cell is looked
 * at now and then, and killed if it did.
 */
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"
#include "seccomp/call_name.h"

/* an idle cell: looked at after so long, and killed when it used so much */
#define IDLE_LOOK_NS (10 * (uint64_t)CELL_NS_PER_S)
#define IDLE_CPU_NS (200 * (uint64_t)CELL_NS_PER_MS)

static uint64_t
processor_ns(const struct cell *c)
{
	struct timespec t;

	if (clock_gettime(c->clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * CELL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
put_why(struct cell *c, const char *why)
{
	char *to = c->got.why;

	snprintf(to, sizeof(c->got.why), "%s", why);
	for (; *to != '\0'; to++) /* some of it may be a runner's own words */
		if (*to < 0x20 || *to > 0x7e)
			*to = '?';
}

void
cell_kill(struct cell *c, enum cell_end end, const char *why)
{
	if (c->state == CELL_DYING || c->state == CELL_DEAD)
		return;
	if (c->pidfd >= 0)
		(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	shut(&c->channel);
	shut(&c->listener);
	c->state = CELL_DYING;
	c->event = CELL_EVENT_NONE;
	c->deadline_ns = UINT64_MAX;
	if (end != CELL_ANSWERED || c->got.outcome.answer == ACTOR_DONE)
		c->got.outcome = (struct actor_outcome){ 0 };
	c->got.end = end;
	put_why(c, why);
}

/* died() - by itself: why, is in its status. */
static void
died(struct cell *c)
{
	struct cell_result *got = &c->got;
	char why[CELL_WHY];

	if (got->signal == SIGSYS) {
		got->end = CELL_DENIED;
		put_why(c, "killed by its filter at a system call that nothing grants");
		return;
	}
	if (got->signal != 0)
		snprintf(why, sizeof(why), "the runner died of signal %d", got->signal);
	else
		snprintf(why, sizeof(why), "the runner ended with status %d", got->status);
	got->end = got->signal == 0 && got->status == RUNNER_NOT_LOCKED ? CELL_NO_WALLS : CELL_CRASHED;
	put_why(c, why);
}

/* reap() - if the process is gone: its status, and what it used in all. */
static void
reap(struct cell *c)
{
	siginfo_t info = { 0 };
	struct rusage use = { 0 };
	uint64_t all;

	/* the C library's waitid() does not give the usage */
	if (syscall(SYS_waitid, P_PIDFD, c->pidfd, &info, WEXITED | WNOHANG | __WALL, &use) != 0) {
		if (errno == EINTR)
			return;
	} else if (info.si_pid == 0) {
		return;
	}
	all = ((uint64_t)use.ru_utime.tv_sec + (uint64_t)use.ru_stime.tv_sec) * CELL_NS_PER_S +
	      ((uint64_t)use.ru_utime.tv_usec + (uint64_t)use.ru_stime.tv_usec) * 1000;
	c->got.cpu_ns = all > c->cpu_began_ns ? all - c->cpu_began_ns : 0;
	c->got.wall_ns = c->now_ns > c->began_ns ? c->now_ns - c->began_ns : 0;
	c->got.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	c->got.status = info.si_code == CLD_EXITED ? info.si_status : 0;
	if (c->got.end == CELL_CRASHED && c->got.why[0] == '\0')
		died(c);
	shut(&c->pidfd);
	c->state = CELL_DEAD;
	c->event = CELL_EVENT_DEAD;
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
	cell_kill(c, CELL_DENIED, why);
	c->got.call = call;
}

/* listen_too() - the listener came. */
static void
listen_too(struct cell *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = c->listener };

	if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->listener, &e) != 0)
		cell_kill(c, CELL_NO_START, "the runner's listener cannot be watched");
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
	if (m.msg_controllen > 0 && c->listener >= 0)
		listen_too(c);
	if (c->state == CELL_DYING)
		return 0;
	c->in.len += (size_t)n;
	return n > 0 ? 1 : -1;
}

/* gone() - the channel ended: the runner is dead, or is made so; why it died decides what it was. */
static void
gone(struct cell *c)
{
	cell_kill(c, CELL_CRASHED, "");
}

/* need() - a whole frame, or the head of one that may not be. Return: how long it is; 0: killed. */
static size_t
need(struct cell *c, uint8_t *type)
{
	uint32_t len = 0;
	int64_t max = -1;

	*type = 0;
	if (c->in.len < MSG_RUNNER_HEADER)
		return MSG_RUNNER_HEADER;
	if (msg_runner_header_get(c->in.ptr, type, &len))
		max = cell_frame_max(c, *type);
	if (max >= 0 && len <= max)
		return MSG_RUNNER_HEADER + (size_t)len;
	cell_kill(c, CELL_BROKE, "the runner said what may not be said now, or too much of it");
	return 0;
}

/* hear() - what there is, frame by frame, up to an event. */
static void
hear(struct cell *c)
{
	while (cell_listening(c)) {
		uint8_t type;
		size_t n = need(c, &type);
		int r;

		if (n == 0)
			return;
		if (c->in.len == n && type != 0) {
			if (!cell_frame(c, type, bytes_from(buf_bytes(&c->in), MSG_RUNNER_HEADER)))
				return;
			if (c->state != CELL_ASKED) /* the question lies there */
				buf_reset(&c->in);
			continue;
		}
		r = receive(c, n);
		if (r < 0)
			gone(c);
		if (r <= 0)
			return;
	}
}

/* overhear() - the runner is not to speak now: it has ended, or broken its word. */
static void
overhear(struct cell *c)
{
	char one;
	ssize_t n = recv(c->channel, &one, 1, MSG_DONTWAIT | MSG_PEEK);

	if (n > 0)
		cell_kill(c, CELL_BROKE, "the runner said what may not be said now, or too much of it");
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		gone(c);
}

void
cell_send(struct cell *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = c->channel };
	bool more;

	while (c->channel >= 0 && c->sent < c->out.len) {
		ssize_t n = send(c->channel, c->out.ptr + c->sent, c->out.len - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			break; /* what is wrong shows when reading */
		c->sent += (size_t)n;
	}
	more = c->sent < c->out.len;
	if (!more) {
		buf_reset(&c->out);
		c->sent = 0;
	}
	if (c->channel < 0 || more == c->sending)
		return;
	c->sending = more;
	e.events |= more ? (uint32_t)EPOLLOUT : 0;
	if (epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->channel, &e) != 0)
		cell_kill(c, CELL_CRASHED, "the runner's channel cannot be watched");
}

void
cell_budget(struct cell *c, const struct cell_budget *budget, uint64_t now_ns)
{
	c->began_ns = c->now_ns = c->deadline_ns = now_ns;
	c->cpu_began_ns = processor_ns(c);
	c->wall_ns = (uint64_t)budget->wall_ms * CELL_NS_PER_MS;
	c->cpu_ns = (uint64_t)budget->cpu_ms * CELL_NS_PER_MS;
}

void
cell_turn(struct cell *c, uint64_t wait_ns)
{
	struct timespec t = { .tv_sec = (time_t)(wait_ns / CELL_NS_PER_S),
		.tv_nsec = (long)(wait_ns % CELL_NS_PER_S) };
	struct epoll_event e[3];
	int n;

	if (c->event != CELL_EVENT_NONE || c->state == CELL_DEAD)
		return;
	n = epoll_pwait2(c->epoll, e, 3, &t, NULL);
	for (int i = 0; i < n; i++)
		if (c->listener >= 0 && e[i].data.fd == c->listener && (e[i].events & EPOLLIN) != 0)
			denied(c);
	for (int i = 0; i < n; i++) {
		if (c->channel < 0 || e[i].data.fd != c->channel)
			continue;
		if ((e[i].events & EPOLLOUT) != 0)
			cell_send(c);
		if (cell_listening(c))
			hear(c);
		else if (c->channel >= 0 && c->event == CELL_EVENT_NONE)
			overhear(c);
	}
}

/* spent() - what was used since it began; the result has it when the wait is over. */
static uint64_t
spent(struct cell *c)
{
	uint64_t now = processor_ns(c);

	return now > c->cpu_began_ns ? now - c->cpu_began_ns : 0;
}

/* keep_time() - of a birth or a call. */
static void
keep_time(struct cell *c)
{
	uint64_t wall = c->now_ns > c->began_ns ? c->now_ns - c->began_ns : 0, cpu = spent(c), left;

	if (wall >= c->wall_ns) {
		cell_kill(c, CELL_WALL, "out of wall time");
		return;
	}
	if (cpu >= c->cpu_ns) {
		cell_kill(c, CELL_CPU, "out of processor time");
		return;
	}
	left = c->wall_ns - wall < c->cpu_ns - cpu ? c->wall_ns - wall : c->cpu_ns - cpu;
	c->deadline_ns = c->now_ns + left;
}

static void
look_at_idle(struct cell *c)
{
	if (c->now_ns < c->deadline_ns)
		return;
	if (spent(c) > IDLE_CPU_NS) {
		cell_kill(c, CELL_CPU, "it computed while nothing was asked of it");
		return;
	}
	c->deadline_ns = c->now_ns + IDLE_LOOK_NS;
}

/* finish() - the birth or the call is over, and the cell idle. */
static void
finish(struct cell *c)
{
	uint64_t cpu = spent(c);

	c->got.cpu_ns = cpu;
	c->got.wall_ns = c->now_ns > c->began_ns ? c->now_ns - c->began_ns : 0;
	c->cpu_began_ns += cpu;
	c->deadline_ns = c->now_ns + IDLE_LOOK_NS;
}

enum cell_event
cell_settle(struct cell *c, uint64_t now_ns)
{
	enum cell_event e;

	c->now_ns = now_ns > c->now_ns ? now_ns : c->now_ns;
	if (c->event == CELL_EVENT_DONE)
		finish(c);
	else if (cell_waiting(c))
		keep_time(c);
	else if (c->state == CELL_IDLE)
		look_at_idle(c);
	if (c->state == CELL_DYING)
		reap(c);
	e = c->event;
	c->event = CELL_EVENT_NONE;
	return e;
}
