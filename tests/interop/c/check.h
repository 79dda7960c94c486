/*
 * check - one conversation of nats.c with whatever listens at a URL, gate or server.
 *
 * A check is a function that returns NATS_OK or what went wrong, with the reason in r->why. Every
 * check makes its own connections and leaves nothing on the server that another would trip over.
 */
#ifndef TESTS_INTEROP_C_CHECK_H
#define TESTS_INTEROP_C_CHECK_H

#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { WAIT_MS = 60000 }; /* an answer that takes longer never comes */

struct run {
	const char *url;
	const char *admin;    /* creds file: everything under interop.>, JetStream, key-value */
	const char *service;  /* creds file: interop.> and answers, nothing under forbidden.> */
	const char *stranger; /* creds file of an account nobody trusts */
	char why[256];
	char error[512];   /* the last asynchronous error, written by the library's thread */
	atomic_int errors; /* how many there were; read ->error after it changed */
};

struct check {
	const char *name;
	natsStatus (*function)(struct run *r);
};

/* run_open() - connect with a creds file. */
natsStatus run_open(struct run *r, natsConnection **nc, const char *creds);
/* run_jetstream() - a JetStream context that waits as long as all do. */
natsStatus run_jetstream(jsCtx **js, natsConnection *nc);
/* run_wrong() - note why a check failed; always returns NATS_ERR. */
natsStatus run_wrong(struct run *r, const char *why);
/* run_expect_text() - the next message must come and say @text. */
natsStatus run_expect_text(struct run *r, natsSubscription *sub, const char *text);
/* run_publish_numbers() - messages "0", "1", ... @count - 1 to @subject. */
natsStatus run_publish_numbers(natsConnection *nc, const char *subject, int count);

extern const struct check checks_core[]; /* end with a NULL name */
extern const struct check checks_jetstream[];
extern const struct check checks_kv[];
extern const struct check checks_rpc[];

#endif
