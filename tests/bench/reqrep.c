/*
 * reqrep - natsbench reqrep: one question at a time, asked and answered on two connections that
 * both take the way under test. The time runs from the write of the request to the read of its
 * answer, so it holds four passages through a proxy. Each answer must carry the number of its
 * question; the same thread asks and answers, so no wake-up of ours is counted but the two that
 * any pair of clients has.
 */
#include "tests/bench/natsbench.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>

enum { MAX_MSG = 64 * 1024, MAX_SAMPLES = 1024 * 1024 };

/* A connection that waits for messages of one size. */
struct talker {
	struct natsconn conn;
	size_t size;
	size_t have;
	uint8_t *in;
	uint8_t *out;
};

struct message {
	struct bytes subject;
	struct bytes reply; /* empty: none */
	size_t used;        /* bytes of it in the buffer */
};

static void
talker_init(struct talker *t, const struct order *o, const char *subject)
{
	char line[256];
	int r;

	*t = (struct talker){ .size = o->size };
	t->in = xalloc(MAX_MSG);
	t->out = xalloc(MAX_MSG);
	login_or_die(&t->conn, o);
	snprintf(line, sizeof line, "SUB %s 1\r\n", subject);
	r = natsconn_barrier(&t->conn, bytes_str(line), WAIT_MS);
	if (r != 0)
		die(r, "subscribing to %s: %s", subject, r > 0 ? t->conn.line : "");
}

static void
talker_deinit(struct talker *t)
{
	natsconn_close(&t->conn);
	free(t->in);
	free(t->out);
}

/* talker_say() - PUB @subject [@reply] with a payload of the agreed size. */
static void
talker_say(struct talker *t, struct bytes subject, const char *reply)
{
	int head = snprintf((char *)t->out, MAX_MSG - t->size - 2, "PUB %.*s %s%s%zu\r\n",
	    (int)subject.len, (const char *)subject.ptr, reply, reply[0] != '\0' ? " " : "",
	    t->size);
	uint8_t *p = t->out + head;
	int r;

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

/* read_message() - the MSG at the front of the buffer. Return: is it whole? */
static bool
read_message(struct talker *t, struct message *m)
{
	struct bytes in = bytes_of(t->in, t->have);
	size_t end = bytes_find(in, '\n');
	struct bytes line = bytes_upto(in, end > 0 ? end - 1 : 0);
	struct bytes last;
	char size[24];

	if (end == in.len)
		return false;
	m->used = end + 1;
	if (!bytes_starts(line, BYTES_LIT("MSG ")))
		return true;
	word(&line);
	m->subject = word(&line);
	word(&line);
	last = word(&line);
	if (line.len > 0) {
		m->reply = last;
		last = line;
	}
	snprintf(size, sizeof size, "%zu", t->size);
	if (!bytes_is(last, size))
		die(0, "a message of a wrong size: %.*s", (int)end, (const char *)t->in);
	m->used += t->size + 2;
	return m->used <= in.len;
}

/* talker_hear() - wait for the next message; control lines are answered on the way. */
static void
talker_hear(struct talker *t, struct message *m)
{
	struct pollfd p = { .fd = t->conn.fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		*m = (struct message){ 0 };
		if (t->have > 0 && read_message(t, m)) {
			if (m->subject.len > 0)
				return;
			if (t->in[0] == '-')
				die(0, "%.*s", (int)m->used, (const char *)t->in);
			if (t->in[1] == 'I' && natsconn_send(&t->conn, BYTES_LIT("PONG\r\n")) != 0)
				die(0, "answering a PING");
			t->have -= m->used;
			memmove(t->in, t->in + m->used, t->have);
			continue;
		}
		if (poll(&p, 1, WAIT_MS) <= 0)
			die(-ETIMEDOUT, "nothing moves");
		n = recv(t->conn.fd, t->in + t->have, MAX_MSG - t->have, 0);
		if (n <= 0 && !(n < 0 && errno == EAGAIN))
			die(n < 0 ? -errno : -ECONNRESET, "reading");
		t->have += n > 0 ? (size_t)n : 0;
	}
}

static void
talker_done(struct talker *t, const struct message *m)
{
	t->have -= m->used;
	memmove(t->in, t->in + m->used, t->have);
}

/* ask_once() - Return: nanoseconds from question to answer. */
static uint64_t
ask_once(struct talker *asker, struct talker *answerer, const char *subject, const char *inbox)
{
	struct message m;
	uint64_t start = clock_ns();

	talker_say(asker, bytes_str(subject), inbox);
	talker_hear(answerer, &m);
	if (m.reply.len == 0)
		die(0, "a request without a reply subject");
	talker_say(answerer, m.reply, "");
	talker_done(answerer, &m);
	talker_hear(asker, &m);
	start = clock_ns() - start;
	if (!bytes_is(m.subject, inbox))
		die(0, "the answer to another question: %.*s", (int)m.subject.len,
		    (const char *)m.subject.ptr);
	talker_done(asker, &m);
	return start;
}

void
run_reqrep(const struct order *o)
{
	struct talker asker, answerer;
	struct samples lat;
	char box[64], inbox[96];
	uint64_t start, end;

	if (o->size > MAX_MSG / 2)
		die(0, "requests of at most %d bytes", MAX_MSG / 2);
	snprintf(box, sizeof box, "_INBOX.%08x%08x%06x", randombytes_random(), randombytes_random(),
	    randombytes_random() >> 8);
	snprintf(inbox, sizeof inbox, "%s.*", box);
	talker_init(&asker, o, inbox);
	talker_init(&answerer, o, o->subject);
	samples_init(&lat, MAX_SAMPLES);
	start = clock_ns();
	end = order_deadline(o, start);
	for (unsigned n = 0; clock_ns() < end; n++) {
		snprintf(inbox, sizeof inbox, "%s.%u", box, n);
		samples_add(&lat, ask_once(&asker, &answerer, o->subject, inbox));
	}
	printf("{\"mode\":\"reqrep\",\"size\":%zu,\"messages\":%zu,", o->size, lat.n);
	samples_print(&lat);
	puts("}");
	samples_deinit(&lat);
	talker_deinit(&asker);
	talker_deinit(&answerer);
}
