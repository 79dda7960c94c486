/*
 * grants - what a connection may answer: reply subjects that really came with a message delivered
 * to it, how many answers each is still good for, and until when.
 *
 * Bounded; when full, expired ones go first, then the oldest.
 */
#ifndef GATEWAY_RELAY_GRANTS_H
#define GATEWAY_RELAY_GRANTS_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { GRANTS_MAX = 4096 };

struct grant;

struct grants {
	struct grant **bucket;
	size_t cap, n;
	struct grant *oldest, *newest; /* in order of arrival */
};

void grants_deinit(struct grants *g);
/*
 * grants_add() - @reply may be answered @max times (negative: any number) until @until_ms (0: for
 * ever). Coming again renews it. Return: 0, -ENOMEM.
 */
int grants_add(struct grants *g, struct bytes reply, int64_t max, uint64_t until_ms, uint64_t now_ms) must_check;
/* grants_has() - may @reply be answered now? */
bool grants_has(const struct grants *g, struct bytes reply, uint64_t now_ms);
/* grants_use() - one answer on @reply was let through. */
void grants_use(struct grants *g, struct bytes reply);

#endif
