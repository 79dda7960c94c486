/*
 * learn_priv - what was seen in one command, before it is learned from.
 */
#ifndef GATEWAY_CLI_LEARN_PRIV_H
#define GATEWAY_CLI_LEARN_PRIV_H

#include "gateway/cli/learn.h"
#include "policy/rules/where.h"

enum { LEARN_SEEN = 512, LEARN_SEEN_TEXT = 64 << 10 };

/* One value. */
struct seen {
	enum policy_field field;
	bool absent;
	uint64_t number;
	size_t at, len; /* of a text, in ->text */
};

struct looking {
	enum policy_field field;
	size_t n, used;
	bool full;
	struct seen seen[LEARN_SEEN];
	uint8_t text[LEARN_SEEN_TEXT];
};

/* learn_look() - a where_taker's: @ctx is a struct looking, whose ->field says whose value it is.
 */
void learn_look(void *ctx, const struct where_value *v);
struct bytes learn_seen_text(const struct looking *g, const struct seen *s);
bool learn_is_number(enum policy_field f);
/* learn_has_fields() - is anything learned of what a verb says? */
bool learn_has_fields(const struct learn *l, enum verb verb);
/* learn_sayable() - can a condition say exactly this and nothing more? */
bool learn_sayable(struct learn *l, enum verb verb, enum policy_field f, struct bytes s);

#endif
