/*
 * walk [FIRST N] - a runner that was taken over, and says at random what it likes: right frames,
 * frames that are nearly right, lengths that lie, noise, pieces, descriptors; in every state of the
 * cell, before and after its walls, while it loads, in calls and between them. FIRST is the first
 * seed.
 *
 * What must hold after each walk: the host has an end with a reason in printable words; no process
 * and no descriptor is left; nobody was asked or told more than the limits allow, or by a name that
 * is none; and no answer is above its ceiling. What must have happened after all of them: every end
 * there is, so that a walk that stops at the first step is not taken for one that held.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/proc/cell.h"
#include "host/proc/runner.h"
#include "tests/sandbox/taken.h"

enum { SEED = 20261123, WALKS = 300, STEPS = 12, CALLS = 3, RESPONSE = 4096 };

static uint64_t state;

/* draw() - below @n; xorshift64*, so that a seed is a walk on any machine */
static uint32_t
draw(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

static struct actor_limits
limits(void)
{
	struct actor_limits l = actor_limits_default();

	l.response = l.ask_payload = l.ask_answer = RESPONSE;
	l.error = 512;
	l.asks = 20;
	l.log_lines = 10;
	l.log_bytes = 100;
	return l;
}

/* --- as runner --- */

static void
noise(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_u8(b, (uint8_t)draw(256));
}

static struct bytes
name(void)
{
	static const struct bytes names[] = { BYTES_LIT("default"), BYTES_LIT("wasmcloud:keyvalue"),
		BYTES_LIT("Get"), BYTES_LIT("Set"), BYTES_LIT("a-b"), BYTES_LIT(""),
		BYTES_LIT("a.b"), BYTES_LIT("a b"), BYTES_LIT(">"), BYTES_LIT("*.x"),
		BYTES_LIT("a\nb"), BYTES_LIT("..") };

	return names[draw(sizeof(names) / sizeof(names[0]))];
}

static void
body_of(struct buf *b, enum msg_runner type)
{
	struct msg_done done = { .outcome = { .answer = (enum actor_answer)draw(ACTOR_ANSWERS),
				     .why = "as \x1b[2J it likes" } };
	struct msg_locked locked = { .walls = WALLS_FLOOR, .why = BYTES_LIT("\x1b[2Jwhy\n") };
	struct actor_ask ask = { .binding = name(), .space = name(), .operation = name() };

	if (type == MSG_LOCKED)
		msg_locked_put(b, &locked);
	else if (type == MSG_ASK)
		msg_ask_put_head(b, &ask);
	else if (type == MSG_READY || type == MSG_DONE)
		msg_done_put_head(b, &done);
	noise(b, draw(20) == 0 ? RESPONSE : draw(90));
}

/* put() - in one piece or in many, with @n descriptors beside the first. */
static void
put(struct bytes s, size_t n)
{
	union {
		char room[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	const int fd[3] = { RUNNER_CHANNEL, RUNNER_CHANNEL, RUNNER_CHANNEL };

	while (s.len > 0) {
		size_t piece = draw(4) == 0 ? 1 + draw((uint32_t)s.len) : s.len;
		struct iovec v = { (void *)(uintptr_t)s.ptr, piece };
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

		if (n > 0) {
			m.msg_control = c.room;
			m.msg_controllen = CMSG_SPACE(n * sizeof(int));
			CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
			CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
			CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(n * sizeof(int));
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fd, n * sizeof(int));
		}
		if (sendmsg(RUNNER_CHANNEL, &m, MSG_NOSIGNAL) < 0)
			_exit(1);
		s = bytes_from(s, piece);
		n = 0;
	}
}

static void
one_frame(void)
{
	static const enum msg_runner types[] = { MSG_LOG, MSG_ASK, MSG_ASK, MSG_ASK, MSG_DONE,
		MSG_READY, MSG_LOCKED, MSG_BIRTH, MSG_CALL, MSG_ANSWER };
	/* the first few are what may be said in a call */
	enum msg_runner type = types[draw(draw(6) != 0 ? 5 : sizeof(types) / sizeof(types[0]))];
	uint8_t header[MSG_RUNNER_HEADER];
	uint32_t how = draw(40);
	struct buf b;

	buf_init(&b, 4 * RESPONSE);
	body_of(&b, type);
	msg_runner_header(header, how == 0 ? (enum msg_runner)draw(256) : type,
	    how == 1   ? draw(2) == 0 ? UINT32_MAX : draw(1U << 20)
	      : how == 2 ? b.len / 2
		       : b.len);
	if (how == 3)
		header[5 + draw(3)] = 1;
	if (how == 4 && b.len > 0)
		b.ptr[draw((uint32_t)b.len)] ^= (uint8_t)(1 + draw(255));
	put(bytes_of(header, sizeof(header)), draw(12) == 0 ? 1 + draw(3) : 0);
	put(buf_bytes(&b), draw(12) == 0 ? 1 + draw(3) : 0);
	buf_deinit(&b);
}

/* some() - what is there to read, or nothing. */
static void
some(void)
{
	uint8_t room[512];

	(void)!recv(RUNNER_CHANNEL, room, sizeof(room), MSG_DONTWAIT);
}

static void
steps(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t what = draw(200);

		if (what == 0)
			_exit((int)draw(256));
		else if (what == 1)
			__builtin_trap();
		else if (what == 2 && draw(4) == 0)
			taken_spin();
		else if (what < 50)
			some();
		else
			one_frame();
	}
}

/* locked() - the walls stand; with a listener that is none, or without. */
static void
locked(bool listener)
{
	struct msg_locked m = { .walls = WALLS_FLOOR, .listener = listener };
	uint8_t header[MSG_RUNNER_HEADER];
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_locked_put(&b, &m);
	msg_runner_header(header, MSG_LOCKED, b.len);
	put(bytes_of(header, sizeof(header)), listener ? 1 : 0);
	put(buf_bytes(&b), 0);
	buf_deinit(&b);
}

static void
ready(void)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_DONE } };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_done_put_head(&b, &m);
	taken_say(MSG_READY, buf_bytes(&b));
	buf_deinit(&b);
}

/* wait_for() - at least a byte from the host. */
static void
wait_for(void)
{
	uint8_t c;

	if (recv(RUNNER_CHANNEL, &c, 1, MSG_PEEK) <= 0)
		_exit(0);
}

/* walk_runner() - so far it behaves, then it does not. */
static void __attribute__((noreturn)) walk_runner(uint64_t seed)
{
	uint32_t depth;

	state = seed;
	depth = draw(8);
	if (depth == 0)
		steps(STEPS);
	locked(draw(8) == 0);
	if (depth == 1)
		steps(STEPS);
	ready();
	for (;;) {
		if (depth > 2)
			wait_for();
		some();
		steps(1 + draw(STEPS));
	}
}

/* --- as host --- */

static unsigned ends[CELL_ENDS], asked, told, answered, failures;
static uint64_t seed_now;
static uint32_t asks_now, lines_now;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("NOT OK seed %llu: %s\n", (unsigned long long)seed_now, what);
}

static int
on_ask(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok)
{
	(void)ctx;
	asked++;
	must(++asks_now <= limits().asks, "more host calls than a guest may make");
	must(ask->payload.len <= limits().ask_payload, "a payload above its ceiling");
	must(ask->binding.len == 0 || actor_token_ok(ask->binding), "a link with no name");
	must(actor_token_ok(ask->space) && actor_token_ok(ask->operation), "a name that is none");
	*ok = draw(2) == 0;
	noise(into, draw(3) == 0 ? 2 * RESPONSE : draw(100));
	return draw(10) == 0 ? -1 : 0;
}

static void
on_log(void *ctx, struct bytes line)
{
	(void)ctx;
	told++;
	must(++lines_now <= limits().log_lines, "more lines than a guest may say");
	must(line.len <= limits().log_bytes, "a line above its ceiling");
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
check_words(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= 0x20 && *text < 0x7f, "a reason that cannot be printed");
}

static void
check(const struct cell_result *got)
{
	must(got->end < CELL_ENDS, "an end that is none");
	ends[got->end]++;
	check_words(got->why);
	check_words(got->outcome.why);
	must(got->outcome.out.len <= RESPONSE + MSG_RUNNER_HEAD_MAX, "an answer above its ceiling");
	must(got->end == CELL_ANSWERED || got->why[0] != '\0', "an end without a reason");
	for (size_t i = 0; i < got->outcome.out.len; i++) /* it is all there to be read */
		answered += got->outcome.out.ptr[i];
}

static void
walk(char *self, uint64_t seed)
{
	const struct cell_budget birth = { 1000, 300, 10000, false },
				 call = { 1000, 100, 150, false };
	char number[32];
	char *argv[] = { self, number, NULL };
	struct cell_options o = { .argv = argv,
		.module = BYTES_LIT("x"),
		.limits = limits(),
		.birth = birth,
		.ops = { NULL, on_ask, on_log } };
	struct cell_result got;
	struct cell *c = NULL;
	unsigned before = descriptors();

	seed_now = seed;
	state = ~seed;
	asks_now = lines_now = 0;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)seed);
	must(cell_start(&o, &c, &got) >= 0, "not started");
	check(&got);
	for (int i = 0; c != NULL && i < CALLS && (i == 0 || got.end == CELL_ANSWERED); i++) {
		asks_now = lines_now = 0;
		cell_call(c, BYTES_LIT("op"), BYTES_LIT("data"), &o.world, &call, &got);
		check(&got);
	}
	cell_stop(c);
	must(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a process is left");
	must(descriptors() == before, "a descriptor is left");
}

int
main(int argc, char **argv)
{
	uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : SEED;
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : WALKS;
	char self[4096] = { 0 };

	if (argc == 2)
		walk_runner(strtoull(argv[1], NULL, 10));
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	for (uint64_t i = 0; i < n; i++)
		walk(self, first + i);
	for (int i = 0; i < CELL_ENDS; i++) {
		printf("%s %u, ", cell_end_name((enum cell_end)i), ends[i]);
		must(argc == 3 || ends[i] > 0 || i == CELL_NO_START || i == CELL_NO_WALLS ||
			 i == CELL_CPU || i == CELL_WALL || i == CELL_STOPPED,
		    cell_end_name((enum cell_end)i));
	}
	must(argc == 3 || ends[CELL_CPU] + ends[CELL_WALL] > 0, "no time ran out");
	must(argc == 3 || (asked > 0 && told > 0 && answered > 0), "a walk that got nowhere");
	printf("%llu walks, %u host calls, %u lines, %u not as they must be\n",
	    (unsigned long long)n, asked, told, failures);
	return failures == 0 ? 0 : 1;
}
