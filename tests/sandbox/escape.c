/*
 * escape [container] - native code in a runner: what somebody could do who broke out of the engine.
 *
 * This program is host and runner. As host it starts itself as the runner of a cell; as runner it goes
 * the runner's own way (host/proc/runner.h) up to the point where the guest would run, and makes one
 * raw system call there. Each row is done three times, each in a process of its own:
 *
 *   walls    all of them: it must be dead, with the call's name, or of the second filter
 *   unseen   the same where the kernel gives no listener: it must be dead all the same
 *   beside   all but the filters: what the other walls answer (printed; a column of docs/SANDBOX.md)
 *   none     no wall: the control, it must come back alive
 *
 * With `container` all of it runs as in a container: no capability, and some calls refused by a filter
 * from outside. What that refuses never reaches ours; the row says so, and its control is refused too.
 *
 * Calls have arguments that do no harm where they are let through. Then what a runner may do with the
 * calls it has: say nothing, half of something, too much, or what may not be said now. The host must end
 * each with its reason, at once.
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
#include "seccomp/privilege.h"

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
		    { RLIMIT_NOFILE, 1024 }, { RLIMIT_MEMLOCK, 0 } },
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

/* blind() - the kernel from here on knows no listeners. */
static void
blind(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		_exit(1);
}

static void
put_frame(enum msg_runner type, size_t announced, size_t sent)
{
	static const uint8_t zeros[4096];
	uint8_t h[MSG_RUNNER_HEADER];

	msg_runner_header(h, type, announced);
	if (write(RUNNER_CHANNEL, h, sizeof(h)) < 0 || (sent > 0 && write(RUNNER_CHANNEL, zeros, sent) < 0))
		_exit(1);
}

static void
spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		continue;
}

static void
act_nothing(void)
{
	_exit(0);
}

static void
act_half(void)
{
	put_frame(MSG_READY, 100, 10);
	spin();
}

static void
act_wait(void)
{
	uint8_t c;

	for (;;)
		if (read(RUNNER_CHANNEL, &c, 1) <= 0)
			_exit(0);
}

static void
act_huge(void)
{
	put_frame(MSG_READY, UINT32_MAX, 4096);
	spin();
}

static void
act_large_log(void)
{
	put_frame(MSG_LOG, 1025, 1025);
	spin();
}

static void
act_early(void)
{
	put_frame(MSG_DONE, 0, 0);
	spin();
}

static void
act_ask_early(void)
{
	put_frame(MSG_ASK, 16, 16);
	spin();
}

static void
act_again(void)
{
	put_frame(MSG_LOCKED, 17, 17);
	spin();
}

static void
act_to_itself(void)
{
	put_frame(MSG_CALL, 17, 17);
	spin();
}

static void
act_empty(void)
{
	put_frame(MSG_READY, 0, 0);
	spin();
}

static void
act_noise(void)
{
	static const uint8_t ones[64] = { 255, 255, 255, 255, 255, 255, 255, 255, 255 };

	if (write(RUNNER_CHANNEL, ones, sizeof(ones)) < 0)
		_exit(1);
	spin();
}

static void
act_flood(void)
{
	for (;;)
		put_frame(MSG_LOG, 1024, 1024);
}

static void
act_fault(void)
{
	*(volatile int *)(uintptr_t)page = *(volatile int *)(uintptr_t)8;
}

static const struct act {
	const char *name;
	void (*run)(void);
	enum cell_end end;
} acts[] = {
	{ "ends without a word", act_nothing, CELL_CRASHED },
	{ "dies of a fault", act_fault, CELL_CRASHED },
	{ "computes for ever", spin, CELL_CPU },
	{ "waits for ever", act_wait, CELL_WALL },
	{ "says half and computes", act_half, CELL_CPU },
	{ "announces 4 GiB", act_huge, CELL_BROKE },
	{ "a log line above its ceiling", act_large_log, CELL_BROKE },
	{ "an outcome without a call", act_early, CELL_BROKE },
	{ "a host call without a call", act_ask_early, CELL_BROKE },
	{ "its walls a second time", act_again, CELL_BROKE },
	{ "a call, to its host", act_to_itself, CELL_BROKE },
	{ "an outcome of no bytes", act_empty, CELL_BROKE },
	{ "noise", act_noise, CELL_BROKE },
	{ "log lines for ever", act_flood, CELL_BROKE },
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

static int
taken_over(const char *how, int n)
{
	const struct row *row = n < ROWS ? &rows[n] : NULL;
	const struct confine_report nothing = { 0 };
	struct actor_world world;
	struct runner r;
	long v;

	host = getppid();
	page = (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	runner_take(&r);
	if (strcmp(how, "unseen") == 0) {
		blind();
		how = "walls";
	}
	if (strcmp(how, "walls") == 0)
		runner_lock(&r);
	else if (strcmp(how, "beside") == 0)
		beside();
	else
		say_locked(&nothing);
	runner_begin(&r, &world);
	if (strcmp(how, "walls") == 0)
		runner_narrow(&r);
	if (row == NULL)
		acts[n - ROWS].run();
	v = raw(row);
	say_result(v);
	_exit(0);
}

/* --- as host --- */

static unsigned failures;
static bool container;

/* what a container's filter answers with EPERM */
static const int outside[] = { SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_bpf, SYS_keyctl,
	SYS_add_key, SYS_request_key, SYS_userfaultfd, SYS_perf_event_open, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_kexec_load, SYS_finit_module, SYS_reboot };

enum { OUTSIDE = sizeof(outside) / sizeof(outside[0]) };

static void
outer(void)
{
	struct sock_filter code[2 * OUTSIDE + 2] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog prog = { 2 * OUTSIDE + 2, code };
	size_t at = 1;

	for (size_t i = 0; i < OUTSIDE; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)outside[i], 0, 1);
		code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	privilege_bound(0);
	if (privilege_drop(0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		exit(2);
}

/* refused_outside() - is it one of them, and did it come back as one? */
static bool
refused_outside(const struct row *row, const struct cell_result *got)
{
	for (size_t i = 0; container && row->special == NULL && i < OUTSIDE; i++)
		if (outside[i] == row->nr)
			return got->end == CELL_ANSWERED && strcmp(got->outcome.why, "EPERM") == 0;
	return false;
}

static void
attempt(const char *self, const char *how, int n, struct cell_result *got)
{
	char number[16], program[4096];
	char *argv[] = { program, (char *)(uintptr_t)how, number, NULL };
	struct cell_options o = { .argv = argv, .module = BYTES_LIT("x"), .limits = actor_limits_default(),
		.birth = { 0, 100, 5000 } };
	struct cell *c = NULL;

	snprintf(program, sizeof(program), "%s", self);
	snprintf(number, sizeof(number), "%d", n);
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
one(const char *self, int n)
{
	const struct row *row = &rows[n];
	struct cell_result walls, unseen, others, none;

	attempt(self, "walls", n, &walls);
	attempt(self, "unseen", n, &unseen);
	attempt(self, "beside", n, &others);
	attempt(self, "none", n, &none);
	if (refused_outside(row, &none)) {
		/* a KILL of ours is stronger than an answer from outside; a listener is weaker */
		if (!refused_outside(row, &walls) || unseen.signal != SIGSYS) {
			failures++;
			printf("NOT OK ");
		}
		printf("%2d %-18s already refused by the filter outside\n", row->n, row->name);
		return;
	}
	if (!died_rightly(row, &walls) || unseen.end != CELL_DENIED || unseen.signal != SIGSYS ||
	    none.end != CELL_ANSWERED) {
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

static void
one_act(const char *self, int n)
{
	struct cell_result got;

	attempt(self, "walls", ROWS + n, &got);
	if (got.end != acts[n].end) {
		failures++;
		printf("NOT OK ");
	}
	printf("19 %-30s %s: %s, after %llu us\n", acts[n].name, cell_end_name(got.end), got.why,
	    (unsigned long long)got.wall_ns / 1000);
}

int
main(int argc, char **argv)
{
	char self[4096] = { 0 };

	if (argc == 3 && atoi(argv[2]) >= 0 && atoi(argv[2]) < ROWS + ACTS)
		return taken_over(argv[1], atoi(argv[2]));
	container = argc == 2 && strcmp(argv[1], "container") == 0;
	if (container)
		outer();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	for (int i = 0; i < ROWS; i++)
		one(self, i);
	for (int i = 0; i < ACTS; i++)
		one_act(self, i);
	printf("%d rows, %u not as they must be\n", ROWS + ACTS, failures);
	return failures == 0 ? 0 : 1;
}
