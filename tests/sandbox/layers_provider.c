/*
 * layers_provider - native code in a provider: what its profile grants is more than a runner's, so
 * other walls have more to hold. The provider is one that keeps files in a folder and serves a
 * socket that it was handed (provider_like.seccomp, and the limits a host gives).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "seccomp/confine.h"
#include "tests/sandbox/layers.h"
#include "tests/sandbox/taken.h"

enum { MIB = 1024 * 1024, FILES = 512, MANY_FILES = 4096 };

/* provider_like.seccomp; the runner's table has the usual name */
extern const struct confine_filter provider_filters[];

/* as it was handed them */
static int folder, served;

static long
answer(long r)
{
	return r < 0 ? -errno : 0;
}

void
provider_lock(const struct target *t)
{
	struct landlock_folder kept = { .write = true };
	struct census expected = { 0 };
	struct confine_report got;
	struct confine want = { .expected = &expected,
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_NPROC, 0 },
		    { RLIMIT_MEMLOCK, 0 }, { RLIMIT_NOFILE, FILES }, { RLIMIT_FSIZE, MIB },
		    { RLIMIT_AS, (rlim_t)1024 * MIB } },
		.n_limits = 7,
		.change_user = true,
		.uid = RUNNER_UID,
		.gid = RUNNER_UID,
		.landlock = { .folder = &kept, .n_folders = 1 } };
	char own[96];

	snprintf(own, sizeof(own), "%s.own", t->path);
	folder = kept.fd = open(own, O_RDONLY | O_DIRECTORY);
	served = socket(AF_INET, SOCK_STREAM, 0);
	want.filter = &provider_filters[0];
	if (folder < 0 || served < 0 || listen(served, 1) != 0 ||
	    census_add(&expected, RUNNER_CHANNEL) != 0 || census_add(&expected, folder) != 0 ||
	    census_add(&expected, served) != 0)
		_exit(RUNNER_NO_MODULE);
	if (confine(&want, &got) != 0)
		_exit(RUNNER_NOT_LOCKED);
	taken_say_locked(&got);
}

static long
do_own_file(const struct target *t)
{
	long fd = syscall(SYS_openat, folder, "mine", O_CREAT | O_RDWR | O_TRUNC, 0600);

	(void)t;
	if (fd < 0)
		return -errno;
	if (syscall(SYS_write, fd, "x", 1L) != 1)
		return -errno;
	return answer(syscall(SYS_unlinkat, folder, "mine", 0L));
}

/* other() - the folder of another provider lies beside its own. */
static long
do_other_file(const struct target *t)
{
	const char *name = strrchr(t->path, '/');
	char path[96], c;
	long fd;

	snprintf(path, sizeof(path), "..%s.other", name);
	fd = syscall(SYS_openat, folder, path, O_RDONLY, 0L);
	return fd < 0 ? -errno : answer(syscall(SYS_read, fd, &c, 1L));
}

static long
do_config(const struct target *t)
{
	char c;
	long fd = syscall(SYS_openat, folder, "/etc/shadow", O_RDONLY, 0L);

	(void)t;
	return fd < 0 ? -errno : answer(syscall(SYS_read, fd, &c, 1L));
}

static long
do_environ(const struct target *t)
{
	char path[64], c;
	long fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)t->host);
	fd = syscall(SYS_openat, folder, path, O_RDONLY, 0L);
	return fd < 0 ? -errno : answer(syscall(SYS_read, fd, &c, 1L));
}

static long
do_core(const struct target *t)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };

	(void)t;
	return answer(syscall(SYS_prlimit64, 0L, (long)RLIMIT_CORE, &l, 0L));
}

static long
do_connect_served(const struct target *t)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)t->tcp),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	/* a listener that was shut is a socket like any other */
	syscall(SYS_shutdown, served, SHUT_RDWR);
	return answer(syscall(SYS_connect, served, &a, sizeof(a)));
}

static long
do_session(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_setsid));
}

static long
do_deaf(const struct target *t)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)t;
	return answer(syscall(SYS_rt_sigaction, (long)SIGTERM, &ignore, 0L, 8L));
}

static long
do_fill(const struct target *t)
{
	long fd;

	(void)t;
	fd = syscall(SYS_openat, folder, "large", O_CREAT | O_RDWR, 0600);
	if (fd < 0)
		return -errno;
	syscall(SYS_unlinkat, folder, "large", 0L);
	return answer(syscall(SYS_pwrite64, fd, "x", 1L, 2L * MIB));
}

static long
do_many_files(const struct target *t)
{
	(void)t;
	for (int i = 0; i < MANY_FILES; i++)
		if (syscall(SYS_openat, folder, ".", O_RDONLY, 0L) < 0)
			return -errno;
	return 0;
}

static long
do_much_memory(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_mmap, 0L, 16L * 1024 * MIB, (long)(PROT_READ | PROT_WRITE),
	    (long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), -1L, 0L));
}

const struct deed provider_deeds[] = {
	{ 41, "provider: its own file", do_own_file, NULL },
	{ 41, "provider: another provider's file", do_other_file, NULL },
	{ 41, "provider: the machine's secrets", do_config, NULL },
	{ 41, "provider: the host's environment", do_environ, NULL },
	{ 41, "provider: leave a core", do_core, NULL },
	{ 42, "provider: connect to what it likes", layers_tcp, NULL },
	{ 42, "provider: connect the socket it was handed", do_connect_served, NULL },
	{ 42, "provider: send a datagram, as to DNS", layers_udp, NULL },
	{ 42, "provider: bind a port", layers_bind, NULL },
	{ 44, "provider: fork", layers_fork, NULL },
	{ 44, "provider: a session of its own", do_session, NULL },
	{ 44, "provider: ignore signals", do_deaf, NULL },
	{ 44, "provider: outlive its host", layers_outlive, NULL },
	{ 45, "provider: a file without end", do_fill, NULL },
	{ 45, "provider: descriptors without end", do_many_files, NULL },
	{ 45, "provider: memory without end", do_much_memory, NULL },
};

const int provider_deeds_n = sizeof(provider_deeds) / sizeof(provider_deeds[0]);
