/*
 * escape [MODULE] - native code in a runner: what somebody could do who broke out of the engine.
 *
 * This program is host and runner. As host it starts itself as the runner of a cell; as runner it goes
 * the runner's own way (host/proc/runner.h) up to the point where the guest would run, and makes one
 * raw system call there. Each row is done three times, each in a process of its own:
 *
 *   walls    all of them: it must be dead, with the call's name, or of the second filter
 *   beside   all but the filters: what the other walls answer (printed; a column of docs/SANDBOX.md)
 *   none     no wall: the control, it must come back alive
 *
 * Calls have arguments that do no harm where they are let through.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/msg_runner.h"
#include "host/proc/runner.h"
#include "seccomp/confine.h"

enum { NONE = -1 };

static char nowhere[] = "/nonexistent/escape", passwd[] = "/etc/passwd", mem[] = "/proc/self/mem",
	    environ1[] = "/proc/1/environ", proc[] = "/proc/self";
static pid_t host;
static long page;

struct row {
	int n; /* of the list of attacks */
	const char *name;
	const char *call; /* as the host names it; NULL: killed by the second filter */
	long nr, a, b, c, d, e;
	long (*special)(void);
};

#define ROW(n, name, ...) { n, #name, #name, SYS_##name, __VA_ARGS__ }
#define BIRTH(n, name, ...) { n, #name, NULL, SYS_##name, __VA_ARGS__ }
#define HOST 0x686f7374L /* stands for the host's process id */
#define PAGE 0x70616765L /* stands for a page of memory */

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

static const struct row rows[] = {
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

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* --- as runner --- */

static long
put_in(long v)
{
	return v == HOST ? host : v == PAGE ? page : v;
}

static long
raw(const struct row *r)
{
	long v;

	if (r->special != NULL)
		return r->special();
	v = syscall(r->nr, put_in(r->a), put_in(r->b), put_in(r->c), put_in(r->d), put_in(r->e), 0);
	if (v == 0 && (r->nr == SYS_clone || strcmp(r->name, "fork") == 0))
		_exit(0);
	return v < 0 ? -errno : v;
}

/* say() - a frame as the runner would: what came of the call, in the place of a guest's error. */
static void
say(enum msg_runner type, const struct buf *b)
{
	uint8_t frame[MSG_RUNNER_HEADER + MSG_RUNNER_HEAD_MAX];

	msg_runner_header(frame, type, b->len);
	memcpy(frame + MSG_RUNNER_HEADER, b->ptr, b->len);
	if (write(RUNNER_CHANNEL, frame, MSG_RUNNER_HEADER + b->len) < 0)
		_exit(1);
}

static void
say_locked(const struct confine_report *got)
{
	struct msg_locked m = { .walls = got->walls | WALLS_FLOOR, .error = got->error, .why = bytes_str(got->why) };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_locked_put(&b, &m);
	say(MSG_LOCKED, &b);
	buf_deinit(&b);
}

/* beside() - the runner's walls with a filter that grants all. */
static void
beside(void)
{
	static const struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	static const struct confine_filter open_door = { "open", all, 1 };
	struct census expected = { 0 };
	struct confine_report got;
	struct confine want = { .expected = &expected,
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_NPROC, 0 }, { RLIMIT_FSIZE, 0 },
		    { RLIMIT_NOFILE, 8 }, { RLIMIT_MEMLOCK, 0 } },
		.n_limits = 6, .change_user = true, .uid = RUNNER_UID, .gid = RUNNER_UID, .filter = &open_door };

	if (census_add(&expected, RUNNER_CHANNEL) != 0 || confine(&want, &got) != 0)
		_exit(RUNNER_NOT_LOCKED);
	say_locked(&got);
}

static void
say_result(long v)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_ERROR } };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	if (v < 0)
		snprintf(m.outcome.why, sizeof(m.outcome.why), "%s", strerrorname_np((int)-v) != NULL ? strerrorname_np((int)-v) : "?");
	else
		snprintf(m.outcome.why, sizeof(m.outcome.why), "done");
	msg_done_put_head(&b, &m);
	say(MSG_READY, &b);
	buf_deinit(&b);
}

static int
taken_over(const char *how, const struct row *row)
{
	const struct confine_report nothing = { 0 };
	struct actor_world world;
	struct runner r;
	struct buf b;
	long v;

	host = getppid();
	page = (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	runner_take(&r);
	if (strcmp(how, "walls") == 0)
		runner_lock(&r);
	else if (strcmp(how, "beside") == 0)
		beside();
	else
		say_locked(&nothing);
	runner_begin(&r, &world);
	if (strcmp(how, "walls") == 0)
		runner_narrow(&r);
	v = raw(row);
	buf_init(&b, 1);
	say_result(v);
	_exit(0);
}

/* --- as host --- */

static unsigned failures;

static void
attempt(const char *self, const char *how, const struct row *row, struct cell_result *got)
{
	char number[16], program[4096];
	char *argv[] = { program, (char *)(uintptr_t)how, number, NULL };
	struct cell_options o = { .argv = argv, .module = BYTES_LIT("x"), .limits = actor_limits_default(),
		.birth = { 0, 2000, 10000 } };
	struct cell *c = NULL;

	snprintf(program, sizeof(program), "%s", self);
	snprintf(number, sizeof(number), "%d", (int)(row - rows));
	if (cell_start(&o, &c, got) == 0)
		cell_stop(c);
}

static bool
died_rightly(const struct row *row, const struct cell_result *got)
{
	if (got->end != CELL_DENIED || (got->signal != SIGKILL && got->signal != SIGSYS))
		return false;
	if (row->call == NULL || got->call.name[0] == '\0') /* the second filter; or no listener to be had */
		return got->signal == SIGSYS;
	return strcmp(got->call.name, row->call) == 0;
}

static void
one(const char *self, const struct row *row)
{
	struct cell_result walls, others, none;

	attempt(self, "walls", row, &walls);
	attempt(self, "beside", row, &others);
	attempt(self, "none", row, &none);
	if (!died_rightly(row, &walls) || none.end != CELL_ANSWERED) {
		failures++;
		printf("NOT OK ");
	}
	printf("%2d %-18s walls: %s%s  beside: %s  none: %s\n", row->n, row->name,
	    walls.end == CELL_DENIED ? "denied " : cell_end_name(walls.end),
	    walls.call.name[0] != '\0'	? walls.call.name :
	    walls.signal == SIGSYS	? "(second filter)" :
					  walls.why,
	    others.end == CELL_ANSWERED ? others.outcome.why : others.why,
	    none.end == CELL_ANSWERED ? none.outcome.why : none.why);
}

int
main(int argc, char **argv)
{
	char self[4096] = { 0 };

	if (argc == 3 && atoi(argv[2]) >= 0 && atoi(argv[2]) < ROWS)
		return taken_over(argv[1], &rows[atoi(argv[2])]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	for (size_t i = 0; i < ROWS; i++)
		one(self, &rows[i]);
	printf("%d rows, %u not as they must be\n", (int)ROWS, failures);
	return failures == 0 ? 0 : 1;
}
