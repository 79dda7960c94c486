/*
 * ctl - one lattice, asked over NATS in the words of wasmCloud 0.50 to 0.82 (docs/LATTICE.md). What a
 * host or the gate answers is read strictly and shown without what a terminal would act on.
 */
#ifndef GATEWAY_CLI_CTL_H
#define GATEWAY_CLI_CTL_H

#include <nats/nats.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"

enum { CTL_NAME = 64, CTL_KEY = 64, CTL_TEXT = 512, CTL_HOSTS = 1024 };

struct ctl {
	natsConnection *nc;
	natsSubscription *events[2]; /* wasmbus.evt.L and wasmbus.evt.L.>; NULL until ctl_listen() */
	natsSubscription **over;     /* ctl_unsubscribe() */
	size_t n_over;
	char lattice[CTL_NAME + 1];
	int64_t timeout_ms; /* of one answer */
	int64_t wait_ms;    /* for what came of a command; 0: not at all */
	int64_t quiet_ms;   /* so long after an answer of many no other comes: that is all */
	bool json;
};

/*
 * ctl_open() - connect as the options say (--server --creds --ca --lattice --timeout, and NATS_URL,
 * NATS_CREDS). Return: CLI_OK, else after saying why: CLI_USAGE, CLI_FAILED, CLI_UNREACHABLE.
 * ctl_close() in any case.
 */
int ctl_open(struct ctl *c, const struct cli_args *a) must_check;
void ctl_close(struct ctl *c);
/*
 * ctl_unsubscribe() - @s (may be NULL) is not wanted any more. It is destroyed with the connection and not before:
 * nats.c before 3.6 hands a message to a subscription that another thread has freed meanwhile (nats-io/nats.c#637).
 */
void ctl_unsubscribe(struct ctl *c, natsSubscription *s);
/*
 * ctl_ask() - a question or command on wasmbus.ctl.LATTICE.@tail; @body may be NULL. An answer that says
 * no is an error: it is printed, of a denial also what to do. Return: CLI_OK and @out filled
 * (control_reply_deinit() in any case), CLI_FAILED, CLI_UNREACHABLE (nobody answered).
 */
int ctl_ask(struct ctl *c, const char *tail, const struct buf *body, struct control_reply *out) must_check;
/*
 * ctl_gather() - the same of everybody who answers, until a while passes without another. Answers that
 * cannot be read are noted and skipped. Return: how many, or -1 after saying why there are none.
 */
int ctl_gather(struct ctl *c, const char *tail, const struct buf *body,
    void (*each)(void *ctx, const struct control_reply *r), void *ctx);
/* ctl_denied() - did the gate answer in place of whom was asked? Then it is printed, with what to do. */
bool ctl_denied(natsMsg *m) must_check;
/* ctl_with() - @act in the lattice the options name. Return: its, or why there is none: ctl_open(). */
int ctl_with(const struct cli_args *a, int (*act)(struct ctl *c, const struct cli_args *a)) must_check;
/* ctl_listen() - hear the lattice's events from now on; without the right to, ctl_next() only waits. */
void ctl_listen(struct ctl *c);
/* ctl_next() - wait until something happened in the lattice, at most @ms. */
void ctl_next(struct ctl *c, int64_t ms);
/*
 * ctl_host() - the host meant by a key, the beginning of one, or its name; of NULL the only one there is.
 * Return: CLI_OK and its key in @out, CLI_FAILED after saying why.
 */
int ctl_host(struct ctl *c, const char *given, char out[CTL_KEY]) must_check;
/* Hosts that answered. */
struct ctl_hosts {
	size_t n;
	char id[CTL_HOSTS][CTL_KEY];
};
/* ctl_hosts() - every host there is. Return: CLI_OK, CLI_FAILED after saying why none can be asked. */
int ctl_hosts(struct ctl *c, struct ctl_hosts *h) must_check;
/*
 * ctl_key() - the key of an actor ('M') or provider ('V') meant by itself, its name or its call alias,
 * as the lattice's claims or the inventory of one of its hosts have it; a provider by its contract too. Return: CLI_OK, CLI_FAILED after saying why.
 */
int ctl_key(struct ctl *c, char kind, const char *given, char out[CTL_KEY]) must_check;
/* ctl_list() - the elements of member @name: the first one's index in the answer, and how many. */
size_t ctl_list(const struct control_reply *r, size_t at, const char *name, size_t *n);

#endif
