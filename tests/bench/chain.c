/*
 * chain - natsbench chain: what a command's way costs where nothing is done on it. As many
 * processes as a command passes wake each other, over the same kinds of sockets, and hand a message
 * on: sender, edge, dispatcher, auditor, dispatcher, server, listener. With --file the auditor
 * appends a record to it and makes that durable, as natsbench disk does. With --conns 1 it is
 * sender, server, listener: the direct way. The difference of the two is what the gateway would add
 * if its code took no time.
 *
 * And natsbench disk: what one append made durable costs where the records lie. With --pause the
 * disk and its processor have as much rest before each as they have between commands.
 */
#include "tests/bench/natsbench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHAIN_SAMPLES = 1 << 20, CHAIN_MESSAGE = 512, CHAIN_RECORD = 1100 };

/* What a process does with what it reads from @from: it goes to @to, durable in @file before. */
struct hop {
	int from, to;
	int file; /* -1: none */
};

struct chain {
	int to, from; /* where the sender writes, and the listener reads */
	pid_t pid[4];
	size_t n;
};

/* ---- the disk ---- */

static int
open_new(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		die(-errno, "%s", path);
	return fd;
}

static void
append(int fd)
{
	static const uint8_t record[CHAIN_RECORD] = { 'x' };

	if (write(fd, record, sizeof record) != sizeof record || fdatasync(fd) != 0)
		die(-errno, "a record");
}

static void
rest(uint64_t pause_us)
{
	struct timespec t = { (time_t)(pause_us / 1000000), (long)(pause_us % 1000000) * 1000 };

	if (pause_us != 0)
		(void)nanosleep(&t, NULL);
}

static void
print(const char *mode, struct samples *lat)
{
	printf("{\"mode\":\"%s\",\"messages\":%zu,", mode, lat->n);
	samples_print(lat);
	puts("}");
	samples_deinit(lat);
}

void
run_disk(const struct order *o)
{
	struct samples lat;
	uint64_t end = order_deadline(o, clock_ns());
	int fd = open_new(o->file);

	samples_init(&lat, CHAIN_SAMPLES);
	while (clock_ns() < end) {
		uint64_t from;

		rest(o->pause_us);
		from = clock_ns();
		append(fd);
		samples_add(&lat, clock_ns() - from);
	}
	print("disk", &lat);
	close(fd);
	unlink(o->file);
}

/* ---- the chain ---- */

static void
tcp_pair(int pair[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l < 0 || pair[0] < 0 || bind(l, (struct sockaddr *)&a, len) != 0 || listen(l, 1) != 0 ||
	    getsockname(l, (struct sockaddr *)&a, &len) != 0 ||
	    connect(pair[0], (struct sockaddr *)&a, len) != 0 ||
	    (pair[1] = accept(l, NULL, NULL)) < 0)
		die(-errno, "a connection");
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
			die(-errno, "a connection");
	close(l);
}

static void
unix_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		die(-errno, "a pair of sockets");
}

static void
hand_on(const struct hop *h)
{
	char message[CHAIN_MESSAGE];
	size_t n = 0;

	while (n < sizeof message) {
		ssize_t r = recv(h->from, message + n, sizeof message - n, 0);

		if (r <= 0)
			_exit(0); /* the one before has ended */
		n += (size_t)r;
	}
	if (h->file >= 0)
		append(h->file);
	if (send(h->to, message, sizeof message, MSG_NOSIGNAL) != sizeof message)
		_exit(0);
}

/* process() - one of the chain: waits as a loop does, for all it reads from. */
static void
process(struct chain *c, const struct hop *hop, size_t n)
{
	struct epoll_event e;
	pid_t pid = fork();
	int set;

	if (pid < 0)
		die(-errno, "a process");
	if (pid != 0) {
		c->pid[c->n++] = pid;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set = epoll_create1(0);
	for (size_t i = 0; i < n; i++) {
		e = (struct epoll_event){ .events = EPOLLIN,
			.data.ptr = (void *)(uintptr_t)&hop[i] };
		if (epoll_ctl(set, EPOLL_CTL_ADD, hop[i].from, &e) != 0)
			_exit(1);
	}
	while (epoll_wait(set, &e, 1, -1) == 1)
		hand_on(e.data.ptr);
	_exit(1);
}

static void
build(struct chain *c, const struct order *o)
{
	int sender[2], edge[2], auditor[2], server[2], listener[2];
	int file = o->file != NULL ? open_new(o->file) : -1;

	tcp_pair(sender);
	tcp_pair(listener);
	*c = (struct chain){ .to = sender[0], .from = listener[1] };
	if (o->conns == 1) {
		process(c, &(struct hop){ sender[1], listener[0], -1 }, 1);
		return;
	}
	unix_pair(edge);
	unix_pair(auditor);
	tcp_pair(server);
	process(c, &(struct hop){ sender[1], edge[0], -1 }, 1);
	process(c, (struct hop[]){ { edge[1], auditor[0], -1 }, { auditor[0], server[0], -1 } }, 2);
	process(c, &(struct hop){ auditor[1], auditor[1], file }, 1);
	process(c, &(struct hop){ server[1], listener[0], -1 }, 1);
}

static void
end(const struct chain *c)
{
	for (size_t i = 0; i < c->n; i++) {
		kill(c->pid[i], SIGKILL);
		waitpid(c->pid[i], NULL, 0);
	}
}

void
run_chain(const struct order *o)
{
	char message[CHAIN_MESSAGE] = { 0 };
	const struct timeval patience = { WAIT_MS / 1000, 0 };
	struct samples lat;
	struct chain c;
	uint64_t until;

	build(&c, o);
	if (setsockopt(c.from, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
		die(-errno, "a connection");
	samples_init(&lat, CHAIN_SAMPLES);
	until = order_deadline(o, clock_ns());
	while (clock_ns() < until) {
		uint64_t start = clock_ns();

		if (send(c.to, message, sizeof message, MSG_NOSIGNAL) != sizeof message ||
		    recv(c.from, message, sizeof message, MSG_WAITALL) != sizeof message)
			die(0, "a process of the chain has ended");
		samples_add(&lat, clock_ns() - start);
	}
	end(&c);
	print("chain", &lat);
	if (o->file != NULL)
		unlink(o->file);
}
