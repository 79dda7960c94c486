/*
 * A relay between two socket pairs: this file is its client, its upstream and its edge. Small
 * limits, so that every side is slow at some time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/relay/relay.h"
#include "tests/unit/gateway/relay/suites.h"
#include "tests/unit/policy/rules/suites.h"

#define TOKEN "~abcdefghijklmnopqrstu"
#define CONNECT                                                                                    \
	"CONNECT "                                                                                 \
	"{\"jwt\":\"a.b.c\",\"sig\":\"x\",\"verbose\":false,\"headers\":true,\"no_responders\":"   \
	"true,\"protocol\":1}"                                                                     \
	"\r\n"
#define VERBOSE "CONNECT {\"jwt\":\"a.b.c\",\"sig\":\"x\",\"verbose\":true,\"protocol\":1}\r\n"
#define INFO                                                                                       \
	"INFO "                                                                                    \
	"{\"version\":\"2.9.10\",\"nonce\":\"abcdefghijk\",\"headers\":true,\"max_payload\":"      \
	"65536} \r\n"
#define COMMAND "wasmbus.ctl.default.cmd.NHOST.lp"

enum { PENDING = 16 * 1024, PAYLOAD = 64 * 1024, TURNS = 2000 };

static uv_loop_t loop;
static struct stream_room room;
static struct relay_env env;
static struct relay relay;
static struct world w;
static struct rights *rights;
static int client, upstream; /* our ends */
static struct buf from_client_side, from_upstream_side;
static bool client_end, upstream_end;
static int verifies, dials, signs, openeds, endeds, gones, events, commands;
static int kinds[RELAY_PROTOCOL + 1];
static uint64_t verbs; /* of commands that were refused */
static unsigned ends; /* of subscriptions, while a command was under way */
enum stop { NOWHERE, AT_VERIFY, AT_DIAL, AT_SIGN, AT_COMMAND, AT_EVENT, AT_OPENED };
static enum stop stop_at;
static char why_ended[64];
static int fds_before;
static unsigned limits_met[LIMIT_COUNT];

static int
open_fds(void)
{
	int n = 0;

	for (int i = 0; i < 512; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

static void
verify(struct relay *r, const struct nats_connect *c, const char *nonce)
{
	ck_assert_str_eq(c->jwt, "a.b.c");
	ck_assert_str_eq(nonce, "0123456789012345678901");
	verifies++;
	if (stop_at == AT_VERIFY)
		relay_verdict(r, NULL, NULL, NULL, "no");
	else
		relay_verdict(r, &w.id, &rights, NULL, NULL);
}

static void
dial(struct relay *r)
{
	int pair[2];

	dials++;
	if (stop_at == AT_DIAL) {
		relay_dialled(r, -1);
		return;
	}
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	upstream = pair[1];
	fcntl(upstream, F_SETFL, O_NONBLOCK);
	relay_dialled(r, pair[0]);
}

static void
sign(struct relay *r, const char *nonce)
{
	static const uint8_t sig[64];

	ck_assert_str_eq(nonce, "abcdefghijk");
	signs++;
	relay_signed(
	    r, stop_at == AT_SIGN ? BYTES_NULL : BYTES_LIT("ours"), bytes_of(sig, sizeof(sig)));
}



static int
command(struct relay *r, const struct relay_command *c)
{
	(void)c;
	commands++;
	if (stop_at == AT_COMMAND)
		relay_end(r, "Server Shutdown", "test");
	return 0;
}

static void
enough(struct relay *r, struct bytes subject)
{
	(void)r;
	(void)subject;
	ends++;
}

static void
limit(struct relay *r, enum limit l)
{
	(void)r;
	limits_met[l]++;
}

static void
event(struct relay *r, const struct relay_event *e)
{
	events++;
	kinds[e->kind]++;
	verbs |= e->kind == RELAY_COMMAND_DENIED ? UINT64_C(1) << e->verb : 0;
	if (stop_at == AT_EVENT)
		relay_end(r, "Server Shutdown", "test");
}

static void
opened(struct relay *r)
{
	openeds++;
	if (stop_at == AT_OPENED)
		relay_end(r, "Server Shutdown", "test");
}

static void
ended(struct relay *r, const char *why)
{
	(void)r;
	endeds++;
	snprintf(why_ended, sizeof(why_ended), "%s", why);
}

static void
gone(struct relay *r)
{
	gones++;
	memset(r, 0xa5, sizeof(*r)); /* whoever touches it now will fall over it */
}

static const char *
rule_name(uint32_t rule)
{
	return rule == RULE_NONE ? "none" : "some";
}

static const struct relay_ops ops = { verify, dial, sign, command, enough, event, rule_name, opened,
	ended, gone, NULL, limit };

/* done() - the dispatcher's word on a command. */
static void
done(uint64_t number, bool forwarded, struct bytes subject)
{
	relay_command_done(&relay,
	    &(struct relay_done){ .number = number, .forwarded = forwarded, .subject = subject });
}

/* hear() - what has come at one of our ends. */
static void
hear_from(int fd, struct buf *to, bool *end)
{
	uint8_t in[4096];
	ssize_t n;

	while (fd >= 0 && !*end && (n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) >= 0) {
		if (n == 0)
			*end = true;
		buf_put(to, bytes_of(in, (size_t)n));
	}
}

static void
hear(void)
{
	hear_from(client, &from_client_side, &client_end);
	hear_from(upstream, &from_upstream_side, &upstream_end);
}

static void
turn(int turns, bool reading)
{
	for (int i = 0; i < turns; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		if (reading)
			hear();
	}
}

static bool
holds(const struct buf *b, const char *text)
{
	return b->len != 0 && memmem(b->ptr, b->len, text, strlen(text)) != NULL;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
}

static void
setup(void)
{
	int pair[2];

	log_setup(LOG_FTL, "test");
	memset(kinds, 0, sizeof(kinds));
	verbs = 0;
	verifies = dials = signs = openeds = endeds = gones = events = commands = 0;
	stop_at = NOWHERE;
	client_end = upstream_end = false;
	why_ended[0] = '\0';
	memset(limits_met, 0, sizeof(limits_met));
	upstream = -1;
	world_policy(&w, "t.policy",
	    BYTES_LIT("lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
		      "role boss { account = ACME tags = [\"role:boss\"] }\n"
		      "rule data { publish = [\"app.>\"] subscribe = [\"app.>\"] to = [boss] }\n"
		      "rule all { allow = [deploy] to = [boss] }\n"));
	world_person(&w, ACME, "role:boss", NULL);
	memcpy(w.id.inbox, TOKEN, sizeof(TOKEN));
	world_login(&w);
	rights = w.rights;
	buf_init(&from_client_side, SIZE_MAX);
	buf_init(&from_upstream_side, SIZE_MAX);
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(stream_room_init(&room, &loop), 0);
	fds_before = open_fds();
	env = (struct relay_env){ .ops = &ops, .room = &room };
	env.limits = (struct limits){ .max_line = 4096,
		.max_connect = 16384,
		.max_payload = PAYLOAD,
		.max_command = PAYLOAD,
		.max_pending = PENDING,
		.max_subs = 100,
		.auth_timeout_ms = 1000,
		.login_timeout_ms = 5000,
		.ping_interval_ms = 100000,
		.ping_max = 2,
		.write_deadline_ms = 1000 };
	env.hello = (struct nats_hello){ .server_id = "N",
		.server_name = "n",
		.version = "2.9.10",
		.host = "h",
		.domain = "",
		.max_payload = PAYLOAD,
		.headers = true };
	buf_init(&env.scratch, 1 << 20);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	client = pair[1];
	relay = (struct relay){ 0 };
	ck_assert_int_eq(
	    relay_start(&relay, &env, pair[0], 7, "127.0.0.1", 5, "0123456789012345678901"), 0);
}

static void
teardown(void)
{
	/* over in the end, whatever happened, once and without a descriptor left */
	if (gones == 0)
		relay_end(&relay, NULL, "teardown");
	for (int i = 0; i < 20 && gones == 0; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		uv_update_time(&loop);
		if (gones == 0)
			relay_tick(&relay, uv_now(&loop) + 100000);
	}
	ck_assert_int_eq(gones, 1);
	ck_assert_int_eq(endeds, 1);
	close(client);
	if (upstream >= 0)
		close(upstream);
	uv_run(&loop, UV_RUN_DEFAULT);
	stream_room_deinit(&room);
	buf_deinit(&env.scratch);
	buf_deinit(&from_client_side);
	buf_deinit(&from_upstream_side);
	ck_assert_int_eq(open_fds(), fds_before);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	world_end(&w);
}

/* log_in() - to the open relay. */
static void
log_in(const char *connect)
{
	say(client, connect);
	turn(4, true);
	say(upstream, INFO);
	turn(4, true);
	ck_assert(holds(&from_upstream_side, "\"jwt\":\"ours\""));
	say(upstream, "PONG\r\n");
	turn(4, true);
	ck_assert_int_eq(openeds, 1);
	buf_reset(&from_client_side);
	buf_reset(&from_upstream_side);
}

/* count_ops() - how often a text occurs. */
static size_t
count(const struct buf *b, const char *text)
{
	size_t n = 0, len = strlen(text);
	const uint8_t *p = b->ptr, *found;

	while (p != NULL && (found = memmem(p, b->len - (size_t)(p - b->ptr), text, len)) != NULL) {
		n++;
		p = found + len;
	}
	return n;
}

/* pour() - all of @s into one of our ends while the loop turns. */
static void
pour(int fd, struct bytes s, bool reading)
{
	for (int i = 0; i < TURNS && s.len > 0; i++) {
		ssize_t n = send(fd, s.ptr, s.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			s = bytes_from(s, (size_t)n);
		turn(1, reading);
	}
	ck_assert_uint_eq(s.len, 0);
}

START_TEST(a_login_goes_through_its_stages)
{
	turn(2, true);
	ck_assert(holds(&from_client_side, "INFO {"));
	ck_assert(holds(&from_client_side, "\"nonce\":\"0123456789012345678901\""));
	log_in(CONNECT);
	ck_assert_int_eq(verifies + dials + signs, 3);
	say(client, "PUB app.x 2\r\nhi\r\nPING\r\n");
	turn(4, true);
	ck_assert(bytes_is(buf_bytes(&from_upstream_side), "PUB app.x 2\r\nhi\r\nPING\r\n"));
}
END_TEST

START_TEST(an_end_at_any_stage_leaves_nothing_behind)
{
	stop_at = (enum stop)_i;
	say(client,
	    CONNECT "PUB elsewhere 0\r\n\r\nPUB " COMMAND " 0\r\n\r\nPUB app.after 0\r\n\r\n");
	turn(4, true);
	if (upstream >= 0) {
		say(upstream, INFO);
		turn(4, true);
		(void)!write(upstream, "PONG\r\n", 6);
		turn(4, true);
	}
	ck_assert_int_eq(endeds, stop_at != NOWHERE);
	/* nothing after the end is carried out */
	ck_assert_int_eq(holds(&from_upstream_side, "app.after"), stop_at == NOWHERE);
	if (stop_at == AT_VERIFY)
		ck_assert(holds(&from_client_side, "-ERR 'Authorization Violation'\r\n"));
}
END_TEST

START_TEST(a_client_that_leaves_at_any_stage_leaves_nothing_behind)
{
	static const char *const said[] = { "", "CONN", CONNECT, CONNECT "PUB app.x 10\r\nhal" };

	say(client, said[_i % 4]);
	turn(_i / 4, true);
	close(client);
	client = -1;
	turn(3, true);
	if (upstream >= 0) {
		(void)!write(upstream, INFO, strlen(INFO));
		turn(3, true);
		(void)!write(upstream, "PONG\r\n", 6);
		turn(6, true);
	}
	ck_assert_int_eq(endeds, 1);
	ck_assert(!holds(&from_upstream_side, "PUB"));
	client = dup(STDIN_FILENO);
}
END_TEST

START_TEST(a_slow_start_is_ended_by_the_clock)
{
	turn(1, true);
	relay_tick(&relay, relay.born_ms + 999);
	ck_assert_int_eq(endeds, 0);
	relay_tick(&relay, relay.born_ms + 1000);
	turn(2, true);
	ck_assert(holds(&from_client_side, "-ERR 'Authentication Timeout'\r\n"));
}
END_TEST

START_TEST(one_byte_at_a_time_means_the_same)
{
	static const char ops_[] =
	    "PUB app.x 2\r\nhi\r\nHPUB app.y _INBOX.r 18 20\r\nNATS/1.0\r\na: b\r\n\r\nhi\r\n"
	    "SUB _INBOX.> 1\r\nPING\r\n";
	static const char back[] = "MSG _INBOX." TOKEN ".q 1 app.r 2\r\nyo\r\nPONG\r\n";

	log_in(CONNECT);
	for (size_t i = 0; i + 1 < sizeof(ops_); i++) {
		ck_assert_int_eq((int)write(client, ops_ + i, 1), 1);
		turn(2, true);
	}
	ck_assert_msg(
	    bytes_is(buf_bytes(&from_upstream_side), "PUB app.x 2\r\nhi\r\nHPUB app.y _INBOX." TOKEN
						     ".r 18 20\r\nNATS/1.0\r\na: b\r\n\r\nhi\r\n"
						     "SUB _INBOX." TOKEN ".> 1\r\nPING\r\n"),
	    "%.*s", (int)from_upstream_side.len, from_upstream_side.ptr);
	for (size_t i = 0; i + 1 < sizeof(back); i++) {
		ck_assert_int_eq((int)write(upstream, back + i, 1), 1);
		turn(2, true);
	}
	ck_assert_msg(
	    bytes_is(buf_bytes(&from_client_side), "MSG _INBOX.q 1 app.r 2\r\nyo\r\nPONG\r\n"),
	    "%.*s", (int)from_client_side.len, from_client_side.ptr);
}
END_TEST

/* Messages in a row, and what may stand between them. */
static const struct {
	const char *client, *upstream;
} rows[] = {
	{ "PUB app.x 2\r\nhi\r\nPUB app.x 2\r\nho\r\nPUB app.x 12\r\nhello, world\r\nPUB app.x 0\r\n\r\nPING\r\n"
	  "PUB app.x 2\r\nhi\r\nPUB app.xy 2\r\nhi\r\npub app.x 2\r\nhi\r\npub app.x 2\r\nha\r\n",
	    "" },
	{ "PUB app.x 2\r\nhi\r\nPUB app.x 2\r\nho\r\nPUB elsewhere 1\r\nx\r\nPUB app.x 2\r\nhi\r\nPUB app.x 2\r\nho\r\n"
	  "PUB app.x r 2\r\nho\r\nPUB app.x  2\r\nha\r\nPUB app.x 02\r\nha\r\nPUB app.x 2\r\nhi\r\n",
	    "" },
	{ "PUB app.x 2\r\nhi\r\nPUB app.x 2\r\nho\r\nPUB app.x 70000\r\nho\r\nPUB app.x 2\r\nhi\r\n", "" },
	{ "PUB app.x 2\r\nhi\r\nPUB app.x 2\r\nho\r\nPUB app.x 2\r\nhi!\r\nPUB app.x 2\r\nhi\r\n", "" },
	{ "PUB wasmbus.evt.default 2\r\n{}\r\nPUB wasmbus.evt.default 2\r\n{}\r\nPUB " COMMAND " 0\r\n\r\nPUB " COMMAND
	  " 0\r\n\r\nPUB " COMMAND " 0\r\n\r\n",
	    "" },
	{ "SUB app.x a\r\nSUB app.y b\r\nSUB _INBOX.> c\r\n",
	    "MSG app.x 1 2\r\nhi\r\nMSG app.x 1 2\r\nho\r\nMSG app.x 1 0\r\n\r\nMSG app.x 2 2\r\nho\r\nMSG app.y 2 2\r\nho\r\n"
	    "MSG app.y 2 3\r\nyes\r\nMSG app.y 2 r 3\r\nyes\r\nMSG _INBOX." TOKEN ".q 3 1\r\na\r\nMSG _INBOX." TOKEN
	    ".q 3 1\r\nb\r\nMSG _INBOX." TOKEN ".q 3 1\r\nc\r\nMSG app.y 2 3\r\nend\r\n" },
	{ "SUB app.x a\r\nUNSUB a 3\r\n",
	    "MSG app.x 1 1\r\n1\r\nMSG app.x 1 1\r\n2\r\nMSG app.x 1 1\r\n3\r\nMSG app.x 1 1\r\n4\r\nMSG app.x 1 1\r\n5\r\n" },
	{ "SUB app.x a\r\n", "MSG app.x 1 1\r\n1\r\nMSG app.x 1 1\r\n2\r\nMSG app.x 1 1\r\n3\r\nMSG app.x 1 1\r\n45\r\n" },
};

/* in_pieces() - @s said @n bytes at a time. */
static void
in_pieces(int fd, const char *s, size_t n)
{
	for (size_t len = strlen(s); len > 0 && endeds == 0; len -= n, s += n) {
		n = n < len ? n : len;
		ck_assert_int_eq((int)write(fd, s, n), (int)n);
		turn(2, true);
	}
	turn(4, true);
}

START_TEST(messages_in_a_row_mean_what_each_of_them_means)
{
	struct buf up, down;
	uint64_t in_bytes = 0, out_bytes = 0;
	int denied = 0;

	buf_init(&up, SIZE_MAX);
	buf_init(&down, SIZE_MAX);
	for (size_t piece = SIZE_MAX; piece != 0; piece = piece == SIZE_MAX ? 7 : piece == 7 ? 1 : 0) {
		log_in(CONNECT);
		in_pieces(client, rows[_i].client, piece);
		in_pieces(upstream, rows[_i].upstream, piece);
		if (piece == SIZE_MAX) {
			buf_put(&up, buf_bytes(&from_upstream_side));
			buf_put(&down, buf_bytes(&from_client_side));
			in_bytes = relay.client.in_bytes;
			out_bytes = relay.client.out_bytes;
			denied = events;
			ck_assert_uint_gt(up.len + down.len, 0);
		}
		ck_assert(bytes_eq(buf_bytes(&up), buf_bytes(&from_upstream_side)));
		ck_assert(bytes_eq(buf_bytes(&down), buf_bytes(&from_client_side)));
		ck_assert_int_eq(denied, events);
		ck_assert(gones > 0 || (relay.client.in_bytes == in_bytes && relay.client.out_bytes == out_bytes));
		teardown();
		setup();
	}
	buf_deinit(&up);
	buf_deinit(&down);
}
END_TEST

START_TEST(more_than_may_wait_goes_through_without_anybody_waking_us)
{
	enum { MANY = 40000 };
	struct buf b;

	log_in(CONNECT);
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < MANY; i++)
		buf_put_str(&b, "PUB app.x 2\r\nhi\r\n");
	buf_put_str(&b, "PUB app.last 0\r\n\r\n");
	pour(client, buf_bytes(&b), true);
	turn(50, true);
	ck_assert_uint_eq(count(&from_upstream_side, "PUB app.x 2\r\nhi\r\n"), MANY);
	ck_assert(holds(&from_upstream_side, "app.last"));
	buf_deinit(&b);
}
END_TEST

START_TEST(denials_that_fill_the_clients_side_do_not_stop_it)
{
	enum { MANY = 20000 };
	struct buf b;

	log_in(CONNECT);
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < MANY; i++)
		buf_put_str(&b, "PUB x 0\r\n\r\n");
	buf_put_str(&b, "PUB app.last 0\r\n\r\n");
	pour(client, buf_bytes(&b), true);
	turn(50, true);
	ck_assert_uint_eq(
	    count(&from_client_side, "-ERR 'Permissions Violation for Publish to \"x\"'\r\n"),
	    MANY);
	ck_assert(holds(&from_upstream_side, "app.last"));
	ck_assert_int_le(events, LIMITS_DENIALS_PER_S * 30);
	buf_deinit(&b);
}
END_TEST

START_TEST(noise_does_not_hide_what_else_is_denied)
{
	struct buf b;

	log_in(CONNECT);
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 500; i++)
		buf_put_str(&b, "PUB x 0\r\n\r\n");
	for (int i = 0; i < 500; i++)
		buf_put_str(&b, "PUB wasmbus.ctl.other.cmd.NHOST.la 2\r\n{}\r\n");
	buf_put_str(&b, "PUB wasmbus.ctl.other.cmd.NHOST.lp 2\r\n{}\r\nSUB y 5\r\nPUB app.last 0\r\n\r\n");
	pour(client, buf_bytes(&b), true);
	turn(50, true);
	ck_assert(holds(&from_upstream_side, "app.last"));
	ck_assert_int_ge(kinds[RELAY_PUB_DENIED], LIMITS_DENIALS_PER_S);
	ck_assert_int_ge(kinds[RELAY_SUB_DENIED], 1);
	ck_assert((verbs >> VERB_ACTOR_START & 1) != 0);
	ck_assert((verbs >> VERB_PROVIDER_START & 1) != 0);
	buf_deinit(&b);
}
END_TEST

START_TEST(deliveries_beyond_what_may_wait_all_arrive)
{
	enum { MANY = 40000 };
	struct buf b;

	log_in(CONNECT);
	say(client, "SUB app.x 9\r\n");
	turn(4, true);
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < MANY; i++)
		buf_put_str(&b, "MSG app.x 1 2\r\nhi\r\n");
	pour(upstream, buf_bytes(&b), true);
	turn(50, true);
	ck_assert_uint_eq(count(&from_client_side, "MSG app.x 9 2\r\nhi\r\n"), MANY);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_bounded_and_ended)
{
	struct buf b;

	log_in(CONNECT);
	say(client, "SUB app.x 9\r\n");
	turn(4, true);
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 200000; i++)
		buf_put_str(&b, "MSG app.x 1 2\r\nhi\r\n");
	for (struct bytes s = buf_bytes(&b); s.len > 0;) {
		ssize_t n = send(upstream, s.ptr, s.len, MSG_DONTWAIT);

		if (n < 0)
			break;
		s = bytes_from(s, (size_t)n);
		turn(2, false);
	}
	ck_assert_uint_lt(relay.client.stream.out.len, PENDING + 2 * PAYLOAD + (1U << 20));
	ck_assert_int_eq(endeds, 0);
	uv_update_time(&loop);
	relay_tick(&relay, relay.client.stream.progress_ms + 1000);
	ck_assert_str_eq(why_ended, "slow_client");
	ck_assert_uint_eq(limits_met[LIMIT_SLOW], 1);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_message_larger_than_the_clients_side_ends_it_and_is_not_told_in_part)
{
	enum { LARGE = 8 << 20 };
	struct buf b;

	log_in(CONNECT);
	say(client, "SUB app.x 9\r\n");
	turn(4, true);
	buf_init(&b, SIZE_MAX);
	buf_put_str(&b, "MSG app.x 1 2\r\nhi\r\nMSG app.x 1 8388608\r\n");
	memset(buf_reserve(&b, LARGE), 'x', LARGE);
	b.len += LARGE;
	buf_put_str(&b, "\r\n");
	pour(upstream, buf_bytes(&b), true);
	turn(50, true);
	ck_assert_str_eq(why_ended, "slow_client");
	ck_assert(client_end);
	ck_assert_msg(from_client_side.len == 0 ||
			  bytes_is(buf_bytes(&from_client_side), "MSG app.x 9 2\r\nhi\r\n"),
	    "%zu bytes", from_client_side.len);
	buf_deinit(&b);
}
END_TEST

START_TEST(answers_that_nobody_reads_are_bounded)
{
	static uint8_t large[60000];

	log_in(CONNECT);
	say(client, "SUB _INBOX.> 1\r\nPUB " COMMAND " _INBOX.a 0\r\n\r\n");
	turn(4, true);
	ck_assert_int_eq(commands, 1);
	for (int i = 0; i < 200 && endeds == 0; i++) {
		relay_answer(&relay, BYTES_LIT("_INBOX.a"), BYTES_NULL, BYTES_NULL,
		    bytes_of(large, sizeof(large)));
		turn(1, false);
	}
	ck_assert_str_eq(why_ended, "slow_client");
	/* what is told is whole */
	hear();
	while (from_client_side.len > 0 && !client_end)
		hear();
	ck_assert_uint_le(count(&from_client_side, "MSG _INBOX.a 1 60000\r\n") * sizeof(large),
	    from_client_side.len + 60000);
}
END_TEST

START_TEST(an_answer_that_ends_a_subscription_is_told_upstream_at_once)
{
	log_in(CONNECT);
	say(client, "SUB _INBOX.a 1\r\nUNSUB 1 1\r\nPUB " COMMAND " _INBOX.a 0\r\n\r\n");
	turn(4, true);
	buf_reset(&from_upstream_side);
	ends = 0;
	ck_assert(relay_hears(&relay, BYTES_LIT("_INBOX.a")));
	ck_assert(
	    relay_answer(&relay, BYTES_LIT("_INBOX.a"), BYTES_NULL, BYTES_NULL, BYTES_LIT("yes")));
	ck_assert_uint_eq(ends, 1);
	ck_assert(!relay_hears(&relay, BYTES_LIT("_INBOX.a")));
	ck_assert(!relay_answer(
	    &relay, BYTES_LIT("_INBOX.a"), BYTES_NULL, BYTES_NULL, BYTES_LIT("again")));
	turn(2, true);
	ck_assert(holds(&from_client_side, "MSG _INBOX.a 1 3\r\nyes\r\n"));
	ck_assert(!holds(&from_client_side, "again"));
	ck_assert(holds(&from_upstream_side, "UNSUB 1\r\n"));
}
END_TEST

START_TEST(whoever_unsubscribes_waits_for_no_answer)
{
	log_in(CONNECT);
	say(client, "SUB _INBOX.a.* 1\r\nSUB _INBOX.a.> 2\r\nPUB " COMMAND " _INBOX.a.b 0\r\n\r\nUNSUB 1\r\n");
	ends = 0;
	turn(4, true);
	ck_assert_uint_eq(ends, 1);
	ck_assert(relay_hears(&relay, BYTES_LIT("_INBOX.a.b")));
	say(client, "UNSUB 2\r\n");
	turn(4, true);
	ck_assert_uint_eq(ends, 2);
	ck_assert(!relay_hears(&relay, BYTES_LIT("_INBOX.a.b")));
}
END_TEST

/* What an account's subscriptions come to is right however each ends, and when all end at once. */
START_TEST(a_subscription_is_given_back_once_however_it_ends)
{
	enum { OTHERS = 50 };
	struct tally_name account = { .n = OTHERS };

	log_in(CONNECT);
	relay_quota(&relay, NULL, &account);
	say(client, "SUB app.a 1\r\nSUB app.b 2\r\nSUB app.c 3\r\nSUB app.d 4\r\nUNSUB 2 1\r\n");
	turn(4, true);
	ck_assert_uint_eq(account.n, OTHERS + 4);
	say(client, "UNSUB 1\r\n");
	turn(4, true);
	ck_assert_uint_eq(account.n, OTHERS + 3);
	/* the upstream has not heard of it yet: under way, then over at its PONG */
	say(upstream, "MSG app.a 1 2\r\nhi\r\nMSG app.b 2 2\r\nho\r\n");
	turn(4, true);
	ck_assert(holds(&from_client_side, "MSG app.a 1 2\r\nhi\r\n"));
	ck_assert(holds(&from_client_side, "MSG app.b 2 2\r\nho\r\n"));
	ck_assert_uint_eq(account.n, OTHERS + 2);
	say(client, "UNSUB 3\r\n");
	turn(4, true);
	ck_assert_uint_eq(account.n, OTHERS + 1);
	/* two have ended and nobody has answered a PING behind them */
	relay_end(&relay, NULL, "test");
	for (int i = 0; i < TURNS && gones == 0; i++) {
		turn(1, true);
		if (gones == 0) /* else it is no more */
			relay_tick(&relay, uv_now(&loop) + 100000);
	}
	ck_assert_int_eq(gones, 1);
	ck_assert_uint_eq(account.n, OTHERS);
}
END_TEST

START_TEST(a_ping_waits_for_the_commands_before_it)
{
	log_in(CONNECT);
	say(client, "PUB " COMMAND " 0\r\n\r\nPING\r\n");
	turn(4, true);
	ck_assert(!holds(&from_upstream_side, "PING"));
	done(1, false, BYTES_LIT(COMMAND));
	turn(2, true);
	ck_assert(holds(&from_upstream_side, "PING\r\n"));
	say(upstream, "PONG\r\n");
	turn(2, true);
	ck_assert(bytes_is(buf_bytes(&from_client_side),
	    "-ERR 'Permissions Violation for Publish to \"" COMMAND "\"'\r\nPONG\r\n"));
}
END_TEST

START_TEST(verbose_answers_keep_the_order_of_operations)
{
	log_in(VERBOSE);
	say(client, "PUB app.x 0\r\n\r\nPUB " COMMAND " 0\r\n\r\nPUB x 0\r\n\r\nSUB app.x 1\r\n");
	turn(4, true);
	ck_assert(bytes_is(buf_bytes(&from_client_side), "+OK\r\n"));
	done(1, true, BYTES_LIT(COMMAND));
	turn(2, true);
	ck_assert_msg(
	    bytes_is(buf_bytes(&from_client_side),
		"+OK\r\n+OK\r\n-ERR 'Permissions Violation for Publish to \"x\"'\r\n+OK\r\n"),
	    "%.*s", (int)from_client_side.len, from_client_side.ptr);
}
END_TEST

START_TEST(so_many_commands_at_once_and_the_rest_waits)
{
	log_in(CONNECT);
	for (int i = 0; i < LIMITS_COMMANDS + 10; i++)
		say(client, "PUB " COMMAND " 0\r\n\r\n");
	turn(8, true);
	ck_assert_int_eq(commands, LIMITS_COMMANDS);
	for (int i = 0; i < LIMITS_COMMANDS; i++)
		done((uint64_t)i + 1, true, BYTES_NULL);
	turn(8, true);
	ck_assert_int_eq(commands, LIMITS_COMMANDS + 10);
}
END_TEST

START_TEST(an_upstream_that_breaks_off_ends_the_client_after_what_was_whole)
{
	log_in(CONNECT);
	say(client, "SUB app.x 1\r\n");
	turn(4, true);
	say(upstream, "MSG app.x 1 2\r\nhi\r\nMSG app.x 1 10\r\nhal");
	turn(2, true);
	close(upstream);
	upstream = -1;
	turn(4, true);
	ck_assert(bytes_is(buf_bytes(&from_client_side), "MSG app.x 1 2\r\nhi\r\n"));
	ck_assert(client_end);
	ck_assert_str_eq(why_ended, "upstream_closed");
}
END_TEST

/* what no upstream may send */
static const char *const nonsense[] = {
	"MSG app.x 1 -1\r\n",
	"MSG app.x 1 2\r\nhixx",
	"HELLO\r\n",
	"INFO {\r\n",
	"PUB app.x 0\r\n\r\n",
	"CONNECT {}\r\n",
	"HMSG app.x 1 20 10\r\n",
	"PING\n",
	"\r\n",
	"-ERR 'Authorization Violation'\r\n",
};

START_TEST(an_upstream_that_talks_nonsense_hurts_one_client)
{
	log_in(CONNECT);
	say(client, "SUB app.x 1\r\n");
	turn(4, true);
	say(upstream, nonsense[_i]);
	turn(4, true);
	ck_assert_int_eq(endeds, 1);
	ck_assert_uint_eq(from_client_side.len, 0);
}
END_TEST

/* messages that must not reach the client */
static const char *const strays[] = {
	"MSG app.x 2 2\r\nhi\r\n",          /* no such sid */
	"MSG app.x 4294967297 2\r\nhi\r\n", /* 2^32 + 1 */
	"MSG app.x x 2\r\nhi\r\n",
	"MSG elsewhere 1 2\r\nhi\r\n",
	"MSG wasmbus.ctl.default.cmd.N.lp 1 2\r\nhi\r\n",
	"MSG _INBOX.~ABCDEFGHIJKLMNOPQRSTU.x 1 2\r\nhi\r\n",
};

START_TEST(a_message_that_is_not_the_subscriptions_is_dropped)
{
	log_in(CONNECT);
	say(client, "SUB app.x 1\r\n");
	turn(4, true);
	say(upstream, strays[_i]);
	say(upstream, "MSG app.x 1 3\r\nyes\r\n");
	turn(4, true);
	ck_assert(bytes_is(buf_bytes(&from_client_side), "MSG app.x 1 3\r\nyes\r\n"));
}
END_TEST

START_TEST(an_upstream_about_to_go_is_told_to_the_client)
{
	log_in(CONNECT);
	say(upstream, "INFO {\"ldm\":true,\"nonce\":\"x\"}\r\n");
	turn(4, true);
	ck_assert(holds(&from_client_side, "\"ldm\":true"));
}
END_TEST

START_TEST(a_half_closed_client_is_heard_to_the_end)
{
	log_in(CONNECT);
	say(client, "PUB app.x 2\r\nhi\r\nPUB app.y 2\r\nha");
	shutdown(client, SHUT_WR);
	turn(6, true);
	ck_assert(bytes_is(buf_bytes(&from_upstream_side), "PUB app.x 2\r\nhi\r\n"));
	ck_assert(upstream_end);
	ck_assert_str_eq(why_ended, "client_closed");
}
END_TEST

START_TEST(a_half_closed_client_with_commands_out_is_heard_to_the_end)
{
	log_in(VERBOSE);
	say(client, "PUB " COMMAND " 0\r\n\r\nPUB app.x 2\r\nhi\r\n");
	shutdown(client, SHUT_WR);
	turn(6, true);
	ck_assert(!holds(&from_upstream_side, "app.x"));
	ck_assert_int_eq(endeds, 0);
	done(1, true, BYTES_LIT(COMMAND));
	turn(6, true);
	ck_assert(holds(&from_upstream_side, "PUB app.x 2\r\nhi\r\n"));
	ck_assert_str_eq(why_ended, "client_closed");
}
END_TEST

TCase *
relay_tests(void)
{
	TCase *t = tcase_create("relay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_login_goes_through_its_stages);
	tcase_add_loop_test(t, an_end_at_any_stage_leaves_nothing_behind, NOWHERE, AT_OPENED + 1);
	tcase_add_loop_test(t, a_client_that_leaves_at_any_stage_leaves_nothing_behind, 0, 16);
	tcase_add_test(t, a_slow_start_is_ended_by_the_clock);
	tcase_add_test(t, one_byte_at_a_time_means_the_same);
	tcase_add_loop_test(
	    t, messages_in_a_row_mean_what_each_of_them_means, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, more_than_may_wait_goes_through_without_anybody_waking_us);
	tcase_add_test(t, noise_does_not_hide_what_else_is_denied);
	tcase_add_test(t, denials_that_fill_the_clients_side_do_not_stop_it);
	tcase_add_test(t, deliveries_beyond_what_may_wait_all_arrive);
	tcase_add_test(t, a_client_that_does_not_read_is_bounded_and_ended);
	tcase_add_test(t, a_message_larger_than_the_clients_side_ends_it_and_is_not_told_in_part);
	tcase_add_test(t, answers_that_nobody_reads_are_bounded);
	tcase_add_test(t, an_answer_that_ends_a_subscription_is_told_upstream_at_once);
	tcase_add_test(t, whoever_unsubscribes_waits_for_no_answer);
	tcase_add_test(t, a_subscription_is_given_back_once_however_it_ends);
	tcase_add_test(t, a_ping_waits_for_the_commands_before_it);
	tcase_add_test(t, verbose_answers_keep_the_order_of_operations);
	tcase_add_test(t, so_many_commands_at_once_and_the_rest_waits);
	tcase_add_test(t, an_upstream_that_breaks_off_ends_the_client_after_what_was_whole);
	tcase_add_loop_test(t, an_upstream_that_talks_nonsense_hurts_one_client, 0,
	    sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_loop_test(t, a_message_that_is_not_the_subscriptions_is_dropped, 0,
	    sizeof(strays) / sizeof(strays[0]));
	tcase_add_test(t, an_upstream_about_to_go_is_told_to_the_client);
	tcase_add_test(t, a_half_closed_client_is_heard_to_the_end);
	tcase_add_test(t, a_half_closed_client_with_commands_out_is_heard_to_the_end);
	return t;
}
