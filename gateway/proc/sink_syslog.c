/*
 * sink_syslog - a datagram for each record, over UDP or to the socket of this machine's syslog.
 *
 * Nobody acknowledges a datagram. What can be noticed is: nobody listens (from the second one on),
 * the socket is gone, the message is too long for it; the last is said and the record skipped,
 * since it would never be shorter.
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/ship.h"
#include "gateway/proc/syslog_line.h"

enum { SEND_MS = 2000, PAUSE_MS = 50 };

struct link {
	int fd;
	struct record_reader *reader;
	struct buf line;
	char host[256];
};

static struct link *
link_of(struct ship *s)
{
	struct link *k = s->link;

	if (k != NULL)
		return k;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	k->fd = -1;
	k->reader = record_reader_new();
	buf_init(&k->line, SYSLOG_LINE_MAX);
	if (k->reader == NULL) {
		free(k);
		return NULL;
	}
	if (gethostname(k->host, sizeof(k->host) - 1) != 0)
		k->host[0] = '\0';
	s->link = k;
	return k;
}

static void
syslog_close(struct ship *s)
{
	struct link *k = s->link;

	if (k != NULL && k->fd >= 0)
		close(k->fd);
	if (k != NULL)
		k->fd = -1;
}

static int
open_unix(struct ship *s, struct link *k)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(s->conf.path) >= sizeof(un.sun_path))
		return ship_why(s, "%s: the path is too long", s->conf.path);
	memcpy(un.sun_path, s->conf.path, strlen(s->conf.path));
	k->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd < 0 || connect(k->fd, (struct sockaddr *)&un, sizeof(un)) != 0)
		return ship_why(s, "%s: %s", s->conf.path, strerror(errno));
	return 0;
}

static int
open_udp(struct ship *s, struct link *k)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *list;
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%u", s->conf.port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	r = getaddrinfo(ship_address(s), port, &hints, &list);
	if (r != 0)
		return ship_why(s, "%s: %s", s->conf.host, gai_strerror(r));
	k->fd = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = k->fd >= 0 && connect(k->fd, list->ai_addr, list->ai_addrlen) == 0
		? 0
		: ship_why(s, "%s: %s", s->conf.host, strerror(errno));
	freeaddrinfo(list);
	return r;
}

static int
syslog_open(struct ship *s)
{
	struct link *k = link_of(s);

	if (k == NULL)
		return ship_why(s, "out of memory");
	return s->conf.path[0] != '\0' ? open_unix(s, k) : open_udp(s, k);
}

static void
say_too_long(const struct ship *s, uint64_t seq)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "sink_missed");
	log_str(&l, "sink", s->conf.name);
	log_num(&l, "from", (int64_t)seq);
	log_num(&l, "to", (int64_t)seq);
	log_str(&l, "why", "too long for a datagram");
	log_end(&l);
}

/*
 * send_one() - wait for a socket that is full, not for ever. A device's queue that is full makes no event, so
 * that one is looked at again after a pause. Return: 0, -errno.
 */
static int
send_one(int fd, struct bytes text)
{
	for (int pauses = 0;;) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (send(fd, text.ptr, text.len, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno == ENOBUFS && pauses++ < SEND_MS / PAUSE_MS) {
			(void)poll(NULL, 0, PAUSE_MS);
			continue;
		}
		if (errno != EAGAIN)
			return err_raise(-errno);
		if (poll(&p, 1, SEND_MS) <= 0)
			return err_raise(-ETIMEDOUT);
	}
}

static int
syslog_send(struct ship *s, const struct ship_batch *b)
{
	struct link *k = s->link;

	for (size_t i = 0; i < b->n; i++) {
		struct bytes line = ship_text(b, &b->item[i]);
		struct record r;
		int e;

		if (record_decode(k->reader, line, &r) != 0)
			r = (struct record){ .seq = b->item[i].seq };
		buf_reset(&k->line);
		syslog_line(&k->line, s->conf.format, k->host, line, &r);
		e = buf_failed(&k->line) ? -EMSGSIZE : send_one(k->fd, buf_bytes(&k->line));
		if (e == -EMSGSIZE)
			say_too_long(s, b->item[i].seq);
		else if (e != 0)
			return ship_why(s, "not sent: %s", strerror(-e));
	}
	return 0;
}

static bool
syslog_alive(struct ship *s)
{
	const struct link *k = s->link;
	int error = 0;
	socklen_t len = sizeof(error);

	/* what an earlier datagram came back with */
	if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		ship_why(s, "%s", strerror(error));
		return false;
	}
	return true;
}

const struct ship_ops sink_syslog_ops = { syslog_open, syslog_send, syslog_alive, syslog_close,
	NULL };
