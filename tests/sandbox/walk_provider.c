/*
 * walk_provider [FIRST N] - as walk.c, of a provider that was taken over: it says at random what it
 * likes, in every state, and its host must stay right: words that can be printed, nobody asked who
 * is not linked, each call that was made answered exactly once, no process and no descriptor left.
 *
 * The program is the host, and, under the name of a provider, the provider.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/io/frame.h"
#include "host/proc/provider.h"

/* every other walk is in a provider that has logins: another may not ask for one */
#define PROGRAM "portcullis-provider-httpserver"
#define TALKER "portcullis-provider-messaging"

enum { SEED = 20261123, WALKS = 100, STEPS = 60, LIFE_MS = 500, PATIENCE_MS = 60000, CALLS = 3, BODY = 4096 };

static uint64_t state;

static uint32_t
draw(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

static void
noise(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_u8(b, (uint8_t)draw(256));
}

/* --- as provider --- */

static struct bytes
actor(void)
{
	static const struct bytes names[] = { BYTES_LIT("MOTHER"), BYTES_LIT(""),
		BYTES_LIT("a\nb") };

	return draw(30) != 0 ? BYTES_LIT("MACTOR") : names[draw(sizeof(names) / sizeof(names[0]))];
}

static void
body_of(struct buf *b, enum msg_provider type)
{
	static const struct bytes words = BYTES_LIT("as \x1b[2J it\nlikes");
	struct msg_provider_ready ready = { .walls = ~0U, .why = words };
	struct msg_provider_link_state link = { .actor = actor(),
		.state = draw(10) != 0 ? PROVIDER_LINK_RUNNING : (enum provider_link_state)draw(5),
		.why = words };
	struct msg_provider_ask ask = { .id = draw(20),
		.timeout_ms = draw(3) == 0 ? UINT32_MAX : draw(50),
		.actor = actor(),
		.operation = draw(30) == 0 ? words : BYTES_LIT("HttpServer.HandleRequest"),
		.payload = words };
	struct msg_provider_result result = { .id = draw(2) == 0 ? draw(4) : state,
		.answer = (enum provider_answer)draw(6),
		.payload = words };
	struct msg_provider_log line = {
		.level = (uint8_t)draw(8), .actor = actor(), .text = words
	};
	struct provider_counts counts = { .calls = state };
	struct msg_provider_sign sign = { .actor = actor(), .nonce = words };

	switch (type) {
	case MSG_PROVIDER_READY:
		msg_provider_ready_put(b, &ready);
		break;
	case MSG_PROVIDER_LINK_STATE:
		msg_provider_link_state_put(b, &link);
		break;
	case MSG_PROVIDER_INVOKE:
		msg_provider_ask_put(b, &ask);
		break;
	case MSG_PROVIDER_RESULT:
		msg_provider_result_put(b, &result);
		break;
	case MSG_PROVIDER_LOG:
		msg_provider_log_put(b, &line);
		break;
	case MSG_PROVIDER_COUNTS:
		msg_provider_counts_put(b, &counts);
		break;
	case MSG_PROVIDER_SIGN:
		msg_provider_sign_put(b, &sign);
		break;
	default:
		noise(b, draw(64));
		break;
	}
}

/* put() - in one piece or in many, with @n descriptors beside the first. */
static void
put(struct bytes s, size_t n)
{
	union {
		char room[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} c = { .room = { 0 } };
	const int fd[3] = { 0, 0, 0 };

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
		if (sendmsg(PROVIDER_CHANNEL, &m, MSG_NOSIGNAL) < 0)
			_exit(1);
		s = bytes_from(s, piece);
		n = 0;
	}
}

static void
one_frame(enum msg_provider type)
{
	uint32_t how = draw(200), len;
	uint16_t head[2] = { (uint16_t)type, how == 0 ? 1 : 0 };
	uint8_t header[FRAME_HEADER];
	struct buf b;

	buf_init(&b, BODY);
	body_of(&b, type);
	len = how == 1   ? draw(2) == 0 ? UINT32_MAX : draw(1U << 22)
		: how == 2 ? (uint32_t)b.len / 2
			 : (uint32_t)b.len;
	if (how == 3)
		head[1] = (uint16_t)draw(65536);
	if (how == 4 && b.len > 0)
		b.ptr[draw((uint32_t)b.len)] ^= (uint8_t)(1 + draw(255));
	if (how == 5)
		noise(&b, 1 + draw(20));
	memcpy(header, &len, sizeof(len));
	memcpy(header + sizeof(len), head, sizeof(head));
	put(bytes_of(header, sizeof(header)), how == 0 || how == 6 ? 1 + draw(3) : 0);
	put(buf_bytes(&b), 0);
	buf_deinit(&b);
}

/* seed_of() - the host's first word holds it: "WALK", digits, ";". Its descriptors are no business
 * of ours. */
static uint64_t
seed_of(void)
{
	static uint8_t room[4096];
	const uint8_t *at = NULL;
	size_t n = 0;

	while (at == NULL && n < sizeof(room)) {
		ssize_t r = read(PROVIDER_CHANNEL, room + n, sizeof(room) - n);

		if (r <= 0)
			_exit(0);
		n += (size_t)r;
		at = memmem(room, n, "WALK", 4);
		at = at != NULL && memchr(at, ';', n - (size_t)(at - room)) != NULL ? at : NULL;
	}
	return at != NULL ? strtoull((const char *)at + 4, NULL, 10) : 0;
}

static void __attribute__((noreturn)) provider(void)
{
	static const enum msg_provider types[] = { MSG_PROVIDER_LINK_STATE, MSG_PROVIDER_INVOKE,
		MSG_PROVIDER_LOG, MSG_PROVIDER_COUNTS, MSG_PROVIDER_SIGN, MSG_PROVIDER_INVOKE,
		MSG_PROVIDER_RESULT, MSG_PROVIDER_READY, MSG_PROVIDER_CALL, MSG_PROVIDER_STOP };
	uint8_t room[256];

	state = seed_of();
	if (draw(8) != 0) {
		struct msg_provider_ready m = { .walls = ~0U };
		uint8_t header[FRAME_HEADER] = { 0 };
		struct buf b;

		buf_init(&b, BODY);
		msg_provider_ready_put(&b, &m);
		header[0] = (uint8_t)b.len;
		header[4] = MSG_PROVIDER_READY;
		put(bytes_of(header, sizeof(header)), 0);
		put(buf_bytes(&b), 0);
		buf_deinit(&b);
		/* until it is told of its link */
		if (draw(3) != 0 && recv(PROVIDER_CHANNEL, room, sizeof(room), 0) <= 0)
			_exit(0);
	}
	for (uint32_t i = 0, n = draw(STEPS); i < n; i++) {
		one_frame(types[draw(draw(60) != 0 ? 6 : sizeof(types) / sizeof(types[0]))]);
		(void)!recv(PROVIDER_CHANNEL, room, sizeof(room), MSG_DONTWAIT);
	}
	if (draw(4) == 0)
		__builtin_trap();
	while (recv(PROVIDER_CHANNEL, room, sizeof(room), 0) > 0)
		continue;
	_exit(0);
}

/* --- as host --- */

static uv_loop_t loop;
static unsigned failures, asked, told, results, broken, refused, signs;
static int outstanding;
static uint64_t seed_now;
static bool late, over;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("NOT OK seed %llu: %s\n", (unsigned long long)seed_now, what);
}

static void
printable(const char *s)
{
	for (; *s != '\0'; s++)
		must(*s >= 0x20 && *s < 0x7f, "words that cannot be printed");
}

static void
on_state(void *ctx, struct provider *p)
{
	const struct provider_status *s = provider_status(p);

	(void)ctx;
	printable(s->why);
	if (s->state != PROVIDER_BROKEN)
		return;
	broken++;
	over = true;
	refused += strstr(s->why, "may not be said") != NULL;
}

static void
on_link(void *ctx, struct provider *p, const struct provider_link_status *l)
{
	(void)ctx;
	(void)p;
	printable(l->why);
	must(bytes_is(l->actor, "MACTOR"), "a link nobody put");
}

static void
on_invoke(void *ctx, struct provider *p, const struct msg_provider_ask *m)
{
	(void)ctx;
	asked++;
	must(bytes_is(m->actor, "MACTOR"), "an actor that is not linked is asked");
	must(provider_name_ok(m->operation, PROVIDER_NAME), "an operation that has no name");
	if (draw(2) == 0)
		provider_answer(
		    p, m->id, (enum provider_answer)draw(PROVIDER_ANSWERS), BYTES_LIT("so"));
	if (draw(4) == 0)
		provider_answer(p, m->id + draw(3), PROVIDER_OK, BYTES_LIT("again"));
}

static void
on_result(void *ctx, struct provider *p, const struct msg_provider_result *m)
{
	(void)ctx;
	(void)p;
	results++;
	outstanding--;
	must(m->answer < PROVIDER_ANSWERS, "an answer that is none");
	must(m->payload.len <= PROVIDER_PAYLOAD, "an answer above its ceiling");
}

static void
on_log(void *ctx, struct provider *p, int level, struct bytes who, struct bytes text)
{
	(void)ctx;
	(void)p;
	(void)level;
	told++;
	must(who.len == 0 || bytes_is(who, "MACTOR"), "a line in the name of who is not linked");
	for (size_t i = 0; i < text.len; i++)
		must(text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f, "a line that cannot be printed");
}

static int
on_sign(void *ctx, struct provider *p, struct bytes who, struct bytes nonce, struct buf *jwt,
    struct buf *sig)
{
	(void)ctx;
	(void)p;
	(void)jwt;
	(void)sig;
	signs++;
	must(seed_now % 2 == 0, "a login for a provider that has none");
	must(
	    bytes_is(who, "MACTOR") && nonce.len <= PROVIDER_NONCE, "a login of who is not linked");
	return -1;
}

static void
on_late(uv_timer_t *t)
{
	(void)t;
	late = true;
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

/* live() - some calls, then until it is over, or until it has had its time. */
static void
live(struct provider *p)
{
	uv_timer_t timer;
	int made = 0;

	late = over = false;
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_late, LIFE_MS, 0);
	while (!late && !over) {
		uint64_t id;

		if (made < CALLS && provider_status(p)->state == PROVIDER_RUNNING) {
			made++;
			outstanding += provider_call(p, BYTES_LIT("MACTOR"), BYTES_LIT("Get"),
					   BYTES_LIT("x"), 50, &id) == 0;
		}
		uv_run(&loop, UV_RUN_ONCE);
	}
	/* what it did not answer is answered for it */
	uv_timer_again(&timer);
	late = false;
	uv_timer_start(&timer, on_late, PATIENCE_MS, 0);
	while (outstanding > 0 && !late)
		uv_run(&loop, UV_RUN_ONCE);
	must(outstanding == 0, "a call without an answer, or with two");
	outstanding = 0;
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void
walk(const char *programs, uint64_t seed)
{
	const struct providers_options o = { .programs = programs,
		.host_id = BYTES_LIT("NHOST"),
		.lattice = BYTES_LIT("default"),
		.stderr_fd = -1,
		.ops = { NULL, on_state, on_link, on_invoke, on_result, on_log, NULL, on_sign } };
	bool talker = seed % 2 == 0;
	struct provider_spec spec = { .kind = talker ? "messaging" : "httpserver",
		.key = BYTES_LIT("VHOSTILE"),
		.contract = talker ? BYTES_LIT("wasmcloud:messaging") : BYTES_LIT("wasmcloud:httpserver"),
		.link_name = BYTES_LIT("default"),
		.config = { 1, { { BYTES_LIT("seed"), BYTES_NULL } } } };
	/* nobody listens there: it goes on without */
	const struct provider_pairs values = { 2,
		{ { BYTES_LIT("PORT"), BYTES_LIT("0") }, { BYTES_LIT("URI"), BYTES_LIT("nats://127.0.0.1:1") } } };
	struct providers *all = NULL;
	struct provider *p = NULL;
	unsigned before = descriptors();
	char text[32];

	seed_now = seed;
	state = ~seed;
	snprintf(text, sizeof(text), "WALK%llu;", (unsigned long long)seed);
	spec.config.pair[0].value = bytes_str(text);
	must(providers_new(&all, &loop, &o) == 0 && provider_start(all, &spec, &p) == 0 &&
		 provider_link_put(p, BYTES_LIT("MACTOR"), &values) == 0,
	    "not started");
	live(p);
	providers_free(all);
	uv_run(&loop, UV_RUN_NOWAIT);
	must(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a process is left");
	must(descriptors() == before, "a descriptor is left");
}

int
main(int argc, char **argv)
{
	uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : SEED;
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : WALKS;
	char dir[] = "/tmp/walk-XXXXXX", self[4096] = { 0 }, command[8400];

	if (strcmp(argv[0], PROGRAM) == 0 || strcmp(argv[0], TALKER) == 0)
		provider();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || mkdtemp(dir) == NULL ||
	    chmod(dir, 0755) != 0 || uv_loop_init(&loop) != 0)
		return 2;
	snprintf(command, sizeof(command),
	    "cp '%s' %s/" PROGRAM " && chmod 755 %s/" PROGRAM " && ln %s/" PROGRAM " %s/" TALKER, self, dir, dir,
	    dir, dir);
	if (system(command) != 0)
		return 2;
	for (uint64_t i = 0; i < n; i++)
		walk(dir, first + i);
	must(argc == 3 ||
		 (asked > 0 && told > 0 && results > 0 && broken > 0 && refused > 0 && signs > 0),
	    "a walk that got nowhere");
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	printf("%llu walks, %u invocations, %u results, %u lines, %u logins asked for, %u broken, "
	       "%u of them for what they said, "
	       "%u not as they must be\n",
	    (unsigned long long)n, asked, results, told, signs, broken, refused, failures);
	uv_loop_close(&loop);
	return system(command) == 0 && failures == 0 ? 0 : 1;
}
