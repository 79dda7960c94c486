/*
 * deliver - the one kind of payload that is changed: a JetStream consumer's deliver_subject.
 *
 * The server publishes stream data on that subject without asking whether the consumer's creator
 * might (nats-server issue 8274), so it must be the creator's own inbox, which is given its virtual
 * name, or a subject the creator may publish to itself.
 */
#ifndef GATEWAY_RELAY_DELIVER_H
#define GATEWAY_RELAY_DELIVER_H

#include "gateway/relay/relay.h"

enum deliver_answer {
	DELIVER_REFUSED = 1, /* ->detail and ->decision of the event say why */
};

/* deliver_is_for() - is this a request that creates a consumer? */
bool deliver_is_for(struct bytes subject);
/*
 * deliver_rewrite() - @body to @out, with deliver_subject as the upstream must see it.
 * Return: 0, DELIVER_REFUSED, -ENOMEM.
 */
int deliver_rewrite(struct rights *rights, const char *token, struct bytes body, struct buf *out,
    struct relay_event *e) must_check;

#endif
