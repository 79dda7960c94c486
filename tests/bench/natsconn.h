/*
 * natsconn - the smallest NATS client that can be measured with: dial, log in with a creds file,
 * and then a bare socket. Not a client library: no reconnects, no callbacks, no queues.
 */
#ifndef TESTS_BENCH_NATSCONN_H
#define TESTS_BENCH_NATSCONN_H

#include <netinet/in.h>

#include "policy/core/buf.h"
#include "policy/identity/creds.h"

/* A creds file, read once and used by every connection. */
struct natslogin {
	char *text;
	struct bytes jwt; /* points into text */
	struct nkey_pair pair;
};

enum natsconn_state {
	NATSCONN_DIALING, /* the kernel is connecting */
	NATSCONN_INFO,    /* the server speaks next: INFO */
	NATSCONN_PONG,    /* CONNECT and PING are sent; the server answers PONG or -ERR */
	NATSCONN_READY,   /* both may speak */
};

enum natsconn_answer {
	NATSCONN_MORE = 1, /* nothing to do until the socket is ready again */
	NATSCONN_REFUSED,  /* ->line holds the server's line */
};

enum { NATSCONN_LINE = 4096 };

struct natsconn {
	int fd; /* non-blocking; -1 when closed */
	enum natsconn_state state;
	uint64_t dialled_ns; /* monotonic */
	size_t have;
	char line[NATSCONN_LINE + 1];
};

/* natslogin_load() - read a creds file. Return: 0, an enum creds_answer, -errno. */
int natslogin_load(struct natslogin *l, const char *file) must_check;
void natslogin_deinit(struct natslogin *l);

/* natsconn_address() - "127.0.0.1:4222". Return: 0, -EINVAL. */
int natsconn_address(struct sockaddr_in *to, const char *text) must_check;
/* natsconn_dial() - start a connection. Return: 0, -errno. */
int natsconn_dial(struct natsconn *c, const struct sockaddr_in *to) must_check;
/* natsconn_step() - one more step of the login, when the socket is ready. Return: 0 when READY, an
 * answer, -errno. */
int natsconn_step(struct natsconn *c, const struct natslogin *l) must_check;
/* natsconn_login() - dial and wait until READY, at most @timeout_ms. Return: 0, NATSCONN_REFUSED,
 * -errno. */
int natsconn_login(struct natsconn *c, const struct sockaddr_in *to, const struct natslogin *l,
    int timeout_ms) must_check;
/* natsconn_send() - write all of it, waiting for room. Return: 0, -errno. */
int natsconn_send(struct natsconn *c, struct bytes s) must_check;
/* natsconn_barrier() - send @s and a PING, wait for the PONG; answers PINGs. Return: 0,
 * NATSCONN_REFUSED, -errno. */
int natsconn_barrier(struct natsconn *c, struct bytes s, int timeout_ms) must_check;
void natsconn_close(struct natsconn *c);

/* clock_ns() - the monotonic clock. */
uint64_t clock_ns(void);

#endif
