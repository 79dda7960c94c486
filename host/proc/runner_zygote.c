/*
 * runner_zygote - a module made ready once, and a runner forked for each instance.
 *
 * The zygote locks itself in like a runner, and only then reads the module; it loads and links it, and
 * runs nothing of it. So what a fork hands down is walls that stand and memory no guest has been in.
 * clone() is in no line of its profile: each one waits at the listener for the host, which lets a fork
 * pass that it asked for and nothing else. A fork is the host's child, not ours (CLONE_PARENT): the
 * host waits for it, and the signal at the parent's death is about the host.
 *
 * A runner that was forked takes its own channel in the place of ours, lowers what a zygote needs and
 * it does not, and narrows its walls like any other.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/proc/runner_priv.h"

/* beside() - room for a descriptor beside bytes. */
union beside {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* next() - the next MSG_FORK, and the channel that came with it. */
static int
next(struct actor_world *world)
{
	uint8_t frame[MSG_RUNNER_HEADER + MSG_FORK_LEN], type;
	union beside c = { .room = { 0 } };
	struct iovec v = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = sizeof(c.room) };
	struct msg_fork fork;
	struct cmsghdr *h;
	uint32_t len;
	ssize_t n;
	int fd;

	do {
		n = recvmsg(RUNNER_CHANNEL, &m, 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		runner_end(RUNNER_BYE);
	h = CMSG_FIRSTHDR(&m);
	if (n != (ssize_t)sizeof(frame) || !msg_runner_header_get(frame, &type, &len) ||
	    type != MSG_FORK || len != MSG_FORK_LEN || h == NULL || h->cmsg_type != SCM_RIGHTS ||
	    h->cmsg_len != CMSG_LEN(sizeof(int)) ||
	    !msg_fork_get(bytes_of(frame + MSG_RUNNER_HEADER, len), &fork))
		runner_end(RUNNER_BAD_MESSAGE);
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	*world = fork.world;
	return fd;
}

/* tell() - that it is forked, with a handle of the process; or why not. */
static void
tell(struct runner *r, int pidfd, int error)
{
	uint8_t frame[MSG_RUNNER_HEADER + sizeof(uint32_t)];
	union beside c = { .room = { 0 } };
	struct iovec v = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *h = &c.align; /* the first and only one */

	buf_reset(&r->out);
	msg_forked_put(&r->out, (uint32_t)error);
	msg_runner_header(frame, MSG_FORKED, r->out.len);
	memcpy(frame + MSG_RUNNER_HEADER, r->out.ptr, sizeof(uint32_t));
	if (error == 0) {
		m.msg_control = c.room;
		m.msg_controllen = sizeof(c.room);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &pidfd, sizeof(pidfd));
	}
	if (sendmsg(RUNNER_CHANNEL, &m, 0) != (ssize_t)sizeof(frame))
		runner_end(RUNNER_BYE);
	if (error == 0)
		close(pidfd);
}

/* become() - a runner of its own, in the process that was just made. */
static void
become(struct runner *r, int channel, const struct actor_world *world)
{
	const struct rlimit none = { 0, 0 };
	struct msg_locked m = { .walls = r->walls,
		.landlock_abi = r->landlock_abi,
		.uid = r->uid,
		.listener = true };

	memcpy(m.enclose_error, r->enclose_error, sizeof(m.enclose_error));
	if (syscall(SYS_dup3, channel, RUNNER_CHANNEL, 0) != RUNNER_CHANNEL || close(channel) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != r->host ||
	    syscall(SYS_prlimit64, 0, RLIMIT_NPROC, &none, NULL) != 0)
		runner_end(RUNNER_NOT_LOCKED);
	r->zygote = false;
	r->forked = true;
	if (r->actor != NULL)
		actor_set_world(r->actor, world);
	buf_reset(&r->out);
	msg_locked_put(&r->out, &m);
	runner_say(r, MSG_LOCKED, BYTES_NULL);
}

void
zygote_fork(struct runner *r)
{
	for (;;) {
		struct actor_world world;
		int channel = next(&world), pidfd = -1;
		/* the flags alone decide, and they are in a register: what the host looks at is done */
		long pid = syscall(SYS_clone, (long)RUNNER_FORK, 0L, &pidfd, 0L, 0L);

		if (pid == 0) {
			become(r, channel, &world);
			return;
		}
		tell(r, pidfd, pid < 0 ? errno : 0);
		close(channel);
	}
}

void
zygote_run(uid_t user, bool net)
{
	struct actor_outcome got;
	struct actor_world world;
	struct runner r;
	int e;

	runner_take(&r);
	r.zygote = true;
	r.user = user;
	r.net = net;
	runner_lock(&r);
	if (!r.listener) /* nobody could tell a fork from another */
		runner_end(RUNNER_NOT_LOCKED);
	runner_begin(&r, &world);
	e = runner_load(&r, &world, &got);
	runner_tell(&r, MSG_READY, &got);
	if (e != 0)
		runner_end(RUNNER_BYE);
	zygote_fork(&r);
	runner_serve(&r);
}

int
zygote_main(void)
{
	zygote_run(RUNNER_UID, true);
}

void
runner_role(int argc, char *const *argv)
{
	long user = argc > 3 ? strtol(argv[3], NULL, 10) : RUNNER_UID;
	bool net = argc == 5 && strcmp(argv[4], "net") == 0;

	if (argc < 3 || argc > 5 || strcmp(argv[1], "--role") != 0 || user <= 0)
		return;
	if (strcmp(argv[2], "runner") == 0)
		runner_run((uid_t)user, net);
	if (strcmp(argv[2], "zygote") == 0)
		zygote_run((uid_t)user, net);
}
