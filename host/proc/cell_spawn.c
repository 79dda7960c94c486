/*
 * cell_spawn - a fresh process for a runner: this program again, so that it shares no memory image
 * with its host or with other runners, with an empty environment, the null device as 0 to 2, the
 * channel as 3, the module in sealed memory as 4, and nothing else.
 *
 * Until then the child runs on our memory while we wait (CLONE_VM, CLONE_VFORK): copying the page tables of
 * a host that is thrown away at once took longer than all of its walls. So it has a stack of its own, no
 * signal reaches a handler of ours in it, and what it writes is on that stack.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "host/proc/cell_priv.h"
#include "host/proc/runner.h"

enum { ASIDE = 64, CHILD_STACK = 32 * 1024 };

/* What a process begins with. */
struct start {
	char *const *argv;
	const char *program;
	int fd[5];
	pid_t host;
	bool group;  /* one of its own */
	rlim_t data; /* bytes of memory it may write to */
};

/* sealed() - the module where nobody can change it any more. Return: a descriptor, -errno. */
static int
sealed(struct bytes module)
{
	int fd = memfd_create("module", MFD_CLOEXEC | MFD_ALLOW_SEALING), r;

	if (fd < 0)
		return err_raise(-errno);
	r = whole_write(fd, module);
	if (r != 0) {
		close(fd);
		return err_pass(r);
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		close(fd);
		return err_raise(-EPERM);
	}
	return fd;
}

/*
 * become() - in the child, on memory that is the host's. All signals are blocked, and stay so until
 * runner_take(). Without instrumentation: what it would note of this stack stays behind.
 */
static int __attribute__((noreturn, no_sanitize("address"))) become(void *start)
{
	static char *const nothing[] = { NULL };
	const struct start *s = start;
	const struct rlimit data = { s->data, s->data };
	const int *fd = s->fd;
	int aside[5];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != s->host)
		_exit(RUNNER_NOT_OURS);
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
	if (setrlimit(RLIMIT_DATA, &data) != 0 || (s->group && setpgid(0, 0) != 0))
		_exit(RUNNER_NO_MEMORY);
	execve(s->program, s->argv, nothing);
	_exit(RUNNER_NO_MODULE);
}

/* program_of() - what is started: the runner's own small program beside this one, or this one. */
static void
program_of(char out[PATH_MAX])
{
	static const char name[] = "/portcullis-runner";
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof(name));
	char *slash;

	if (n > 0) {
		out[n] = '\0';
		slash = strrchr(out, '/');
		if (slash != NULL) {
			memcpy(slash, name, sizeof(name));
			if (access(out, X_OK) == 0)
				return;
		}
	}
	snprintf(out, PATH_MAX, "/proc/self/exe");
}

/* born() - Return: the child's number, which has become the program or ended; -errno. */
static pid_t
born(struct start *s)
{
	_Alignas(16) uint8_t stack[CHILD_STACK];
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* it grows downwards, on both machines */
	pid = clone(become, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, s);
	if (pid < 0)
		pid = err_raise(-errno);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int
start(struct cell *c, struct start *s)
{
	c->pid = born(s);
	if (c->pid < 0)
		return err_pass(c->pid);
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

static int
start_with(struct cell *c, struct start *s, int null, int channel, int module)
{
	const int fd[5] = { null, null, null, channel, module };

	memcpy(s->fd, fd, sizeof(fd));
	return start(c, s);
}

int
cell_watched(struct cell *c)
{
	struct epoll_event channel = { .events = EPOLLIN, .data.fd = c->channel };
	struct epoll_event process = { .events = EPOLLIN, .data.fd = c->pidfd };

	if (c->epoll < 0)
		c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0 || epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->channel, &channel) != 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->pidfd, &process) != 0)
		return err_raise(-errno);
	return 0;
}

/*
 * data_of() - what a runner may need: the guest's memory, each area a few times, what a module is
 * prepared to (host/wasm/limits.h), and the engine's stacks. The filter stops it later; this bounds what
 * reads the module.
 */
static rlim_t
data_of(const struct cell *c, size_t module)
{
	const struct actor_limits *l = &c->limits;
#if defined(__SANITIZE_ADDRESS__)
	const rlim_t shadow = (rlim_t)1 << 46; /* of all memory there could be: it counts */
#else
	const rlim_t shadow = 0;
#endif

	return shadow + (rlim_t)64 * 1024 * 1024 + (rlim_t)l->memory_pages * 65536 + (rlim_t)16 * module +
	       4 * ((rlim_t)l->request + l->response + 2 * (rlim_t)l->error + l->ask_payload + l->ask_answer);
}

/* wants_net() - a network namespace costs more than the rest of a start: once a module, or on demand. */
static bool
wants_net(const struct cell *c)
{
	return c->zygote || (c->minimum & UINT32_C(1) << ENCLOSE_NET) != 0;
}

int
cell_spawn(struct cell *c, char *const *argv, struct bytes module)
{
	char user[16];
	char *const role[] = { (char *)(uintptr_t) "portcullis-runner", (char *)(uintptr_t) "--role",
		(char *)(uintptr_t)(c->zygote ? "zygote" : "runner"), user,
		(char *)(uintptr_t)(wants_net(c) ? "net" : "plain"), NULL };
	char own[PATH_MAX];
	struct start s = {
		.argv = role, .program = own, .host = getpid(), .group = c->zygote, .data = data_of(c, module.len)
	};
	int null = -1, pair[2] = { -1, -1 }, image, r;

	snprintf(user, sizeof(user), "%u", c->user != 0 ? (unsigned)c->user : RUNNER_UID);
	if (argv != NULL) {
		s.argv = argv;
		s.program = argv[0];
	} else {
		program_of(own);
	}
	image = sealed(module);
	if (image < 0)
		return err_pass(image);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		r = err_raise(-errno);
	else
		r = start_with(c, &s, null, pair[1], image);
	c->channel = pair[0];
	close(image);
	if (null >= 0)
		close(null);
	if (pair[1] >= 0)
		close(pair[1]);
	return r == 0 ? cell_watched(c) : err_pass(r);
}
