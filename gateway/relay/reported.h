/*
 * reported - what a client says of hosts must be of the host it is: its events and heartbeats, and
 * its answers to auctions, pings and questions for inventory.
 *
 * Who it is: the host ids of its credential, or, where the policy's serve rule says host_id =
 * first_use and the credential has none, the first one it uses on this connection.
 * Rules: docs/POLICY.md, serve; what is read: docs/BODIES.md, reports.
 */
#ifndef GATEWAY_RELAY_REPORTED_H
#define GATEWAY_RELAY_REPORTED_H

#include "gateway/relay/relay.h"
#include "policy/commands/report.h"

/* reported_asked() - the kinds of report that answer a message on @subject, for struct grant_terms.
 */
uint16_t reported_asked(const struct relay *r, struct bytes subject);

/*
 * reported_judge() - a publish that is allowed by its subject. @asked: it answers this. What it
 * says of a host that it is not turns e->decision into a denial; its kind and detail are set too.
 */
void reported_judge(
    struct relay *r, const struct nats_op *op, uint16_t asked, struct relay_event *e);
/*
 * reported_first() - a publish denied because its subject is another host's: is it the first that
 * this connection says of itself? Return: true when it now is that host, and the publish is to be
 * judged anew.
 */
bool reported_first(struct relay *r, const struct nats_op *op);
/* reported_subscribe() - rights_subscribe(), where a first subscription to a host's own commands
 * makes it that host. */
struct decision reported_subscribe(struct relay *r, struct bytes pattern, struct bytes queue);

#endif
