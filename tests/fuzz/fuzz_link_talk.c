/*
 * fuzz_link_talk - the link's connections between a server that says anything and a parent that
 * asks for anything, without a network: a connection is a pair of sockets, time is skipped by hand.
 *
 * The first byte: 1 the control connection speaks TLS (a layer that is none), 2 a login is shown,
 * 4 little room for what waits. The rest is a talk of pieces that end with the byte 0x1e. The first
 * letter says what happens; where a connection is meant, the next is '0' or '1', and W below:
 *
 *   W BYTES            its server says so; 0x1d in it stands for the inbox of the connection
 *   l W                log in: the server says all it should
 *   s W PLACE SUB [Q]  subscribe        d PLACE            take it back
 *   p W SUB REPLY BODY publish          P W SUB            publish 60 kB
 *   q W SUB BODY       request          g, G               the nonce is signed, or wrongly
 *   w W                another login    e W                the server ends the connection
 *   f W                the server stops, or begins again, to read
 *   t                  five seconds pass                   S the link is to stop
 *
 * Properties: what the server hears is the strict parser's language, canonical, CONNECT first and
 * once, no publish before the connection is up, no more PONGs than it said PINGs; once it has heard
 * everything it knows exactly the subscriptions there are. The parent hears of subscriptions it
 * has, and of each request one answer; a state is said once. A connection that is away comes
 * again, and none waits for ever.
 */
#include <fcntl.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/nats/connect.h"
#include "host/proc/link_priv.h"
#include "tests/unit/gateway/nats/transcript.h"

enum {
	TALK_MAX = 8 * 1024,
	HEARD_MAX = 1 << 26,
	PLACES = 4,
	REQUESTS = 64,
	LARGE = 60 * 1000,
	ROOM = 64 * 1024,
	PIECE_END = 0x1e,
	INBOX_HERE = 0x1d
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_dial(struct wire_conn *w, struct stream_room *room);
int __wrap_dial_secure(struct wire_conn *w);
void __wrap_dial_trust(struct wire_conn *w);
uint64_t __real_uv_now(const uv_loop_t *loop);
uint64_t __wrap_uv_now(const uv_loop_t *loop);

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

/* What a server has heard on its latest connection. */
struct server {
	int fd; /* -1: none */
	bool deaf;
	struct nats_parser parser;
	struct buf heard;
	bool connected, was_up;
	size_t said_pings, heard_pongs;
	struct buf said;
	char subject[PLACES][256]; /* of the parent's subscriptions it knows */
	uint32_t id[PLACES];
};

static uv_loop_t loop;
static uint64_t skipped_ms;

/* One talk. */
static struct {
	struct wire_conn wire[WIRES];
	struct wire_sub sub[LINK_SUBS];
	struct server server[WIRES];
	uint8_t how;
	uint32_t generation;
	uint32_t asked[REQUESTS]; /* without an answer yet */
	enum wire asked_of[REQUESTS];
	uint32_t n_asked;
	uint32_t sign_id[WIRES];
	bool signs[WIRES], stopped;
	enum link_state state[WIRES];
	char why[WIRES][LINK_WHY_MAX + 1];
	bool said_state[WIRES];
	int secured[WIRES];
} t;

uint64_t
__wrap_uv_now(const uv_loop_t *l)
{
	return __real_uv_now(l) + skipped_ms;
}

/* ---- what the parent hears ---- */

void
link_say_state(enum wire w, enum link_state state, const char *why)
{
	MUST(w < WIRES && state < LINK_STATES && strlen(why) <= LINK_WHY_MAX);
	MUST(!t.said_state[w] || t.state[w] != state || strcmp(t.why[w], why) != 0);
	MUST((state == LINK_UP) == (t.wire[w].state == WIRE_UP));
	t.said_state[w] = true;
	t.state[w] = state;
	snprintf(t.why[w], sizeof(t.why[w]), "%s", why);
	t.server[w].was_up |= state == LINK_UP;
	if (state != LINK_UP)
		asked_away(w);
}

void
link_say_error(enum wire w, struct bytes text)
{
	MUST(t.wire[w].state >= WIRE_TELLING && t.wire[w].state <= WIRE_UP);
	MUST(text.len > 0);
}

void
link_say_nonce(enum wire w, uint32_t id, struct bytes nonce)
{
	MUST(t.wire[w].state == WIRE_SIGNING && id == t.sign_id[w] + 1);
	MUST(nonce.len > 0 && nonce.len <= LINK_NONCE_MAX && (t.how & 2) != 0);
	t.sign_id[w] = id;
	t.signs[w] = true;
}

void
link_say_msg(enum wire w, uint32_t id, struct bytes subject, struct bytes reply, struct bytes body)
{
	(void)reply;
	(void)body;
	MUST(t.wire[w].state >= WIRE_TELLING && t.wire[w].state <= WIRE_UP);
	MUST(t.sub[id % LINK_SUBS].id == id && t.sub[id % LINK_SUBS].wire == w);
	MUST(id != 0 && subject.len > 0);
}

void
link_said_all(void)
{
	MUST(t.stopped);
}

static void
say_answer(uint32_t id, enum link_outcome outcome, struct bytes body)
{
	uint32_t at = id % REQUESTS;

	MUST(outcome < LINK_OUTCOMES && body.len <= LINK_BODY_MAX);
	MUST(id != 0 && t.asked[at] == id);
	t.asked[at] = 0;
}

/* ---- what a server hears ---- */

static void
cut_off(struct server *s)
{
	if (s->fd >= 0)
		close(s->fd);
	buf_deinit(&s->heard);
	buf_deinit(&s->said);
	*s = (struct server){ .fd = -1 };
}

int
__wrap_dial(struct wire_conn *w, struct stream_room *room)
{
	struct server *s = &t.server[w->wire];
	int pair[2], small = 4096, r;

	MUST(room->loop != NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return -errno;
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	cut_off(s);
	s->fd = pair[1];
	buf_init(&s->heard, HEARD_MAX);
	buf_init(&s->said, HEARD_MAX);
	nats_parser_init(&s->parser, NATS_FROM_CLIENT, 4096, LINK_BODY_MAX);
	s->parser.max_connect = 64 * 1024;
	t.secured[w->wire] = 0;
	r = dial_on(w, room, pair[0]);
	if (r == 0 && (t.how & 4) != 0)
		w->stream.out.max = ROOM;
	return r;
}

/* TLS that is none: it has to be asked twice, and may fail. */
int
__wrap_dial_secure(struct wire_conn *w)
{
	if (t.secured[w->wire]++ == 0)
		return STREAM_BLOCKED;
	if ((t.how & 8) == 0)
		return 0;
	wire_fail(w, "no TLS today", false);
	return -EPROTO;
}

void
__wrap_dial_trust(struct wire_conn *w)
{
	static char nobody;

	w->tls = w->to.tls ? (struct tls_context *)(void *)&nobody : NULL;
}

static void
check_connect(const struct nats_op *op)
{
	struct nats_connect c;

	MUST(connect_decode(&c, op->json) == 0);
	MUST((c.sig != NULL) <= (c.jwt != NULL));
	connect_deinit(&c);
}

static void
check_sub(struct server *s, enum wire w, const struct nats_op *op)
{
	uint32_t id, place;
	const struct wire_sub *sub;

	if (bytes_is(op->sid, "i"))
		return;
	id = (uint32_t)strtoul((const char *)op->sid.ptr, NULL, 10);
	place = id % LINK_SUBS;
	MUST(place < PLACES);
	sub = &t.sub[place];
	if (op->kind == NATS_UNSUB) {
		MUST(s->id[place] == id);
		s->id[place] = 0;
		return;
	}
	s->id[place] = id;
	MUST(sub->id != id || sub->leaving || bytes_is(op->subject, sub->subject));
	MUST(sub->id != id || sub->wire == w);
}

static void
heard(struct server *s, enum wire w, const struct nats_op *op)
{
	MUST(s->connected != (op->kind == NATS_CONNECT));
	switch (op->kind) {
	case NATS_CONNECT:
		check_connect(op);
		s->connected = true;
		break;
	case NATS_SUB:
	case NATS_UNSUB:
		check_sub(s, w, op);
		break;
	case NATS_PUB:
		MUST(s->was_up);
		break;
	case NATS_PONG:
		s->heard_pongs++;
		break;
	default:
		MUST(op->kind == NATS_PING);
		break;
	}
}

/* hear() - what the link has said to its server. */
static void
hear(enum wire w)
{
	struct server *s = &t.server[w];
	struct bytes in;
	struct nats_op op;
	uint8_t room[65536];
	size_t used, taken = 0;
	ssize_t n;

	while (s->fd >= 0 && !s->deaf && (n = recv(s->fd, room, sizeof(room), 0)) > 0)
		buf_put(&s->heard, bytes_of(room, (size_t)n));
	in = buf_bytes(&s->heard);
	while (in.len > 0 && nats_parse(&s->parser, in, &used, &op) == 0) {
		struct buf again;

		heard(s, w, &op);
		buf_init(&again, HEARD_MAX);
		transcript_write(&again, &op);
		MUST(bytes_eq(buf_bytes(&again), bytes_upto(in, used)));
		buf_deinit(&again);
		in = bytes_from(in, used);
		taken += used;
	}
	MUST(in.len == 0 || nats_parse(&s->parser, in, &used, &op) == NATS_MORE);
	if (taken > 0 && in.len > 0)
		memmove(s->heard.ptr, in.ptr, in.len);
	s->heard.len = in.len;
}

/* pings() - how many PINGs can be read out of what was said. */
static size_t
pings(struct bytes s)
{
	size_t n = 0;

	for (size_t i = 0; i + 4 <= s.len; i++)
		n += strncasecmp((const char *)s.ptr + i, "PING", 4) == 0;
	return n;
}

/* ---- what must be true whenever nothing moves ---- */

static void
check_wire(enum wire w)
{
	const struct wire_conn *c = &t.wire[w];
	const struct server *s = &t.server[w];

	MUST(c->state != WIRE_CLOSING);
	MUST(c->state != WIRE_AWAY || uv_is_active((const uv_handle_t *)&c->retry) || t.stopped);
	MUST((int32_t)(c->pings - c->pongs) >= 0);
	MUST(c->stream.kept_len <= TALK_MAX * 40);
	for (uint32_t i = 0; i < REQUESTS; i++)
		MUST(t.asked[i] == 0 || t.asked_of[i] != w || c->state == WIRE_UP);
	if (c->state == WIRE_AWAY || s->fd < 0)
		return;
	MUST(s->heard_pongs <= pings(buf_bytes(&s->said)));
	MUST(!c->stream.out.failed);
	if (c->state != WIRE_UP || s->deaf || stream_pending(&c->stream) > 0 || s->heard.len > 0)
		return;
	for (uint32_t i = 0; i < PLACES; i++) {
		const struct wire_sub *sub = &t.sub[i];
		bool has = sub->id != 0 && sub->wire == w && !sub->leaving;

		MUST(has ? s->id[i] == sub->id : s->id[i] == 0);
	}
}

static void
turn(int times)
{
	for (int i = 0; i < times; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		for (int w = 0; w < WIRES; w++) {
			wire_flush(&t.wire[w]);
			hear((enum wire)w);
		}
	}
}

/* settle() - until nothing moves. */
static void
settle(void)
{
	size_t was = SIZE_MAX, now = 0;

	for (int i = 0; i < 200 && (was != now || i < 4); i++) {
		turn(1);
		was = now;
		now = 0;
		for (int w = 0; w < WIRES; w++)
			now += stream_pending(&t.wire[w].stream) + t.server[w].heard.len;
	}
	turn(2);
}

/* ---- a piece of the talk ---- */

/* word() - the next up to a blank; empty where the parent would not let it pass. */
static bool
word(struct bytes *in, struct bytes *out)
{
	size_t n = bytes_find(*in, ' ');
	bool ok;

	*out = bytes_upto(*in, n);
	*in = bytes_from(*in, n < in->len ? n + 1 : in->len);
	ok = out->len > 0 && out->len <= 200;
	for (size_t i = 0; ok && i < out->len; i++)
		ok = out->ptr[i] > ' ' && out->ptr[i] < 0x7f;
	if (!ok)
		*out = BYTES_NULL;
	return ok;
}

static void
server_says(enum wire w, struct bytes what)
{
	struct server *s = &t.server[w];
	struct bytes left;
	struct buf b;

	if (s->fd < 0)
		return;
	buf_init(&b, HEARD_MAX);
	for (size_t i = 0; i < what.len; i++) {
		if (what.ptr[i] == INBOX_HERE)
			buf_put_str(&b, t.wire[w].inbox);
		else
			buf_put_u8(&b, what.ptr[i]);
	}
	buf_put(&s->said, buf_bytes(&b));
	left = buf_bytes(&b);
	for (int i = 0; i < 64 && left.len > 0 && s->fd >= 0; i++) {
		ssize_t n = send(s->fd, left.ptr, left.len, MSG_NOSIGNAL);

		if (n > 0)
			left = bytes_from(left, (size_t)n);
		turn(1);
	}
	buf_deinit(&b);
}

static void
sign(bool well)
{
	uint8_t sig[LINK_SIG] = { 7 };

	for (int w = 0; w < WIRES; w++) {
		struct link_sign m = { (enum wire)w, t.sign_id[w], bytes_of(sig, sizeof(sig)) };

		if (!t.signs[w])
			continue;
		if (!well)
			m.id--;
		else
			t.signs[w] = false;
		server_signed(&t.wire[w], &m);
	}
}

static void
log_in(enum wire w)
{
	server_says(w, BYTES_LIT("INFO {\"headers\":true,\"nonce\":\"n\"}\r\n"));
	settle();
	sign(true);
	settle();
	server_says(w, BYTES_LIT("PONG\r\n"));
	settle();
	server_says(w, BYTES_LIT("PONG\r\n"));
}

static void
subscribe(enum wire w, struct bytes rest)
{
	struct link_sub m = { .wire = w };
	uint32_t place;

	if (rest.len < 2)
		return;
	place = rest.ptr[0] % PLACES;
	rest = bytes_from(rest, 1);
	if (!word(&rest, &m.subject) || (rest.len > 0 && !word(&rest, &m.queue)) ||
	    (t.sub[place].id != 0 && !t.sub[place].leaving))
		return;
	m.id = place + LINK_SUBS * ++t.generation;
	MUST(subs_put(&t.wire[w], &t.sub[place], &m) == 0);
}

static void
publish(enum wire w, struct bytes rest, bool large)
{
	static const uint8_t zeros[LARGE];
	struct link_msg m = { .wire = w };

	if (!word(&rest, &m.subject))
		return;
	(void)word(&rest, &m.reply);
	m.body = large ? bytes_of(zeros, sizeof(zeros)) : rest;
	(void)wire_pub(&t.wire[w], &m, large ? BYTES_NULL : m.reply);
}

static void
request(enum wire w, struct bytes rest)
{
	struct link_msg m = { .wire = w, .timeout_ms = 3000 };

	(void)word(&rest, &m.subject);
	m.body = rest;
	m.id = ++t.n_asked;
	if (t.asked[m.id % REQUESTS] != 0)
		return;
	t.asked[m.id % REQUESTS] = m.id;
	t.asked_of[m.id % REQUESTS] = w;
	MUST(asked_add(m.id, w, m.timeout_ms) == 0);
	if (!wire_ask(&t.wire[w], &m))
		(void)asked_answered(m.id, LINK_AWAY, BYTES_NULL);
}

/* Timers that run. */
struct timers {
	uv_timer_t *at[8];
	size_t n;
};

static void
running(uv_handle_t *h, void *arg)
{
	struct timers *all = arg;

	if (h->type == UV_TIMER && uv_is_active(h) && all->n < 8)
		all->at[all->n++] = (uv_timer_t *)h;
}

/* pass() - five seconds: what waits for time has it. */
static void
pass(void)
{
	struct timers all = { .n = 0 };

	skipped_ms += 5000;
	for (int w = 0; w < WIRES; w++)
		wire_tick(&t.wire[w]);
	turn(2);
	uv_walk(&loop, running, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (uv_timer_get_repeat(all.at[i]) == 0)
			uv_timer_stop(all.at[i]);
		all.at[i]->timer_cb(all.at[i]);
	}
}

static void
set(enum wire w)
{
	struct link_wire to = { .wire = w, .port = 4222, .n_addresses = 1, .tls = false };

	to.tls = w == WIRE_CONTROL && (t.how & 1) != 0;
	snprintf(to.name, sizeof(to.name), "host");
	if ((t.how & 2) != 0)
		to.jwt = BYTES_LIT("a.b.c");
	MUST(wire_set(&t.wire[w], &to) == 0);
}

static void
stop(void)
{
	t.stopped = true;
	for (int w = 0; w < WIRES; w++)
		(void)wire_stop(&t.wire[w]);
}

/* of_wire() - a piece about one connection. */
static void
of_wire(uint8_t what, enum wire w, struct bytes rest)
{
	switch (what) {
	case 'l':
		log_in(w);
		break;
	case 's':
		subscribe(w, rest);
		break;
	case 'p':
	case 'P':
		publish(w, rest, what == 'P');
		break;
	case 'q':
		request(w, rest);
		break;
	case 'w':
		set(w);
		break;
	case 'e':
		if (t.server[w].fd >= 0)
			shutdown(t.server[w].fd, SHUT_RDWR);
		break;
	case 'f':
		t.server[w].deaf = !t.server[w].deaf;
		break;
	default:
		break;
	}
}

static void
piece(struct bytes p)
{
	uint8_t what = p.len > 0 ? p.ptr[0] : 0;
	uint32_t place = p.len > 1 ? p.ptr[1] % PLACES : 0;

	if (what == '0' || what == '1')
		server_says(what == '0' ? WIRE_CONTROL : WIRE_RPC, bytes_from(p, 1));
	else if (what == 't')
		pass();
	else if (what == 'g' || what == 'G')
		sign(what == 'g');
	else if (what == 'S')
		stop();
	else if (what == 'd' && t.sub[place].id != 0 && !t.sub[place].leaving)
		subs_del(&t.wire[t.sub[place].wire], &t.sub[place]);
	else if (p.len > 1)
		of_wire(what, p.ptr[1] == '1' ? WIRE_RPC : WIRE_CONTROL, bytes_from(p, 2));
	settle();
	for (int w = 0; w < WIRES; w++)
		check_wire((enum wire)w);
}

/* ---- one input ---- */

static void
begin(uint8_t how)
{
	static bool once;

	if (!once) {
		MUST(sodium_init() >= 0 && uv_loop_init(&loop) == 0);
		log_setup(LOG_FTL + 1, "fuzz");
		asked_begin(&loop, say_answer);
	}
	once = true;
	memset(&t, 0, sizeof(t));
	t.how = how;
	for (int w = 0; w < WIRES; w++) {
		t.server[w].fd = -1;
		wire_begin(&t.wire[w], (enum wire)w, &loop, t.sub);
		set((enum wire)w);
	}
	for (int w = 0; w < WIRES; w++)
		wire_start(&t.wire[w]);
	settle();
}

/* wait_no_more() - whoever waits for a server has got it, or has given up. */
static void
wait_no_more(void)
{
	enum wire_state was[WIRES];

	for (int w = 0; w < WIRES; w++)
		was[w] = t.wire[w].state;
	skipped_ms += LINK_LOGIN_MS;
	for (int w = 0; w < WIRES; w++) {
		wire_tick(&t.wire[w]);
		MUST(was[w] == WIRE_AWAY || was[w] == WIRE_UP || t.wire[w].state == WIRE_CLOSING);
	}
}

static void
end(void)
{
	wait_no_more();
	t.stopped = true;
	for (int w = 0; w < WIRES; w++) {
		t.wire[w].stopping = true;
		uv_timer_stop(&t.wire[w].retry);
		if (t.wire[w].state != WIRE_AWAY)
			wire_fail(&t.wire[w], "over", false);
	}
	turn(3);
	for (int w = 0; w < WIRES; w++) {
		MUST(t.wire[w].state == WIRE_AWAY);
		cut_off(&t.server[w]);
		uv_close((uv_handle_t *)&t.wire[w].retry, NULL);
	}
	for (uint32_t i = 0; i < PLACES; i++) {
		MUST(!t.sub[i].leaving);
		if (t.sub[i].id != 0)
			subs_del(&t.wire[t.sub[i].wire], &t.sub[i]);
	}
	for (uint32_t i = 0; i < REQUESTS; i++)
		MUST(t.asked[i] == 0);
	turn(2);
	for (int w = 0; w < WIRES; w++)
		free((void *)(uintptr_t)t.wire[w].jwt.ptr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in;

	if (size < 2 || size > TALK_MAX)
		return 0;
	in = bytes_of(data + 1, size - 1);
	begin(data[0]);
	while (in.len > 0) {
		size_t n = bytes_find(in, PIECE_END);

		piece(bytes_upto(in, n));
		in = bytes_from(in, n < in.len ? n + 1 : in.len);
	}
	end();
	return 0;
}
