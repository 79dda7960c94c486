/*
 * runner - see runner.h.
 *
 * It trusts its host and nobody else. It begins with descriptors 0 to 4, keeps the channel, locks
 * itself in (seccomp/confine.h) and only then reads what the module is. Two filters stand on each
 * other: the first grants memory and the channel, and hands every other call to the host, who logs
 * it and kills; the second, before the guest's first instruction, kills what only the beginning
 * needed. Where the kernel gives no listener both kill by themselves, and the host is told so.
 *
 * After that this process reads and writes one descriptor. Nothing allocates: frames are made in
 * memory reserved before. Host and runner take turns, so one read takes a frame's head and what there
 * is of its body: nothing can come behind it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "host/proc/runner_priv.h"
#include "seccomp/filters.h"
#include "seccomp/narrow.h"

/* the kernel also holds the descriptors a user has on their way to this number: not too small */
enum { RUNNER_FILES = 1024, RUNNER_STACK = 8 * 1024 * 1024, SMALL = 4096, SOME = 1024 };
/* processes of its user, runners of others among them: the host lets each fork pass */
enum { ZYGOTE_PROCESSES = 32768 };

void
runner_end(enum runner_exit how)
{
	_exit((int)how);
}

void
runner_read(uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(RUNNER_CHANNEL, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			runner_end(RUNNER_BYE);
		p += got;
		n -= (size_t)got;
	}
}

static void
write_all(struct bytes s)
{
	if (whole_write(RUNNER_CHANNEL, s) != 0)
		runner_end(RUNNER_BYE);
}

/* runner_say() - a frame: what ->out holds, and what follows it. */
void
runner_say(struct runner *r, enum msg_runner type, struct bytes rest)
{
	uint8_t frame[SMALL], *header = frame;
	size_t len = MSG_RUNNER_HEADER + r->out.len;

	if (buf_failed(&r->out))
		runner_end(RUNNER_NO_MEMORY);
	msg_runner_header(header, type, r->out.len + rest.len);
	if (len + rest.len <= sizeof(frame)) { /* one system call */
		memcpy(frame + MSG_RUNNER_HEADER, r->out.ptr, r->out.len);
		if (rest.len > 0)
			memcpy(frame + len, rest.ptr, rest.len);
		write_all(bytes_of(frame, len + rest.len));
		return;
	}
	write_all(bytes_of(header, MSG_RUNNER_HEADER));
	write_all(buf_bytes(&r->out));
	write_all(rest);
}

/* runner_hear() - the next frame's length; it must be of this type, and at most @max long. */
uint32_t
runner_hear(enum msg_runner type, size_t max)
{
	uint8_t header[MSG_RUNNER_HEADER], got;
	uint32_t len;

	runner_read(header, sizeof(header));
	if (!msg_runner_header_get(header, &got, &len) || got != (uint8_t)type || len > max)
		runner_end(RUNNER_BAD_MESSAGE);
	return len;
}

/*
 * hear_some() - the next frame, as far as it has come: head and body go to @p. It must be of this type,
 * at most @max long, and the last. Return: bytes of its body that are there.
 */
static size_t
hear_some(enum msg_runner type, size_t max, uint8_t *p, size_t room, uint32_t *len)
{
	size_t have = 0;
	uint8_t got;

	while (have < MSG_RUNNER_HEADER) {
		ssize_t n = read(RUNNER_CHANNEL, p + have, room - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			runner_end(RUNNER_BYE);
		have += (size_t)n;
	}
	have -= MSG_RUNNER_HEADER;
	if (!msg_runner_header_get(p, &got, len) || got != (uint8_t)type || *len > max || have > *len)
		runner_end(RUNNER_BAD_MESSAGE);
	return have;
}

void
runner_take(struct runner *r)
{
	struct stat st;
	sigset_t none;
	void *p;

	/* the host blocks all of them until here (cell_spawn.c) */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	memset(r, 0, sizeof(*r));
	r->host = getppid();
	r->user = RUNNER_UID;
	buf_init(&r->in, 2 * ACTOR_MAX_AREA);
	buf_init(&r->out, MSG_RUNNER_HEAD_MAX);
	if (buf_reserve(&r->out, MSG_RUNNER_HEAD_MAX) == NULL)
		runner_end(RUNNER_NO_MEMORY);
	if (fstat(RUNNER_MODULE, &st) != 0 || st.st_size <= 0 ||
	    fcntl(RUNNER_MODULE, F_GET_SEALS) < 0 ||
	    (fcntl(RUNNER_MODULE, F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_SHRINK)) !=
		(F_SEAL_WRITE | F_SEAL_SHRINK))
		runner_end(RUNNER_NO_MODULE);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, RUNNER_MODULE, 0);
	if (p == MAP_FAILED)
		runner_end(RUNNER_NO_MODULE);
	r->module = bytes_of(p, (size_t)st.st_size);
	close(RUNNER_MODULE);
	close(0);
	close(1);
	close(2);
}

static const struct confine_filter *
filter_of(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < confine_filters_n; i++) {
		const char *of = confine_filters[i].name;

		if (strncmp(of, name, len) == 0 && (of[len] == '\0' || of[len] == '+'))
			return &confine_filters[i];
	}
	return NULL;
}

/* hand() - a MSG_LOCKED with a descriptor beside it. */
static void
hand(struct bytes frame, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	struct iovec v = { (void *)(uintptr_t)frame.ptr, frame.len };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = sizeof(c.room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	if (sendmsg(RUNNER_CHANNEL, &m, 0) != (ssize_t)frame.len)
		runner_end(RUNNER_NOT_HANDED);
	close(fd);
}

static void
tell_locked(struct runner *r, const struct confine_report *got)
{
	struct msg_locked m = { .error = got->error,
		.walls = got->walls,
		.landlock_abi = got->landlock_abi,
		.uid = got->uid,
		.listener = got->listener >= 0,
		.why = bytes_str(got->why) };
	uint8_t frame[MSG_RUNNER_HEADER + MSG_RUNNER_HEAD_MAX];

	memcpy(m.enclose_error, r->enclose_error, sizeof(m.enclose_error));
	r->walls = got->walls;
	r->landlock_abi = got->landlock_abi;
	r->uid = got->uid;
	buf_reset(&r->out);
	msg_locked_put(&r->out, &m);
	if (got->listener < 0) {
		runner_say(r, MSG_LOCKED, BYTES_NULL);
		return;
	}
	msg_runner_header(frame, MSG_LOCKED, r->out.len);
	memcpy(frame + MSG_RUNNER_HEADER, r->out.ptr, r->out.len);
	hand(bytes_of(frame, MSG_RUNNER_HEADER + r->out.len), got->listener);
}

void
runner_lock(struct runner *r)
{
	struct census expected = { 0 };
	struct confine_report got;
	uint32_t enclosed;
	struct confine want = {
		.expected = &expected,
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 },
		    { RLIMIT_NPROC, r->zygote ? ZYGOTE_PROCESSES : 0 },
		    { RLIMIT_FSIZE, 0 }, { RLIMIT_NOFILE, RUNNER_FILES }, { RLIMIT_MEMLOCK, 0 },
		    { RLIMIT_STACK, RUNNER_STACK } },
		.n_limits = 7,
		.change_user = true,
		.uid = r->user,
		.gid = r->user,
		.filter = filter_of(r->zygote ? "zygote" : "runner_birth"),
		.notify = true,
	};

	if (census_add(&expected, RUNNER_CHANNEL) != 0)
		runner_end(RUNNER_NOT_LOCKED);
	enclosed = enclose(r->net, r->enclose_error);
	if (confine(&want, &got) != 0) {
		tell_locked(r, &got);
		runner_end(RUNNER_NOT_LOCKED);
	}
	r->listener = got.listener >= 0;
	if ((got.walls & WALL_BIT(WALL_USER)) != 0 && got.uid == r->user && r->user != RUNNER_UID) {
		enclosed |= UINT32_C(1) << ENCLOSE_OWN_USER;
		r->enclose_error[ENCLOSE_OWN_USER - ENCLOSE_USER] = 0;
	}
	got.walls |= enclosed;
	tell_locked(r, &got);
}

void
runner_begin(struct runner *r, struct actor_world *world)
{
	uint8_t body[MSG_RUNNER_HEAD_MAX];
	uint32_t len = runner_hear(MSG_BIRTH, sizeof(body));
	struct msg_birth m;

	runner_read(body, len);
	if (!msg_birth_get(bytes_of(body, len), &m))
		runner_end(RUNNER_BAD_MESSAGE);
	r->limits = m.limits;
	*world = m.world;
	if (buf_reserve(&r->in, (size_t)m.limits.request + MSG_RUNNER_HEAD_MAX) == NULL)
		runner_end(RUNNER_NO_MEMORY);
}

void
runner_narrow(const struct runner *r)
{
	/* what runner_birth.seccomp grants and runner.seccomp does not; then what zygote.seccomp does */
	static const int birth[] = { SYS_sendmsg, SYS_close, SYS_seccomp, SYS_brk, SYS_mmap,
		SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getrandom,
		SYS_recvmsg, SYS_dup3, SYS_prctl, SYS_getppid, SYS_prlimit64 };
	size_t n = sizeof(birth) / sizeof(birth[0]) - (r->forked ? 0 : 5);
	int e = r->listener ? narrow_kill(birth, n) : narrow_to(filter_of("runner"));

	if (e != 0)
		runner_end(RUNNER_NOT_NARROWED);
}

/* on_ask() - the guest's host call, as a question to the host and its answer. */
static int
on_ask(void *ctx, const struct actor_ask *ask, uint8_t *into, size_t room, size_t *used, bool *ok)
{
	uint8_t some[MSG_RUNNER_HEADER + 1 + SOME], *good = some + MSG_RUNNER_HEADER;
	struct runner *r = ctx;
	size_t have;
	uint32_t len;

	buf_reset(&r->out);
	msg_ask_put_head(&r->out, ask);
	runner_say(r, MSG_ASK, ask->payload);
	have = hear_some(MSG_ANSWER, room + 1, some, sizeof(some), &len);
	if (len == 0)
		runner_end(RUNNER_BAD_MESSAGE);
	if (have == 0) {
		runner_read(good, 1);
		have = 1;
	}
	if (have > 1)
		memcpy(into, good + 1, have - 1);
	runner_read(into + have - 1, len - have);
	*used = len - 1;
	*ok = *good == 1;
	return 0;
}

static int
on_log(void *ctx, struct bytes line)
{
	struct runner *r = ctx;

	buf_reset(&r->out);
	runner_say(r, MSG_LOG, line);
	return 0;
}

void
runner_tell(struct runner *r, enum msg_runner type, const struct actor_outcome *got)
{
	struct msg_done m = { .outcome = *got,
		.cost = r->actor != NULL ? actor_cost(r->actor) : 0 };

	if (r->actor != NULL)
		m.place = actor_running_place(r->actor);
	buf_reset(&r->out);
	msg_done_put_head(&r->out, &m);
	runner_say(r, type, got->out);
}

static void
one_call(struct runner *r)
{
	uint8_t *body = r->in.ptr + MSG_RUNNER_HEADER;
	struct actor_outcome got;
	struct msg_call m;
	size_t have;
	uint32_t len;
	int e;

	have = hear_some(MSG_CALL, r->in.cap - MSG_RUNNER_HEADER, r->in.ptr, r->in.cap, &len);
	runner_read(body + have, len - have);
	if (!msg_call_get(bytes_of(body, len), &m))
		runner_end(RUNNER_BAD_MESSAGE);
	e = m.fresh ? actor_fresh(r->actor, &got) : 0;
	if (e == 0)
		(void)!actor_call(r->actor, m.operation, m.payload, &m.world, m.fuel, &got);
	runner_tell(r, MSG_DONE, &got);
	if (e != 0)
		runner_end(RUNNER_BYE);
}

int
runner_load(struct runner *r, const struct actor_world *world, struct actor_outcome *got)
{
	const struct actor_ops ops = { r, on_ask, on_log };
	int e = actor_new(r->module, &r->limits, &ops, world, &r->actor, got);

	if (e < 0)
		runner_end(RUNNER_NO_MEMORY);
	return e;
}

void
runner_answer(struct runner *r)
{
	for (;;)
		one_call(r);
}

void
runner_serve(struct runner *r)
{
	struct actor_outcome got;
	int e;

	runner_narrow(r);
	e = actor_init(r->actor, &got);
	runner_tell(r, MSG_READY, &got);
	if (e != 0)
		runner_end(RUNNER_BYE);
	runner_answer(r);
}

void
runner_run(uid_t user, bool net)
{
	struct actor_outcome got;
	struct actor_world world;
	struct runner r;

	runner_take(&r);
	r.user = user;
	r.net = net;
	runner_lock(&r);
	runner_begin(&r, &world);
	if (runner_load(&r, &world, &got) != 0) {
		runner_tell(&r, MSG_READY, &got);
		runner_end(RUNNER_BYE);
	}
	runner_serve(&r);
}

int
runner_main(void)
{
	runner_run(RUNNER_UID, false);
}
