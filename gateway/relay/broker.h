/*
 * broker - what a request to the JetStream API would make the server do, judged as if the asker did
 * it himself.
 *
 * The server publishes, captures and reads for whoever may speak to $JS.API, by its own rights
 * (nats-server issue 8274 is one case of many). So: where it would publish, the asker must be
 * allowed to publish, and never to a command's subject; what it would capture or show, the asker
 * must be allowed to subscribe to; reading a stream regardless of subject needs the right to all
 * that is in it. An own inbox it shall publish to is given its virtual name: the one payload that
 * is changed. Rules and fields: docs/POLICY.md, JetStream; docs/BODIES.md.
 */
#ifndef GATEWAY_RELAY_BROKER_H
#define GATEWAY_RELAY_BROKER_H

#include "gateway/relay/relay.h"

enum broker_answer {
	BROKER_REFUSED = 1, /* ->detail and ->decision of the event say why */
};

enum { BROKER_ARENA = 1024 * 1024 };

/* broker_is_for() - a subject the server acts on: $JS. */
static inline bool
broker_is_for(struct bytes subject)
{
	return subject.len > 4 && memcmp(subject.ptr, "$JS.", 4) == 0;
}

/*
 * broker_judge() - a publish that rules allowed by its subject.
 * @op:    the request; its payload is appended to @out, with inboxes as the upstream must see them
 * @arena: BROKER_ARENA bytes, aligned as malloc() aligns
 * Return: 0, BROKER_REFUSED, -ENOMEM.
 */
int broker_judge(struct rights *rights, const char *token, const struct nats_op *op, void *arena,
    struct buf *out, struct relay_event *e) must_check;

#endif
