/*
 * message - what actors and a messaging server say to each other, in message-pack: {subject,
 * replyTo, body}. Pure. Source: wasmCloud interfaces messaging.smithy (PubMessage, SubMessage,
 * RequestMessage, ReplyMessage).
 */
#ifndef HOST_PROVIDERS_MESSAGING_MESSAGE_H
#define HOST_PROVIDERS_MESSAGING_MESSAGE_H

#include "policy/core/buf.h"

enum {
	MESSAGE_SUBJECT = 1024,
	MESSAGE_BODY = 1024 * 1024,
	MESSAGE_TIMEOUT_MAX_MS = 10 * 60 * 1000,
};

struct message {
	struct bytes subject, reply, body; /* slices; @reply may be empty */
	uint32_t timeout_ms;               /* of a request */
};

/* message_pub_get(), message_request_get() - Return: NULL, or what is wrong with it. */
const char *message_pub_get(struct bytes payload, struct message *m) must_check;
const char *message_request_get(struct bytes payload, struct message *m) must_check;
/* message_put() - a SubMessage, a ReplyMessage. */
void message_put(struct buf *b, const struct message *m);
/*
 * message_subject_ok() - tokens of printable ASCII between dots, none empty; with @wild also * and,
 * at the end, >. Nobody publishes or subscribes below wasmbus or $: messages are not commands.
 */
bool message_subject_ok(struct bytes s, bool wild);

#endif
