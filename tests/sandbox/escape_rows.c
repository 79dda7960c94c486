/*
 * escape_rows - calls no runner may make, one by one. Numbers are those of the list of attacks in
 * docs/SANDBOX.md.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/sandbox/taken.h"

enum { NONE = -1 };

static char nowhere[] = "/nonexistent/escape", passwd[] = "/etc/passwd", mem[] = "/proc/self/mem",
	    environ1[] = "/proc/1/environ", proc[] = "/proc/self";

#define ROW(n, name, ...) { n, #name, #name, SYS_##name, __VA_ARGS__ }
#define BIRTH(n, name, ...) { n, #name, NULL, SYS_##name, __VA_ARGS__ }
#define HOST TAKEN_HOST
#define PAGE TAKEN_PAGE

#if defined(__x86_64__)
static long
int80(void)
{
	long r;

	/* 3 is read for i386, close for x86-64: the second filter kills it as the latter */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L), "b"(0L), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static long
int80_alias(void)
{
	long r;

	/* 0 is restart_syscall for i386 and read for x86-64, which is granted */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(1000L), "b"(3L), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static long
vsyscall(void)
{
	long (*time_at)(long *) = (long (*)(long *))0xffffffffff600400;

	return time_at(NULL);
}
#endif

const struct taken_row taken_rows[] = {
	ROW(1, openat, AT_FDCWD, (long)passwd, O_RDONLY), ROW(1, openat, AT_FDCWD, (long)mem, O_RDWR),
	ROW(1, openat, AT_FDCWD, (long)environ1, O_RDONLY), ROW(1, openat2, AT_FDCWD, (long)passwd, 0, 0),
	ROW(1, newfstatat, AT_FDCWD, (long)passwd, 0, 0), ROW(1, readlinkat, AT_FDCWD, (long)proc, 0, 0),
	ROW(2, socket, AF_INET, SOCK_STREAM, 0), ROW(2, socket, AF_INET, SOCK_DGRAM, 0),
	ROW(2, socket, AF_UNIX, SOCK_STREAM, 0), ROW(2, connect, NONE, 0, 0), ROW(2, sendto, NONE, 0, 0),
	ROW(3, socket, AF_NETLINK, SOCK_RAW, 0), ROW(3, socket, AF_PACKET, SOCK_RAW, 0),
	ROW(3, socket, 40 /* vsock */, SOCK_STREAM, 0), ROW(3, socket, 38 /* alg */, SOCK_SEQPACKET, 0),
	ROW(4, ptrace, PTRACE_SEIZE, HOST, 0, 0), ROW(4, process_vm_readv, HOST, 0, 0, 0),
	ROW(4, process_vm_writev, HOST, 0, 0, 0), ROW(4, pidfd_open, HOST, 0), ROW(4, pidfd_getfd, NONE, 0, 0),
	ROW(5, kill, HOST, 0), ROW(5, kill, -1, 0), ROW(5, kill, 0, 0), ROW(5, tkill, HOST, 0),
	ROW(5, tgkill, HOST, HOST, 0), ROW(5, rt_sigqueueinfo, HOST, 0, 0), ROW(5, pidfd_send_signal, NONE, 0, 0, 0),
	ROW(6, clone, SIGCHLD, 0, 0, 0), ROW(6, clone3, 0, 0), ROW(7, execve, (long)nowhere, 0, 0),
	ROW(7, execveat, AT_FDCWD, (long)nowhere, 0, 0, 0), ROW(7, memfd_create, (long)nowhere, 0),
	BIRTH(8, mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1),
	BIRTH(8, mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
	BIRTH(8, mprotect, PAGE, 4096, PROT_READ | PROT_EXEC), ROW(8, pkey_mprotect, PAGE, 4096, PROT_EXEC, -1),
	ROW(8, personality, 0x0400000), BIRTH(9, mremap, PAGE, 4096, 8192, 1), BIRTH(9, munmap, PAGE, 4096),
	BIRTH(9, brk, 0), BIRTH(9, madvise, PAGE, 4096, MADV_DONTNEED), ROW(9, remap_file_pages, 0, 0, 0, 0),
	ROW(10, io_uring_setup, 0, 0), ROW(10, io_uring_enter, NONE, 0, 0, 0), ROW(10, io_uring_register, NONE, 0, 0, 0),
	ROW(11, unshare, 0), ROW(11, setns, NONE, 0), ROW(11, mount, 0, 0, 0, 0), ROW(11, umount2, (long)nowhere, 0),
	ROW(11, pivot_root, (long)nowhere, (long)nowhere), ROW(11, chroot, (long)nowhere), ROW(11, capset, 0, 0),
	ROW(11, setresuid, -1, -1, -1), ROW(12, keyctl, 99), ROW(12, add_key, 0, 0, 0, 0), ROW(12, request_key, 0, 0, 0, 0),
	ROW(12, bpf, 0, 0, 0), ROW(12, perf_event_open, 0, 0, -1, -1), ROW(12, userfaultfd, 0),
	ROW(12, kexec_load, 0, 99, 0, -1), ROW(12, finit_module, NONE, 0, 0), ROW(12, reboot, 0, 0, 0, 0),
#if defined(__x86_64__)
	ROW(12, modify_ldt, 99, 0, 0), ROW(12, iopl, 99), ROW(12, ioperm, -1, -1, 0), ROW(1, open, (long)passwd, 0),
	ROW(6, fork, 0), { 13, "x32 getpid", "x32:getpid", 0x40000000 | SYS_getpid, 0, 0, 0, 0, 0, NULL },
	{ 13, "x32 read", "x32:read", 0x40000000 | SYS_read, 3, 0, 0, 0, 0, NULL },
	{ 14, "int 0x80 getpid", "i386:getpid", 0, 0, 0, 0, 0, 0, int80 },
	{ 14, "int 0x80 no such", "i386:1000", 0, 0, 0, 0, 0, 0, int80_alias },
	{ 15, "vsyscall time", "time", 0, 0, 0, 0, 0, 0, vsyscall }, ROW(18, arch_prctl, 99, 0),
#endif
	ROW(15, clock_gettime, CLOCK_REALTIME, 0), ROW(15, nanosleep, 0, 0),
	ROW(16, read, 0, 0, 0), ROW(16, read, 1, 0, 0), ROW(16, read, 4, 0, 0), ROW(16, read, 1023, 0, 0),
	ROW(16, write, 2, 0, 0), ROW(16, write, -1, 0, 0), ROW(16, dup, 3), ROW(16, dup3, 3, 5, 0), ROW(16, fcntl, 3, F_GETFL),
	ROW(16, ioctl, 3, 0x5412, 0), ROW(16, lseek, 3, 0, 0), ROW(16, recvmsg, 3, 0, 0), ROW(16, shutdown, 3, 99),
	ROW(16, readv, 3, 0, 0), ROW(16, splice, 3, 0, 3, 0, 0), BIRTH(16, close, 4), BIRTH(16, sendmsg, 3, 0, 0),
	{ 17, "read, high bits", "read", SYS_read, 0x100000003, 0, 0, 0, 0, NULL },
	{ 17, "write, high bits", "write", SYS_write, 0x700000003, 0, 0, 0, 0, NULL },
	BIRTH(18, seccomp, 1, 0, 0), ROW(18, prctl, PR_SET_SECCOMP, 99), ROW(18, prctl, PR_SET_NO_NEW_PRIVS, 99),
	ROW(18, prctl, PR_SET_DUMPABLE, 1), ROW(18, prctl, PR_SET_PDEATHSIG, 0), ROW(18, landlock_create_ruleset, 0, 0, 1),
	ROW(18, prlimit64, 0, 99, 0, 0), ROW(18, rt_sigaction, 99, 0, 0, 8),
};

const size_t taken_rows_n = sizeof(taken_rows) / sizeof(taken_rows[0]);
