/*
 * outlive - nobody outlives its host, and nobody is starved by a neighbour.
 *
 * A host is killed, as hard as can be, while its runner computes, while its runner waits, and while
 * a provider of its computes: each must be gone. The control is a child of the same host that asked
 * for nothing: it lives on. A provider that does not hear is gone when its time to drain is over.
 *
 * Then how long a call of a quiet actor takes, alone and beside actors that compute without end:
 * printed, not judged, since it is the machine's scheduler that is asked.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/provider.h"
#include "host/proc/runner.h"
#include "host/providers/process.h"

#define PROGRAM "portcullis-provider-"

enum { PATIENCE_MS = 120000, BUSY_NS = 20000000, CALLS = 300, LOUD = 3, DRAIN_MS = 100 };

/* waPC: an operation of four bytes loops without end, any other is answered with one byte */
static const uint8_t module[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02,
	0x60, 0x02, 0x7f, 0x7f, 0x00, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x02, 0x19, 0x01, 0x04,
	0x77, 0x61, 0x70, 0x63, 0x10, 0x5f, 0x5f, 0x67, 0x75, 0x65, 0x73, 0x74, 0x5f, 0x72, 0x65,
	0x73, 0x70, 0x6f, 0x6e, 0x73, 0x65, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05, 0x03, 0x01,
	0x00, 0x01, 0x07, 0x19, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x0c,
	0x5f, 0x5f, 0x67, 0x75, 0x65, 0x73, 0x74, 0x5f, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x01, 0x0a,
	0x19, 0x01, 0x17, 0x00, 0x20, 0x00, 0x41, 0x04, 0x46, 0x04, 0x40, 0x03, 0x40, 0x0c, 0x00,
	0x0b, 0x0b, 0x41, 0x00, 0x41, 0x01, 0x10, 0x00, 0x41, 0x01, 0x0b };

static char self[4096], dir[] = "/tmp/outlive-XXXXXX";
static unsigned cases, failures;

static void
result(bool good, const char *what, const char *why)
{
	cases++;
	failures += good ? 0 : 1;
	printf("%s %s%s%s\n", good ? "ok    " : "NOT OK", what, good ? "" : ": ", good ? "" : why);
}

static void __attribute__((noreturn)) spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		continue;
}

/* --- as provider --- */

static const char *
begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)p;
	(void)m;
	return NULL;
}

static void
on_linked(struct process *p, const struct msg_provider_link *m, int fd)
{
	(void)p;
	(void)m;
	(void)fd;
	spin();
}

static void
on_unlinked(struct process *p, struct bytes actor)
{
	(void)p;
	(void)actor;
}

static void
on_drain(struct process *p)
{
	(void)p;
}

/* --- as a host that will be killed --- */

static struct cell *
a_cell(void)
{
	static char *argv[] = { self, (char *)(uintptr_t) "runner", NULL };
	struct cell_options o = { .argv = argv,
		.limits = actor_limits_default(),
		.birth = { 1000000, 10000, 20000, false } };
	struct cell_result got;
	struct cell *c = NULL;

	o.module = bytes_of(module, sizeof(module));
	o.limits.call_fuel = INT64_MAX / 2;
	if (cell_start(&o, &c, &got) != 0) {
		fprintf(stderr, "outlive: no cell: %s %s\n", got.why, got.outcome.why);
		exit(2);
	}
	return c;
}

static void
call(struct cell *c, const char *operation)
{
	const struct cell_budget budget = { INT64_MAX / 2, 600000, 600000, false };
	struct actor_world world = { 0 };
	struct cell_result got;

	cell_call(c, bytes_str(operation), BYTES_NULL, &world, &budget, &got);
	if (got.end != CELL_ANSWERED) {
		fprintf(stderr, "outlive: %s\n", got.why);
		exit(2);
	}
}

static void
say_pid(int to, pid_t pid)
{
	if (write(to, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		exit(2);
}

static void __attribute__((noreturn)) host_of_busy(int to)
{
	struct cell *c = a_cell();

	say_pid(to, cell_pid(c));
	call(c, "loop");
	exit(2);
}

static void __attribute__((noreturn)) host_of_idle(int to)
{
	say_pid(to, cell_pid(a_cell()));
	for (;;)
		pause();
}

static void __attribute__((noreturn)) host_of_orphan(int to)
{
	pid_t pid = fork();

	if (pid == 0)
		spin();
	say_pid(to, pid);
	for (;;)
		pause();
}

static int tell_to;
static bool stopped;

static void
on_state(void *ctx, struct provider *p)
{
	const struct provider_status *s = provider_status(p);
	static pid_t told;

	(void)ctx;
	stopped |= s->state == PROVIDER_STOPPED;
	if (tell_to >= 0 && s->pid != 0 && s->state == PROVIDER_RUNNING && told == 0) {
		told = s->pid;
		say_pid(tell_to, told);
	}
}

static struct provider *
a_provider(uv_loop_t *loop)
{
	static char programs[64];
	static struct providers_options o = { .programs = programs,
		.host_id = BYTES_LIT("NHOST"),
		.lattice = BYTES_LIT("default"),
		.stderr_fd = -1,
		.ops = { .on_state = on_state } };
	const struct provider_spec spec = { .kind = "httpserver",
		.key = BYTES_LIT("VDEAF"),
		.contract = BYTES_LIT("wasmcloud:httpserver"),
		.link_name = BYTES_LIT("default") };
	const struct provider_pairs values = { 1, { { BYTES_LIT("PORT"), BYTES_LIT("0") } } };
	struct providers *all;
	struct provider *p;

	snprintf(programs, sizeof(programs), "%s", dir);
	if (uv_loop_init(loop) != 0 || providers_new(&all, loop, &o) != 0 ||
	    provider_start(all, &spec, &p) != 0 ||
	    provider_link_put(p, BYTES_LIT("MACTOR"), &values) != 0)
		exit(2);
	return p;
}

static void __attribute__((noreturn)) host_of_provider(int to)
{
	uv_loop_t loop;

	tell_to = to;
	a_provider(&loop);
	uv_run(&loop, UV_RUN_DEFAULT);
	exit(2);
}

/* --- who kills it --- */

static uint64_t
cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* host() - a process of its own. Return: it; *child: who must not outlive it, *fd: a handle of
 * that. */
static pid_t
host(void (*run)(int to), pid_t *child, int *fd)
{
	int p[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(p) != 0 || (pid = fork()) < 0)
		exit(2);
	if (pid == 0) {
		close(p[0]);
		run(p[1]);
	}
	close(p[1]);
	if (read(p[0], child, sizeof(*child)) != (ssize_t)sizeof(*child))
		exit(2);
	close(p[0]);
	*fd = pidfd_open(*child, 0);
	if (*fd < 0)
		exit(2);
	return pid;
}

static void
kill_host(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static bool
gone(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static void
outlived(const char *what, void (*run)(int to), bool busy)
{
	int fd, orphan_fd;
	pid_t child, orphan, pid = host(run, &child, &fd);
	pid_t other = host(host_of_orphan, &orphan, &orphan_fd);

	while (busy && cpu_ns(child) < BUSY_NS && !gone(fd, 0))
		sched_yield();
	result(!gone(fd, 0), what, "it was gone before its host");
	kill_host(other);
	kill_host(pid);
	result(gone(fd, PATIENCE_MS), what, "it lives on");
	result(
	    !gone(orphan_fd, 0), "a child that asked for nothing lives on, control", "it does not");
	(void)pidfd_send_signal(orphan_fd, SIGKILL, NULL, 0);
	(void)pidfd_send_signal(fd, SIGKILL, NULL, 0);
	close(orphan_fd);
	close(fd);
}

/* deaf() - told to drain, it does not hear. */
static void
deaf(void)
{
	struct provider *p;
	uv_loop_t loop;
	int fd;

	tell_to = -1;
	p = a_provider(&loop);
	while (provider_status(p)->walls == 0 && provider_status(p)->state != PROVIDER_BROKEN)
		uv_run(&loop, UV_RUN_ONCE);
	fd = pidfd_open(provider_status(p)->pid, 0);
	result(fd >= 0, "a provider computes", provider_status(p)->why);
	provider_stop(p, DRAIN_MS);
	while (!stopped)
		uv_run(&loop, UV_RUN_ONCE);
	result(fd >= 0 && gone(fd, 0), "a provider that does not hear is ended after its time",
	    "it lives");
	provider_free(p);
}

static int
earlier(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
latency(struct cell *quiet, const char *when)
{
	uint64_t took[CALLS];

	for (int i = 0; i < CALLS; i++) {
		uint64_t began = now_ns();

		call(quiet, "x");
		took[i] = now_ns() - began;
	}
	qsort(took, CALLS, sizeof(took[0]), earlier);
	printf("       a call of a quiet actor %s: p50 %llu us, p99 %llu us\n", when,
	    (unsigned long long)took[CALLS / 2] / 1000,
	    (unsigned long long)took[CALLS * 99 / 100] / 1000);
}

static void
neighbours(void)
{
	struct cell *quiet = a_cell();
	pid_t loud[LOUD], child[LOUD];
	int fd[LOUD];

	latency(quiet, "alone");
	for (int i = 0; i < LOUD; i++) {
		loud[i] = host(host_of_busy, &child[i], &fd[i]);
		while (cpu_ns(child[i]) < BUSY_NS && !gone(fd[i], 0))
			sched_yield();
	}
	latency(quiet, "beside three that compute without end");
	for (int i = 0; i < LOUD; i++) {
		kill_host(loud[i]);
		close(fd[i]);
	}
	cell_stop(quiet);
}

int
main(int argc, char **argv)
{
	static const struct process_ops ops = { .name = "httpserver",
		.takes = PROCESS_FD,
		.memory = (rlim_t)1 << 30,
		.file = 1 << 20,
		.begin = begin,
		.link = on_linked,
		.unlink = on_unlinked,
		.drain = on_drain };
	char command[8400];

	if (strncmp(argv[0], PROGRAM, sizeof(PROGRAM) - 1) == 0)
		process_main(&ops);
	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || mkdtemp(dir) == NULL ||
	    chmod(dir, 0755) != 0)
		return 2;
	snprintf(command, sizeof(command), "cp '%s' '%s/" PROGRAM "httpserver' && chmod 755 %s/*",
	    self, dir, dir);
	if (system(command) != 0)
		return 2;
	outlived("a runner that computes ends with its host", host_of_busy, true);
	outlived("a runner that waits ends with its host", host_of_idle, false);
	outlived("a provider that computes ends with its host", host_of_provider, true);
	deaf();
	neighbours();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	printf("%u cases, %u not as they must be\n", cases, failures);
	return system(command) == 0 && failures == 0 ? 0 : 1;
}
