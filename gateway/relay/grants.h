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

enum { GRANTS_MAX = 4096, GRANTS_DEPTH = 32 /* tokens below a reply */ };

struct grant;

struct grants {
	struct grant **bucket;
	size_t cap, n;
	size_t n_below; /* of them, how many cover what lies below */
	struct grant *oldest, *newest; /* in order of arrival */
};

void grants_deinit(struct grants *g);
/* On what terms. */
struct grant_terms {
	int64_t max;       /* answers; negative: any number */
	uint64_t until_ms; /* 0: for ever */
	uint16_t asked;    /* bits of enum report_kind: what the answers must be */
	bool below;        /* wRPC: what lies below the reply too, REPLY.> */
};

/* grants_add() - @reply may be answered. Coming again renews it; what was asked adds up. Return: 0, -ENOMEM. */
int grants_add(struct grants *g, struct bytes reply, const struct grant_terms *t, uint64_t now_ms) must_check;
/*
 * grants_has() - may @subject be answered on now: is it a reply that came, or below one that covers
 * that? @asked, when not NULL, is set.
 */
bool grants_has(const struct grants *g, struct bytes subject, uint64_t now_ms, uint16_t *asked);
/* grants_use() - one answer on @subject was let through. */
void grants_use(struct grants *g, struct bytes subject, uint64_t now_ms);

#endif
