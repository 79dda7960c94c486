/*
 * provider_hostile - a provider that was taken over: it does what it is asked, by name, with all
 * that a real one of its kind has around it (host/proc/provider_spawn.c, host/providers/process.c,
 * its profile).
 *
 * Built with LIES it never locks itself in and says that it did: what is left then is what the host
 * put around it. Run by hand, with an act as argument, it does it with nothing around: the control.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/providers/process.h"

extern char **environ;

#ifdef LIES
int
confine(const struct confine *want, struct confine_report *got)
{
	(void)want;
	memset(got, 0, sizeof(*got));
	got->walls = WALL_BIT(WALL_COUNT) - 1;
	got->listener = -1;
	return 0;
}
#endif

static int
try_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;

	if (fd < 0)
		return errno;
	e = read(fd, &byte, 1) < 0 ? errno : 0;
	close(fd);
	return e;
}

static int
try_socket(int type, const char *port, bool listening)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), r, e;

	if (fd < 0)
		return errno;
	if (listening)
		r = bind(fd, (struct sockaddr *)&a, sizeof(a));
	else if (type == SOCK_DGRAM)
		r = sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1 ? 0 : -1;
	else
		r = connect(fd, (struct sockaddr *)&a, sizeof(a));
	e = r == 0 ? 0 : errno;
	close(fd);
	return e;
}

static int
try_abstract(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	if (fd < 0)
		return errno;
	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s", name);
	e = connect(fd, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == 0
		? 0
		: errno;
	close(fd);
	return e;
}

/* try_outlive() - somebody who wants to be there when we are not. */
static int
try_outlive(const char *name)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (pid > 0)
		return 0;
	if (fork() != 0)
		_exit(0);
	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, name);
	for (int fd = 0; fd < 256; fd++)
		close(fd);
	for (;;)
		pause();
}

static int
try_fork(const char *none)
{
	pid_t pid = fork();

	(void)none;
	if (pid == 0)
		_exit(0);
	return pid > 0 ? 0 : errno;
}

static int
try_exec(const char *path)
{
	char *argv[] = { (char *)(uintptr_t)path, NULL }, *none[] = { NULL };

	execve(path, argv, none);
	return errno;
}

static int
try_look(const char *pid)
{
	return ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) == 0 ? 0 : errno;
}

static int
try_signal(const char *pid)
{
	return kill(atoi(pid), 0) == 0 ? 0 : errno;
}

/* try_fill() - Return: 0 when @bytes could be written. */
static int
try_fill(const char *bytes)
{
	static char block[1 << 20];
	long long left = atoll(bytes);
	int fd = open("fill", O_RDWR | O_CREAT | O_CLOEXEC, 0600), e = 0;

	if (fd < 0)
		return errno;
	signal(SIGXFSZ, SIG_IGN);
	/* holes are enough: the limit is on where one writes */
	for (; e == 0 && left > 0; left -= (long long)sizeof(block))
		if (pwrite(fd, block, 1, left - 1) != 1)
			e = errno;
	close(fd);
	unlink("fill");
	return e;
}

static int
try_descriptors(const char *n)
{
	int e = 0, count = atoi(n), *fd = calloc((size_t)count, sizeof(*fd)), i;

	for (i = 0; e == 0 && i < count; i++) {
		fd[i] = fcntl(0, F_DUPFD_CLOEXEC, 3);
		e = fd[i] < 0 ? errno : 0;
	}
	while (i-- > 0)
		if (fd[i] >= 0)
			close(fd[i]);
	free(fd);
	return e;
}

static int
try_memory(const char *bytes)
{
	void *p = malloc((size_t)atoll(bytes));

	if (p == NULL)
		return errno;
	free(p);
	return 0;
}

static int
try_core(const char *none)
{
	struct rlimit l;

	(void)none;
	return getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_max > 0 ? 0 : EPERM;
}

static int
try_environment(const char *none)
{
	(void)none;
	return environ != NULL && environ[0] != NULL ? 0 : ENOENT;
}

static int
try_spin(const char *none)
{
	(void)none;
	for (volatile unsigned i = 0;; i++)
		continue;
	return 0;
}

static int
try_connect(const char *port)
{
	return try_socket(SOCK_STREAM, port, false);
}

static int
try_udp(const char *port)
{
	return try_socket(SOCK_DGRAM, port, false);
}

static int
try_bind(const char *port)
{
	return try_socket(SOCK_STREAM, port, true);
}

static int
try_nothing(const char *none)
{
	(void)none;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} acts[] = { { "nothing", try_nothing }, { "read", try_read }, { "connect", try_connect },
	{ "udp", try_udp }, { "bind", try_bind }, { "abstract", try_abstract },
	{ "outlive", try_outlive }, { "fork", try_fork }, { "exec", try_exec },
	{ "look", try_look }, { "signal", try_signal }, { "fill", try_fill },
	{ "descriptors", try_descriptors }, { "memory", try_memory }, { "core", try_core },
	{ "environment", try_environment }, { "spin", try_spin } };

/* act() - Return: what it was answered: 0, an errno, or -1 for no such act. */
static int
act(const char *name, const char *argument)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].name, name) == 0)
			return acts[i].run(argument);
	return -1;
}

static const char *
on_begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)p;
	(void)m;
	return NULL;
}

static void
on_link(struct process *p, const struct msg_provider_link *m, int fd)
{
	(void)fd;
	process_link(p, m->actor, PROVIDER_LINK_RUNNING, "");
}

static void
on_unlink(struct process *p, struct bytes actor)
{
	process_link(p, actor, PROVIDER_LINK_GONE, "");
}

static void
on_call(struct process *p, const struct msg_provider_ask *m)
{
	char name[32], argument[256], out[16];
	int n;

	provider_plain(name, sizeof(name), m->operation);
	provider_plain(argument, sizeof(argument), m->payload);
	n = snprintf(out, sizeof(out), "%d", act(name, argument));
	process_result(p, m->id, PROVIDER_OK, bytes_of(out, (size_t)n));
}

static void
on_drain(struct process *p)
{
	/* it does not want to end */
	(void)p;
}

int
main(int argc, char **argv)
{
	static const struct process_ops ops = { .name = KIND,
		.takes = TAKES,
		.memory = UINT64_C(1) << 30,
		.file = FILE_SIZE,
		.begin = on_begin,
		.link = on_link,
		.unlink = on_unlink,
		.call = on_call,
		.drain = on_drain };

	if (argc > 1) {
		printf("%d\n", act(argv[1], argc > 2 ? argv[2] : ""));
		return 0;
	}
	process_main(&ops);
}
