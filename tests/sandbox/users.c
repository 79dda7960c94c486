/*
 * users - what the kernel counts by user and not by process: a runner that was taken over uses it
 * up, and another cell is begun beside it. With one user for both that must fail, which is the
 * control; with a user for each it must not.
 *
 * What is used up: descriptors that were sent and not yet received, of which a user may have as
 * many as RLIMIT_NOFILE says; a runner that begins sends one, its filter's listener. Who is taken
 * over here has no filter, for only so it can send any. As root, since nobody else can have runners
 * with different users.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"
#include "host/proc/users.h"
#include "seccomp/privilege.h"
#include "tests/sandbox/taken.h"

enum { AT_ONCE = 250, FILES = 1024, TWO = 2 };

/* --- as runner --- */

/* flood() - send to itself what nobody receives, until the kernel takes no more. */
static void
flood(int from)
{
	union {
		char room[CMSG_SPACE(AT_ONCE * sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	char byte = 'x';
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = sizeof(c.room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fd[AT_ONCE];

	for (int i = 0; i < AT_ONCE; i++)
		fd[i] = from;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), fd, sizeof(fd));
	while (sendmsg(from, &m, MSG_DONTWAIT) == 1)
		continue;
}

/* greedy() - a runner up to its user and limits, and then its own master. */
static void __attribute__((noreturn)) greedy(uid_t user)
{
	struct confine_report got = { .walls = WALLS_FLOOR, .listener = -1, .uid = user };
	const struct rlimit files = { FILES, FILES };
	struct actor_world world;
	struct runner r;
	int pair[TWO];

	runner_take(&r);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) != 0 || privilege_user(user, user) != 0 ||
	    privilege_drop(0) != 0)
		_exit(RUNNER_NOT_LOCKED);
	taken_say_locked(&got);
	runner_begin(&r, &world);
	flood(pair[0]);
	taken_say_ready();
	taken_wait();
}

/* plain() - one like any other, whose module is not looked at. */
static void __attribute__((noreturn)) plain(uid_t user)
{
	struct actor_world world;
	struct runner r;

	runner_take(&r);
	r.user = user;
	runner_lock(&r);
	runner_begin(&r, &world);
	runner_narrow(&r);
	taken_say_ready();
	taken_wait();
}

/* --- as host --- */

static char self[4096];
static unsigned failures;

static struct cell *
start(const char *role, uid_t user, struct cell_result *got)
{
	char number[16];
	char *argv[] = { self, (char *)(uintptr_t)role, number, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = actor_limits_default(),
		.birth = { 0, 5000, 50000 },
		.user = user };
	struct cell *c = NULL;

	snprintf(number, sizeof(number), "%u", (unsigned)user);
	if (cell_start(&o, &c, got) < 0)
		snprintf(got->why, sizeof(got->why), "cell_start failed");
	return c;
}

static void
must(bool holds, const char *what, const char *shown)
{
	failures += !holds;
	printf(
	    "%s %s%s%s\n", holds ? "ok    " : "NOT OK", what, shown[0] != '\0' ? ": " : "", shown);
}

/* beside() - is there a cell of this user, beside a greedy one of that? */
static bool
beside(uid_t greedy_user, uid_t user, char why[CELL_WHY])
{
	struct cell_result got;
	struct cell *bad = start("greedy", greedy_user, &got), *good;
	bool is;

	must(bad != NULL, "there is one that uses up what its user may have on its way",
	    bad != NULL ? "" : got.why);
	good = start("plain", user, &got);
	is = good != NULL;
	snprintf(why, CELL_WHY, "%s", is ? "" : got.why);
	if (is && user != RUNNER_UID)
		must((cell_walls(good)->walls >> ENCLOSE_OWN_USER & 1) != 0 &&
			 cell_walls(good)->uid == user,
		    "it says that its user is its own", "");
	cell_stop(good);
	cell_stop(bad);
	return is;
}

int
main(int argc, char **argv)
{
	static struct users u;
	char why[CELL_WHY];

	if (argc == 3)
		strcmp(argv[1], "greedy") == 0 ? greedy((uid_t)atoi(argv[2]))
					       : plain((uid_t)atoi(argv[2]));
	if (geteuid() != 0) {
		puts("skip: only root's host gives its processes users");
		return 77;
	}
	users_begin(&u, (struct users_range){ USERS_FIRST, USERS_N });
	if (!u.own) {
		printf("skip: %s\n", u.why);
		return 77;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	must(!beside(RUNNER_UID, RUNNER_UID, why),
	    "control: with one user for all, another cannot begin", why);
	must(beside(USERS_FIRST, USERS_FIRST + 1, why), "with a user for each it can", why);
	must(
	    !beside(USERS_FIRST, USERS_FIRST, why), "control: not with the same one of these", why);
	return failures == 0 ? 0 : 1;
}
