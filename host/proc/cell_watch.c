/*
 * cell_watch - what a step does: it sends, hears and keeps time, and ends what is over it.
 *
 * Wall time is the caller's clock. Processor time is the runner's, read from outside; since one thread
 * uses no more processor time than wall time passes, coming back after what is left of it and reading
 * again misses nothing. A runner that ends, that says what may not be said, or whose system call waits
 * at the listener, is killed in the same step, and told of as soon as the kernel has let go of it: that
 * is waited for like everything else, by a descriptor.
 *
 * A runner that answers says little, so a read takes what there is, not the header alone: one system call
 * for most answers. What lies behind a frame is the next one, or was said when nothing may be.
 *
 * A runner that is not asked anything has nothing to say and nothing to compute: an idle cell is looked
 * at now and then, and killed if it did.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"

/* an idle cell: looked at after so long, and killed when it used so much */
#define IDLE_LOOK_NS (10 * (uint64_t)CELL_NS_PER_S)
#define IDLE_CPU_NS (200 * (uint64_t)CELL_NS_PER_MS)

enum { AHEAD = 4096 }; /* bytes read beyond what is known to come */

/* overheard() - a call waits at the listener. */
static void
overheard(struct cell *c)
{
	struct seccomp_notif n = { 0 };

	if (ioctl(c->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0) {
		if (errno != EINTR && errno != ENOENT) /* who called is dead already */
			cell_kill(c, CELL_DENIED, "a system call that cannot be read");
		return;
	}
	if (!c->zygote || !zygote_call(c, &n))
		cell_denied(c, &n);
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

/* ahead() - bytes to read beyond a frame; none where a descriptor may come beside the next one. */
static size_t
ahead(const struct cell *c, size_t need)
{
	if (c->state != CELL_RUNNING)
		return 0;
	return c->in.max - need < AHEAD ? c->in.max - need : AHEAD;
}

/* receive() - at least up to @need bytes in all of a frame. Return: > 0 some, 0 none now, < 0 the end. */
static int
receive(struct cell *c, size_t need)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	size_t want = need + ahead(c, need) - c->in.len;
	uint8_t *p = buf_reserve(&c->in, want);
	struct iovec v = { p, want };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t n;

	if (p == NULL)
		return -1;
	/* the only times a descriptor is taken; who was forked has no listener of its own */
	if ((c->state == CELL_BORN && c->listener < 0 && c->mother == NULL) || (c->forking && c->gift < 0)) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
	}
	n = recvmsg(c->channel, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (m.msg_controllen > 0 && c->state == CELL_BORN) {
		c->listener = one_descriptor(&m);
		if (c->listener >= 0)
			listen_too(c);
	} else if (m.msg_controllen > 0) {
		c->gift = one_descriptor(&m);
	}
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

/* handle() - the frame of @n bytes at the front. Return: may another one come? */
static bool
handle(struct cell *c, uint8_t type, size_t n)
{
	size_t rest = c->in.len - n;

	if (!cell_frame(c, type, bytes_from(bytes_upto(buf_bytes(&c->in), n), MSG_RUNNER_HEADER)))
		return false;
	if (rest > 0 && !cell_listening(c)) {
		cell_kill(c, CELL_BROKE, "the runner said what may not be said now, or too much of it");
		return false;
	}
	if (c->state == CELL_ASKED) /* the question lies there */
		return true;
	memmove(c->in.ptr, c->in.ptr + n, rest);
	c->in.len = rest;
	return true;
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
		if (c->in.len >= n && type != 0) {
			if (!handle(c, type, n))
				return;
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
	/* ->cpu_began_ns is what was read at the end of the last: what it used since counts, too */
	c->began_ns = c->now_ns = now_ns;
	c->wall_ns = (uint64_t)budget->wall_ms * CELL_NS_PER_MS;
	c->cpu_ns = (uint64_t)budget->cpu_ms * CELL_NS_PER_MS;
	/* nothing is spent yet: until then nothing needs to be looked at that does not show itself */
	c->deadline_ns = now_ns + (c->wall_ns < c->cpu_ns ? c->wall_ns : c->cpu_ns);
}

/* attend() - the channel gives or takes. */
static void
attend(struct cell *c)
{
	cell_send(c);
	if (cell_listening(c))
		hear(c);
	else if (c->channel >= 0 && c->event == CELL_EVENT_NONE)
		overhear(c);
}

void
cell_turn(struct cell *c, uint64_t wait_ns)
{
	struct timespec t = { .tv_sec = (time_t)(wait_ns / CELL_NS_PER_S),
		.tv_nsec = (long)(wait_ns % CELL_NS_PER_S) };
	struct epoll_event e[3];
	bool ended = false, spoke = false;
	int n;

	if (c->event != CELL_EVENT_NONE || c->state == CELL_DEAD)
		return;
	/* who was woken for it finds an answer more often than anything else */
	if (wait_ns == 0 && c->state == CELL_RUNNING && !c->sending) {
		hear(c);
		if (c->event != CELL_EVENT_NONE || c->state == CELL_DYING)
			return;
	}
	n = epoll_pwait2(c->epoll, e, 3, &t, NULL);
	for (int i = 0; i < n; i++) {
		spoke = spoke || e[i].data.fd == c->channel;
		ended = ended || e[i].data.fd == c->pidfd;
		if (c->listener >= 0 && e[i].data.fd == c->listener && (e[i].events & EPOLLIN) != 0)
			overheard(c);
	}
	if (spoke && c->channel >= 0)
		attend(c);
	else if (ended && c->channel >= 0) /* and somebody else has its end of the channel */
		gone(c);
}

/* spent() - what was used since it began; the result has it when the wait is over. */
static uint64_t
spent(struct cell *c)
{
	uint64_t now = cell_processor_ns(c);

	return now > c->cpu_began_ns ? now - c->cpu_began_ns : 0;
}

/* keep_time() - of a birth or a call. Before the deadline neither clock can be over, and is not read. */
static void
keep_time(struct cell *c)
{
	uint64_t wall = c->now_ns > c->began_ns ? c->now_ns - c->began_ns : 0, cpu, left;

	if (c->now_ns < c->deadline_ns)
		return;
	cpu = spent(c);
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
		cell_reap(c);
	e = c->event;
	c->event = CELL_EVENT_NONE;
	return e;
}
