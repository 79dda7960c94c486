/*
 * flow - natsbench pub and pubsub: one publisher as fast as it goes, without and with a subscriber.
 *
 * All messages are the same bytes, so a block of them is built once and written again and again,
 * and what a subscriber must receive is known to the byte: each read is compared with the repeated
 * pattern. Where a read differs at the border of two messages it must be a control line (PING,
 * PONG, INFO); anything else, a lost or a doubled message included, ends the run as failed.
 *
 * pubsub bounds what is under way (the window): a server may cut off a subscriber that is
 * far behind, and then the numbers would be those of an accident.
 */
#include "tests/bench/natsbench.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* The same message many times over. */
struct pattern {
	uint8_t *ptr;
	size_t len;
	size_t one; /* bytes of one message */
};

static void
pattern_init(struct pattern *p, const char *line, size_t size, size_t at_least)
{
	size_t head = strlen(line);

	p->one = head + size + 2;
	p->len = (at_least + p->one - 1) / p->one * p->one;
	p->ptr = xalloc(p->len);
	for (size_t at = 0; at < p->len; at += p->one) {
		memcpy(p->ptr + at, line, head);
		memset(p->ptr + at + head, 'x', size);
		memcpy(p->ptr + at + head + size, "\r\n", 2);
	}
}

struct sender {
	struct natsconn conn;
	struct pattern block;
	size_t at; /* of the next byte to write in the block */
	uint64_t sent;
};

static void
sender_init(struct sender *s, const struct order *o)
{
	char line[256];

	login_or_die(&s->conn, o);
	snprintf(line, sizeof line, "PUB %s %zu\r\n", o->subject, o->size);
	/* whole messages, one block at most unless a single one is longer */
	pattern_init(&s->block, line, o->size, 1);
	if (s->block.one < BLOCK) {
		size_t n = BLOCK / s->block.one;

		free(s->block.ptr);
		pattern_init(&s->block, line, o->size, n * s->block.one);
	}
}

/* sender_go() - one write. Return: false when the socket takes no more. */
static bool
sender_go(struct sender *s)
{
	ssize_t n = send(s->conn.fd, s->block.ptr + s->at, s->block.len - s->at, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		die(-errno, "publisher");
	if (n < 0)
		return false;
	s->at += (size_t)n;
	if (s->at == s->block.len) {
		s->sent += s->block.len / s->block.one;
		s->at = 0;
	}
	return true;
}

struct receiver {
	struct natsconn conn;
	struct pattern expect;
	size_t phase; /* how much of a message has been seen */
	uint64_t received;
	size_t have; /* bytes of an unfinished control line at the front of ->in */
	uint8_t *in;
};

static void
receiver_init(struct receiver *v, const struct order *o)
{
	char line[256];
	int r;

	login_or_die(&v->conn, o);
	snprintf(line, sizeof line, "SUB %s 1\r\n", o->subject);
	r = natsconn_barrier(&v->conn, bytes_str(line), WAIT_MS);
	if (r != 0)
		die(r, "subscribing: %s", r > 0 ? v->conn.line : "");
	snprintf(line, sizeof line, "MSG %s 1 %zu\r\n", o->subject, o->size);
	pattern_init(&v->expect, line, o->size, READ_SIZE + 2 * (strlen(line) + o->size + 2));
	v->in = xalloc(READ_SIZE);
	v->have = v->conn.have;
	memcpy(v->in, v->conn.line, v->have);
}

/* control_line() - one at the front of @s is answered. Return: its length, 0 when it is not whole
 * yet. */
static size_t
control_line(struct natsconn *c, struct bytes s)
{
	size_t n = bytes_find(s, '\n');
	int r = 0;

	if (bytes_starts(s, BYTES_LIT("-ERR")) || s.ptr[0] == 'M')
		die(0, "unexpected: %.*s", (int)(n < 200 ? n : 200), (const char *)s.ptr);
	if (n == s.len)
		return 0;
	if (bytes_starts(s, BYTES_LIT("PING")))
		r = natsconn_send(c, BYTES_LIT("PONG\r\n"));
	else if (!bytes_starts(s, BYTES_LIT("PONG")) && !bytes_starts(s, BYTES_LIT("INFO")))
		die(0, "unexpected: %.*s", (int)n, (const char *)s.ptr);
	if (r != 0)
		die(r, "answering a PING");
	return n + 1;
}

/* receiver_match() - how many bytes of @s go on with the pattern; counts the messages they end. */
static size_t
receiver_match(struct receiver *v, struct bytes s)
{
	const uint8_t *want = v->expect.ptr + v->phase;
	size_t n = s.len;

	if (memcmp(s.ptr, want, n) != 0) {
		for (n = 0; s.ptr[n] == want[n]; n++)
			;
		/* back to the last border: what differs must begin there */
		if ((v->phase + n) % v->expect.one != 0)
			die(0, "message %llu is not what was sent",
			    (unsigned long long)(v->received + (v->phase + n) / v->expect.one));
	}
	v->received += (v->phase + n) / v->expect.one;
	v->phase = (v->phase + n) % v->expect.one;
	return n;
}

/* receiver_go() - one read. */
static void
receiver_go(struct receiver *v)
{
	ssize_t n = recv(v->conn.fd, v->in + v->have, READ_SIZE - v->have, 0);
	struct bytes s;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die(n < 0 ? -errno : -ECONNRESET, "subscriber, after %llu messages",
		    (unsigned long long)v->received);
	s = bytes_of(v->in, v->have + (size_t)n);
	v->have = 0;
	while (s.len > 0) {
		size_t used = receiver_match(v, s);

		s = bytes_from(s, used);
		if (s.len == 0)
			break;
		used = control_line(&v->conn, s);
		if (used == 0) {
			memmove(v->in, s.ptr, s.len);
			v->have = s.len;
			break;
		}
		s = bytes_from(s, used);
	}
}

static void
wait_for(struct pollfd *p, nfds_t n)
{
	int r = poll(p, n, WAIT_MS);

	if (r == 0)
		die(-ETIMEDOUT, "nothing moves");
	if (r < 0)
		die(-errno, "poll");
}

static void
print_flow(const struct order *o, uint64_t messages, uint64_t ns)
{
	double s = (double)ns / 1e9;

	printf("{\"mode\":\"%s\",\"size\":%zu,\"messages\":%llu,\"seconds\":%.4f,\"rate\":%.0f}\n",
	    o->mode, o->size, (unsigned long long)messages, s, (double)messages / s);
}

/* run_pub() - until the deadline, then PING: the PONG says that the last message was read. */
void
run_pub(const struct order *o)
{
	struct sender s = { 0 };
	struct pollfd p = { 0 };
	uint64_t start, end;
	int r;

	sender_init(&s, o);
	p = (struct pollfd){ .fd = s.conn.fd, .events = POLLOUT };
	start = clock_ns();
	end = order_deadline(o, start);
	while (s.at != 0 || clock_ns() < end)
		if (!sender_go(&s))
			wait_for(&p, 1);
	r = natsconn_barrier(&s.conn, BYTES_NULL, WAIT_MS);
	if (r != 0)
		die(r, "last PONG: %s", r > 0 ? s.conn.line : "");
	print_flow(o, s.sent, clock_ns() - start);
	natsconn_close(&s.conn);
	free(s.block.ptr);
}

/* pubsub_turn() - read what there is, write what fits. Return: is anything still to come? */
static bool
pubsub_turn(struct sender *s, struct receiver *v, size_t window, bool over)
{
	uint64_t behind = s->sent * s->block.one + s->at - v->received * s->block.one;
	bool more = s->at != 0 || (!over && behind < window);
	struct pollfd p[2] = {
		{ .fd = v->conn.fd, .events = POLLIN },
		{ .fd = s->conn.fd, .events = (short)(more ? POLLOUT : 0) },
	};

	if (!more && s->sent == v->received)
		return false;
	wait_for(p, 2);
	if (p[0].revents != 0)
		receiver_go(v);
	if (p[1].revents != 0)
		(void)sender_go(s);
	return true;
}

void
run_pubsub(const struct order *o)
{
	struct sender s = { 0 };
	struct receiver v = { 0 };
	uint64_t start, end, now;

	receiver_init(&v, o);
	sender_init(&s, o);
	start = now = clock_ns();
	end = order_deadline(o, start);
	while (pubsub_turn(&s, &v, o->window, now >= end))
		now = clock_ns();
	print_flow(o, v.received, clock_ns() - start);
	natsconn_close(&s.conn);
	natsconn_close(&v.conn);
	free(s.block.ptr);
	free(v.expect.ptr);
	free(v.in);
}
