/*
 * cell_spawn - a fresh process for a runner: this program again, so that it shares no memory image
 * with its host or with other runners, with an empty environment, the null device as 0 to 2, the
 * channel as 3, the module in sealed memory as 4, and nothing else.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"

enum { ASIDE = 64 };

/* sealed() - the module where nobody can change it any more. Return: a descriptor, -errno. */
static int
sealed(struct bytes module)
{
	int fd = memfd_create("module", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_raise(-errno);
	while (module.len > 0) {
		ssize_t n = write(fd, module.ptr, module.len);

		if (n <= 0) {
			close(fd);
			return err_raise(-EIO);
		}
		module = bytes_from(module, (size_t)n);
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		close(fd);
		return err_raise(-EPERM);
	}
	return fd;
}

/* become() - in the child, with calls only that are safe after fork(). */
static void __attribute__((noreturn)) become(char *const *argv, const int fd[5], pid_t host)
{
	static char *const self[] = { (char *)(uintptr_t) "portcullis",
		(char *)(uintptr_t) "--role", (char *)(uintptr_t) "runner", NULL };
	static char *const nothing[] = { NULL };
	int aside[5];
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != host)
		_exit(RUNNER_NOT_LOCKED);
	for (int i = 0; i < 5; i++) {
		aside[i] = fcntl(fd[i], F_DUPFD, ASIDE);
		if (aside[i] < 0)
			_exit(RUNNER_NO_MEMORY);
	}
	for (int i = 0; i < 5; i++)
		if (dup2(aside[i], i) != i)
			_exit(RUNNER_NO_MEMORY);
	if (close_range(5, ~0U, 0) != 0)
		_exit(RUNNER_NO_MEMORY);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (argv != NULL)
		execve(argv[0], argv, nothing);
	else
		execve("/proc/self/exe", self, nothing);
	_exit(RUNNER_NO_MODULE);
}

static int
start(struct cell *c, char *const *argv, int null, int channel, int module)
{
	const int fd[5] = { null, null, null, channel, module };
	pid_t host = getpid();

	c->pid = fork();
	if (c->pid < 0)
		return err_raise(-errno);
	if (c->pid == 0)
		become(argv, fd, host);
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0) {
		int e = -errno;

		/* not yet waited for, so the number is still its own */
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		return err_raise(e);
	}
	return err_raise(-clock_getcpuclockid(c->pid, &c->clock));
}

/* watched() - channel and process, by one descriptor. */
static int
watched(struct cell *c)
{
	struct epoll_event channel = { .events = EPOLLIN, .data.fd = c->channel };
	struct epoll_event process = { .events = EPOLLIN, .data.fd = c->pidfd };

	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0 || epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->channel, &channel) != 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->pidfd, &process) != 0)
		return err_raise(-errno);
	return 0;
}

int
cell_spawn(struct cell *c, char *const *argv, struct bytes module)
{
	int null = -1, pair[2] = { -1, -1 }, image, r;

	image = sealed(module);
	if (image < 0)
		return err_pass(image);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		r = err_raise(-errno);
	else
		r = start(c, argv, null, pair[1], image);
	c->channel = pair[0];
	close(image);
	if (null >= 0)
		close(null);
	if (pair[1] >= 0)
		close(pair[1]);
	return r == 0 ? watched(c) : err_pass(r);
}
