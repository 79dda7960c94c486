/*
 * server - a NATS connection that the host made and handed over, for one link. It logs in with the
 * link's own login, whose seed the host keeps; subscribes to what the link says; publishes and asks
 * for its actor.
 */
#ifndef HOST_PROVIDERS_MESSAGING_SERVER_H
#define HOST_PROVIDERS_MESSAGING_SERVER_H

#include "host/providers/messaging/message.h"
#include "host/providers/process.h"

struct server;

struct server_options {
	struct bytes actor;
	struct bytes subscriptions; /* "a.b, c.>|queue"; borrowed until the return */
	void (*on_message)(void *ctx, const struct message *m);
	void (*on_end)(void *ctx, struct server *s); /* it ended by itself: free it */
	void *ctx;
};

/*
 * server_open() - begin with @fd (taken); process_link() says when it may be used, or why it failed
 * Return: 0; -EINVAL a subscription nobody can have; -errno.
 */
int server_open(
    struct server **out, struct process *p, int fd, const struct server_options *o) must_check;
/* server_signed() - the answer to process_sign(). */
void server_signed(struct server *s, struct bytes jwt, struct bytes sig);
/* server_publish(), server_request() - answered with process_result(). */
void server_publish(struct server *s, uint64_t id, const struct message *m);
void server_request(struct server *s, uint64_t id, const struct message *m);
/* server_idle() - no request waits. */
bool server_idle(const struct server *s);
/* server_free() - what waits fails. NULL is fine. */
void server_free(struct server *s);

#endif
