/*
 * talker - a connection of natsbench that says and hears one message at a time, all of one size.
 */
#ifndef TESTS_BENCH_TALKER_H
#define TESTS_BENCH_TALKER_H

#include "tests/bench/natsbench.h"

enum { MAX_MSG = 64 * 1024 };

struct talker {
	struct natsconn conn;
	size_t size;
	size_t at, have; /* in ->in: what was taken, what was read */
	uint8_t *in;
	uint8_t *out;
};

struct message {
	struct bytes subject;
	struct bytes reply; /* empty: none */
	struct bytes payload;
	size_t used; /* bytes of it in the buffer */
};

/* talker_init() - log in and subscribe to @subject (NULL: to nothing); or death. */
void talker_init(struct talker *t, const struct order *o, const char *subject);
void talker_deinit(struct talker *t);
/* talker_say() - PUB @subject [@reply] with @payload of the agreed size; ptr NULL: of x. */
void talker_say(struct talker *t, struct bytes subject, const char *reply, struct bytes payload);
/* talker_hear() - wait for the next message; control lines are answered on the way. */
void talker_hear(struct talker *t, struct message *m);
/* talker_done() - the message is no longer needed. */
void talker_done(struct talker *t, const struct message *m);

#endif
