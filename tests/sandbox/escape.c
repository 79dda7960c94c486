/*
 * escape [container] - native code in a runner: what somebody could do who broke out of the engine.
 *
 * This program is host and runner. As host it starts itself as the runner of a cell; as runner it
 * goes the runner's own way (host/proc/runner.h) up to the point where the guest would run, and
 * makes one raw system call there. Each row is done three times, each in a process of its own:
 *
 *   walls    all of them: it must be dead, with the call's name, or of the second filter
 *   forked   the same in a runner that was forked from a zygote: likewise
 *   unseen   the same where the kernel gives no listener: it must be dead all the same
 *   beside   all but the filters: what the other walls answer (printed; a column of
 * docs/SANDBOX.md) none     no wall: the control, it must come back alive
 *
 * With `container` all of it runs as in a container: no capability, and some calls refused by a
 * filter from outside. What that refuses never reaches ours; the row says so, and its control is
 * refused too.
 *
 * Calls have arguments that do no harm where they are let through. Then what a runner may do with
 * the calls it has: say nothing, half of something, too much, or what may not be said now. The host
 * must end each with its reason, at once.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"
#include "seccomp/confine.h"
#include "tests/sandbox/container.h"
#include "tests/sandbox/taken.h"

static pid_t host;
static long page;

/* --- as runner --- */

static long
put_in(long v)
{
	return v == TAKEN_HOST ? host : v == TAKEN_PAGE ? page : v;
}

static long
raw(const struct taken_row *r)
{
	long v;

	if (r->special != NULL)
		return r->special();
	v = syscall(r->nr, put_in(r->a), put_in(r->b), put_in(r->c), put_in(r->d), put_in(r->e), 0);
	if (v == 0 && (r->nr == SYS_clone || strcmp(r->name, "fork") == 0))
		_exit(0);
	return v < 0 ? -errno : v;
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
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_NPROC, 0 },
		    { RLIMIT_FSIZE, 0 }, { RLIMIT_NOFILE, 1024 }, { RLIMIT_MEMLOCK, 0 } },
		.n_limits = 6,
		.change_user = true,
		.uid = RUNNER_UID,
		.gid = RUNNER_UID,
		.filter = &open_door };

	if (census_add(&expected, RUNNER_CHANNEL) != 0 || confine(&want, &got) != 0)
		_exit(RUNNER_NOT_LOCKED);
	taken_say_locked(&got);
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

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		_exit(1);
}

static int
taken_over(const char *how, int n)
{
	const struct taken_row *row = n < (int)taken_rows_n ? &taken_rows[n] : NULL;
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
	r.zygote = strcmp(how, "forked") == 0;
	if (strcmp(how, "walls") == 0 || r.zygote)
		runner_lock(&r);
	else if (strcmp(how, "beside") == 0)
		beside();
	else
		taken_say_locked(&nothing);
	runner_begin(&r, &world);
	if (r.zygote) {
		taken_say_ready();
		zygote_fork(&r); /* from here on it is a runner */
	}
	if (strcmp(how, "walls") == 0 || r.forked)
		runner_narrow(&r);
	if (row == NULL)
		taken_acts[n - (int)taken_rows_n].run();
	v = raw(row);
	taken_say_result(v);
	_exit(0);
}

/* --- as host --- */

static unsigned failures;
static bool container;

/* refused_outside() - is it one of a container's, and did it come back as one? */
static bool
refused_outside(const struct taken_row *row, const struct cell_result *got)
{
	return container && row->special == NULL && container_refuses(row->nr) &&
	       got->end == CELL_ANSWERED && strcmp(got->outcome.why, "EPERM") == 0;
}

static void
attempt(const char *self, const char *how, int n, struct cell_result *got)
{
	char number[16], program[4096];
	char *argv[] = { program, (char *)(uintptr_t)how, number, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = actor_limits_default(),
		.birth = { 0, 100, 5000 } };
	struct cell *c = NULL, *z = NULL;

	snprintf(program, sizeof(program), "%s", self);
	snprintf(number, sizeof(number), "%d", n);
	if (strcmp(how, "forked") == 0) {
		o.zygote = true;
		if (cell_start(&o, &z, got) != 0)
			return;
		o.zygote = false;
		o.from = z;
	}
	if (cell_start(&o, &c, got) == 0)
		cell_stop(c);
	cell_stop(z);
}

static bool
died_rightly(const struct taken_row *row, const struct cell_result *got)
{
	if (got->end != CELL_DENIED || (got->signal != SIGKILL && got->signal != SIGSYS))
		return false;
	if (row->call == NULL ||
	    got->call.name[0] == '\0') /* the second filter; or no listener to be had */
		return got->signal == SIGSYS;
	return strcmp(got->call.name, row->call) == 0;
}

static void
one(const char *self, int n)
{
	const struct taken_row *row = &taken_rows[n];
	struct cell_result walls, forked, unseen, others, none;

	attempt(self, "walls", n, &walls);
	attempt(self, "forked", n, &forked);
	attempt(self, "unseen", n, &unseen);
	attempt(self, "beside", n, &others);
	attempt(self, "none", n, &none);
	if (refused_outside(row, &none)) {
		/* a KILL of ours is stronger than an answer from outside; a listener is weaker */
		if (!refused_outside(row, &walls) || !refused_outside(row, &forked) || unseen.signal != SIGSYS) {
			failures++;
			printf("NOT OK ");
		}
		printf("%2d %-18s already refused by the filter outside\n", row->n, row->name);
		return;
	}
	if (!died_rightly(row, &walls) || !died_rightly(row, &forked) || unseen.end != CELL_DENIED || unseen.signal != SIGSYS ||
	    none.end != CELL_ANSWERED) {
		failures++;
		printf("NOT OK ");
	}
	if (forked.end != walls.end)
		printf("NOT OK forked: %s %s ", cell_end_name(forked.end), forked.why);
	printf("%2d %-18s walls: %s%s  beside: %s  none: %s\n", row->n, row->name,
	    walls.end == CELL_DENIED ? "denied " : cell_end_name(walls.end),
	    walls.call.name[0] != '\0' ? walls.call.name
	    : walls.signal == SIGSYS   ? "(second filter)"
				       : walls.why,
	    others.end == CELL_ANSWERED ? others.outcome.why : others.why,
	    none.end == CELL_ANSWERED ? none.outcome.why : none.why);
}

static void
one_act(const char *self, int n)
{
	struct cell_result got, forked;

	attempt(self, "walls", (int)taken_rows_n + n, &got);
	attempt(self, "forked", (int)taken_rows_n + n, &forked);
	if (got.end != taken_acts[n].end || forked.end != taken_acts[n].end) {
		failures++;
		printf("NOT OK ");
	}
	printf("19 %-30s %s: %s, after %llu us\n", taken_acts[n].name, cell_end_name(got.end),
	    got.why, (unsigned long long)got.wall_ns / 1000);
}

int
main(int argc, char **argv)
{
	char self[4096] = { 0 };

	if (argc == 3 && atoi(argv[2]) >= 0 && atoi(argv[2]) < (int)(taken_rows_n + taken_acts_n))
		return taken_over(argv[1], atoi(argv[2]));
	container = argc == 2 && strcmp(argv[1], "container") == 0;
	if (container)
		container_enter();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	for (int i = 0; i < (int)taken_rows_n; i++)
		one(self, i);
	for (int i = 0; i < (int)taken_acts_n; i++)
		one_act(self, i);
	printf("%d rows, %u not as they must be\n", (int)(taken_rows_n + taken_acts_n), failures);
	return failures == 0 ? 0 : 1;
}
