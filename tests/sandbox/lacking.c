/*
 * lacking [container] - a cell on a kernel that gives less, or in the middle of an accident. Each
 * row is a host in a process of its own, in which one system call answers with an error, there and
 * in its runner: as an old kernel, a container's filter or exhaustion has it. What must be there is
 * there or no cell starts; what may be missing is missing in the report, and all else stands. In no
 * case a process or a descriptor is left. The first row is the control: nothing is missing, and the
 * cell answers.
 *
 * Then a host without descriptors, at each of the places where it needs one; and what a runner has
 * when it began under a host that left its own open: its channel, and no memory that it shares with
 * anybody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"
#include "tests/sandbox/container.h"

enum { ANY = -1, SET_MDWE = 65, STRAYS = 40, MOST_FILES = 100 };

/* (module (memory (export "memory") 1)
 *   (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))) */
static const uint8_t module[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01,
	0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01,
	0x07, 0x19, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x0c, 0x5f, 0x5f,
	0x67, 0x75, 0x65, 0x73, 0x74, 0x5f, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x00, 0x0a, 0x06, 0x01,
	0x04, 0x00, 0x41, 0x01, 0x0b };

enum must { STARTS, NO_CELL };

struct row {
	const char *what;
	long nr;
	int arg; /* of the call that is looked at; ANY: none */
	uint32_t mask, value;
	int error;
	enum must must;
	uint32_t missing; /* WALL_BIT()s, when it starts */
	bool unseen;      /* ... and forbidden calls kill without being reported */
};

static const struct row rows[] = {
	{ "nothing is lacking", -1, ANY, 0, 0, 0, STARTS, 0, false },
	{ "no Landlock", SYS_landlock_create_ruleset, ANY, 0, 0, ENOSYS, NO_CELL, 0, false },
	{ "Landlock switched off", SYS_landlock_create_ruleset, ANY, 0, 0, EOPNOTSUPP, NO_CELL, 0,
	    false },
	{ "Landlock refuses", SYS_landlock_restrict_self, ANY, 0, 0, EPERM, NO_CELL, 0, false },
	{ "no seccomp", SYS_seccomp, ANY, 0, 0, ENOSYS, NO_CELL, 0, false },
	{ "no memory for a filter", SYS_seccomp, ANY, 0, 0, ENOMEM, NO_CELL, 0, false },
	{ "no listener", SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, EINVAL, STARTS, 0, true },
	{ "another listener outside", SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, EBUSY, STARTS, 0, true },
	{ "no second filter", SYS_seccomp, 1, ~0U, 0, ENOMEM, NO_CELL, 0, false },
	{ "no no_new_privs", SYS_prctl, 0, ~0U, PR_SET_NO_NEW_PRIVS, EINVAL, NO_CELL, 0, false },
	{ "no MDWE", SYS_prctl, 0, ~0U, SET_MDWE, EINVAL, STARTS, WALL_BIT(WALL_MDWE), false },
	{ "always dumpable", SYS_prctl, 0, ~0U, PR_SET_DUMPABLE, EINVAL, STARTS,
	    WALL_BIT(WALL_NO_DUMP), false },
	{ "no signal at the host's death", SYS_prctl, 0, ~0U, PR_SET_PDEATHSIG, EINVAL, NO_CELL, 0,
	    false },
	{ "limits cannot be lowered", SYS_prlimit64, ANY, 0, 0, EPERM, NO_CELL, 0, false },
	{ "capabilities cannot be dropped", SYS_capset, ANY, 0, 0, EPERM, NO_CELL, 0, false },
	{ "no /proc", SYS_openat, ANY, 0, 0, ENOENT, NO_CELL, 0, false },
	{ "descriptors cannot be counted", SYS_getdents64, ANY, 0, 0, EIO, NO_CELL, 0, false },
	{ "descriptors cannot be closed", SYS_close_range, ANY, 0, 0, ENOSYS, NO_CELL, 0, false },
	{ "no process can be made", SYS_clone, ANY, 0, 0, EAGAIN, NO_CELL, 0, false },
	{ "no program can be started", SYS_execve, ANY, 0, 0, EACCES, NO_CELL, 0, false },
	{ "no handle of a process", SYS_pidfd_open, ANY, 0, 0, ENOSYS, NO_CELL, 0, false },
	{ "no memory for the module", SYS_memfd_create, ANY, 0, 0, ENOMEM, NO_CELL, 0, false },
	{ "no channel", SYS_socketpair, ANY, 0, 0, EMFILE, NO_CELL, 0, false },
	{ "the listener cannot be handed over", SYS_sendmsg, ANY, 0, 0, ENOBUFS, NO_CELL, 0,
	    false },
	{ "no clock of another process", SYS_clock_getres, ANY, 0, 0, EINVAL, NO_CELL, 0, false },
};

/* lack() - from here on, and in all that is started. */
static void
lack(const struct row *r)
{
	uint32_t arg = r->arg == ANY ? 0 : (uint32_t)r->arg;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, args) + arg * 8),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, r->mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)r->error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (r->nr < 0)
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		exit(2);
}

static char self[4096];

static int
start(struct cell **c, struct cell_result *got)
{
	static char *argv[] = { self, (char *)(uintptr_t) "runner", NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT(""),
		.limits = actor_limits_default(),
		.birth = { 1000000, 5000, 20000, false } };

	o.module = bytes_of(module, sizeof(module));
	return cell_start(&o, c, got);
}

static unsigned
entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return d != NULL ? n - 2 : 0;
}

static bool
nothing_left(unsigned before)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD &&
	       entries("/proc/self/fd") == before;
}

static bool
answers(struct cell *c)
{
	const struct cell_budget budget = { 1000000, 5000, 20000, false };
	struct actor_world world = { 0 };
	struct cell_result got;

	cell_call(c, BYTES_LIT("op"), BYTES_NULL, &world, &budget, &got);
	return got.end == CELL_ANSWERED && got.outcome.answer == ACTOR_NO_ANSWER;
}

/* one() - in a process of its own. Return: as exit status. */
static int
one(const struct row *r, uint32_t all)
{
	/* counted before: who has no /proc cannot */
	unsigned before = entries("/proc/self/fd");
	struct cell_result got = { 0 };
	struct cell *c = NULL;
	uint32_t walls = 0;
	bool good, left, unseen = false;
	int e;

	lack(r);
	e = start(&c, &got);
	good = r->must == STARTS ? e == 0 && answers(c) : e != 0 && c == NULL;
	if (c != NULL) {
		walls = cell_walls(c)->walls;
		unseen = !cell_walls(c)->listener;
		good = good && walls == (all & ~r->missing) && unseen == r->unseen;
	}
	cell_stop(c);
	left = r->nr != SYS_openat && r->nr != SYS_getdents64 && !nothing_left(before);
	printf("%s %s: %s%s%s%s\n", good && !left ? "ok    " : "NOT OK", r->what,
	    e == 0  ? "a cell"
	    : e < 0 ? strerrorname_np(-e)
		    : cell_end_name(got.end),
	    e > 0 ? ": " : "", e > 0 ? got.why : "",
	    left     ? "; something is left"
	    : unseen ? "; forbidden calls are not reported"
		     : "");
	for (unsigned i = 0; c != NULL && i < WALL_COUNT; i++)
		if ((walls & WALL_BIT(i)) == 0)
			printf("         without %s\n", wall_name((enum wall)i));
	return good && !left ? 0 : 1;
}

static unsigned cases, failures;

static void
in_a_process(int (*f)(const struct row *r, uint32_t all), const struct row *r, uint32_t all)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int e = f(r, all);

		fflush(stdout);
		_exit(e);
	}
	cases++;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		failures++;
}

/* everything() - the walls of a cell that lacks nothing. */
static uint32_t
everything(void)
{
	struct cell_result got;
	struct cell *c = NULL;
	uint32_t walls;

	if (start(&c, &got) != 0) {
		printf("NOT OK there is no cell at all: %s %s\n", cell_end_name(got.end), got.why);
		exit(1);
	}
	walls = cell_walls(c)->walls;
	cell_stop(c);
	return walls;
}

/* no_files() - room for one descriptor more, then for two, until a cell starts. */
static int
no_files(const struct row *r, uint32_t all)
{
	unsigned before = entries("/proc/self/fd"), most = before;
	struct cell_result got;
	struct cell *c = NULL;

	(void)r;
	for (; c == NULL && most < before + MOST_FILES; most++) {
		struct rlimit l = { most, before + MOST_FILES };

		if (setrlimit(RLIMIT_NOFILE, &l) != 0)
			return 1;
		if (start(&c, &got) == 0)
			break;
		/* to be looked at, not to be started */
		l.rlim_cur = l.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &l) != 0 || !nothing_left(before)) {
			printf("NOT OK with %u descriptors something is left\n", most);
			return 1;
		}
	}
	if (c == NULL || most == before || cell_walls(c)->walls != all) {
		printf("NOT OK out of descriptors: no cell at last\n");
		return 1;
	}
	cell_stop(c);
	printf("ok     out of descriptors: no cell with %u to %u, and then a whole one\n", before,
	    most - 1);
	return 0;
}

/* shares() - does a process map memory that others can write, too? */
static bool
shares(pid_t pid)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *flags = strchr(line, ' ');

		found |= flags != NULL && flags[2] == 'w' && flags[4] == 's';
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* strays() - a host that left descriptors open, without O_CLOEXEC. */
static int
strays(const struct row *r, uint32_t all)
{
	struct cell_result got;
	struct cell *c = NULL;
	char path[64];
	unsigned n;

	(void)r;
	(void)all;
	for (int i = 0; i < STRAYS; i++)
		if (dup(0) < 0)
			return 1;
	if (start(&c, &got) != 0) {
		printf("NOT OK with strays: %s\n", got.why);
		return 1;
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)cell_pid(c));
	n = entries(path);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)cell_pid(c));
	if (n == 0) {
		printf("ok     strays: a cell; who we are here may not look into it\n");
	} else if (n != 1 || shares(cell_pid(c)) || access(path, R_OK) != 0) {
		printf(
		    "NOT OK strays: %u descriptors; shared memory: %d\n", n, shares(cell_pid(c)));
		return 1;
	} else {
		printf("ok     strays: the runner has its channel, and shares no memory\n");
	}
	cell_stop(c);
	return 0;
}

int
main(int argc, char **argv)
{
	uint32_t all;

	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	if (argc == 2 && strcmp(argv[1], "container") == 0)
		container_enter();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	all = everything();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		in_a_process(one, &rows[i], all);
	in_a_process(no_files, NULL, all);
	in_a_process(strays, NULL, all);
	printf("%u cases, %u not as they must be\n", cases, failures);
	return failures == 0 ? 0 : 1;
}
