/*
 * crowd - natsbench connect, idle and reconnect: many logins.
 *
 * connect logs in, waits for the PONG and closes, a few at a time, until the time is over; one
 * Ed25519 signature of ours per login is part of what is measured, on every way alike. idle opens a
 * number of connections, prints its line, and holds them until its standard input ends, so that the
 * caller can look at the memory of whoever serves them; then each must still be open. reconnect does the
 * same and prints a line, expects that the caller cuts them all, and has each log in again at once, and at
 * once again where that fails, until all are back; a second line says what it took.
 */
#include "tests/bench/natsbench.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_MS = 250 };

struct crowd {
	const struct order *o;
	size_t cut, timed_out, again; /* reconnect: connections lost; logins without an end, or with another than PONG */
	uint64_t longest_ns;          /* of the logins behind the cut */
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

/* crowd_gather() - all of them, each of its own slot. @watch: go on listening to who is in. */
static void
crowd_gather(struct crowd *w, bool watch)
{
	struct epoll_event ev[64];
	uint64_t start = clock_ns();

	while (w->done < w->o->conns) {
		int n;

		while (w->started < w->o->conns && w->under_way < w->o->parallel)
			crowd_start(w, &w->conn[w->started]);
		n = crowd_wait(w, ev, 64);
		for (int i = 0; i < n; i++)
			if (crowd_step(w, ev[i].data.ptr) && !watch)
				crowd_stop_watching(w, ev[i].data.ptr);
	}
	print_crowd(w, clock_ns() - start);
}

void
run_idle(const struct order *o)
{
	struct crowd w;
	char rest[64];

	crowd_init(&w, o, o->conns);
	crowd_gather(&w, false);
	while (read(STDIN_FILENO, rest, sizeof rest) > 0)
		;
	for (size_t i = 0; i < w.done; i++) {
		expect_open(&w.conn[i]);
		natsconn_close(&w.conn[i]);
	}
	crowd_deinit(&w);
}

/* crowd_redial() - its connection is gone, or the login under way failed. */
static void
crowd_redial(struct crowd *w, struct natsconn *c)
{
	natsconn_close(c);
	crowd_start(w, c);
}

/* crowd_return() - a socket of somebody who was cut, or comes back, is ready. */
static void
crowd_return(struct crowd *w, struct natsconn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	bool dialling = c->state == NATSCONN_DIALING;
	int r;

	if (c->state == NATSCONN_READY) {
		w->done--;
		w->cut++;
		crowd_redial(w, c);
		return;
	}
	r = natsconn_step(c, &w->o->login);
	if (r == NATSCONN_MORE) {
		if (dialling && epoll_ctl(w->epfd, EPOLL_CTL_MOD, c->fd, &ev) != 0)
			die(-errno, "epoll");
		return;
	}
	w->under_way--;
	if (r == 0) {
		uint64_t took = clock_ns() - c->dialled_ns;

		w->longest_ns = took > w->longest_ns ? took : w->longest_ns;
		w->done++;
		return;
	}
	if (r == NATSCONN_REFUSED && strstr(c->line, "Timeout") != NULL)
		w->timed_out++;
	else
		w->again++;
	crowd_redial(w, c);
}

/* crowd_give_up() - logins that had no end in all the time there is. */
static void
crowd_give_up(struct crowd *w)
{
	uint64_t now = clock_ns();

	for (size_t i = 0; i < w->o->conns; i++) {
		struct natsconn *c = &w->conn[i];

		if (c->state == NATSCONN_READY || now - c->dialled_ns < (uint64_t)WAIT_MS * 1000000u)
			continue;
		w->timed_out++;
		w->under_way--;
		crowd_redial(w, c);
	}
}

/* crowd_come_back() - wait for the cut, then until everybody is in again. */
static void
crowd_come_back(struct crowd *w)
{
	struct epoll_event ev[64];
	int n = crowd_wait(w, ev, 64);
	uint64_t start = clock_ns(), looked = start;

	while (w->cut < w->o->conns || w->done < w->o->conns) {
		for (int i = 0; i < n; i++)
			crowd_return(w, ev[i].data.ptr);
		if (clock_ns() - looked >= TURN_MS * 1000000u) {
			looked = clock_ns();
			crowd_give_up(w);
		}
		n = epoll_wait(w->epfd, ev, 64, TURN_MS);
		if (n < 0)
			die(-errno, "after %zu logins", w->done);
		if (clock_ns() - start > UINT64_C(10) * WAIT_MS * 1000000u)
			die(-ETIMEDOUT, "%zu of %zu are back", w->done, w->o->conns);
	}
	printf("{\"mode\":\"reconnect\",\"connections\":%zu,\"seconds\":%.4f,\"longest_s\":%.4f,"
	       "\"timed_out\":%zu,\"again\":%zu}\n",
	    w->done, (double)(clock_ns() - start) / 1e9, (double)w->longest_ns / 1e9, w->timed_out, w->again);
	fflush(stdout);
}

void
run_reconnect(const struct order *o)
{
	char rest[64];
	struct crowd w;

	crowd_init(&w, o, o->conns);
	crowd_gather(&w, true);
	crowd_come_back(&w);
	while (read(STDIN_FILENO, rest, sizeof rest) > 0)
		;
	for (size_t i = 0; i < w.done; i++) {
		expect_open(&w.conn[i]);
		natsconn_close(&w.conn[i]);
	}
	crowd_deinit(&w);
}
