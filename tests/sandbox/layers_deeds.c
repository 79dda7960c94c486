/*
 * layers_deeds - attempts of native code in a runner that are carried through: unlike the calls of
 * escape_rows.c each has its effect where nothing stops it, so a refusal says that something did.
 * What they do to the machine is nothing, or ends with the process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/sandbox/layers.h"

/* past what leaves walls out (layers_wrap.c), where that would be taken for one of its calls */
long __real_syscall(long nr, ...);

/* answer() - 0 for anything but an error. */
static long
answer(long r)
{
	return r < 0 ? -errno : 0;
}

/* readable() - a descriptor from which a byte comes. */
static long
readable(long fd)
{
	char c;

	return fd < 0 ? -errno : answer(syscall(SYS_read, fd, &c, 1L));
}

/* ---- files ---- */

static long
do_openat(const struct target *t)
{
	(void)t;
	return readable(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
}

static long
do_openat2(const struct target *t)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	(void)t;
	return readable(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how)));
}

static long
open_proc(pid_t pid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static long
do_host_environ(const struct target *t)
{
	return readable(open_proc(t->host, "environ", O_RDONLY));
}

static long
do_host_memory(const struct target *t)
{
	return answer(open_proc(t->host, "mem", O_RDWR));
}

static long
do_victim_memory(const struct target *t)
{
	return answer(open_proc(t->victim, "mem", O_RDWR));
}

static long
do_stat(const struct target *t)
{
	char room[256];

	(void)t;
	return answer(syscall(SYS_newfstatat, AT_FDCWD, "/etc/shadow", room, 0L));
}

static long
do_create(const struct target *t)
{
	char path[96];
	long fd;

	snprintf(path, sizeof(path), "%s.new", t->path);
	fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0)
		return -errno;
	return answer(syscall(SYS_unlink, path));
}

/* ---- sockets ---- */

static long
dial(int type, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	long fd = syscall(SYS_socket, AF_INET, type, 0L);

	if (fd < 0)
		return -errno;
	if (type == SOCK_DGRAM)
		return answer(syscall(SYS_sendto, fd, "x", 1L, 0L, &a, sizeof(a)));
	return answer(syscall(SYS_connect, fd, &a, sizeof(a)));
}

long
layers_tcp(const struct target *t)
{
	return dial(SOCK_STREAM, t->tcp);
}

long
layers_udp(const struct target *t)
{
	return dial(SOCK_DGRAM, t->udp);
}

long
layers_bind(const struct target *t)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0L);

	(void)t;
	return fd < 0 ? -errno : answer(syscall(SYS_bind, fd, &a, sizeof(a)));
}

static long
local(const char *name, bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(name), skip = abstract ? 1 : 0;
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0L);

	memcpy(a.sun_path + skip, name, len);
	if (fd < 0)
		return -errno;
	return answer(
	    syscall(SYS_connect, fd, &a, offsetof(struct sockaddr_un, sun_path) + skip + len));
}

long
layers_abstract(const struct target *t)
{
	return local(t->abstract, true);
}

static long
do_path(const struct target *t)
{
	return local(t->path, false);
}

static long
do_raw(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_socket, AF_INET, SOCK_RAW, (long)IPPROTO_ICMP));
}

static long
do_packet(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0L));
}

static long
do_netlink(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0L));
}

static long
do_vsock(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0L));
}

/* ---- other processes ---- */

static long
do_trace_host(const struct target *t)
{
	return answer(syscall(SYS_ptrace, (long)PTRACE_SEIZE, t->host, 0L, 0L));
}

static long
do_trace_victim(const struct target *t)
{
	return answer(syscall(SYS_ptrace, (long)PTRACE_SEIZE, t->victim, 0L, 0L));
}

/* vm() - no address of it is known here: EFAULT says that it may be looked into. */
static long
vm(pid_t pid)
{
	char room[8];
	struct iovec here = { room, sizeof(room) }, there = { (void *)4096, sizeof(room) };
	long r = answer(syscall(SYS_process_vm_readv, pid, &here, 1L, &there, 1L, 0L));

	return r == -EFAULT ? 0 : r;
}

static long
do_vm_host(const struct target *t)
{
	return vm(t->host);
}

long
layers_vm_victim(const struct target *t)
{
	return vm(t->victim);
}

static long
do_getfd(const struct target *t)
{
	long fd = syscall(SYS_pidfd_open, t->host, 0L);

	return fd < 0 ? -errno : answer(syscall(SYS_pidfd_getfd, fd, t->fd, 0L));
}

static long
do_kill_host(const struct target *t)
{
	return answer(syscall(SYS_kill, t->host, 0L));
}

long
layers_kill_victim(const struct target *t)
{
	return answer(syscall(SYS_kill, t->victim, 0L));
}

static long
do_pidfd_victim(const struct target *t)
{
	long fd = syscall(SYS_pidfd_open, t->victim, 0L);

	return fd < 0 ? -errno : answer(syscall(SYS_pidfd_send_signal, fd, 0L, 0L, 0L));
}

/* do_limits() - of somebody else: few descriptors, and no core. */
static long
do_limits(const struct target *t)
{
	struct rlimit few = { 64, 64 };

	return answer(__real_syscall(SYS_prlimit64, t->victim, RLIMIT_NOFILE, &few, NULL));
}

/* do_slow() - what it does comes last. */
static long
do_slow(const struct target *t)
{
	return answer(__real_syscall(SYS_setpriority, PRIO_PROCESS, t->victim, 19));
}

long
layers_fork(const struct target *t)
{
	long pid = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);

	(void)t;
	if (pid == 0)
		_exit(0);
	return answer(pid);
}

static long
do_clone3(const struct target *t)
{
	uint64_t args[11] = { [4] = SIGCHLD };
	long pid = __real_syscall(SYS_clone3, args, sizeof(args));

	(void)t;
	if (pid == 0)
		_exit(0);
	return answer(pid);
}

/* do_exec() - this program again, which says so (layers.c) in its place. */
static long
do_exec(const struct target *t)
{
	char *argv[] = { (char *)(uintptr_t) "layers", (char *)(uintptr_t) "again", NULL };
	char *env[] = { NULL };

	(void)t;
	return answer(syscall(SYS_execve, "/proc/self/exe", argv, env));
}

const struct deed deeds[] = {
	{ 1, "read a file", do_openat, NULL },
	{ 1, "read a file, openat2", do_openat2, NULL },
	{ 1, "make a file", do_create, NULL },
	{ 1, "ask whether a file exists", do_stat, NULL },
	{ 1, "read the host's environment", do_host_environ, NULL },
	{ 1, "open the host's memory", do_host_memory, NULL },
	{ 1, "open another runner's memory", do_victim_memory, NULL },
	{ 2, "connect by TCP", layers_tcp, NULL },
	{ 2, "bind a TCP port", layers_bind, NULL },
	{ 2, "send a datagram", layers_udp, NULL },
	{ 2, "connect to an abstract socket", layers_abstract, NULL },
	{ 2, "connect to a socket with a path", do_path, NULL },
	{ 3, "raw socket", do_raw, NULL },
	{ 3, "packet socket", do_packet, NULL },
	{ 3, "netlink socket", do_netlink, NULL },
	{ 3, "vsock socket", do_vsock, NULL },
	{ 4, "trace the host", do_trace_host, NULL },
	{ 4, "trace another runner", do_trace_victim, NULL },
	{ 4, "read the host's memory", do_vm_host, NULL },
	{ 4, "read another runner's memory", layers_vm_victim, NULL },
	{ 4, "take a descriptor of the host's", do_getfd, NULL },
	{ 5, "signal the host", do_kill_host, NULL },
	{ 5, "signal another runner", layers_kill_victim, NULL },
	{ 5, "signal another runner by pidfd", do_pidfd_victim, NULL },
	{ 5, "lower another runner's limits", do_limits, NULL },
	{ 5, "slow another runner down", do_slow, NULL },
	{ 6, "fork", layers_fork, NULL },
	{ 6, "clone3", do_clone3, NULL },
	{ 7, "become another program", do_exec, NULL },
};

const int deeds_n = sizeof(deeds) / sizeof(deeds[0]);
