/*
 * narrow - the lists a credential carries itself (its JWT's pub, sub and resp): they only take away.
 *
 * An absent list takes nothing away, a present and empty one everything. Stricter than the server's
 * reading (server/client.go, canSubscribe): a subscription is allowed by true subset, and `X.>` in a
 * deny covers `X`. docs/POLICY.md has the table.
 */
#ifndef POLICY_RULES_NARROW_H
#define POLICY_RULES_NARROW_H

#include "policy/core/err.h"
#include "policy/identity/identity.h"

struct narrow_entry {
	struct bytes pattern;
	struct bytes queue; /* empty: none */
};

struct narrow_list {
	bool present;
	size_t n;
	struct narrow_entry *entry;
};

struct narrow {
	struct narrow_list pub_allow, pub_deny;
	struct narrow_list sub_allow, sub_deny;
	bool queue_denies; /* sub_deny has entries for queues */
	bool resp;
	int64_t resp_max, resp_ttl_ms;
	char *text; /* what the entries point into */
};

/* narrow_init() - copy the lists. Return: 0, -EINVAL (a deny we cannot read), -ENOMEM. */
int narrow_init(struct narrow *n, const struct permissions *p) must_check;
void narrow_deinit(struct narrow *n);

/* narrow_publish() - do the lists let a publish on literal @s through? */
bool narrow_publish(const struct narrow *n, struct bytes s);
/* narrow_publish_denied() - does the deny list name it (the allow list is not asked)? */
bool narrow_publish_denied(const struct narrow *n, struct bytes s);
/* narrow_publish_pattern() - do they let every subject through that @pattern may stand for? */
bool narrow_publish_pattern(const struct narrow *n, struct bytes pattern);
/* narrow_subscribe() - do they let this subscription through? */
bool narrow_subscribe(const struct narrow *n, struct bytes pattern, struct bytes queue);
/* narrow_deliver() - may a message printed with literal @s be delivered (queues apart)? */
bool narrow_deliver(const struct narrow *n, struct bytes s);
/* narrow_filters() - could a deny take away something that @pattern matches? */
bool narrow_filters(const struct narrow *n, struct bytes pattern);
/* narrow_deliver_queue() - the denies that name a queue. */
bool narrow_deliver_queue(const struct narrow *n, struct bytes s, struct bytes queue);

#endif
