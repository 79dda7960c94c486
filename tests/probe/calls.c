/*
 * calls - system calls that somebody who took over an edge would like to make. Each is made as the
 * kernel takes it, not through libc, and says whether it got what it is for; where it cannot leave
 * traces on the machine, it is carried through.
 */
#include "tests/probe/probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* got() - a descriptor of a file, if there is something to read in it; closed. */
static long
got(long fd)
{
	char c;
	long n = fd < 0 ? -1 : syscall(SYS_read, fd, &c, 1);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return n == 1 ? 0 : -1;
}

/* opened() - a descriptor, if it is one; closed. */
static long
opened(long fd)
{
	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd >= 0 ? 0 : -1;
}

/* ---- files ---- */

static long
try_openat(const char *path)
{
	return got(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}

static long
try_openat2(const char *path)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	return got(syscall(SYS_openat2, AT_FDCWD, path, how, sizeof(how)));
}

static long
try_create(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_EXCL, 0600);

	if (fd >= 0)
		unlink(path);
	return opened(fd);
}

/* try_append() - to a record that was written. */
static long
try_append(const char *path)
{
	return opened(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND));
}

static long
try_truncate(const char *path)
{
	return syscall(SYS_truncate, path, 1L << 40) == 0 ? 0
	       : errno == EFBIG || errno == EINVAL        ? 0
							  : -1;
}

static long
try_unlink(const char *path)
{
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static long
try_rename(const char *path)
{
	return syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, path, 0);
}

static long
try_stat(const char *path)
{
	char room[256];

	return syscall(SYS_newfstatat, AT_FDCWD, path, room, 0);
}

static long
try_readlink(const char *path)
{
	char room[256];

	(void)path;
	return syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", room, sizeof(room)) > 0 ? 0 : -1;
}

/* try_reopen() - a descriptor it has, opened anew through /proc with more rights. */
static long
try_reopen(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/2", O_RDWR));
}

static long
try_memory_of(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", atoi(pid));
	return opened(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}

static long
try_memfd(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_memfd_create, "x", 0));
}

/* ---- other processes ---- */

static long
try_ptrace(const char *pid)
{
	long r = syscall(SYS_ptrace, PTRACE_SEIZE, atoi(pid), 0, 0);

	/* and let go at once, which wants it stopped first */
	if (r == 0 && syscall(SYS_ptrace, PTRACE_INTERRUPT, atoi(pid), 0, 0) == 0) {
		waitpid(atoi(pid), NULL, __WALL);
		syscall(SYS_ptrace, PTRACE_DETACH, atoi(pid), 0, 0);
	}
	return r;
}

static long
try_vm_read(const char *pid)
{
	char room[8];
	struct iovec here = { room, sizeof(room) }, there = { (void *)4096, sizeof(room) };

	/* no address of it is known here: EFAULT says that it may be read */
	return syscall(SYS_process_vm_readv, atoi(pid), &here, 1L, &there, 1L, 0L) > 0 ||
		       errno == EFAULT
		   ? 0
		   : -1;
}

static long
try_pidfd(const char *pid)
{
	long fd = syscall(SYS_pidfd_open, atoi(pid), 0);

	return fd < 0 ? -1 : opened(syscall(SYS_pidfd_getfd, fd, 2, 0));
}

static long
try_kcmp(const char *pid)
{
	return syscall(SYS_kcmp, getpid(), atoi(pid), 0L, 0L, 0L) >= 0 ? 0 : -1;
}

static long
try_kill(const char *pid)
{
	return syscall(SYS_kill, atoi(pid), SIGCONT);
}

static long
try_tgkill(const char *pid)
{
	return syscall(SYS_tgkill, atoi(pid), atoi(pid), SIGCONT);
}

static long
try_queue(const char *pid)
{
	siginfo_t i = { .si_code = SI_QUEUE };

	return syscall(SYS_rt_sigqueueinfo, atoi(pid), SIGCONT, &i);
}

static long
try_prlimit(const char *pid)
{
	uint64_t now[2];

	return syscall(SYS_prlimit64, atoi(pid), 7, NULL, now);
}

/* child() - what a fork gave: the new one ends, the old one waits for it. */
static long
child(long pid)
{
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid > 0 && waitpid((pid_t)pid, NULL, __WALL) == pid ? 0 : -1;
}

static long
try_clone(const char *arg)
{
	(void)arg;
	return child(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static long
try_clone3(const char *arg)
{
	uint64_t args[11] = { [4] = SIGCHLD };

	(void)arg;
	return child(syscall(SYS_clone3, args, sizeof(args)));
}

/* try_exec() - in a child, so that the control is still there to answer. */
static long
try_exec(const char *program)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL }, *env[] = { NULL };
	int status = -1;
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		syscall(SYS_execve, program, argv, env);
		syscall(SYS_exit_group, 9);
	}
	return pid > 0 && waitpid((pid_t)pid, &status, __WALL) == pid && status == 0 ? 0 : -1;
}

/* try_exec_here() - in its own place; nothing comes back when it works. */
static long
try_exec_here(const char *program)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL }, *env[] = { NULL };

	return syscall(SYS_execveat, AT_FDCWD, program, argv, env, 0);
}

/* ---- sockets ---- */

static struct sockaddr_in
at_port(const char *port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static long
try_tcp(const char *port)
{
	struct sockaddr_in to = at_port(port);
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	long r = fd < 0 ? -1 : syscall(SYS_connect, fd, &to, sizeof(to));

	opened(fd);
	return r;
}

static long
try_udp(const char *port)
{
	struct sockaddr_in to = at_port(port);
	long fd = syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	long r = fd < 0 ? -1 : syscall(SYS_sendto, fd, "x", 1, 0, &to, sizeof(to));

	opened(fd);
	return r == 1 ? 0 : -1;
}

static long
try_listen(const char *arg)
{
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	long r = fd < 0 ? -1 : syscall(SYS_listen, fd, 1);

	(void)arg;
	opened(fd);
	return r;
}

static long
unix_to(const char *name, bool abstract)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0), r;

	memcpy(to.sun_path + (abstract ? 1 : 0), name,
	    len < sizeof(to.sun_path) - 2 ? len : sizeof(to.sun_path) - 2);
	r = fd < 0 ? -1
		   : syscall(SYS_connect, fd, &to,
			 offsetof(struct sockaddr_un, sun_path) + (abstract ? 1 : 0) + len);
	opened(fd);
	return r;
}

static long
try_unix(const char *path)
{
	return unix_to(path, false);
}

static long
try_abstract(const char *name)
{
	return unix_to(name, true);
}

static long
try_vsock(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0));
}

static long
try_netlink(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
}

static long
try_socketpair(const char *arg)
{
	int pair[2];

	(void)arg;
	if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return -1;
	opened(pair[0]);
	return opened(pair[1]);
}

/* a_listener() - a copy of the listening socket's description: what is done to it is done to it. */
static int
a_listener(void)
{
	return edge.listener[0].fd;
}

/* try_connect_listener() - a socket it was given, made one that goes out. */
static long
try_connect_listener(const char *port)
{
	struct sockaddr_in to = at_port(port);

	syscall(SYS_shutdown, a_listener(), SHUT_RDWR);
	return syscall(SYS_connect, a_listener(), &to, sizeof(to));
}

/*
 * try_fastopen() - the same without connect(): a shut listener is a fresh socket to the kernel, and
 * a send with MSG_FASTOPEN connects it, past Landlock's hook too. Source: linux net/ipv4/af_inet.c
 * inet_shutdown(), net/ipv4/tcp.c tcp_sendmsg_fastopen().
 */
static long
try_fastopen(const char *port)
{
	struct sockaddr_in to = at_port(port);
	char c = 'x';
	struct iovec v = { &c, 1 };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &v, .msg_iovlen = 1
	};

	syscall(SYS_shutdown, a_listener(), SHUT_RDWR);
	return syscall(SYS_sendmsg, a_listener(), &m, MSG_FASTOPEN) >= 0 || errno == EINPROGRESS
		   ? 0
		   : -1;
}

/* ---- the kernel ---- */

static long
try_io_uring(const char *arg)
{
	char params[120] = { 0 };

	(void)arg;
	return opened(syscall(SYS_io_uring_setup, 1, params));
}

static long
try_bpf(const char *arg)
{
	/* BPF_MAP_CREATE of an array */
	uint32_t attr[32] = { 2, 4, 4, 1 };

	(void)arg;
	return opened(syscall(SYS_bpf, 0, attr, sizeof(attr)));
}

static long
try_userfaultfd(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_userfaultfd, 0));
}

static long
try_keyctl(const char *arg)
{
	(void)arg;
	/* KEYCTL_GET_KEYRING_ID of the session's */
	return syscall(SYS_keyctl, 0L, -3L, 1L, 0L, 0L) > 0 ? 0 : -1;
}

static long
try_perf(const char *arg)
{
	uint32_t attr[32] = { 1, sizeof(attr) };

	(void)arg;
	return opened(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

static long
try_unshare(const char *arg)
{
	(void)arg;
	return syscall(SYS_unshare, CLONE_FS);
}

static long
try_namespace(const char *arg)
{
	(void)arg;
	return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long
try_mount(const char *arg)
{
	(void)arg;
	return syscall(
	    SYS_mount, NULL, "/", NULL, 0x4000L | 0x40000L, NULL); /* MS_REC|MS_PRIVATE: as it is */
}

static long
try_chroot(const char *arg)
{
	(void)arg;
	return syscall(SYS_chroot, "/");
}

static long
try_setuid(const char *arg)
{
	(void)arg;
	return syscall(SYS_setresuid, -1L, 0L, -1L);
}

static long
try_dumpable(const char *arg)
{
	(void)arg;
	return syscall(SYS_prctl, PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
}

static long
try_ftruncate(const char *arg)
{
	(void)arg;
	return syscall(SYS_ftruncate, STDERR_FILENO, 0L) == 0 || errno == EINVAL ? 0 : -1;
}

/* try_log_back() - the log is one for all: what others wrote last would be overwritten. */
static long
try_log_back(const char *arg)
{
	(void)arg;
	syscall(SYS_fcntl, STDERR_FILENO, F_SETFL, 0);
	return syscall(SYS_lseek, STDERR_FILENO, -64L, SEEK_END) >= 0 || errno == ESPIPE || errno == EINVAL ? 0 : -1;
}

/* try_block() - not a call that is refused: the flag is needed for sockets of its own. */
static long
try_block(const char *arg)
{
	(void)arg;
	for (size_t i = 0; i < edge.n_listeners; i++)
		if (syscall(SYS_fcntl, edge.listener[i].fd, F_SETFL, O_RDWR) != 0)
			return -1;
	return 0;
}

static long
try_personality(const char *arg)
{
	(void)arg;
	return syscall(SYS_personality, 0xffffffffUL) >= 0 ? 0 : -1;
}

static long
try_shm(const char *arg)
{
	(void)arg;
	return syscall(SYS_shmget, 0L, 4096L, 01600L) >= 0 ? 0 : -1;
}

static long
try_inotify(const char *arg)
{
	(void)arg;
	return opened(syscall(SYS_inotify_init1, 0));
}

#ifdef __x86_64__
static long
try_open(const char *path)
{
	return got(syscall(SYS_open, path, O_RDONLY));
}

static long
try_fork(const char *arg)
{
	(void)arg;
	return child(syscall(SYS_fork));
}

/* try_x32() - getpid by the number of another ABI of the same machine. */
static long
try_x32(const char *arg)
{
	(void)arg;
	return syscall(0x40000000L | SYS_getpid) > 0 ? 0 : -1;
}

/* try_i386() - getpid through the door of 32-bit programs. */
static long
try_i386(const char *arg)
{
	long r;

	(void)arg;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	errno = r < 0 ? (int)-r : 0;
	return r > 0 ? 0 : -1;
}
#endif

static const struct {
	const char *name;
	long (*attempt)(const char *arg);
} known[] = {
	{ "openat", try_openat },
	{ "openat2", try_openat2 },
	{ "create", try_create },
	{ "append", try_append },
	{ "truncate", try_truncate },
	{ "unlink", try_unlink },
	{ "rename", try_rename },
	{ "stat", try_stat },
	{ "readlink", try_readlink },
	{ "reopen", try_reopen },
	{ "memory_of", try_memory_of },
	{ "memfd", try_memfd },
	{ "ptrace", try_ptrace },
	{ "vm_read", try_vm_read },
	{ "pidfd", try_pidfd },
	{ "kcmp", try_kcmp },
	{ "kill", try_kill },
	{ "tgkill", try_tgkill },
	{ "queue", try_queue },
	{ "prlimit", try_prlimit },
	{ "clone", try_clone },
	{ "clone3", try_clone3 },
	{ "exec", try_exec },
	{ "exec_here", try_exec_here },
	{ "tcp", try_tcp },
	{ "udp", try_udp },
	{ "listen", try_listen },
	{ "unix", try_unix },
	{ "abstract", try_abstract },
	{ "vsock", try_vsock },
	{ "netlink", try_netlink },
	{ "socketpair", try_socketpair },
	{ "connect_listener", try_connect_listener },
	{ "fastopen", try_fastopen },
	{ "io_uring", try_io_uring },
	{ "bpf", try_bpf },
	{ "userfaultfd", try_userfaultfd },
	{ "keyctl", try_keyctl },
	{ "perf", try_perf },
	{ "unshare", try_unshare },
	{ "namespace", try_namespace },
	{ "mount", try_mount },
	{ "chroot", try_chroot },
	{ "setuid", try_setuid },
	{ "dumpable", try_dumpable },
	{ "ftruncate", try_ftruncate },
	{ "log_back", try_log_back },
	{ "block", try_block },
	{ "personality", try_personality },
	{ "shm", try_shm },
	{ "inotify", try_inotify },
#ifdef __x86_64__
	{ "open", try_open },
	{ "fork", try_fork },
	{ "x32", try_x32 },
	{ "i386", try_i386 },
#endif
};

bool
probe_call(const char *name, const char *arg, struct attempt *a)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		errno = 0;
		a->result = known[i].attempt(arg);
		a->error = errno;
		a->achieved = a->result == 0;
		return true;
	}
	return false;
}
