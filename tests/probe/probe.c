/*
 * probe - see probe.h. Orders are lines; each is answered by one line to the client that gave it.
 * All orders of one run of bytes are carried out before the edge's loop turns again, so that an end
 * of one channel, which ends a correct edge, does not end the attack.
 */
#include "tests/probe/probe.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORDS = 8, ANSWER_MS = 30000 };

ssize_t __real_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags);

size_t
probe_hex(const char *text, uint8_t *out, size_t max)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len && i < max; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return SIZE_MAX;
		out[i] = (uint8_t)byte;
	}
	return len <= max ? len : SIZE_MAX;
}

/* say() - all of it to the client, waiting for room. */
static void
say(int fd, struct bytes s)
{
	while (s.len > 0) {
		ssize_t n = send(fd, s.ptr, s.len, MSG_NOSIGNAL);
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (n < 0 && (errno != EAGAIN || poll(&p, 1, ANSWER_MS) <= 0))
			return;
		s = bytes_from(s, n > 0 ? (size_t)n : 0);
	}
}

static struct relay *
relay_of(int fd)
{
	struct relay *r = edge.relays;

	while (r != NULL && r->client.stream.fd != fd)
		r = r->next;
	return r;
}

/* upstream() - bytes of the attacker's own on the connection the gate holds for it; then what comes
 * back. */
static void
upstream(int client, const char *hex, struct buf *out)
{
	static uint8_t room[64 * 1024];
	struct relay *r = relay_of(client);
	size_t len = probe_hex(hex, room, sizeof(room));
	struct pollfd p = { .events = POLLIN };
	ssize_t n;

	if (r == NULL || r->upstream.stream.fd < 0 || len > sizeof(room)) {
		buf_put_str(out, "none");
		return;
	}
	p.fd = r->upstream.stream.fd;
	say(p.fd, bytes_of(room, len));
	/* until its PONG, so the order ends in a PING */
	do {
		n = poll(&p, 1, ANSWER_MS) > 0 ? __real_recv(p.fd, room, sizeof(room), 0) : -1;
		if (n > 0)
			buf_put_hex(out, bytes_of(room, (size_t)n));
	} while (n > 0 && memmem(room, (size_t)n, "PONG\r\n", 6) == NULL);
	if (n <= 0)
		buf_put_str(out, " ended");
}

static void
put_attempt(struct buf *out, const struct attempt *a)
{
	char text[96];

	snprintf(text, sizeof(text), "%s result=%ld error=%d", a->achieved ? "achieved" : "refused",
	    a->result, a->error);
	buf_put_str(out, text);
}

/* who() - what this edge knows of its connections. */
static void
who(int client, struct buf *out)
{
	const struct relay *r = relay_of(client);
	char text[96];

	snprintf(text, sizeof(text), "edge=%u conn=%llu", edge.child.setup.index,
	    r != NULL ? (unsigned long long)r->id : 0);
	buf_put_str(out, text);
}

/* carry_out() - one order. */
static void
carry_out(int client, char *line)
{
	char *word[WORDS] = { NULL }, *save = NULL;
	struct attempt a = { 0 };
	struct buf out;
	size_t n = 0;

	buf_init(&out, PROBE_ANSWER);
	buf_put_str(&out, "PROBE ");
	for (char *w = strtok_r(line, " ", &save); w != NULL && n < WORDS - 1;
	     w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	if (n == 0) {
		buf_deinit(&out);
		return;
	}
	if (strcmp(word[0], "who") == 0)
		who(client, &out);
	else if (strcmp(word[0], "upstream") == 0)
		upstream(client, n > 1 ? word[1] : "", &out);
	else if (probe_call(word[0], n > 1 ? word[1] : "", &a) || probe_memory(word[0], &a))
		put_attempt(&out, &a);
	else if (!probe_channel(word[0], word + 1, n - 1, &out))
		buf_put_str(&out, "unknown");
	buf_put_str(&out, "\r\n");
	say(client, buf_bytes(&out));
	buf_deinit(&out);
}

/* are_orders() - is that what begins in @in? */
static bool
are_orders(struct bytes in)
{
	return bytes_starts(in, BYTES_LIT(PROBE_MAGIC));
}

ssize_t
__wrap_recv(int fd, void *to, size_t len, int flags)
{
	static char orders[64 * 1024];
	char *save = NULL;
	ssize_t n;

	if (edge.child.role != ROLE_EDGE || !edge.running)
		return __real_recv(fd, to, len, flags);
	/* whoever only looks at the first bytes, or reads few, is not shown orders */
	n = __real_recv(fd, orders, sizeof(orders) - 1, MSG_PEEK);
	if (n <= 0 || !are_orders(bytes_of((uint8_t *)orders, (size_t)n)))
		return __real_recv(fd, to, len, flags);
	n = __real_recv(fd, orders, (size_t)n, 0);
	orders[n > 0 ? n : 0] = '\0';
	for (char *line = strtok_r(orders + sizeof(PROBE_MAGIC) - 1, "\r\n", &save); line != NULL;
	     line = strtok_r(NULL, "\r\n", &save))
		carry_out(fd, line);
	errno = EAGAIN;
	return -1;
}
