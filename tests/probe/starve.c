/*
 * starve - the same gateway in a world that gives less than was asked for. A real-time signal to
 * one of its processes arms it there, with a number: which fault, and at which of the calls from
 * now on.
 *
 *   FAULT_MEMORY n   the n-th allocation of our own code fails, once
 *   FAULT_DEATH n    the process is gone at its n-th message to or from another process
 *   FAULT_SHORT      from now on every read and write moves one byte, every third is interrupted
 *   FAULT_FILES n    the next n accept4() find no descriptor
 *
 * Linked into portcullis-gateway-starved alone, by --wrap; the environment of the processes is
 * empty and their filter stands, so nothing of this could be had by LD_PRELOAD.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/proc/child.h"

enum { FAULT_NONE = 0, FAULT_MEMORY, FAULT_DEATH, FAULT_SHORT, FAULT_FILES, FAULT_SHIFT = 20 };

static volatile sig_atomic_t fault, left;
static unsigned turn;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
ssize_t __real_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags);
ssize_t __real_send(int fd, const void *from, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *from, size_t len, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
int __real_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags);
void __real_child_begin(struct child *c, enum role role, const struct channel_ops *ops);
void __wrap_child_begin(struct child *c, enum role role, const struct channel_ops *ops);

/* happens() - is this the call that goes wrong? It says so, for who armed it. */
static bool
happens(int what)
{
	static const char said[] = "event=starved\n";

	if (fault != what || --left != 0)
		return false;
	fault = FAULT_NONE;
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	return true;
}

static bool
hungry(void)
{
	if (!happens(FAULT_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return hungry() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return hungry() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return hungry() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return hungry() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return hungry() ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return hungry() ? NULL : __real_strndup(s, n);
}

/* interrupted() - every third call, while everything is short. */
static bool
interrupted(void)
{
	if (fault != FAULT_SHORT || turn++ % 3 != 0)
		return false;
	errno = EINTR;
	return true;
}

static size_t
at_most(size_t len)
{
	return fault == FAULT_SHORT && len > 1 ? 1 : len;
}

ssize_t
__wrap_recv(int fd, void *to, size_t len, int flags)
{
	return interrupted() ? -1 : __real_recv(fd, to, at_most(len), flags);
}

ssize_t
__wrap_send(int fd, const void *from, size_t len, int flags)
{
	return interrupted() ? -1 : __real_send(fd, from, at_most(len), flags);
}

/* shorter() - @m with less in it; frames have one run of bytes. */
static struct msghdr
shorter(const struct msghdr *m, struct iovec *room)
{
	struct msghdr less = *m;

	if (m->msg_iovlen > 0) {
		*room = m->msg_iov[0];
		room->iov_len = at_most(room->iov_len);
		less.msg_iov = room;
		less.msg_iovlen = fault == FAULT_SHORT ? 1 : m->msg_iovlen;
		if (fault != FAULT_SHORT)
			less.msg_iov = m->msg_iov;
	}
	return less;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	struct iovec room;
	struct msghdr less;
	ssize_t n;

	if (happens(FAULT_DEATH))
		_exit(9);
	if (interrupted())
		return -1;
	less = shorter(m, &room);
	n = __real_recvmsg(fd, &less, flags);
	m->msg_controllen = less.msg_controllen;
	m->msg_flags = less.msg_flags;
	return n;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct iovec room;
	struct msghdr less;

	if (happens(FAULT_DEATH))
		_exit(9);
	if (interrupted())
		return -1;
	less = shorter(m, &room);
	return __real_sendmsg(fd, &less, flags);
}

int
__wrap_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
	if (fault == FAULT_FILES && left > 0) {
		left = left - 1;
		errno = EMFILE;
		return -1;
	}
	return __real_accept4(fd, a, len, flags);
}

/* on_order() - the value: fault << FAULT_SHIFT | n. */
static void
on_order(int number, siginfo_t *i, void *context)
{
	(void)number;
	(void)context;
	left = i->si_value.sival_int & ((1 << FAULT_SHIFT) - 1);
	fault = i->si_value.sival_int >> FAULT_SHIFT;
}

void
__wrap_child_begin(struct child *c, enum role role, const struct channel_ops *ops)
{
	struct sigaction act = { .sa_sigaction = on_order, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigaction(SIGRTMIN, &act, NULL);
	__real_child_begin(c, role, ops);
}
