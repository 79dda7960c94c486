/*
 * subscriptions - what a link of a messaging provider wants to hear: "a.b, c.>|queue". Pure.
 */
#ifndef HOST_PROVIDERS_MESSAGING_SUBSCRIPTIONS_H
#define HOST_PROVIDERS_MESSAGING_SUBSCRIPTIONS_H

#include "policy/core/buf.h"

enum { SUBSCRIPTIONS_MAX = 64, SUBSCRIPTIONS_SID = 2 /* of the first */ };

/* subscriptions_ok() - Return: false for what nobody can subscribe to. */
bool subscriptions_ok(struct bytes list);
/* subscriptions_put() - a SUB for each, in the words of the wire. The list was found good. */
void subscriptions_put(struct bytes list, struct buf *b);

#endif
