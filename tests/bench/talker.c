/*
 * talker - see talker.h.
 */
#include "tests/bench/talker.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

void
talker_init(struct talker *t, const struct order *o, const char *subject)
{
	char line[256];
	int r;

	*t = (struct talker){ .size = o->size };
	t->in = xalloc(MAX_MSG);
	t->out = xalloc(MAX_MSG);
	login_or_die(&t->conn, o);
	if (subject == NULL)
		return;
	snprintf(line, sizeof line, "SUB %s 1\r\n", subject);
	r = natsconn_barrier(&t->conn, bytes_str(line), WAIT_MS);
	if (r != 0)
		die(r, "subscribing to %s: %s", subject, r > 0 ? t->conn.line : "");
}

void
talker_deinit(struct talker *t)
{
	natsconn_close(&t->conn);
	free(t->in);
	free(t->out);
}

void
talker_say(struct talker *t, struct bytes subject, const char *reply, struct bytes payload)
{
	int head = snprintf((char *)t->out, MAX_MSG - t->size - 2, "PUB %.*s %s%s%zu\r\n",
	    (int)subject.len, (const char *)subject.ptr, reply, reply[0] != '\0' ? " " : "",
	    t->size);
	uint8_t *p = t->out + head;
	int r;

	if (payload.ptr != NULL)
		memcpy(p, payload.ptr, t->size);
	else
		memset(p, 'x', t->size);
	memcpy(p + t->size, "\r\n", 2);
	r = natsconn_send(&t->conn, bytes_of(t->out, (size_t)head + t->size + 2));
	if (r != 0)
		die(r, "publishing");
}

/* word() - the next word of a line; moves past it. */
static struct bytes
word(struct bytes *line)
{
	struct bytes w = bytes_upto(*line, bytes_find(*line, ' '));

	*line = bytes_from(*line, w.len + 1);
	return w;
}

/* decimal() - digits to a number; anything else is death. */
static size_t
decimal(struct bytes s)
{
	size_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || i > 8)
			die(0, "not a size: %.*s", (int)s.len, (const char *)s.ptr);
		v = v * 10 + (size_t)(s.ptr[i] - '0');
	}
	return v;
}

/* read_message() - the MSG or HMSG at the front of what was read. Return: is it whole? */
static bool
read_message(struct talker *t, struct message *m)
{
	struct bytes in = bytes_of(t->in + t->at, t->have - t->at);
	size_t end = bytes_find(in, '\n'), header = 0, size, n = 0;
	struct bytes line = bytes_upto(in, end > 0 ? end - 1 : 0);
	struct bytes words[6];
	bool headers = bytes_starts(line, BYTES_LIT("HMSG "));

	if (end == in.len)
		return false;
	m->used = end + 1;
	if (!headers && !bytes_starts(line, BYTES_LIT("MSG ")))
		return true;
	while (line.len > 0 && n < sizeof words / sizeof words[0])
		words[n++] = word(&line);
	if (n < 4 + (size_t)headers)
		die(0, "a message line too short");
	m->subject = words[1];
	if (n == 5 + (size_t)headers)
		m->reply = words[3];
	size = decimal(words[n - 1]);
	header = headers ? decimal(words[n - 2]) : 0;
	if (size < header || size - header != t->size)
		die(0, "a message of a wrong size: %.*s", (int)end, (const char *)in.ptr);
	m->payload = bytes_of(in.ptr + m->used + header, t->size);
	m->used += size + 2;
	return m->used <= in.len;
}

/* next_message() - of what was read; control lines are answered on the way. Return: is there one?
 */
static bool
next_message(struct talker *t, struct message *m)
{
	for (;;) {
		*m = (struct message){ 0 };
		if (t->have == t->at || !read_message(t, m))
			return false;
		if (m->subject.len > 0)
			return true;
		if (t->in[t->at] == '-')
			die(0, "%.*s", (int)m->used, (const char *)t->in + t->at);
		if (t->in[t->at + 1] == 'I' && natsconn_send(&t->conn, BYTES_LIT("PONG\r\n")) != 0)
			die(0, "answering a PING");
		talker_done(t, m);
	}
}

static void
fill(struct talker *t)
{
	ssize_t n;

	t->have -= t->at;
	memmove(t->in, t->in + t->at, t->have);
	t->at = 0;
	n = recv(t->conn.fd, t->in + t->have, MAX_MSG - t->have, 0);
	if (n <= 0 && !(n < 0 && errno == EAGAIN))
		die(n < 0 ? -errno : -ECONNRESET, "reading");
	t->have += n > 0 ? (size_t)n : 0;
}

void
talker_hear(struct talker *t, struct message *m)
{
	struct pollfd p = { .fd = t->conn.fd, .events = POLLIN };

	while (!next_message(t, m)) {
		if (poll(&p, 1, WAIT_MS) <= 0)
			die(-ETIMEDOUT, "nothing moves");
		fill(t);
	}
}

void
talker_done(struct talker *t, const struct message *m)
{
	t->at += m->used;
}
