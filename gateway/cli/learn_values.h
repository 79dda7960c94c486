/*
 * learn_values - what was seen in one field of one kind of command, and the condition that lets
 * exactly that pass: a list, or, when there is too much of one kind, a prefix of it.
 */
#ifndef GATEWAY_CLI_LEARN_VALUES_H
#define GATEWAY_CLI_LEARN_VALUES_H

#include "policy/core/buf.h"
#include "policy/rules/policy.h"

enum {
	LEARN_VALUES = 256, /* kept apart at one time */
	LEARN_LIST = 32,    /* listed before prefixes are looked for, but for images */
	LEARN_TEXT = 1024,  /* of one value: the policy's own limit */
};

struct learn_value {
	char *text;      /* owned */
	bool glob;       /* ends in a '*' of ours */
	uint64_t n, seq; /* how often, where first */
};

struct learn_values {
	size_t n;
	struct learn_value *value;
	bool none; /* it was absent at least once */
	bool any;  /* too much to tell apart: no condition */
	bool numbers;
	uint64_t max, max_seq;
};

/* Whose values they are, and from how many on they may become a prefix. */
struct learn_kind {
	enum policy_field field;
	bool image, fixed; /* fixed: has no prefixes that mean anything */
	size_t min;
};

/* learn_values_text() - one more; @news: was it unheard of? Return: 0, -ENOMEM. */
int learn_values_text(struct learn_values *v, const struct learn_kind *k, struct bytes text,
    uint64_t seq, bool *news) must_check;
void learn_values_number(struct learn_values *v, uint64_t n, uint64_t seq, bool *news);
/* learn_values_covers() - does what was kept let this pass already? */
bool learn_values_covers(const struct learn_values *v, struct bytes text);
/* learn_values_end() - look for prefixes and sort. Return: 0, -ENOMEM. */
int learn_values_end(struct learn_values *v, const struct learn_kind *k) must_check;
void learn_values_deinit(struct learn_values *v);
/* learn_put_string() - in quotes, so that it is read back as these bytes whatever they are. */
void learn_put_string(struct buf *b, struct bytes s);
/*
 * learn_values_put() - the condition as an entry of where { }, each value with its evidence;
 * nothing when there is none to make. Return: was there one?
 */
bool learn_values_put(struct buf *b, const char *field, const struct learn_values *v);

#endif
