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

#include "tests/sandbox/layers.h"

enum { MANY_FILES = 9000 };

static const long much = 16L << 30;

/* of the HTTP server: the listening socket it was handed */
int provider_served = -1;

static long
answer(long r)
{
	return r < 0 ? -errno : 0;
}

static long
do_own_file(const struct target *t)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "mine", O_CREAT | O_RDWR, 0600);

	(void)t;
	if (fd < 0)
		return -errno;
	if (syscall(SYS_pwrite64, fd, "x", 1L, 0L) != 1)
		return -errno;
	return answer(syscall(SYS_unlinkat, AT_FDCWD, "mine", 0L));
}

static long
read_at(const char *path)
{
	char c;
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0L);

	return fd < 0 ? -errno : answer(syscall(SYS_read, fd, &c, 1L));
}

static long
do_other_file(const struct target *t)
{
	char path[128];

	/* what the other keeps; its folder has the name of its key and link */
	snprintf(path, sizeof(path), "../%s/kept", t->abstract);
	return read_at(path);
}

static long
do_config(const struct target *t)
{
	(void)t;
	return read_at("/etc/shadow");
}

static long
do_environ(const struct target *t)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)t->host);
	return read_at(path);
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

	long r;

	/* a listener that was shut is a socket like any other */
	syscall(SYS_shutdown, provider_served, (long)SHUT_RDWR);
	r = answer(syscall(SYS_connect, provider_served, &a, sizeof(a)));
	return r == -EINPROGRESS ? 0 : r;
}

static long
do_fill(const struct target *t)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "large", O_CREAT | O_RDWR, 0600), r;

	(void)t;
	if (fd < 0)
		return -errno;
	r = answer(syscall(SYS_pwrite64, fd, "x", 1L, much));
	syscall(SYS_ftruncate, fd, 0L);
	return r;
}

static long
do_many_files(const struct target *t)
{
	(void)t;
	for (int i = 0; i < MANY_FILES; i++)
		if (syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY, 0L) < 0)
			return -errno;
	return 0;
}

static long
do_much_memory(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_mmap, 0L, much, (long)(PROT_READ | PROT_WRITE),
	    (long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), -1L, 0L));
}

const struct deed provider_deeds[] = {
	{ 41, "key-value: its own file", do_own_file, NULL },
	{ 41, "key-value: another provider's file", do_other_file, NULL },
	{ 41, "key-value: the machine's secrets", do_config, NULL },
	{ 41, "key-value: the host's environment", do_environ, NULL },
	{ 41, "key-value: another provider's memory", layers_vm_victim, NULL },
	{ 41, "key-value: leave a core", do_core, NULL },
	{ 42, "key-value: connect to what it likes", layers_tcp, NULL },
	{ 42, "key-value: send a datagram, as to DNS", layers_udp, NULL },
	{ 44, "key-value: fork", layers_fork, NULL },
	{ 44, "key-value: outlive its host", layers_outlive, NULL },
	{ 45, "key-value: a file without end", do_fill, NULL },
	{ 45, "key-value: descriptors without end", do_many_files, NULL },
	{ 45, "key-value: memory without end", do_much_memory, NULL },
	{ 41, "http: read a file", do_config, NULL },
	{ 42, "http: connect to what it likes", layers_tcp, NULL },
	{ 42, "http: connect the socket it was handed", do_connect_served, NULL },
	{ 42, "http: send a datagram, as to DNS", layers_udp, NULL },
	{ 42, "http: bind a port", layers_bind, NULL },
	{ 42, "http: connect to an abstract socket", layers_abstract, NULL },
	{ 44, "http: signal another provider", layers_kill_victim, NULL },
	{ 45, "http: memory without end", do_much_memory, NULL },
};

const int provider_deeds_n = sizeof(provider_deeds) / sizeof(provider_deeds[0]);
