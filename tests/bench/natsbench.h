/*
 * natsbench - what its modes share: the order they get, the ways they end.
 */
#ifndef TESTS_BENCH_NATSBENCH_H
#define TESTS_BENCH_NATSBENCH_H

#include "tests/bench/natsconn.h"

struct order {
	const char *mode;
	struct sockaddr_in server;
	struct natslogin login;
	const char *subject;
	size_t size;     /* payload bytes */
	double seconds;  /* how long to send, or to keep logging in */
	size_t window;   /* pubsub: wire bytes sent and not yet received back; command: commands */
	size_t conns;    /* idle, reconnect, command: how many; connect: at most */
	size_t parallel; /* connect, idle, reconnect before the cut: logins under way at once */
	struct sockaddr_in hear; /* command: where they arrive */
	struct natslogin hear_login;
	const char *file; /* disk, chain: a file that is not there yet */
	size_t pause_us; /* disk: before each record */
};

enum {
	WAIT_MS = 10000,        /* nothing moves for this long: the run failed */
	BLOCK = 32 * 1024,      /* bytes per write, as the default buffers of nats.c and nats.go */
	READ_SIZE = 256 * 1024, /* bytes per read; more than a socket usually holds */
};

/* die() - say why on stderr and exit 1; @r < 0 adds errno's words. */
_Noreturn void die(int r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* login_or_die() - a connection that is READY. */
void login_or_die(struct natsconn *c, const struct order *o);
/* xalloc() - zeroed memory or death. */
void *xalloc(size_t n);
/* order_deadline() - the moment to stop sending. */
uint64_t order_deadline(const struct order *o, uint64_t start_ns);

/* Samples of a latency in nanoseconds; keeps the first @cap. */
struct samples {
	uint32_t *ns;
	size_t n, cap;
};

void samples_init(struct samples *s, size_t cap);
void samples_add(struct samples *s, uint64_t ns);
/* samples_print() - `"p50_us":..,"p90_us":..,"p99_us":..,"p999_us":..,"max_us":..`; sorts. */
void samples_print(struct samples *s);
void samples_deinit(struct samples *s);

/* The modes. Each prints one line of JSON or dies. */
void run_pub(const struct order *o);
void run_pubsub(const struct order *o);
void run_reqrep(const struct order *o);
void run_connect(const struct order *o);
void run_idle(const struct order *o);
void run_reconnect(const struct order *o);
void run_command(const struct order *o);
void run_disk(const struct order *o);
void run_chain(const struct order *o);

#endif
