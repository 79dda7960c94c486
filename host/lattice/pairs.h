/*
 * pairs - names with values, in order of name, each name once: labels, annotations, values of
 * links.
 */
#ifndef HOST_LATTICE_PAIRS_H
#define HOST_LATTICE_PAIRS_H

#include "policy/commands/body.h"
#include "policy/core/buf.h"

enum {
	PAIRS_MAX = 256,
	PAIRS_KEY = 255,
	PAIRS_VALUE = 64 * 1024,
};

enum pairs_answer {
	PAIRS_SAME = 1, /* it had that value already */
	PAIRS_CHANGED,  /* it had another */
	PAIRS_FULL,     /* over PAIRS_MAX, or a value over its ceiling */
	PAIRS_BAD,      /* no name: empty, too long, control characters; or one twice in a list */
};

struct pair {
	char *key, *value;
};

/* A zeroed one is empty. */
struct pairs {
	struct pair *at;
	size_t n;
	bool secret; /* set by who makes it: values are wiped before they are freed */
};

/* pairs_put() - Return: 0 (new), PAIRS_SAME, PAIRS_CHANGED, PAIRS_FULL, PAIRS_BAD, -ENOMEM. */
int pairs_put(struct pairs *p, struct bytes key, struct bytes value) must_check;
/* pairs_get() - NULL when it is absent. */
const char *pairs_get(const struct pairs *p, struct bytes key);
/* pairs_del() - Return: was it there? */
bool pairs_del(struct pairs *p, struct bytes key);
/* pairs_eq() - the same names with the same values? Not constant time. */
bool pairs_eq(const struct pairs *a, const struct pairs *b);
/* pairs_from() - empty ones become those of a list. Return: 0, PAIRS_FULL, PAIRS_BAD, -ENOMEM; @p
 * is empty then. */
int pairs_from(struct pairs *p, const struct body_list *list) must_check;
/* pairs_copy() - empty @p becomes as @from. Return: 0, -ENOMEM. */
int pairs_copy(struct pairs *p, const struct pairs *from) must_check;
/* pairs_put_json() - append {"name":"value",...}; @values false: every value is "". */
void pairs_put_json(struct buf *b, const struct pairs *p, bool values);
/* pairs_deinit() - free; wipes what is secret; empty after. */
void pairs_deinit(struct pairs *p);

#endif
