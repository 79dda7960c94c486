/*
 * fuzz_relay - a whole connection with a scripted client, upstream and dispatcher; no network, no
 * process.
 *
 * The input is a talk: pieces that end with the byte 0x1e, the first letter of each says who
 * speaks:
 *
 *   c BYTES  the client        u BYTES  the upstream
 *   d        the dispatcher: the oldest command is forwarded; r: refused; a BYTES: it is answered
 *   n BYTES  first of all: not logged in yet (what follows is seen before the login)
 *   t        time passes       e        the client's end closes; E: the upstream's
 *
 * Properties, whatever is said: what goes upstream is read by the strict parser, is canonical
 * (written anew it is the same bytes) and, judged again, is allowed: no command, no subject or
 * reply beyond the rights, no powerful header. What goes to the client is canonical too, and
 * nothing that is denied to it. It ends once, and leaves nothing.
 */
#include <assert.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/nats/header.h"
#include "gateway/relay/inbox.h"
#include "gateway/relay/relay.h"
#include "policy/rules/rights.h"
#include "tests/unit/gateway/nats/transcript.h"

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"
#define USER "UAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLL5"
#define TOKEN "~abcdefghijklmnopqrstu"
#define LOGIN                                                                                      \
	"CONNECT "                                                                                 \
	"{\"jwt\":\"a.b.c\",\"sig\":\"x\",\"verbose\":false,\"headers\":true,\"no_responders\":"   \
	"true,\"protocol\":1}\r\n"
#define INFO                                                                                       \
	"INFO "                                                                                    \
	"{\"version\":\"2.9.10\",\"nonce\":\"abcdefghijk\",\"headers\":true,\"max_payload\":"      \
	"65536}\r\n"

enum {
	TALK_MAX = 16 * 1024,
	PENDING = 16 * 1024,
	PAYLOAD = 64 * 1024,
	HEARD_MAX = 1 << 22,
	COMMANDS = 16,
	PIECE_END = 0x1e
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What outlives an input: the policy, and somebody under it. */
static struct {
	struct buf snapshot;
	struct policy *policy;
	struct identity id;
	struct rights *rights;
} w;

/* One talk. */
static struct {
	uv_loop_t loop;
	struct stream_room room;
	struct relay_env env;
	struct relay relay;
	int client, upstream;                    /* our ends */
	struct buf to_client, to_upstream, said; /* said: by the upstream */
	struct {
		uint64_t number;
		struct buf subject, reply;
	} command[COMMANDS];
	size_t n_commands;
	int endeds, gones;
	uint64_t skipped_ms;
} t;

static bool
over(void)
{
	return t.gones > 0;
}

/* ---- the edge's part ---- */

static void
verify(struct relay *r, const struct nats_connect *c, const char *nonce)
{
	(void)c;
	(void)nonce;
	relay_verdict(r, &w.id, &w.rights, NULL, NULL);
}

static void
dial(struct relay *r)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	t.upstream = pair[1];
	relay_dialled(r, pair[0]);
}

static void
sign(struct relay *r, const char *nonce)
{
	static const uint8_t sig[64];

	(void)nonce;
	relay_signed(r, BYTES_LIT("ours"), bytes_of(sig, sizeof(sig)));
}

/* command() - a command is handed over: one, whole, and one it may give. */
static int
command(struct relay *r, const struct relay_command *c)
{
	struct command is;

	(void)r;
	assert(command_classify(c->subject, &is) == 0);
	if (t.n_commands == COMMANDS)
		return -EAGAIN;
	t.command[t.n_commands].number = c->number;
	buf_init(&t.command[t.n_commands].subject, TALK_MAX);
	buf_init(&t.command[t.n_commands].reply, TALK_MAX);
	buf_put(&t.command[t.n_commands].subject, c->subject);
	buf_put(&t.command[t.n_commands].reply, c->reply);
	t.n_commands++;
	return 0;
}

static void
enough(struct relay *r, struct bytes reply)
{
	(void)r;
	(void)reply;
}

static void
event(struct relay *r, const struct relay_event *e)
{
	(void)r;
	(void)e;
}

static const char *
rule_name(uint32_t rule)
{
	return rule == RULE_NONE ? "none" : "some";
}

static void
opened(struct relay *r)
{
	(void)r;
}

static void
ended(struct relay *r, const char *why)
{
	(void)r;
	(void)why;
	t.endeds++;
}

static void
gone(struct relay *r)
{
	t.gones++;
	memset(r, 0xa5, sizeof(*r)); /* whoever touches it now will fall over it */
}

static void
limit(struct relay *r, enum limit l)
{
	(void)r;
	(void)l;
}

static const struct relay_ops ops = { verify, dial, sign, command, enough, event, rule_name, opened,
	ended, gone, NULL, limit };

/* ---- the talk ---- */

static void
hear(int fd, struct buf *to)
{
	uint8_t in[4096];
	ssize_t n;

	while (fd >= 0 && (n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) > 0)
		buf_put(to, bytes_of(in, (size_t)n));
}

static void
turn(int times)
{
	for (int i = 0; i < times; i++) {
		uv_run(&t.loop, UV_RUN_NOWAIT);
		hear(t.client, &t.to_client);
		hear(t.upstream, &t.to_upstream);
	}
}

static void
say(int fd, struct bytes s)
{
	for (int i = 0; i < 64 && s.len > 0 && fd >= 0; i++) {
		ssize_t n = send(fd, s.ptr, s.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			s = bytes_from(s, (size_t)n);
		turn(1);
	}
}

/* decide() - the dispatcher's word on the oldest command. */
static void
decide(bool forwarded, const struct bytes *answer)
{
	struct bytes subject, reply;
	uint64_t number;

	if (t.n_commands == 0 || over())
		return;
	number = t.command[0].number;
	subject = buf_bytes(&t.command[0].subject);
	reply = buf_bytes(&t.command[0].reply);
	if (answer != NULL)
		(void)relay_answer(&t.relay, reply, BYTES_NULL, BYTES_NULL, *answer);
	else
		relay_command_done(&t.relay, &(struct relay_done){ .number = number,
						 .forwarded = forwarded,
						 .subject = subject,
						 .reply = reply,
						 .why = BYTES_LIT("no") });
	if (answer != NULL)
		return;
	buf_deinit(&t.command[0].subject);
	buf_deinit(&t.command[0].reply);
	memmove(&t.command[0], &t.command[1], --t.n_commands * sizeof(t.command[0]));
}

static void
end_of(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
piece(struct bytes p)
{
	struct bytes rest = p.len > 0 ? bytes_from(p, 1) : p;

	if (p.len == 0 || over())
		return;
	switch (p.ptr[0]) {
	case 'c':
	case 'n':
		say(t.client, rest);
		break;
	case 'u':
		buf_put(&t.said, rest);
		say(t.upstream, rest);
		break;
	case 'd':
	case 'r':
		decide(p.ptr[0] == 'd', NULL);
		break;
	case 'a':
		decide(true, &rest);
		break;
	case 't':
		t.skipped_ms += 700;
		relay_tick(&t.relay, uv_now(&t.loop) + t.skipped_ms);
		break;
	case 'e':
		end_of(&t.client);
		break;
	case 'E':
		end_of(&t.upstream);
		break;
	default:
		break;
	}
	turn(3);
}

/* log_in() - as everybody does; a talk that begins with n does it in its own way. */
static void
log_in(void)
{
	say(t.client, BYTES_LIT(LOGIN));
	turn(3);
	say(t.upstream, BYTES_LIT(INFO));
	turn(3);
	say(t.upstream, BYTES_LIT("PONG\r\n"));
	turn(3);
}

/* ---- what was heard ---- */

static bool
said_by_upstream(struct bytes subject)
{
	struct bytes s = buf_bytes(&t.said);

	return s.len != 0 && memmem(s.ptr, s.len, subject.ptr, subject.len) != NULL;
}

/* may_say() - judged again: a publish on @subject. */
static bool
may_say(struct bytes subject)
{
	struct decision d;

	if (inbox_is(subject))
		return inbox_is_virtual(subject, TOKEN) || said_by_upstream(subject);
	d = rights_publish(w.rights, subject);
	if (d.verdict == VERDICT_ALLOW)
		return true;
	/* an answer to what it was asked: never a command */
	return d.reason != REASON_COMMAND && said_by_upstream(subject) &&
	       rights_answer(w.rights, subject).verdict == VERDICT_ALLOW;
}

static void
judge_header(struct bytes block)
{
	struct header_reader h;
	struct bytes name, value;

	if (block.len == 0)
		return;
	assert(header_open(&h, block) == 0);
	while (header_next(&h, &name, &value) == 0)
		assert(!header_is_powerful(name));
}

/* judge_up() - an operation that went upstream. */
static void
judge_up(const struct nats_op *op)
{
	switch (op->kind) {
	case NATS_PUB:
	case NATS_HPUB:
		assert(may_say(op->subject));
		assert(op->reply.len == 0 || inbox_is(op->reply) ||
		       rights_publish(w.rights, op->reply).reason != REASON_COMMAND);
		judge_header(op->header);
		break;
	case NATS_SUB:
		assert(inbox_is_virtual(op->subject, TOKEN) ||
		       rights_subscribe(w.rights, op->subject, op->queue).verdict == VERDICT_ALLOW);
		break;
	default:
		assert(op->kind == NATS_CONNECT || op->kind == NATS_UNSUB ||
		       op->kind == NATS_PING || op->kind == NATS_PONG);
		break;
	}
}

/* judge_down() - an operation that went to the client: denied to it whatever the upstream says. */
static void
judge_down(const struct nats_op *op)
{
	if (op->kind != NATS_MSG && op->kind != NATS_HMSG)
		return;
	assert(!bytes_starts(op->subject, BYTES_LIT("app.never.")));
	assert(!inbox_is_virtual(op->subject, TOKEN));
}

/* judge() - all of one direction. What a side was cut off in the midst of is left. */
static void
judge(enum nats_side side, struct bytes all, void (*one)(const struct nats_op *op))
{
	struct nats_parser p;
	struct nats_op op;
	size_t used;
	int r;

	nats_parser_init(&p, side, TALK_MAX, 2 * PAYLOAD);
	p.max_connect = 64 * 1024;
	while ((r = nats_parse(&p, all, &used, &op)) == 0) {
		struct buf again;

		one(&op);
		buf_init(&again, HEARD_MAX);
		transcript_write(&again, &op);
		/* texts of errors are quoted once, and not to be quoted again */
		assert(op.kind == NATS_ERR || bytes_eq(buf_bytes(&again), bytes_upto(all, used)));
		buf_deinit(&again);
		all = bytes_from(all, used);
	}
	assert(r == NATS_MORE);
}

/* ---- one input ---- */

static void
make_world(void)
{
	static const char text[] = "lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
				   "role boss { account = ACME tags = [\"role:boss\"] }\n"
				   "rule data { publish = [\"app.>\"] subscribe = [\"app.>\", "
				   "\"q.*.x\"] respond = 3 to = [boss] }\n"
				   "rule never { deny_publish = [\"app.never.>\"] deny_subscribe = "
				   "[\"app.never.>\"] to = [boss] }\n"
				   "rule desk { reply = [\"desk.>\"] to = [boss] }\n"
				   "rule all { allow = [deploy] to = [boss] }\n";
	static char boss[] = "role:boss", name[] = "boss", *tags[] = { boss };
	struct policy_source source = { "t.policy", bytes_str(text) };
	struct text_report report;
	int r;

	if (w.rights != NULL)
		return;
	log_setup(LOG_FTL + 1, "fuzz");
	buf_init(&w.snapshot, 1 << 20);
	text_report_init(&report);
	r = policy_compile(&w.snapshot, &source, 1, &report);
	assert(r == 0);
	text_report_deinit(&report);
	w.id = (struct identity){ .user = USER,
		.account = ACME,
		.issuer = ACME,
		.inbox = TOKEN,
		.name = name,
		.tags = tags,
		.n_tags = 1,
		.max_subs = -1,
		.max_payload = -1 };
	r = policy_open(&w.policy, buf_bytes(&w.snapshot));
	assert(r == 0);
	r = rights_new(&w.rights, w.policy, &w.id);
	assert(r == 0);
}

static void
begin(void)
{
	int pair[2];

	memset(&t, 0, sizeof(t));
	t.upstream = -1;
	if (uv_loop_init(&t.loop) != 0 || stream_room_init(&t.room, &t.loop) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	t.client = pair[1];
	buf_init(&t.to_client, HEARD_MAX);
	buf_init(&t.to_upstream, HEARD_MAX);
	buf_init(&t.said, HEARD_MAX);
	t.env = (struct relay_env){ .ops = &ops, .room = &t.room };
	t.env.limits = (struct limits){ .max_line = 4096,
		.max_connect = 8192,
		.max_payload = PAYLOAD,
		.max_command = 8192,
		.max_pending = PENDING,
		.max_subs = 20,
		.auth_timeout_ms = 1000,
		.login_timeout_ms = 5000,
		.ping_interval_ms = 2000,
		.ping_max = 2,
		.write_deadline_ms = 1000 };
	t.env.hello = (struct nats_hello){ .server_id = "N",
		.server_name = "n",
		.version = "2.9.10",
		.host = "h",
		.domain = "",
		.max_payload = PAYLOAD,
		.headers = true };
	buf_init(&t.env.scratch, 1 << 20);
	if (relay_start(&t.relay, &t.env, pair[0], 7, "127.0.0.1", 5, "0123456789012345678901") !=
	    0)
		abort();
}

static void
end(void)
{
	if (!over() && t.endeds == 0)
		relay_end(&t.relay, NULL, "end");
	for (int i = 0; i < 40 && !over(); i++) {
		turn(1);
		t.skipped_ms += 100000;
		if (!over())
			relay_tick(&t.relay, uv_now(&t.loop) + t.skipped_ms);
	}
	turn(1);
	assert(t.gones == 1 && t.endeds == 1);
	end_of(&t.client);
	end_of(&t.upstream);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	stream_room_deinit(&t.room);
	assert(uv_loop_close(&t.loop) == 0);
	while (t.n_commands > 0) {
		buf_deinit(&t.command[--t.n_commands].subject);
		buf_deinit(&t.command[t.n_commands].reply);
	}
	buf_deinit(&t.env.scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	if (size > TALK_MAX)
		return 0;
	make_world();
	begin();
	if (size > 0 && data[0] != 'n')
		log_in();
	while (in.len > 0) {
		size_t n = bytes_find(in, PIECE_END);

		piece(bytes_upto(in, n));
		in = bytes_from(in, n < in.len ? n + 1 : in.len);
	}
	end();
	judge(NATS_FROM_CLIENT, buf_bytes(&t.to_upstream), judge_up);
	judge(NATS_FROM_SERVER, buf_bytes(&t.to_client), judge_down);
	buf_deinit(&t.to_client);
	buf_deinit(&t.to_upstream);
	buf_deinit(&t.said);
	return 0;
}
