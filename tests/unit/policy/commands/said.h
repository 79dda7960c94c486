/*
 * said - what a decoder made of a message, as one line, for tables of tests.
 */
#ifndef TESTS_UNIT_POLICY_COMMANDS_SAID_H
#define TESTS_UNIT_POLICY_COMMANDS_SAID_H

#include "policy/commands/body.h"
#include "policy/commands/jetstream.h"

struct said {
	char text[4096];
	size_t len;
};

/* One message; payload_len 0 means strlen(payload). */
struct message {
	const char *subject, *header, *payload;
	size_t payload_len;
};

/* said_body/jetstream() - decode and print; "refused FIELD: WHY" when it is. */
const char *said_body(struct said *s, const struct message *m);
const char *said_jetstream(struct said *s, const struct message *m);

#endif
