/*
 * zygote - a zygote that was taken over by the module it read, and what it may say and do to its host: a
 * fork nobody asked for, two for one, one of another kind, a handle that is none, or none at all. Each
 * must end it and all that came of it, with its reason; no process and no descriptor may be left. The
 * first row is the control: a zygote that behaves.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"
#include "tests/sandbox/taken.h"

/* --- as zygote --- */

/* asked() - the channel that came with the next MSG_FORK. */
static int
asked(void)
{
	uint8_t frame[MSG_RUNNER_HEADER + MSG_FORK_LEN];
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	struct iovec v = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = sizeof(c.room) };
	int fd = -1;

	if (recvmsg(RUNNER_CHANNEL, &m, 0) != (ssize_t)sizeof(frame) || CMSG_FIRSTHDR(&m) == NULL)
		_exit(1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static void
forked(int handle)
{
	uint8_t frame[MSG_RUNNER_HEADER + 4] = { 4, 0, 0, 0, MSG_FORKED };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	struct iovec v = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (handle >= 0) {
		m.msg_control = c.room;
		m.msg_controllen = sizeof(c.room);
		CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &handle, sizeof(handle));
	}
	if (sendmsg(RUNNER_CHANNEL, &m, 0) < 0)
		_exit(1);
}

static int
fork_as(long flags)
{
	int handle = -1;
	long pid = syscall(SYS_clone, flags, 0L, &handle, 0L, 0L);

	if (pid == 0)
		taken_spin();
	return handle;
}

static void
unasked(struct runner *r)
{
	(void)r;
	(void)fork_as(RUNNER_FORK);
	taken_wait();
}

static void
twice(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK);
	(void)fork_as(RUNNER_FORK);
	taken_wait();
}

static void
own_child(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(CLONE_PIDFD | SIGCHLD);
	taken_wait();
}

static void
same_memory(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK | CLONE_VM | CLONE_FILES);
	taken_wait();
}

static void
own_space(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK | CLONE_NEWUSER);
	taken_wait();
}

static void
no_process(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK);
	forked(RUNNER_CHANNEL);
	taken_wait();
}

static void
not_made(struct runner *r)
{
	(void)r;
	(void)asked();
	forked(RUNNER_CHANNEL);
	taken_wait();
}

static void
no_handle(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK);
	forked(-1);
	taken_wait();
}

static void
unheard(struct runner *r)
{
	(void)r;
	forked(-1);
	taken_wait();
}

static void
silent(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK);
	taken_wait();
}

static void
leaves(struct runner *r)
{
	(void)r;
	(void)asked();
	(void)fork_as(RUNNER_FORK);
	_exit(0);
}

static void
opens(struct runner *r)
{
	(void)r;
	(void)!syscall(SYS_openat, -100, "/etc/passwd", 0);
	taken_wait();
}

static void
forks_on(struct runner *r)
{
	zygote_fork(r);
	(void)fork_as(RUNNER_FORK); /* the runner, before its walls are narrowed */
	taken_wait();
}

static void
behaves(struct runner *r)
{
	zygote_fork(r);
	runner_narrow(r);
	taken_say_ready();
	taken_wait();
}

static const struct row {
	const char *name;
	void (*run)(struct runner *r);
	enum cell_end zygote, cell; /* CELL_ANSWERED: lives */
	bool unasked;               /* ... while it should read its module: there is no cell of it */
} rows[] = {
	{ "behaves", behaves, CELL_ANSWERED, CELL_ANSWERED, false },
	{ "forks unasked", unasked, CELL_DENIED, CELL_CRASHED, true },
	{ "forks twice", twice, CELL_DENIED, CELL_CRASHED, false },
	{ "forks a child of its own", own_child, CELL_DENIED, CELL_CRASHED, false },
	{ "forks one that shares its memory", same_memory, CELL_DENIED, CELL_CRASHED, false },
	{ "forks into another namespace", own_space, CELL_DENIED, CELL_CRASHED, false },
	{ "hands over what is no process", no_process, CELL_BROKE, CELL_CRASHED, false },
	{ "... and made none", not_made, CELL_BROKE, CELL_CRASHED, false },
	{ "says it forked and hands over nothing", no_handle, CELL_BROKE, CELL_CRASHED, false },
	{ "says it forked, unasked", unheard, CELL_BROKE, CELL_CRASHED, true },
	{ "forks and says nothing of it", silent, CELL_ANSWERED, CELL_WALL, false },
	{ "forks and ends", leaves, CELL_CRASHED, CELL_CRASHED, false },
	{ "opens a file", opens, CELL_DENIED, CELL_CRASHED, true },
	{ "its runner forks on", forks_on, CELL_ANSWERED, CELL_DENIED, false },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void __attribute__((noreturn)) taken_over(const struct row *row)
{
	struct actor_world world;
	struct runner r;

	runner_take(&r);
	r.zygote = true;
	runner_lock(&r);
	runner_begin(&r, &world);
	if (!row->unasked)
		taken_say_ready();
	row->run(&r);
	_exit(0);
}

/* --- as host --- */

static unsigned failures;

static void
must(const struct row *row, bool holds, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("NOT OK %s: %s\n", row->name, what);
}

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

static void
one(const char *self, int n)
{
	const struct row *row = &rows[n];
	char number[16], program[4096];
	char *argv[] = { program, number, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = actor_limits_default(),
		.birth = { 0, 50000, 50000 },
		.zygote = true };
	unsigned before = descriptors();
	struct cell_result got;
	struct cell *z = NULL, *c = NULL;

	snprintf(program, sizeof(program), "%s", self);
	snprintf(number, sizeof(number), "%d", n);
	if (cell_start(&o, &z, &got) != 0) {
		printf("%-40s itself: %s: %s\n", row->name, cell_end_name(got.end), got.why);
		must(row, row->unasked && got.end == row->zygote, "there is no zygote");
		return;
	}
	o.from = z;
	o.zygote = false;
	o.birth.wall_ms = row->cell == CELL_WALL ? 200 : 50000;
	if (cell_start(&o, &c, &got) < 0)
		got.end = CELL_CRASHED; /* the zygote was dead by then */
	printf("%-40s cell: %s: %s\n", row->name, cell_end_name(got.end), got.why);
	must(row, got.end == row->cell, "its cell has another end");
	printf("%-40s itself: %s: %s\n", "", cell_end_name(cell_got(z)->end), cell_got(z)->why);
	must(row, cell_got(z)->end == row->zygote, "it has another end");
	must(row, cell_got(z)->end != CELL_DENIED || cell_got(z)->call.name[0] != '\0', "its call has no name");
	cell_stop(c);
	cell_stop(z);
	must(row, waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD, "a process is left");
	must(row, descriptors() == before, "a descriptor is left");
}

int
main(int argc, char **argv)
{
	char self[4096] = { 0 };

	if (argc == 2 && atoi(argv[1]) >= 0 && atoi(argv[1]) < ROWS)
		taken_over(&rows[atoi(argv[1])]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	for (int i = 0; i < ROWS; i++)
		one(self, i);
	printf("%d rows, %u not as they must be\n", ROWS, failures);
	return failures == 0 ? 0 : 1;
}
