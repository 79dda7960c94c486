/*
 * prober [container] - each forbidden call, in each profile, after confine(): the process must have been
 * alive a moment before and die of SIGSYS; and the same call without confine() must come back. A death does
 * not say which call it was, so each is made once more under the same filter with a trap for each death:
 * what trapped is the call that was made, by its number. Then the walls beside the filter, one by one, under a filter that lets everything through.
 *
 * Each case is a process of its own. Calls are made with arguments that do no harm where they are let
 * through. With `container` all of it runs as in a container: no capability, and the calls for
 * namespaces refused by a filter from outside.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/core/text.h"
#include "seccomp/filter.h"
#include "seccomp/filters.h"
#include "seccomp/privilege.h"

#define NONE ((long)-1)

struct call {
	const char *name;
	long nr, a, b, c, d;
};

#define CALL(name, ...) { #name, SYS_##name, __VA_ARGS__ }
#define PLAIN(name) { #name, SYS_##name, NONE, 0, 0, 0 }

static char nowhere[] = "/nonexistent/prober";

/* no profile has these, or not with such arguments */
static const struct call forbidden[] = {
	CALL(openat, AT_FDCWD, (long)nowhere, O_RDONLY), CALL(openat2, AT_FDCWD, (long)nowhere, 0, 0),
	CALL(socket, AF_NETLINK, SOCK_RAW, 0), CALL(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP),
	CALL(socket, AF_PACKET, SOCK_RAW, 0), CALL(socket, 40, SOCK_STREAM, 0), CALL(socket, 38, SOCK_SEQPACKET, 0),
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, 0), PLAIN(bind), PLAIN(listen), PLAIN(accept), PLAIN(sendmmsg),
	CALL(ptrace, 16, 1, 0, 0), CALL(process_vm_readv, 1, 0, 0, 0), CALL(process_vm_writev, 1, 0, 0, 0),
	PLAIN(pidfd_getfd), CALL(pidfd_open, 1, 0), PLAIN(pidfd_send_signal), CALL(kill, 0, 0), CALL(tkill, 1, 0),
	CALL(tgkill, 1, 1, 0), CALL(rt_sigqueueinfo, 1, 0, 0), CALL(clone, SIGCHLD, 0, 0, 0),
	CALL(execve, (long)nowhere, 0, 0), CALL(execveat, AT_FDCWD, (long)nowhere, 0, 0),
	CALL(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS),
	CALL(mprotect, 0, 0, PROT_READ | PROT_EXEC), CALL(pkey_mprotect, 0, 0, PROT_EXEC, -1),
	CALL(personality, 0xffffffff), CALL(io_uring_setup, 0, 0), PLAIN(io_uring_enter), PLAIN(io_uring_register),
	CALL(unshare, 0), CALL(setns, -1, 0), CALL(mount, 0, 0, 0, 0), CALL(umount2, (long)nowhere, 0),
	CALL(pivot_root, (long)nowhere, (long)nowhere), CALL(chroot, (long)nowhere), CALL(keyctl, 99),
	CALL(add_key, 0, 0, 0, 0), CALL(request_key, 0, 0, 0, 0), CALL(bpf, 0, 0, 0), CALL(perf_event_open, 0, 0, -1, -1),
	CALL(userfaultfd, -1), CALL(finit_module, -1, 0, 0), CALL(init_module, 0, 0, 0), CALL(kexec_load, 0, 99, 0, -1),
	CALL(seccomp, 99, 0, 0), CALL(prctl, PR_SET_DUMPABLE, 99), CALL(prctl, PR_SET_NO_NEW_PRIVS, 99),
	CALL(setuid, -1), CALL(setresuid, -1, -1, -1), CALL(setgroups, -1, 0), CALL(capset, 0, 0), CALL(dup, -1),
	CALL(pipe2, 0, -1), CALL(inotify_init1, -1), CALL(signalfd4, -1, 0, 0, -1), CALL(timerfd_create, -1, -1),
	CALL(prlimit64, 0, 99, 0, 0), CALL(ioctl, 0, 0x5412, 0), CALL(fcntl, 0, 1024 + 1, 99),
	CALL(sendto, -1, (long)nowhere, 1, 0), CALL(linkat, AT_FDCWD, (long)nowhere, AT_FDCWD, (long)nowhere),
	CALL(mkdirat, AT_FDCWD, (long)nowhere, 0), CALL(fchmod, -1, 0), CALL(truncate, (long)nowhere, 0),
	CALL(memfd_secret, -1), CALL(shmget, 0, 0, 0), CALL(mq_open, 0, 0, 0, 0), CALL(landlock_create_ruleset, 0, 0, 1),
	CALL(reboot, 0, 0, 0, 0), CALL(clock_settime, 99, 0), CALL(sethostname, 0, -1), CALL(swapon, 0, 0),
#if defined(__x86_64__)
	CALL(arch_prctl, 99, 0), CALL(modify_ldt, 99, 0, 0), CALL(iopl, 99), CALL(ioperm, -1, -1, 0), CALL(open, (long)nowhere, 0),
	/* x32: getpid and read, which have other names there */
	{ "x32 getpid", 0x40000000 | SYS_getpid, 0, 0, 0, 0 }, { "x32 read", 0x40000000 | SYS_read, -1, 0, 0, 0 },
#endif
};

/* what a profile grants after all */
static bool
granted(const char *role, const struct call *c)
{
	/* which file is Landlock's to say */
	if (strncmp(role, "provider_keyvalue", 17) == 0)
		return strcmp(c->name, "openat") == 0;
	return strncmp(role, "shipper", 7) == 0 && (strcmp(c->name, "sendto") == 0 || strcmp(c->name, "openat") == 0);
}

static unsigned cases, failures;
static bool container;

static void
result(bool ok, const char *role, const char *what, const char *why)
{
	cases++;
	if (ok)
		return;
	failures++;
	printf("FAILED: %s: %s: %s\n", role, what, why);
}

/* outer() - what a container's filter refuses. */
static void
outer(void)
{
	static const char text[] = "refuse EPERM unshare # c\nrefuse EPERM setns # c\nrefuse EPERM mount # c\n"
				   "refuse EPERM umount2 # c\nrefuse EPERM pivot_root # c\nrefuse EPERM bpf # c\n"
				   "refuse EPERM keyctl # c\nrefuse EPERM add_key # c\nrefuse EPERM userfaultfd # c\n";
	struct text_report r;
	struct profile p;
	struct buf b;
	struct sock_filter *f;
	struct sock_fprog prog;

	profile_init(&p);
	text_report_init(&r);
	buf_init(&b, 1 << 16);
	if (profile_parse(&p, "outer", bytes_str(text), &r) != 0 || filter_compile(&p, filter_machine(), &b, &r) != 0)
		exit(2);
	f = (void *)b.ptr;
	prog.filter = f;
	prog.len = (unsigned short)(b.len / sizeof(*f));
	for (size_t i = 0; i < prog.len; i++) {
		/* what it does not name goes on; other machines' calls too */
		if (f[i].code == (BPF_RET | BPF_K) && f[i].k == 0x80000000)
			f[i].k = 0x7fff0000;
	}
	privilege_bound(0);
	if (privilege_drop(0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, 1, 0, &prog) != 0)
		exit(2);
}

/* all_there() - this process's descriptors are all expected. */
static void
all_there(struct census *c)
{
	if (census_take(c) != 0)
		_exit(90);
}

static void
lock_in(const struct confine_filter *filter, uint32_t minimum)
{
	static struct census here;
	struct confine want = { .expected = &here, .limit = { { RLIMIT_CORE, 0 }, { RLIMIT_NPROC, 0 } }, .n_limits = 2,
		.change_user = true, .uid = 65534, .gid = 65534, .filter = filter, .minimum = minimum };
	struct confine_report got;

	all_there(&here);
	if (confine(&want, &got) != 0) {
		fprintf(stderr, "prober: %s\n", got.why);
		_exit(91);
	}
}

/* call_in() - in a process of its own. Return: its wait status; *alive: it lived when it was locked in. */
static int
call_in(const struct confine_filter *filter, const struct call *c, bool *alive)
{
	int p[2], status = 0;
	char byte = 0;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		exit(2);
	if (pid == 0) {
		close(p[0]);
		if (filter != NULL)
			lock_in(filter, 0);
		if (write(p[1], "x", 1) != 1)
			_exit(92);
		syscall(c->nr, c->a, c->b, c->c, c->d, -1, 0);
		_exit(0);
	}
	close(p[1]);
	*alive = read(p[0], &byte, 1) == 1;
	close(p[0]);
	waitpid(pid, &status, 0);
	return status;
}

/* trapped() - the same filter, that says what it would have killed for. */
static const struct confine_filter *
trapped(const struct confine_filter *f)
{
	static struct sock_filter code[BPF_MAXINSNS];
	static struct confine_filter trap;

	memcpy(code, f->code, f->n * sizeof(*code));
	for (size_t i = 0; i < f->n; i++) {
		if (code[i].code == (BPF_RET | BPF_K) && code[i].k == 0x80000000)
			code[i].k = 0x00030000; /* SECCOMP_RET_TRAP */
	}
	trap = (struct confine_filter){ f->name, code, f->n };
	return &trap;
}

static int trap_fd;

static void
on_trap(int signal, siginfo_t *i, void *context)
{
	long nr = i->si_code == 1 /* SYS_SECCOMP */ ? i->si_syscall : NONE;

	(void)signal;
	(void)context;
	_exit(write(trap_fd, &nr, sizeof(nr)) == (ssize_t)sizeof(nr) ? 0 : 93);
}

/* number_in() - what the filter stopped when the call was made. Return: its number, NONE for nothing. */
static long
number_in(const struct confine_filter *filter, const struct call *c)
{
	struct sigaction on = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	long nr = NONE;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		exit(2);
	if (pid == 0) {
		close(p[0]);
		trap_fd = p[1];
		sigaction(SIGSYS, &on, NULL);
		lock_in(trapped(filter), 0);
		syscall(c->nr, c->a, c->b, c->c, c->d, -1, 0);
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], &nr, sizeof(nr)) != (ssize_t)sizeof(nr))
		nr = NONE;
	close(p[0]);
	waitpid(pid, NULL, 0);
	return nr;
}

static void
probe_profile(const struct confine_filter *f)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		bool alive;
		int status;

		if (granted(f->name, &forbidden[i]))
			continue;
		status = call_in(f, &forbidden[i], &alive);
		result(alive && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, f->name, forbidden[i].name,
		    !alive ? "not locked in" : "did not die of SIGSYS");
		/* 32 bits of it are in the signal */
		result((int)number_in(f, &forbidden[i]) == (int)forbidden[i].nr, f->name, forbidden[i].name,
		    "another call than this one was stopped");
	}
}

/* controls() - nothing of it kills by itself. */
static void
controls(void)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		bool alive;
		int status = call_in(NULL, &forbidden[i], &alive);

		result(alive && WIFEXITED(status), "without walls", forbidden[i].name, "did not come back");
	}
}

/* ---- the walls beside the filter ---- */

static int
try_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : errno;
}

static int
try_connect(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 || errno == ECONNREFUSED ? 0 : errno;
}

static int
try_bind(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
}

static int
try_signal(void)
{
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
try_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0 ? 0 : errno;
}

static const struct confine_filter *
everything(void)
{
	static const struct sock_filter code[] = { { BPF_RET | BPF_K, 0, 0, 0x7fff0000 } };
	static const struct confine_filter f = { "everything", code, 1 };

	return &f;
}

/* answer_of() - of a try in a process of its own, with all walls but the filter or with none. */
static int
answer_of(int (*attempt)(void), bool walls)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (walls)
			lock_in(everything(), 0);
		_exit(attempt());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
walls_beside(uint32_t there)
{
	static const struct {
		const char *name;
		enum wall wall;
		int (*attempt)(void);
		int answer;
	} rows[] = {
		{ "open", WALL_LANDLOCK, try_open, EACCES },
		{ "connect", WALL_LANDLOCK_NET, try_connect, EACCES },
		{ "bind", WALL_LANDLOCK_NET, try_bind, EACCES },
		{ "signal", WALL_LANDLOCK_SCOPE, try_signal, EPERM },
		{ "code", WALL_MDWE, try_code, EACCES },
		{ "fork", WALL_USER, try_fork, EAGAIN }, /* RLIMIT_NPROC counts for whom is not root */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		result(answer_of(rows[i].attempt, false) == 0, "without walls", rows[i].name, "is refused anyway");
		if ((there & WALL_BIT(rows[i].wall)) == 0)
			printf("not to be had here: %s\n", wall_name(rows[i].wall));
		else
			result(answer_of(rows[i].attempt, true) == rows[i].answer, wall_name(rows[i].wall), rows[i].name,
			    "is not refused as it should be");
	}
}

/* report() - what is in force, asked of a process that lives under it. */
static uint32_t
report(void)
{
	uint32_t walls = 0;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		exit(2);
	if (pid == 0) {
		static struct census here;
		struct confine want = { .expected = &here, .change_user = true, .uid = 65534, .gid = 65534,
			.filter = everything() };
		struct confine_report got;

		all_there(&here);
		if (confine(&want, &got) != 0 || write(p[1], &got.walls, sizeof(got.walls)) != (ssize_t)sizeof(got.walls))
			_exit(1);
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], &walls, sizeof(walls)) != (ssize_t)sizeof(walls))
		walls = 0;
	close(p[0]);
	waitpid(pid, NULL, 0);
	return walls;
}

/* stranger() - a descriptor nobody gave ends it before the other walls. */
static void
stranger(void)
{
	struct census none = { .n = 3, .fd = { 0, 1, 2 } };
	struct confine want = { .expected = &none, .filter = everything() };
	struct confine_report got;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), r = confine(&want, &got);

	result(r == -EBADF && strstr(got.why, "nobody gave it") != NULL, "census", "one more", "was let through");
	close(fd);
}

int
main(int argc, char **argv)
{
	uint32_t there;

	setvbuf(stdout, NULL, _IONBF, 0);
	/* what the starter left open is no part of this */
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	container = argc > 1 && strcmp(argv[1], "container") == 0;
	if (container)
		outer();
	there = report();
	result((there & WALLS_FLOOR) == WALLS_FLOOR, "this kernel", "the floor", "is not there");
	for (size_t i = 0; i < confine_filters_n; i++)
		probe_profile(&confine_filters[i]);
	controls();
	walls_beside(there);
	stranger();
	printf("uid %u%s: %u cases, %u failed\n", (unsigned)getuid(), container ? ", as in a container" : "", cases, failures);
	return failures == 0 ? 0 : 1;
}
