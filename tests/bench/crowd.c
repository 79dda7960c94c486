/*
 * crowd - natsbench connect and idle: many logins.
 *
 * connect logs in, waits for the PONG and closes, a few at a time, until the time is over; one
 * Ed25519 signature of ours per login is part of what is measured, on every way alike. idle opens a
 * number of connections, prints its line, and holds them until its standard input ends, so that the
 * caller can look at the memory of whoever serves them; then each must still be open.
 */
#include "tests/bench/natsbench.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct crowd {
	const struct order *o;
	int epfd;
	struct natsconn *conn; /* idle: one each; connect: `parallel` of them, used again */
	size_t started, under_way, done;
	struct samples lat;
};

static void
crowd_init(struct crowd *w, const struct order *o, size_t room)
{
	struct rlimit lim;

	*w = (struct crowd){ .o = o, .epfd = epoll_create1(EPOLL_CLOEXEC) };
	if (w->epfd < 0)
		die(-errno, "epoll");
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	w->conn = xalloc(room * sizeof *w->conn);
	samples_init(&w->lat, o->conns);
}

static void
crowd_deinit(struct crowd *w)
{
	close(w->epfd);
	free(w->conn);
	samples_deinit(&w->lat);
}

/* crowd_start() - one more login, in slot @c. */
static void
crowd_start(struct crowd *w, struct natsconn *c)
{
	struct epoll_event ev = { .events = EPOLLOUT, .data.ptr = c };
	int r = natsconn_dial(c, &w->o->server);

	if (r != 0)
		die(r, "connection %zu", w->started);
	if (epoll_ctl(w->epfd, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die(-errno, "epoll");
	w->started++;
	w->under_way++;
}

/* crowd_step() - a socket is ready. Return: is this login complete? */
static bool
crowd_step(struct crowd *w, struct natsconn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	bool dialling = c->state == NATSCONN_DIALING;
	int r = natsconn_step(c, &w->o->login);

	if (r == NATSCONN_REFUSED)
		die(0, "login %zu refused: %s", w->started, c->line);
	if (r < 0)
		die(r, "login %zu", w->started);
	if (r == NATSCONN_MORE) {
		if (dialling && epoll_ctl(w->epfd, EPOLL_CTL_MOD, c->fd, &ev) != 0)
			die(-errno, "epoll");
		return false;
	}
	samples_add(&w->lat, clock_ns() - c->dialled_ns);
	w->under_way--;
	w->done++;
	return true;
}

/* crowd_wait() - the sockets that are ready. */
static int
crowd_wait(struct crowd *w, struct epoll_event *ev, int room)
{
	int n = epoll_wait(w->epfd, ev, room, WAIT_MS);

	if (n <= 0)
		die(n < 0 ? -errno : -ETIMEDOUT, "after %zu logins", w->done);
	return n;
}

static void
print_crowd(struct crowd *w, uint64_t ns)
{
	double s = (double)ns / 1e9;

	printf("{\"mode\":\"%s\",\"connections\":%zu,\"seconds\":%.4f,\"rate\":%.0f,", w->o->mode,
	    w->done, s, (double)w->done / s);
	samples_print(&w->lat);
	puts("}");
	fflush(stdout);
}

void
run_connect(const struct order *o)
{
	struct epoll_event ev[64];
	struct crowd w;
	uint64_t start, end;

	crowd_init(&w, o, o->parallel);
	start = clock_ns();
	end = order_deadline(o, start);
	for (size_t i = 0; i < o->parallel; i++)
		crowd_start(&w, &w.conn[i]);
	while (w.under_way > 0) {
		int n = crowd_wait(&w, ev, 64);

		for (int i = 0; i < n; i++) {
			struct natsconn *c = ev[i].data.ptr;

			if (!crowd_step(&w, c))
				continue;
			natsconn_close(c);
			if (w.started < o->conns && clock_ns() < end)
				crowd_start(&w, c);
		}
	}
	print_crowd(&w, clock_ns() - start);
	crowd_deinit(&w);
}

/* crowd_stop_watching() - an idle connection sends nothing we want to hear of. */
static void
crowd_stop_watching(struct crowd *w, struct natsconn *c)
{
	if (epoll_ctl(w->epfd, EPOLL_CTL_DEL, c->fd, NULL) != 0)
		die(-errno, "epoll");
}

static void
expect_open(const struct natsconn *c)
{
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		die(n < 0 ? -errno : -ECONNRESET, "an idle connection was closed");
}

void
run_idle(const struct order *o)
{
	struct epoll_event ev[64];
	struct crowd w;
	uint64_t start = clock_ns();
	char rest[64];

	crowd_init(&w, o, o->conns);
	while (w.done < o->conns) {
		int n;

		while (w.started < o->conns && w.under_way < o->parallel)
			crowd_start(&w, &w.conn[w.started]);
		n = crowd_wait(&w, ev, 64);
		for (int i = 0; i < n; i++)
			if (crowd_step(&w, ev[i].data.ptr))
				crowd_stop_watching(&w, ev[i].data.ptr);
	}
	print_crowd(&w, clock_ns() - start);
	while (read(STDIN_FILENO, rest, sizeof rest) > 0)
		;
	for (size_t i = 0; i < w.done; i++) {
		expect_open(&w.conn[i]);
		natsconn_close(&w.conn[i]);
	}
	crowd_deinit(&w);
}
