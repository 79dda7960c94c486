/*
 * pace - a hard ceiling on messages and bytes a second. Whoever is beyond it is not read until it
 * is his turn again; nothing is lost.
 *
 * Pure: the time is a parameter, milliseconds of a clock that does not step. What is taken may be
 * more than there is (a message is one), and the rest is owed: the mean is exact.
 */
#ifndef GATEWAY_RELAY_PACE_H
#define GATEWAY_RELAY_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* At most so many a second, and as many at once; 0: no ceiling. */
struct pace_rule {
	uint64_t msgs, bytes;
};

struct pace {
	int64_t msgs, bytes; /* left, in thousandths; less than 0: owed */
	uint64_t at_ms;
	bool begun;
};

/* pace_ready() - may another message be taken now? */
bool pace_ready(struct pace *p, const struct pace_rule *rule, uint64_t now_ms);
/* pace_pay() - one message of @bytes was taken. */
void pace_pay(struct pace *p, const struct pace_rule *rule, uint64_t bytes);

#endif
