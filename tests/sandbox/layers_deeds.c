/*
 * layers_deeds - attempts of native code in a runner that are carried through: unlike the calls of
 * escape_rows.c each has its effect where nothing stops it, so a refusal says that something did.
 * What they do to the machine is nothing, or ends with the process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/runner.h"
#include "tests/sandbox/layers.h"
#include "tests/sandbox/taken.h"

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

/* ---- memory that becomes code ---- */

/* a RET, whatever the machine */
#if defined(__x86_64__)
static const uint8_t code[] = { 0xc3 };
#else
static const uint8_t code[] = { 0xc0, 0x03, 0x5f, 0xd6 };
#endif

static long
run_at(void *at)
{
	void (*f)(void);

	__builtin___clear_cache((char *)at, (char *)at + sizeof(code));
	memcpy(&f, &at, sizeof(f));
	f();
	return 0;
}

static long
map(int prot, int flags, int fd)
{
	return syscall(SYS_mmap, 0L, 4096L, prot, flags, fd, 0L);
}

static long
do_rwx(const struct target *t)
{
	long p = map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	(void)t;
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	return run_at((void *)p);
}

static long
do_w_then_x(const struct target *t)
{
	long p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	(void)t;
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	if (syscall(SYS_mprotect, p, 4096L, PROT_READ | PROT_EXEC) != 0)
		return -errno;
	return run_at((void *)p);
}

static long
do_implied(const struct target *t)
{
	long p;

	(void)t;
	if (syscall(SYS_personality, 0x0400000L) < 0)
		return -errno;
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (p < 0)
		return -errno;
	memcpy((void *)p, code, sizeof(code));
	return run_at((void *)p);
}

static long
do_twice(const struct target *t)
{
	long fd = syscall(SYS_memfd_create, "x", 0L), w, x;

	(void)t;
	if (fd < 0 || syscall(SYS_ftruncate, fd, 4096L) != 0)
		return -errno;
	w = map(PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd);
	x = map(PROT_READ | PROT_EXEC, MAP_SHARED, (int)fd);
	if (w < 0 || x < 0)
		return -errno;
	memcpy((void *)w, code, sizeof(code));
	return run_at((void *)x);
}

static long
do_unmap(const struct target *t)
{
	static char page[8192] __attribute__((aligned(4096)));

	(void)t;
	return answer(syscall(SYS_munmap, page, 4096L));
}

/* ---- the kernel ---- */

static long
do_io_uring(const struct target *t)
{
	char params[120] = { 0 };

	(void)t;
	return answer(syscall(SYS_io_uring_setup, 1L, params));
}

static long
do_userns(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_unshare, (long)CLONE_NEWUSER));
}

static long
do_mount(const struct target *t)
{
	(void)t;
	if (syscall(SYS_unshare, (long)(CLONE_NEWUSER | CLONE_NEWNS)) != 0)
		return -errno;
	return answer(syscall(SYS_mount, "none", "/proc", "tmpfs", 0L, 0L));
}

static long
do_chroot(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_chroot, "/"));
}

static long
do_root(const struct target *t)
{
	(void)t;
	return answer(__real_syscall(SYS_setresuid, 0L, 0L, 0L));
}

static long
do_add_key(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_add_key, "user", "escape", "x", 1L, -2L));
}

static long
do_bpf(const struct target *t)
{
	uint32_t attr[32] = { 2, 4, 4, 1 }; /* BPF_MAP_CREATE of an array */

	(void)t;
	return answer(syscall(SYS_bpf, 0L, attr, sizeof(attr)));
}

static long
do_perf(const struct target *t)
{
	uint32_t attr[32] = { 1, sizeof(attr) };

	(void)t;
	return answer(syscall(SYS_perf_event_open, attr, 0L, -1L, -1L, 0L));
}

static long
do_userfaultfd(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_userfaultfd, 0L));
}

#if defined(__x86_64__)
static long
do_ldt(const struct target *t)
{
	char room[8];

	(void)t;
	return answer(syscall(SYS_modify_ldt, 0L, room, sizeof(room)));
}

static long
do_i386(const struct target *t)
{
	long r;

	(void)t;
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(20L), "b"(0L), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? r : 0;
}

static long
do_vsyscall(const struct target *t)
{
	long (*time_at)(long *) = (long (*)(long *))0xffffffffff600400;

	(void)t;
	return time_at(NULL) > 0 ? 0 : -ENOSYS;
}
#endif

static long
do_clock(const struct target *t)
{
	struct timespec now;

	(void)t;
	return answer(clock_gettime(CLOCK_MONOTONIC, &now));
}

/* ---- its own walls ---- */

/* a descriptor that somebody left open */
static void
leave_open(const struct target *t)
{
	(void)t;
	if (open("/etc/passwd", O_RDONLY) != 0)
		_exit(RUNNER_NO_MODULE);
}

static long
do_stranger(const struct target *t)
{
	(void)t;
	return readable(0);
}

static long
do_dumpable(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_prctl, (long)PR_SET_DUMPABLE, 1L, 0L, 0L, 0L));
}

long
layers_outlive(const struct target *t)
{
	(void)t;
	return answer(syscall(SYS_prctl, (long)PR_SET_PDEATHSIG, 0L, 0L, 0L, 0L));
}

static long
do_raise(const struct target *t)
{
	struct rlimit l = { 4096, 4096 };

	(void)t;
	return answer(syscall(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, &l, 0L));
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
	{ 6, "fork", layers_fork, NULL },
	{ 6, "clone3", do_clone3, NULL },
	{ 7, "become another program", do_exec, NULL },
	{ 8, "code in fresh memory", do_rwx, NULL },
	{ 8, "code in memory that was written", do_w_then_x, NULL },
	{ 8, "code by personality", do_implied, NULL },
	{ 8, "code in memory mapped twice", do_twice, NULL },
	{ 9, "unmap its own memory", do_unmap, NULL },
	{ 10, "io_uring", do_io_uring, NULL },
	{ 11, "a user namespace", do_userns, NULL },
	{ 11, "mount", do_mount, NULL },
	{ 11, "chroot", do_chroot, NULL },
	{ 11, "be root again", do_root, NULL },
	{ 12, "keep a key in the kernel", do_add_key, NULL },
	{ 12, "bpf map", do_bpf, NULL },
	{ 12, "performance counters", do_perf, NULL },
	{ 12, "userfaultfd", do_userfaultfd, NULL },
#if defined(__x86_64__)
	{ 12, "modify_ldt", do_ldt, NULL },
	{ 14, "a call of i386", do_i386, NULL },
	{ 15, "vsyscall page", do_vsyscall, NULL },
#endif
	{ 15, "read the clock in its own memory", do_clock, NULL },
	{ 16, "a descriptor that was left open", do_stranger, leave_open },
	{ 18, "let others look into it", do_dumpable, NULL },
	{ 18, "outlive its host", layers_outlive, NULL },
	{ 18, "raise a limit", do_raise, NULL },
};

const int deeds_n = sizeof(deeds) / sizeof(deeds[0]);
