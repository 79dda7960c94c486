/*
 * bench_relay - what a message costs in the gate itself: a whole relay between two socket pairs,
 *without processes, keys and a network around it.
 *
 *	bench_relay                     nanoseconds of processor time a message, best of several
 *runs bench_relay --questions         what is asked, a line each bench_relay --ask N TIMES question
 *N with TIMES messages, nothing printed: for a counter of instructions around it
 *(scripts/instructions)
 *
 * Messages come in blocks of up to 32 KiB, as client libraries and nats-server write them. Every
 *byte that leaves the relay is counted, and of the first block compared: a relay that says no is no
 *measurement.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/nats/writer.h"
#include "gateway/relay/relay.h"

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"
#define USER "UAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLL5"
#define TOKEN "~abcdefghijklmnopqrstu"
#define POLICY                                                                                     \
	"lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"                                 \
	"role bench { account = ACME tags = [\"role:bench\"] }\n"                                  \
	"rule orders { publish = [\"bench.>\"] subscribe = [\"bench.>\"] to = [bench] }\n"
#define LOGIN                                                                                      \
	"CONNECT {\"jwt\":\"a.b.c\",\"sig\":\"x\",\"verbose\":false,\"headers\":true,"             \
	"\"no_responders\":true,\"protocol\":1}\r\nSUB bench.> 1\r\nSUB _INBOX.me.* 2\r\n"
#define INFO                                                                                       \
	"INFO "                                                                                    \
	"{\"version\":\"2.9.10\",\"nonce\":\"abcdefghijk\",\"headers\":true,\"max_payload\":"      \
	"1048576}\r\nPONG\r\n"

enum { BLOCK = 32 * 1024, RUNS = 9, MESSAGES = 1 << 16, MANY = 64, SOCKET_BUFFER = 4 << 20 };

/* One kind of message. */
static const struct question {
	const char *what;
	bool published; /* else delivered */
	size_t size;
	unsigned subjects;
	const char *reply;      /* as whoever reads it sees it, and... */
	const char *reply_said; /* ...as it comes in */
	bool headers;
} questions[] = {
	{ "PUB 16 B, one subject", true, 16, 1, "", "", false },
	{ "PUB 512 B, one subject", true, 512, 1, "", "", false },
	{ "PUB 16 B, 64 subjects in turn", true, 16, MANY, "", "", false },
	{ "PUB 128 B with an inbox", true, 128, 1, "_INBOX." TOKEN ".me.7", "_INBOX.me.7", false },
	{ "HPUB 16 B", true, 16, 1, "", "", true },
	{ "MSG 16 B, one subject", false, 16, 1, "", "", false },
	{ "MSG 512 B, one subject", false, 512, 1, "", "", false },
	{ "MSG 16 B, 64 subjects in turn", false, 16, MANY, "", "", false },
	{ "HMSG 16 B", false, 16, 1, "", "", true },
};

enum { N_QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static uv_loop_t loop;
static struct stream_room room;
static struct relay_env env;
static struct relay relay;
static struct identity id;
static struct rights *rights;
static int client, upstream; /* our ends */
static bool open_now;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "bench_relay: %s\n", what);
	exit(1);
}

static int
pair_end(int *ours)
{
	int pair[2], bytes = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		fail("no socket pair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	*ours = pair[1];
	return pair[0];
}

/* ---- the edge's part ---- */

static void
verify(struct relay *r, const struct nats_connect *c, const char *nonce)
{
	(void)c;
	(void)nonce;
	relay_verdict(r, &id, &rights, NULL, NULL);
}

static void
dial(struct relay *r)
{
	relay_dialled(r, pair_end(&upstream));
}

static void
sign(struct relay *r, const char *nonce)
{
	static const uint8_t sig[64];

	(void)nonce;
	relay_signed(r, BYTES_LIT("ours"), bytes_of(sig, sizeof(sig)));
}

static int
command(struct relay *r, const struct relay_command *c)
{
	(void)r;
	(void)c;
	return -EINVAL;
}

static void
enough(struct relay *r, struct bytes subject)
{
	(void)r;
	(void)subject;
}

static void
event(struct relay *r, const struct relay_event *e)
{
	(void)r;
	(void)e;
	fail("something was denied");
}

static const char *
rule_name(uint32_t rule)
{
	(void)rule;
	return "rule";
}

static void
opened(struct relay *r)
{
	(void)r;
	open_now = true;
}

static void
ended(struct relay *r, const char *why)
{
	(void)r;
	if (why != NULL && strcmp(why, "over") != 0)
		fail(why);
}

static void
gone(struct relay *r)
{
	(void)r;
}

static void
limit(struct relay *r, enum limit l)
{
	(void)r;
	fail(limit_name(l));
}

static const struct relay_ops ops = { verify, dial, sign, command, enough, event, rule_name, opened,
	ended, gone, NULL, limit };

/* ---- setting up ---- */

static void
make_rights(struct buf *snapshot, struct policy **policy)
{
	static char tag[] = "role:bench", name[] = "bench";
	static char *tags[] = { tag };
	struct policy_source src = { "bench.policy", bytes_str(POLICY) };
	struct text_report report;

	text_report_init(&report);
	if (policy_compile(snapshot, &src, 1, &report) != 0 ||
	    policy_open(policy, buf_bytes(snapshot)) != 0)
		fail("no policy");
	text_report_deinit(&report);
	id = (struct identity){ .user = USER,
		.account = ACME,
		.issuer = ACME,
		.name = name,
		.n_tags = 1,
		.tags = tags,
		.max_subs = -1,
		.max_payload = -1,
		.inbox = TOKEN };
	if (rights_new(&rights, *policy, &id) != 0)
		fail("no rights");
}

/* swallow() - what waits at one of our ends. */
static size_t
swallow(int fd, struct buf *to)
{
	static uint8_t in[256 * 1024];
	size_t sum = 0;
	ssize_t n;

	while ((n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		if (to != NULL)
			buf_put(to, bytes_of(in, (size_t)n));
		sum += (size_t)n;
	}
	return sum;
}

static void
say(int fd, struct bytes s)
{
	if (send(fd, s.ptr, s.len, MSG_NOSIGNAL) != (ssize_t)s.len)
		fail("a socket takes too little");
}

static void
set_up(void)
{
	log_setup(LOG_FTL, "bench");
	if (uv_loop_init(&loop) != 0 || stream_room_init(&room, &loop) != 0)
		fail("no loop");
	env = (struct relay_env){ .ops = &ops, .room = &room };
	env.limits = (struct limits){ .max_line = 4096,
		.max_connect = 16384,
		.max_payload = 1 << 20,
		.max_command = 1 << 18,
		.max_pending = 1 << 20,
		.max_subs = 100,
		.auth_timeout_ms = 100000,
		.login_timeout_ms = 100000,
		.ping_interval_ms = 100000,
		.ping_max = 2,
		.write_deadline_ms = 10000 };
	env.hello = (struct nats_hello){ .server_id = "N",
		.server_name = "n",
		.version = "2.9.10",
		.host = "h",
		.domain = "",
		.max_payload = 1 << 20,
		.headers = true };
	buf_init(&env.scratch, 1 << 20);
	if (relay_start(
		&relay, &env, pair_end(&client), 7, "127.0.0.1", 5, "0123456789012345678901") != 0)
		fail("no relay");
	say(client, BYTES_LIT(LOGIN));
	for (int i = 0; i < 8; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		if (i == 3)
			say(upstream, BYTES_LIT(INFO));
	}
	if (!open_now)
		fail("not logged in");
	swallow(client, NULL);
	swallow(upstream, NULL);
}

static void
tear_down(void)
{
	relay_end(&relay, NULL, "over");
	relay_drop(&relay, NULL, "over");
	close(client);
	close(upstream);
	uv_run(&loop, UV_RUN_DEFAULT);
	stream_room_deinit(&room);
	buf_deinit(&env.scratch);
	uv_loop_close(&loop);
}

/* ---- measuring ---- */

/* message() - the @i-th, as it comes in (@said) or as it must leave. */
static void
message(struct buf *b, const struct question *q, size_t i, bool said)
{
	static uint8_t body[4096];
	struct bytes header =
	    q->headers ? BYTES_LIT("NATS/1.0\r\nX-Trace: 0af7651916cd43dd\r\n\r\n") : BYTES_NULL;
	struct bytes reply = bytes_str(said ? q->reply_said : q->reply),
		     payload = bytes_of(body, q->size);
	char subject[64] = "bench.orders.new";

	if (q->subjects > 1)
		snprintf(subject, sizeof(subject), "bench.orders.new.%zu", i % q->subjects);
	if (q->published)
		nats_put_pub(b, bytes_str(subject), reply, header, payload);
	else
		nats_put_msg(b, bytes_str(subject), BYTES_LIT("1"), reply, header, payload);
}

/* pass() - @n messages, a block at a time. */
static void
pass(const struct question *q, size_t n, struct buf *in, struct buf *out)
{
	int from = q->published ? client : upstream, to = q->published ? upstream : client;
	struct buf seen;
	size_t each = 1;

	buf_init(&seen, 2 * BLOCK);
	buf_reset(in);
	message(in, q, 0, true);
	/* a power of two, so that blocks are whole */
	while (2 * each * in->len < BLOCK)
		each *= 2;
	buf_reset(in);
	buf_reset(out);
	for (size_t i = 0; i < each; i++) {
		message(in, q, i, true);
		message(out, q, i, false);
	}
	for (size_t done = 0; done < n; done += each) {
		size_t got = 0;

		say(from, buf_bytes(in));
		for (int i = 0; i < 100 && got < out->len; i++) {
			uv_run(&loop, UV_RUN_NOWAIT);
			got += swallow(to, done == 0 ? &seen : NULL);
		}
		if (got != out->len || (done == 0 && !bytes_eq(buf_bytes(&seen), buf_bytes(out))))
			fail("not what was said");
	}
	buf_deinit(&seen);
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
report(const struct question *q, struct buf *in, struct buf *out)
{
	double best = 0;

	for (int k = 0; k < RUNS; k++) {
		double start = now_ns(), each;

		pass(q, MESSAGES, in, out);
		each = (now_ns() - start) / MESSAGES;
		best = k == 0 || each < best ? each : best;
	}
	printf("%-34s %8.1f ns, sockets of both ends included\n", q->what, best);
}

int
main(int argc, char **argv)
{
	bool count = argc == 4 && strcmp(argv[1], "--ask") == 0;
	size_t which = count ? strtoul(argv[2], NULL, 10) : 0;
	struct buf snapshot, in, out;
	struct policy *policy;

	if (argc > 1 && strcmp(argv[1], "--questions") == 0) {
		for (size_t i = 0; i < N_QUESTIONS; i++)
			puts(questions[i].what);
		return 0;
	}
	if (which >= N_QUESTIONS)
		fail("no such question");
	buf_init(&snapshot, 1 << 20);
	buf_init(&in, 2 * BLOCK);
	buf_init(&out, 2 * BLOCK);
	make_rights(&snapshot, &policy);
	set_up();
	if (count)
		pass(&questions[which], strtoul(argv[3], NULL, 10), &in, &out);
	for (size_t i = 0; i < N_QUESTIONS && !count; i++)
		report(&questions[i], &in, &out);
	tear_down();
	rights_free(rights);
	policy_close(policy);
	buf_deinit(&snapshot);
	buf_deinit(&in);
	buf_deinit(&out);
	return 0;
}
