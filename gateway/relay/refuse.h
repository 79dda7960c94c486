/*
 * refuse - the words of a denial, exactly nats-server's, because clients read them.
 * Source: nats-server client.go, pubPermissionViolation and its neighbours.
 */
#ifndef GATEWAY_RELAY_REFUSE_H
#define GATEWAY_RELAY_REFUSE_H

#include "policy/core/buf.h"

/* -ERR 'Permissions Violation for Publish to "S"' */
void refuse_publish(struct buf *out, struct bytes subject);
/* -ERR 'Permissions Violation for Publish with Reply of "R"' */
void refuse_reply(struct buf *out, struct bytes reply);
/* -ERR 'Permissions Violation for Subscription to "S"' [using queue "Q"] */
void refuse_subscribe(struct buf *out, struct bytes subject, struct bytes queue);

#endif
